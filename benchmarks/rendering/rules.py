"""Lines that are printed or drawn on a sheet: boxes, combs, tables and the line below a sum."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.rendering.glyphs import FINENESS

Line: TypeAlias = tuple[float, float, float, float, float]  # x and y of both ends, and width, in units
Coverage: TypeAlias = NDArray[np.uint8]  # 0 = nothing, 255 = all of a point

_STEP = 8.0  # units between two places at which a line that is drawn by hand changes its direction
_SOFTNESS = 1.0  # points, standard deviation: takes away the steps of the grid
_BITS = 4  # of a fraction of a point, as OpenCV takes them


@dataclass(frozen=True)
class Rules:
    """Lines, and what they are drawn with."""

    lines: Sequence[Line]
    strength: float  # share of the ink's contrast
    tint: tuple[float, float, float] | None  # colour of what is printed; None: the writer's own pen
    wobble: float = 0.0  # units by which a line drawn by hand strays, standard deviation

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of all lines."""
        ends = np.array(self.lines)
        half = ends[:, 4] / 2
        left, top = (float((np.minimum(ends[:, at], ends[:, at + 2]) - half).min()) for at in (0, 1))
        right, bottom = (float((np.maximum(ends[:, at], ends[:, at + 2]) + half).max()) for at in (0, 1))
        return left, top, right, bottom


def grid_lines(
    columns: Sequence[float], rows: Sequence[float], width: float, *, every: int = 0, has_border: bool = True
) -> list[Line]:
    """A table.

    Args:
        columns: Where the upright lines are, from the left, at least two.
        rows: Where the level lines are, from the top, at least two.
        width: Of a line.
        every: Each so many lines one is twice as wide, as in a sudoku; 0 for none.
        has_border: Whether the four outer lines are there.
    """
    places = ((True, columns, rows), (False, rows, columns))
    lines: list[Line] = []
    for is_upright, along, across in places:
        for number, place in enumerate(along):
            if not has_border and number in {0, len(along) - 1}:
                continue
            wide = 2 * width if every and number % every == 0 else width
            ends = (place, across[0], place, across[-1]) if is_upright else (across[0], place, across[-1], place)
            lines.append((*ends, wide))
    return lines


def comb_lines(columns: Sequence[float], rows: tuple[float, float], width: float, height: float) -> list[Line]:
    """A row of boxes whose dividers stand on the lower line, as tall as a share of the box; 1 closes the boxes."""
    top, bottom = rows
    start = bottom - height * (bottom - top)
    lines: list[Line] = [(place, start, place, bottom, width) for place in columns]
    lines.append((columns[0], bottom, columns[-1], bottom, width))
    if height >= 1:
        lines.append((columns[0], top, columns[-1], top, width))
    return lines


def box_lines(left: float, top: float, right: float, bottom: float, width: float) -> list[Line]:
    """One box."""
    return grid_lines((left, right), (top, bottom), width)


def rule_coverage(rules: Rules, shape: tuple[int, int], rng: np.random.Generator) -> Coverage:
    """What share of each point of the sheet the lines cover, 255 = all of it.

    A field of distances would be as sharp at every size, but takes ten times as long on a page, and print is never
    as sharp as that.

    Args:
        rules: What to draw.
        shape: Rows and columns of the sheet, FINENESS points for each unit.
        rng: Where lines stray that are drawn by hand.
    """
    coverage = np.zeros(shape, np.uint8)
    for line in rules.lines:
        points = np.rint(_points(line, rules.wobble, rng) * FINENESS * (1 << _BITS)).astype(np.int32)
        cv2.polylines(coverage, [points], False, 255, max(1, round(line[4] * FINENESS)), cv2.LINE_8, _BITS)
    return np.asarray(cv2.GaussianBlur(coverage, (0, 0), _SOFTNESS), np.uint8)


def _points(line: Line, wobble: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Both ends; or for a hand that strays, the places between them, too."""
    ends = np.array(line[:4]).reshape(2, 2)
    if not wobble:
        return ends
    length = float(np.hypot(*(ends[1] - ends[0])))
    count = max(2, round(length / _STEP))
    along = np.linspace(0, 1, count)[:, None]
    strays = rng.normal(0, wobble, size=(count, 2)) + rng.normal(0, wobble, size=2)
    return np.asarray(ends[0] + along * (ends[1] - ends[0]) + strays)
