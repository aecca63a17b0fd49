"""Cuts between touching digits: paths from top to bottom through as little ink as possible.

A component is cut at every likely place (over-segmentation); the lattice decides later which of the cuts are used.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.segmentation.components import INK_FROM, Component, cropped

__all__ = ["CUT_LIMITS", "Cut", "CutLimits", "CutSearch", "between", "find_cuts"]

# Height in pixels of the copy on which paths are searched; chosen by hand.
_SEARCH_HEIGHT = 40
# Costs of a step to the side in pixels of ink, each of which gives paths of its own: with a low cost they wind between
# strokes that reach over one another, with a high one they cross strokes; chosen by hand.
_SIDESTEP_COSTS = (0.05, 0.3, 1.0, 3.0)


@dataclass(frozen=True, slots=True)
class CutSearch:
    """How many paths are searched in a component.

    Attributes:
        slants: Slants of the paths, in columns to the right for each row down.
        min_distance: Distance between two cuts, as a share of the line's height.
        max_cuts: Greatest number of cuts in a component as wide as the line is high; in proportion for other widths.
    """

    slants: tuple[float, ...]
    min_distance: float
    max_cuts: int


class CutLimits(NamedTuple):
    """Which components are cut, and where.

    Chosen on rendered lines whose neighbours touch: without relief 36 % of them had a digit that no two cuts separate
    well, with relief 28 %, with slanted paths and more cuts as well 17 % (docs/log.md 2026-11-28, "whole numbers").
    """

    # Least width of a component that is cut, as a share of the line's height; a narrower one holds one digit; chosen by
    # hand.
    min_width: float = 0.5
    # Greatest width of a component that is cut, as a share of the line's height: fifty digits that all touch. What is
    # longer is noise, a rule or a border, and its cuts took a minute; chosen by hand.
    max_width: float = 60.0
    # Width from which a component holds several digits and is searched more closely, as a share of the line's height;
    # same log entry.
    several_digits_width: float = 1.0
    # Search in components that hold one or two digits, and in those that hold several; same log entry.
    one_digit: CutSearch = CutSearch(slants=(0.0,), min_distance=0.08, max_cuts=8)
    several_digits: CutSearch = CutSearch(slants=(-0.35, 0.0, 0.35), min_distance=0.06, max_cuts=12)
    # Greatest cost of a cut, in widths of strokes that it crosses; chosen by hand.
    max_cost: float = 5.0
    # Share of the ink that costs nothing in the middle of what is twice as thick as a stroke, where two strokes lie
    # side by side; same log entry.
    relief: float = 0.8
    # Distance from the paper, in halves of a stroke's width, beyond which relief begins; chosen by hand.
    relief_from: float = 1.1


CUT_LIMITS = CutLimits()

_Ink: TypeAlias = NDArray[np.float64]
_Columns: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A path through a component from top to bottom.

    Attributes:
        edge: Column at which the ink to its right begins, in each row, (height,).
        cost: Ink that it crosses, in widths of a stroke, 0 or more.
    """

    edge: _Columns
    cost: float


def find_cuts(component: Component, line_height: float, limits: CutLimits = CUT_LIMITS) -> list[Cut]:
    """All likely cuts through a component.

    Args:
        component: Connected ink.
        line_height: Height of its line in pixels.
        limits: Which components are cut, and where.

    Returns:
        Cuts from left to right by their mean columns; two of them may cross.
    """
    if not limits.min_width * line_height <= component.width <= limits.max_width * line_height:
        return []
    search = limits.several_digits if component.width >= limits.several_digits_width * line_height else limits.one_digit
    scale = min(1.0, _SEARCH_HEIGHT / component.height)
    small = _reduced(component.ink, scale) / 255
    distance = max(1, round(search.min_distance * line_height * scale))
    stroke = max(1.0, _stroke_width(small))
    relieved = _relieved(small, stroke, limits)
    by_slant = [_slanted_paths(np.stack([small, relieved]), slant, distance) for slant in search.slants]
    paths = np.concatenate([own[number] for number in range(2) for own in by_slant])
    costs = np.take_along_axis(relieved[None], paths[:, :, None], axis=2)[:, :, 0].sum(axis=1) / stroke
    is_allowed = costs <= limits.max_cost
    max_cuts = max(1, round(search.max_cuts * component.width / line_height))
    chosen = _different_paths(paths, np.where(is_allowed, costs, np.inf), distance, max_cuts)
    edges = _at_full_size(paths[chosen], component.ink.shape, scale)
    return [Cut(edge, cost) for edge, cost in zip(edges, costs[chosen].tolist(), strict=True)]


def between(component: Component, left: Cut | None, right: Cut | None) -> Component | None:
    """The ink of a component between two cuts, or between one and its edge; None where there is none.

    Args:
        component: Connected ink.
        left: None for the component's own left edge.
        right: None for the component's own right edge.
    """
    first = 0 if left is None else int(left.edge.min())
    last = component.width if right is None else int(right.edge.max())
    if last <= first:
        return None
    ink = component.ink[:, first:last]
    columns = np.arange(first, last)
    if left is not None:
        ink = np.where(columns >= left.edge[:, None], ink, 0)
    if right is not None:
        ink = np.where(columns < right.edge[:, None], ink, 0)
    return cropped(np.asarray(ink, np.uint8), component.left + first, component.top, component.source)


def _relieved(ink: _Ink, stroke: float, limits: CutLimits) -> _Ink:
    """The ink with less cost in the middle of what is thicker than a stroke, which may be two strokes side by side."""
    strokes = np.pad((ink >= INK_FROM / 255).astype(np.uint8), 1)  # there is paper around a component
    depth = cv2.distanceTransform(strokes, cv2.DIST_L2, 5)[1:-1, 1:-1].astype(np.float64)
    excess = np.clip(2 * depth / stroke - limits.relief_from, 0, 1)
    return np.asarray(ink * (1 - limits.relief * excess))


def _slanted_paths(inks: _Ink, slant: float, distance: int) -> list[_Columns]:
    """The cheapest paths through each ink that go right by so many columns for each row down, (n, height) each."""
    kinds, height, width = inks.shape
    shifts = np.rint(slant * (np.arange(height) - height / 2)).astype(np.int64)
    room = int(np.abs(shifts).max())
    sheared = np.zeros((kinds, height, width + 2 * room))
    for row, shift in enumerate(shifts.tolist()):
        sheared[:, row, room - shift : room - shift + width] = inks[:, row]
    return [np.clip(paths + (shifts - room), 0, width - 1) for paths in _cheapest_paths(sheared, distance)]


def _different_paths(paths: _Columns, costs: _Ink, distance: int, max_cuts: int) -> _Columns:
    """Numbers of the cheapest paths of finite cost, each at a distance from all others, from left to right."""
    chosen: list[int] = []
    for number in np.argsort(costs, kind="stable").tolist():
        if len(chosen) == max_cuts or not np.isfinite(costs[number]):
            break
        if not chosen or (np.abs(paths[chosen] - paths[number]).mean(axis=1) >= distance).all():
            chosen.append(number)
    chosen.sort(key=lambda number: int(paths[number].sum()))
    return np.array(chosen, np.int64)


def _reduced(ink: GrayPicture, scale: float) -> _Ink:
    """The ink as float64, reduced by averaging."""
    if scale == 1:
        return ink.astype(np.float64)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.float64)


def _stroke_width(ink: _Ink) -> float:
    """Mean width of the strokes: twice the area over the length of the outline, which is the total variation."""
    padded = np.pad(ink, 1)
    down, across = np.diff(padded, axis=0)[:, :-1], np.diff(padded, axis=1)[:-1]
    return float(2 * ink.sum() / max(1e-9, np.hypot(down, across).sum()))


def _cheapest_paths(inks: _Ink, distance: int) -> list[_Columns]:
    """Paths that are cheaper than all others that cross the middle row nearby, for each cost of a step to the side.

    Args:
        inks: (n, height, width), 0 to 1; several at once, because each step of Python takes longer than its arithmetic.
        distance: Columns to both sides in which a path is the cheapest.

    Returns:
        Columns that each path crosses in each row, (n, height) for each ink.
    """
    number, height, width = inks.shape
    middle, steps = height // 2, len(_SIDESTEP_COSTS)
    above, from_above = _accumulated_costs(inks[:, : middle + 1])
    below, from_below = _accumulated_costs(inks[:, : middle - 1 if middle else None : -1])
    costs = above + below - inks[:, middle].repeat(steps, axis=0)
    lowest = cv2.erode(costs, np.ones((1, 2 * distance + 1), np.uint8))
    kinds, starts = _centres_of_runs(costs <= lowest + 1e-9)
    is_inside = (starts >= distance) & (starts < width - distance)
    kinds, starts = kinds[is_inside], starts[is_inside]
    paths = np.empty((len(starts), height), np.int64)
    for origins, rows in ((from_above, range(middle, -1, -1)), (from_below, range(middle, height))):
        column = starts
        for depth, row in enumerate(rows):
            paths[:, row] = column
            position = len(origins) - depth  # steps that are left in this half
            if position > 0:
                column = origins[position - 1][kinds, column]
    return np.split(paths, np.searchsorted(kinds, np.arange(1, number) * steps))


def _accumulated_costs(inks: _Ink) -> tuple[_Ink, list[_Columns]]:
    """Dynamic programming: the least cost from the first row to each column of the last, and the predecessors.

    Both for each ink and each cost of a step to the side: (inks * costs, width).
    """
    number, _, width = inks.shape
    steps = len(_SIDESTEP_COSTS)
    sidestep = np.tile(np.array(_SIDESTEP_COSTS), number)[:, None]
    columns = np.arange(width)
    by_row = inks.swapaxes(0, 1).repeat(steps, axis=1)
    padded = np.full((number * steps, width + 2), np.inf)
    padded[:, 1:-1] = by_row[0]
    origins = []
    for row in by_row[1:]:
        straight, from_left, from_right = padded[:, 1:-1], padded[:, :-2] + sidestep, padded[:, 2:] + sidestep
        from_side = np.minimum(from_left, from_right)
        step = np.where(from_left <= from_right, -1, 1)
        step[straight <= from_side] = 0
        origins.append(columns + step)
        padded[:, 1:-1] = np.minimum(straight, from_side) + row
    return padded[:, 1:-1], origins


def _centres_of_runs(is_in: NDArray[np.bool_]) -> tuple[_Columns, _Columns]:
    """Row and column of the centre of each run of True, row by row."""
    height, width = is_in.shape
    padded = np.zeros((height, width + 2), np.int8)
    padded[:, 1:-1] = is_in
    change = np.flatnonzero(np.diff(padded.ravel()))
    first, last = change[::2], change[1::2] - 1
    rows = first // (width + 2)
    return rows, np.asarray((first + last) // 2 - rows * (width + 2), np.int64)


def _at_full_size(paths: _Columns, shape: tuple[int, int], scale: float) -> _Columns:
    """Columns at which the ink to the right of each path begins, (n, height), in the component itself."""
    height, width = shape
    rows = (np.arange(height) + 0.5) * scale - 0.5
    small_rows = np.arange(paths.shape[1])
    columns = [np.interp(rows, small_rows, (path + 0.5) / scale) for path in paths]
    return np.asarray(np.clip(np.rint(np.array(columns).reshape(-1, height)), 0, width), np.int64)
