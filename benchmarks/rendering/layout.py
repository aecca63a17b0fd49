"""Where digits, marks and rules go: side by side, line below line, or in the cells of a grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.rendering.glyphs import FINENESS, Glyph, glyph_of, stroke_field
from benchmarks.rendering.grids import Cell, gridded
from benchmarks.rendering.marks import Hand, drawn_hand, mark_glyph
from benchmarks.rendering.rules import Rules
from benchmarks.rendering.writing import Place, Placed, Streams, Writing, composed

Sign: TypeAlias = NDArray[np.uint8] | str  # a digit, uint8 (28, 28); a mark or a word in one piece; " " for a gap
Line: TypeAlias = Sequence[Sign]
Lines: TypeAlias = Sequence[Line]
Shape: TypeAlias = Literal["lines", "column sum", "box", "comb", "table", "sudoku"]

_MEDIAN_STROKE = 2.9  # MNIST's pixels
_THINNEST = 0.4
_THICKER = 2.2
_GAP = (2.0, 8.0)  # between neighbours that do not touch, at their narrowest place
_SPACE = (9.0, 20.0)  # added to it where a number or a word ends
_OVERLAP = (0.2, 1.5)  # of neighbours that touch
_LINE_DISTANCE = (30.0, 38.0)
_WANDER = 1.2  # how far a digit stands above or below its line, standard deviation
_INDENT = 8.0  # how far the beginnings of lines differ at most
_NEAR = 2.0  # rows above and below in which the narrowest place is looked for
_FAR = 10_000  # points
_BAR_WIDTH = (1.5, 3.0)  # of the line below a sum


@dataclass(frozen=True)
class Page:
    """What is to be written, and in which shape."""

    rows: Sequence[Lines]  # of each row its cells; a line that stands in no grid is a row of one cell
    shape: Shape = "lines"
    pen: float | None = None  # width of every stroke in MNIST's pixels; None: as each digit was written


@dataclass(frozen=True)
class _Pen:
    """What turns signs into glyphs, all of them with strokes of one pen."""

    width: float | None  # MNIST's pixels; None: as each digit was written
    thicker: float
    hand: Hand
    rng: np.random.Generator  # bends marks

    def glyph(self, sign: Sign) -> Glyph | None:
        """None for a gap."""
        if isinstance(sign, str):
            return None if sign == " " else mark_glyph(sign, self.hand, self.rng)
        return glyph_of(stroke_field(sign, self.width, self.thicker))


def write_page(page: Page, severities: dict[str, float], random: Streams, style: np.random.Generator) -> Writing:
    """Write a page in its shape.

    Args:
        page: Its signs, at least one of them a digit.
        severities: Of all hardships; `thin_pen`, `thick_pen` and `touching` count here.
        random: A stream for each hardship.
        style: Where everything comes from that is no hardship: the hand that draws marks, sizes of cells, rules.
    """
    width, thicker = _pen_width(severities["thin_pen"], page.pen), _THICKER * severities["thick_pen"]
    hand_rng, grid_rng, rule_rng = style.spawn(3)
    pen = _Pen(width, thicker, drawn_hand(hand_rng, width, thicker), hand_rng)
    touching, rng = severities["touching"], random["touching"]
    if page.shape in {"lines", "column sum"}:
        signs, baselines = _in_lines([row[0] for row in page.rows], pen, touching, rng)
        rules = None
        if page.shape == "column sum":
            signs, rules = _below_each_other(signs, baselines, grid_rng)
        flat = [one for line in signs for one in line]
        return composed(flat, np.array(baselines), rules, rule_rng)
    cells = [[_cell(line, pen, touching, rng) for line in row] for row in page.rows]
    grid = gridded(cells, page.shape, pen.hand.stroke_width, grid_rng)
    return composed(grid.signs, np.array(grid.baselines), grid.rules, rule_rng)


def _pen_width(severity: float, usual: float | None) -> float | None:
    """The width of all strokes: that of the page's pen, ever thinner; None if neither was asked for."""
    if severity == 0:
        return usual
    width = _MEDIAN_STROKE if usual is None else usual
    return max(_THINNEST, width * float((_THINNEST / _MEDIAN_STROKE) ** severity))


def _in_lines(
    lines: Lines, pen: _Pen, touching: float, rng: np.random.Generator
) -> tuple[list[list[Placed]], list[float]]:
    """Signs of each line, and where the lines stand."""
    written, baselines, baseline = [], [], 0.0
    for line in lines:
        glyphs = [pen.glyph(sign) for sign in line]
        indent = rng.uniform(0, _INDENT) if len(lines) > 1 else 0.0
        written.append(_placed(line, glyphs, touching, rng, (baseline, indent)))
        baselines.append(baseline)
        baseline += rng.uniform(*_LINE_DISTANCE)
    return written, baselines


def _cell(line: Line, pen: _Pen, touching: float, rng: np.random.Generator) -> Cell:
    """The signs of a cell as they stand on a line from its beginning; none in an empty cell."""
    return _placed(line, [pen.glyph(sign) for sign in line], touching, rng, (0.0, 0.0))


def _below_each_other(
    lines: list[list[Placed]], baselines: Sequence[float], rng: np.random.Generator
) -> tuple[list[list[Placed]], Rules]:
    """Numbers whose last digits are in a column, with a line by the same pen above the last of them."""
    moved = []
    ends = [max(sign.place[1] + sign.glyph.size[1] for sign in line) for line in lines]
    for line, end in zip(lines, ends, strict=True):
        across = max(ends) - end + round(rng.normal(0, 1.0) * FINENESS)
        moved.append([Placed(one.glyph, (one.place[0], one.place[1] + across), one.is_digit) for one in line])
    left = min(sign.place[1] for line in moved for sign in line) / FINENESS - rng.uniform(2, 6)
    right = max(ends) / FINENESS + rng.uniform(2, 6)
    place = baselines[-2] + rng.uniform(4.5, 6.0)
    return moved, Rules([(left, place, right, place, rng.uniform(*_BAR_WIDTH))], 1.0, None, 0.4)


def _placed(
    line: Line, glyphs: Sequence[Glyph | None], touching: float, rng: np.random.Generator, start: tuple[float, float]
) -> list[Placed]:
    """Where each sign of a line goes; the line starts at a baseline and an indent in units."""
    baseline, indent = start
    signs: list[Placed] = []
    space = 0.0
    for sign, glyph in zip(line, glyphs, strict=True):
        if glyph is None:
            space += rng.uniform(*_SPACE)
            continue
        is_digit = not isinstance(sign, str)
        wander = rng.normal(0, _WANDER) if len(line) > 1 else 0.0
        row = round((baseline + wander) * FINENESS) - glyph.size[0] + glyph.below
        column = round(indent * FINENESS)
        gap, overlap, chance = rng.uniform(*_GAP), rng.uniform(*_OVERLAP), rng.uniform()
        if signs:
            is_touching = chance < touching and is_digit and signs[-1].is_digit and not space
            distance = -overlap if is_touching else gap + space
            near = 0 if is_touching else round(_NEAR * FINENESS)
            column = _contact(signs[-1], glyph, row, near) + round(distance * FINENESS)
            if len(signs) > 1 and not signs[-1].is_digit:  # what is beside a point must not reach over it
                column = max(column, _contact(signs[-2], glyph, row, near) + round(gap * FINENESS))
        signs.append(Placed(glyph, (row, column), is_digit))
        space = 0.0
    return signs


def _contact(before: Placed, glyph: Glyph, row: int, near: int) -> int:
    """The column at which a glyph just touches the one before it; ink up to `near` rows above or below counts, too."""
    place: Place = before.place
    top = min(place[0], row) - near
    bottom = max(place[0] + before.glyph.size[0], row + glyph.size[0]) + near
    ends, starts = np.full(bottom - top, -_FAR), np.full(bottom - top, _FAR)
    ink = before.glyph.ink
    ends[place[0] - top :][: len(ink)] = np.where(
        ink.any(axis=1), place[1] + before.glyph.size[1] - ink[:, ::-1].argmax(axis=1), -_FAR
    )
    ink = glyph.ink
    starts[row - top :][: len(ink)] = np.where(ink.any(axis=1), ink.argmax(axis=1), _FAR)
    reach = [ends[max(0, at - near) : at + near + 1].max() for at in range(len(ends))]
    contact = int((np.array(reach) - starts).max())
    # Where no row has ink of both, they would slide over one another: then the boxes decide.
    return contact if contact > -_FAR / 2 else place[1] + before.glyph.size[1]
