"""Rows and columns of the cells of a page, and the place of any point among them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.segmentation.cells import CELL_LIMITS, CellLimits, CellRegions, Corners, find_cell_regions

__all__ = ["GRID_LIMITS", "NOWHERE", "GridLimits", "TableGrid", "find_table_grid"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NOWHERE = -2  # row and column of what stands neither in a cell nor beside the outermost ones


class GridLimits(NamedTuple):
    """Which cells are in a row or a column, and which row of boxes is a comb; all are chosen by hand."""

    # Distance between two edges of one row or column, as a share of a low cell's height or a narrow one's width.
    same: float = 0.5
    # Share of the cells that are lower or narrower than that cell.
    low: float = 0.1
    # Greatest width of a box of a comb, in heights of a digit, and greatest ratio of the widths in one comb.
    box_width: float = 1.7
    box_ratio: float = 1.5
    # Greatest distance between the insides of two boxes of a comb, in heights of a digit.
    box_gap: float = 1.0
    # How far beside the outermost cells a further row or column reaches, in typical heights or widths of a cell; and
    # how far beyond its end a point still belongs to a row in the middle.
    beside: float = 1.5
    beyond: float = 0.5
    # Cells from which it is estimated how rules converge, and from which, how they bend.
    converging: int = 4
    bending: int = 12


GRID_LIMITS = GridLimits()


@dataclass(frozen=True, slots=True, eq=False)
class _Axis:
    """Where the rows begin and end; or, with x and y exchanged, the columns.

    Attributes:
        bend: (4,), what is added to y to make rules level.
        size: Pixels by which coordinates are divided first; all that follows is divided by it.
        starts, ends: (n,), of each row, once rules are level.
        beside: Distance beside the first and the last row that is a further row.
        beyond: Distance below a row that still belongs to it.
    """

    bend: Floats
    size: float
    starts: Floats
    ends: Floats
    beside: float
    beyond: float

    def index(self, x: Floats, y: Floats) -> Integers:
        """The row of each point; -1 just above the first, the number of rows just below the last, else NOWHERE."""
        level = _levelled(x / self.size, y / self.size, self.bend)
        row = np.searchsorted(self.starts, level, side="right") - 1
        last = len(self.starts) - 1
        below = level - self.ends[np.maximum(row, 0)]
        above = self.starts[0] - level
        found = np.where((row == last) & (below > 0), row + 1, row)
        is_far = np.where(row == last, below > self.beside, below > self.beyond)
        is_far = np.where(row == -1, above > self.beside, is_far)
        return np.asarray(np.where(is_far, NOWHERE, found), np.int64)

    def between_middles(self, x: Floats, y: Floats) -> Integers:
        """The row of each point as in `index`, but each row reaches to the middle between it and the next one."""
        level = _levelled(x / self.size, y / self.size, self.bend)
        middles = np.concatenate([self.starts[:1], (self.starts[1:] + self.ends[:-1]) / 2, self.ends[-1:]])
        row = np.searchsorted(middles, level, side="right") - 1
        is_far = (level < self.starts[0] - self.beside) | (level > self.ends[-1] + self.beside)
        return np.asarray(np.where(is_far, NOWHERE, row), np.int64)

    def from_rules(self, x: Floats, y: Floats) -> Floats:
        """The distance of each point from the middle of the nearest rule between rows, in pixels."""
        level = _levelled(x / self.size, y / self.size, self.bend)
        apart = self.starts[1:] - self.ends[:-1]
        half = float(np.median(apart)) / 2 if len(apart) else 0.0
        middles = np.concatenate([self.starts[:1] - half, self.starts[1:] - apart / 2, self.ends[-1:] + half])
        after = np.clip(np.searchsorted(middles, level), 1, len(middles) - 1)
        return np.asarray(np.minimum(abs(level - middles[after - 1]), abs(middles[after] - level)) * self.size)


@dataclass(frozen=True, slots=True, eq=False)
class TableGrid:
    """The cells of a page in rows and columns.

    A row of boxes of a digit's width with nothing above or below is a comb: one number, so one cell.

    Attributes:
        regions: The regions that rules enclose.
        positions: int64 (regions, 2), row and column of each; of a cell that spans several, the first.
        boxes: int64 (regions,), the place of a box in its comb, from 0; -1 of what is no box of a comb.
        shape: How many rows and columns there are.
    """

    regions: CellRegions
    positions: Integers
    boxes: Integers
    shape: tuple[int, int]
    _rows: _Axis
    _columns: _Axis

    def support(self, axis: int) -> Integers:
        """For each row (axis 0) or column (axis 1) the number of columns or rows in which a cell begins there."""
        begun = np.unique(self.positions, axis=0)
        return np.bincount(begun[:, axis], minlength=self.shape[axis])

    def region(self, points: Floats) -> Integers:
        """The region of each point (n, 2) of the page, x and y; -1 of none."""
        labels = self.regions.labels
        x, y = np.floor(points * self.regions.scale).astype(np.int64).T
        x, y = np.clip(x, 0, labels.shape[1] - 1), np.clip(y, 0, labels.shape[0] - 1)
        return np.asarray(labels[y, x], np.int64)

    def grid_place(self, points: Floats) -> Integers:
        """Row and column of each point by its place alone, (n, 2): from -1 to the number of rows or columns."""
        x, y = points.T
        found = np.column_stack([self._rows.index(x, y), self._columns.index(y, x)])
        is_beside = (found == -1) | (found == self.shape)
        is_nowhere = (found == NOWHERE).any(axis=1) | is_beside.all(axis=1)
        return np.asarray(np.where(is_nowhere[:, np.newaxis], NOWHERE, found), np.int64)

    @property
    def found_share(self) -> float:
        """The part of all places of its rows and columns in which a cell begins, in [0, 1]."""
        return len(np.unique(self.positions, axis=0)) / (self.shape[0] * self.shape[1])

    @property
    def row_heights(self) -> Floats:
        """Of each row, between its rules, in pixels of the page, (rows,)."""
        return np.asarray((self._rows.ends - self._rows.starts) * self._rows.size)

    def rows_of(self, points: Floats) -> Integers:
        """The row of each point, (n,), between the middles of its rules, beside the outermost cells too.

        As for `grid_place`, -1 and the number of rows are those of what stands above and below the table.
        """
        x, y = points.T
        row = self._rows.between_middles(x, y)
        column = self._columns.index(y, x)
        return np.asarray(np.where(column == NOWHERE, NOWHERE, row), np.int64)

    def from_rules(self, points: Floats) -> Floats:
        """The distance of each point from the nearest rule between rows, and between columns, (n, 2), in pixels."""
        x, y = points.T
        return np.column_stack([self._rows.from_rules(x, y), self._columns.from_rules(y, x)])

    def place(self, points: Floats) -> Integers:
        """Row and column of each point, (n, 2): of its region, or where it is in none, by its place alone."""
        region = self.region(points)
        own = self.positions[np.maximum(region, 0)]
        return np.asarray(np.where(region[:, np.newaxis] >= 0, own, self.grid_place(points)), np.int64)


def find_table_grid(
    rules: GrayPicture,
    digit_height: float,
    limits: GridLimits = GRID_LIMITS,
    cell_limits: CellLimits = CELL_LIMITS,
) -> TableGrid | None:
    """Find the cells of a page and give each its row and column.

    Args:
        rules: uint8 (height, width), 255 on rules.
        digit_height: Typical height of a digit in pixels.
        limits: Which cells are in a row or a column.
        cell_limits: What is a rule, and what is a cell.

    Returns:
        The grid; None where no rules enclose anything of a cell's size.
    """
    regions = find_cell_regions(rules, digit_height, cell_limits)
    if regions is None:
        return None
    size = float(max(rules.shape))
    first = _grid(regions.corners, size, limits)
    boxes, owner = _combs(regions.corners, first.positions, digit_height, limits)
    is_owner = owner == np.arange(len(owner))
    corners = regions.corners.copy()
    for box in np.flatnonzero(boxes > 0):  # in order, so that the last box of a comb gives it its right side
        corners[owner[box], 1:3] = corners[box, 1:3]
    found = _grid(corners[is_owner], size, limits) if not is_owner.all() else first
    number = np.cumsum(is_owner) - 1
    positions = found.positions[number[owner]]
    shape = (len(found.rows.starts), len(found.columns.starts))
    return TableGrid(regions, positions, boxes, shape, found.rows, found.columns)


class _Grid(NamedTuple):
    positions: Integers
    rows: _Axis
    columns: _Axis


def _grid(corners: Corners, size: float, limits: GridLimits) -> _Grid:
    rows, row_axis = _axis(corners, size, limits)
    # Exchanging x and y mirrors a cell: its upper right corner becomes its lower left one.
    columns, column_axis = _axis(corners[:, [0, 3, 2, 1], ::-1], size, limits)
    return _Grid(np.column_stack([rows, columns]), row_axis, column_axis)


def _axis(corners: Corners, size: float, limits: GridLimits) -> tuple[Integers, _Axis]:
    """The row of each cell, and where the rows are."""
    scaled = corners / size
    bend = _bend(scaled, limits)
    level = _levelled(scaled[..., 0], scaled[..., 1], bend)
    tops, bottoms = level[:, :2].mean(axis=1), level[:, 2:].mean(axis=1)
    heights = bottoms - tops
    tolerance = limits.same * float(np.quantile(heights, limits.low))
    rows = _clusters(tops, tolerance)
    starts, ends = (
        np.array([pick(values[rows == row]) for row in range(rows.max() + 1)])
        for pick, values in ((np.mean, tops), (np.median, bottoms))
    )
    typical = float(np.median(heights))
    return rows, _Axis(bend, size, starts, ends, limits.beside * typical, limits.beyond * typical)


def _bend(corners: Corners, limits: GridLimits) -> Floats:
    """What makes the upper and the lower edges of all cells level, by least squares; those far off count no more."""
    left, right = np.concatenate([corners[:, [0, 1]], corners[:, [3, 2]]]).transpose(1, 2, 0)
    terms = 1 if len(corners) < limits.converging else 2 if len(corners) < limits.bending else 4
    design = (_terms(*right) - _terms(*left))[:, :terms]
    wanted = left[1] - right[1]
    used = np.ones(len(wanted), np.bool_)
    for _ in range(2):
        # A little of each term's own size keeps terms that nothing tells at 0.
        ridge = np.diag(np.full(terms, 1e-3))
        found = np.linalg.lstsq(
            np.vstack([design[used], ridge]), np.concatenate([wanted[used], np.zeros(terms)]), rcond=None
        )[0]
        off = abs(design @ found - wanted)
        used = off <= 3 * np.median(off) + 1e-9
    return np.asarray(np.pad(found, (0, 4 - terms)))


def _terms(x: Floats, y: Floats) -> Floats:
    """Slope, how slopes converge, bend, and how bends converge."""
    return np.stack([x, x * y, x**2, x**2 * y], axis=-1)


def _levelled(x: Floats, y: Floats, bend: Floats) -> Floats:
    return np.asarray(y + _terms(x, y) @ bend)


def _clusters(values: Floats, tolerance: float) -> Integers:
    """The number of the cluster of each value, in their order; a cluster ends where a value is far from its mean."""
    found = np.zeros(len(values), np.int64)
    number, total, count = 0, 0.0, 0
    for place in np.argsort(values, kind="stable"):
        value = float(values[place])
        if count and value - total / count > tolerance:
            number, total, count = number + 1, 0.0, 0
        total, count = total + value, count + 1
        found[place] = number
    return found


def _combs(corners: Corners, positions: Integers, digit_height: float, limits: GridLimits) -> tuple[Integers, Integers]:
    """The place of each box in its comb, or -1; and the first box of its comb, or the cell itself."""
    boxes, owner = np.full(len(corners), -1, np.int64), np.arange(len(corners))
    is_box = _is_box(corners, positions, digit_height, limits)
    runs: list[list[int]] = []
    for number in np.lexsort(positions.T[::-1]).tolist():
        last = runs[-1][-1] if runs else None
        is_next = (
            last is not None
            and is_box[[last, number]].all()
            and positions[last, 0] == positions[number, 0]
            and _is_beside(corners[last], corners[number], digit_height, limits)
        )
        if is_next:
            runs[-1].append(number)
        else:
            runs.append([number])
    for run in runs:
        if len(run) > 1:
            boxes[run], owner[run] = np.arange(len(run)), run[0]
    return boxes, owner


def _is_box(corners: Corners, positions: Integers, digit_height: float, limits: GridLimits) -> NDArray[np.bool_]:
    """Which cells are as narrow as a digit, and have no cell above or below with no more than a rule between."""
    is_box = np.hypot(*(corners[:, 1] - corners[:, 0]).T) <= limits.box_width * digit_height
    order = np.lexsort(positions.T)  # by column, then by row
    upper, lower = order[:-1], order[1:]
    is_below = (positions[upper, 1] == positions[lower, 1]) & (positions[lower, 0] - positions[upper, 0] == 1)
    distance = corners[lower, :2, 1].mean(axis=1) - corners[upper, 2:, 1].mean(axis=1)
    is_stacked = is_below & (distance < limits.box_gap * digit_height)
    is_box[upper[is_stacked]] = False
    is_box[lower[is_stacked]] = False
    return np.asarray(is_box)


def _is_beside(left: Floats, right: Floats, digit_height: float, limits: GridLimits) -> bool:
    """Whether a box is as wide as that on its left, and near it."""
    low, high = sorted(float(np.hypot(*(box[1] - box[0]))) for box in (left, right))
    gap = float(right[0, 0] - left[1, 0])
    return gap <= limits.box_gap * digit_height and high <= limits.box_ratio * low and left[0, 0] < right[0, 0]
