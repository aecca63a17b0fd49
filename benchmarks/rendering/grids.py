"""Cells with numbers in them: how large they are, where in them the numbers stand, and how they are ruled."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TypeAlias

import numpy as np

from benchmarks.rendering.glyphs import FINENESS
from benchmarks.rendering.rules import Line, Rules, box_lines, comb_lines, grid_lines
from benchmarks.rendering.writing import DIGIT_HEIGHT, Placed

Cell: TypeAlias = Sequence[Placed]  # signs that stand on the line 0, the first of them at 0

_COMB_WIDTH = (22.0, 33.0)  # units of a box; a digit is 20 high
_COMB_HEIGHT = (26.0, 38.0)
_SEPARATE_SHARE = 0.25  # of the combs whose boxes stand apart
_SEPARATE = (2.0, 9.0)
_OPEN_SHARE = 0.2  # of the combs that are open at the top
_OPEN = (0.25, 0.7)  # how tall their dividers are
_SUDOKU_SIDE = (25.0, 36.0)
_ROW_HEIGHT = (26.0, 40.0)
_PADDING = (3.0, 10.0)  # units between a number and the sides of its cell
_LEAST_WIDTH = 18.0
_BOX_PADDING = (4.0, 12.0)
_BORDERLESS_SHARE = 0.12  # of the tables that have inner lines only
_STRAY = 1.3  # units by which a number is beside the middle of its cell, standard deviation

_PRINTED_WIDTH = (0.4, 1.7)
_PRINTED_STRENGTH = (0.45, 1.0)
_TINTS = ((0.1, 0.1, 0.1), (0.1, 0.1, 0.1), (0.45, 0.45, 0.47), (0.25, 0.35, 0.65), (0.3, 0.55, 0.4), (0.7, 0.3, 0.25))
_DRAWN_SHARE = {"box": 0.45, "comb": 0.25, "table": 0.3, "sudoku": 0.15}  # of each shape, ruled by the writer's pen
_DRAWN_WOBBLE = (0.1, 0.5)


@dataclass(frozen=True)
class Grid:
    """Everything in its cells."""

    signs: list[Placed]  # row by row
    baselines: list[float]  # of each row, in units
    rules: Rules


def gridded(cells: Sequence[Sequence[Cell]], shape: str, pen_width: float, rng: np.random.Generator) -> Grid:
    """Put numbers into cells of a random size, and rule them.

    Args:
        cells: Of each row its cells, as many in each; an empty one has no signs.
        shape: `box`, `comb`, `table` or `sudoku`.
        pen_width: Of the writer's pen, in units, for rules that are drawn by hand.
        rng: Where everything random comes from.
    """
    columns, rows = _sides(cells, shape, rng)
    apart = rng.uniform(*_SEPARATE) if shape == "comb" and rng.uniform() < _SEPARATE_SHARE else 0.0
    lefts = [left + apart * number for number, left in enumerate(columns[:-1])]
    widths = [right - left for left, right in pairwise(columns)]
    aligned = str(rng.choice(("centre", "centre", "centre", "left", "right"))) if shape == "table" else "centre"
    signs: list[Placed] = []
    baselines = []
    for (top, bottom), row in zip(pairwise(rows), cells, strict=True):
        baselines.append((top + bottom + DIGIT_HEIGHT) / 2)
        for left, width, cell in zip(lefts, widths, row, strict=True):
            signs += _moved(cell, _start(cell, left, width, aligned, rng), baselines[-1] + rng.normal(0, _STRAY))
    lines = _lines(shape, columns, rows, apart, rng)
    return Grid(signs, baselines, _ruled(lines, shape, pen_width, rng))


def _sides(cells: Sequence[Sequence[Cell]], shape: str, rng: np.random.Generator) -> tuple[list[float], list[float]]:
    """Where the columns and the rows begin, and where the last of each ends."""
    needed = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    if shape == "sudoku":
        side = max(rng.uniform(*_SUDOKU_SIDE), max(needed) + 2)
        widths, heights = [side] * len(needed), [side] * len(cells)
    elif shape == "comb":
        widths = [max(rng.uniform(*_COMB_WIDTH), max(needed) + 1)] * len(needed)
        heights = [rng.uniform(*_COMB_HEIGHT)] * len(cells)
    elif shape == "box":
        across, down = rng.uniform(*_BOX_PADDING, size=2).tolist()
        widths, heights = [width + 2 * across for width in needed], [DIGIT_HEIGHT + 2 * down] * len(cells)
    else:
        padding, height = rng.uniform(*_PADDING), rng.uniform(*_ROW_HEIGHT)
        widths = [max(_LEAST_WIDTH, width) + 2 * padding for width in needed]
        if rng.uniform() < 0.5:  # a table that was ruled before it was filled has equal columns
            widths = [max(widths)] * len(widths)
        heights = [height] * len(cells)
    return [0.0, *accumulate(widths)], [0.0, *accumulate(heights)]


def _width(cell: Cell) -> float:
    return max((sign.place[1] + sign.glyph.size[1] for sign in cell), default=0) / FINENESS


def _start(cell: Cell, left: float, width: float, aligned: str, rng: np.random.Generator) -> float:
    """Where the first sign of a cell begins."""
    spare, stray = width - _width(cell), rng.normal(0, _STRAY)
    if aligned == "centre":
        return left + spare / 2 + stray
    near = min(3.0, spare / 2)
    return left + (near if aligned == "left" else spare - near) + stray


def _moved(cell: Cell, across: float, down: float) -> list[Placed]:
    right, lower = round(across * FINENESS), round(down * FINENESS)
    return [Placed(one.glyph, (one.place[0] + lower, one.place[1] + right), one.is_digit) for one in cell]


def _lines(
    shape: str, columns: Sequence[float], rows: Sequence[float], apart: float, rng: np.random.Generator
) -> list[Line]:
    width = rng.uniform(*_PRINTED_WIDTH)
    if apart:
        boxes = [
            (left + apart * number, right + apart * number) for number, (left, right) in enumerate(pairwise(columns))
        ]
        return [line for left, right in boxes for line in box_lines(left, rows[0], right, rows[-1], width)]
    if shape == "comb":
        height = rng.uniform(*_OPEN) if rng.uniform() < _OPEN_SHARE else 1.0
        return comb_lines(columns, (rows[0], rows[-1]), width, height)
    has_border = shape != "table" or len(rows) < 3 or len(columns) < 3 or rng.uniform() >= _BORDERLESS_SHARE
    return grid_lines(columns, rows, width, every=3 if shape == "sudoku" else 0, has_border=has_border)


def _ruled(lines: list[Line], shape: str, pen_width: float, rng: np.random.Generator) -> Rules:
    """Printed, or drawn with the writer's pen."""
    tint, strength = _TINTS[rng.integers(len(_TINTS))], rng.uniform(*_PRINTED_STRENGTH)
    wobble, thinner = rng.uniform(*_DRAWN_WOBBLE), rng.uniform(0.35, 0.9)
    if rng.uniform() >= _DRAWN_SHARE[shape]:
        return Rules(lines, strength, tint)
    return Rules([(*line[:4], pen_width * thinner) for line in lines], 1.0, None, wobble)
