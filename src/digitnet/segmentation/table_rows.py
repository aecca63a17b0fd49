"""Rows of a table as lines: each component in the row that holds its ink, and those that reach over a rule parted.

Digits of a table touch the rules and reach over them, so that neighbours of two rows overlap in height or are one
component. The grid of the table knows better than the overlap of boxes which of them are in one line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.segmentation.cells import CELL_LIMITS
from digitnet.segmentation.components import INK_FROM, Component, cropped
from digitnet.segmentation.lines import Boxes, group_into_lines
from digitnet.segmentation.rule_strokes import strokes_among_rules
from digitnet.segmentation.table_grid import NOWHERE, TableGrid, find_table_grid

__all__ = ["TABLE_ROW_LIMITS", "TableRowLimits", "TableRows", "find_table", "table_rows"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class TableRowLimits(NamedTuple):
    """Which grids give lines, and which components are parted; lengths are in heights of a digit."""

    # Least number of rows, and least share of their cells that were found, for a grid to be a table. Of squared paper a
    # few squares are found here and there. Chosen by hand.
    min_rows: int = 2
    min_found: float = 0.6
    # Least share and least number of cells of a table that counts because only rules with few gaps do; chosen by hand.
    min_full: float = 0.8
    min_cells: int = 6
    # Least and greatest height of a row, which then holds one line; chosen by hand.
    min_height: float = 0.8
    max_height: float = 2.5
    # Height from which a component may be digits of two rows; chosen by hand.
    tall: float = 1.35
    # Least part of a component's ink in each of two rows, from which both rows have a digit of it; chosen by hand.
    share: float = 0.2
    # Least part of a component's ink in each of two rows, from which it reaches over a rule, whatever it is; chosen by
    # hand.
    crossing: float = 0.1
    # Distance from the rule up to which the path between two rows may leave it; chosen by hand.
    reach: float = 0.3
    # Cost of a pixel's distance from the rule, as a share of a pixel of full ink; chosen by hand.
    per_distance: float = 0.02


TABLE_ROW_LIMITS = TableRowLimits()
# Shares of rules that are drawn with few gaps, while squares of paper have many; chosen on rendered tables
# (docs/log.md, 2026-12-01, "doubt for each cell, and edges of combs").
_STRICTER = tuple(
    CELL_LIMITS._replace(share=share, stretch_share=stretch_share) for share, stretch_share in ((0.6, 0.8), (0.75, 0.8))
)


def find_table(
    rules: GrayPicture, digit_height: float, limits: TableRowLimits = TABLE_ROW_LIMITS
) -> "tuple[TableGrid | None, TableRows | None]":
    """Find the cells of a page, and the rows of a table that hold a line each.

    Where they are no full table, perhaps since the squares of its paper were taken for cells, only rules with fewer
    gaps count, if these make a fuller one.

    Args:
        rules: uint8 (height, width), 255 on rules.
        digit_height: Typical height of a digit in pixels.
        limits: Which grids give lines.
    """
    grid = find_table_grid(rules, digit_height)
    rows = table_rows(grid, digit_height, rules, limits)
    if grid is None or grid.found_share == 1:
        return grid, rows
    least = max(limits.min_full, grid.found_share)
    for cell_limits in _STRICTER:
        other = find_table_grid(rules, digit_height, cell_limits=cell_limits)
        if other is None or len(other.positions) < limits.min_cells or other.found_share <= least:
            continue
        other_rows = table_rows(other, digit_height, rules, limits)
        if other_rows is not None:
            grid, rows, least = other, other_rows, other.found_share
    return grid, rows


def table_rows(
    grid: TableGrid | None, digit_height: float, rules: GrayPicture, limits: TableRowLimits = TABLE_ROW_LIMITS
) -> "TableRows | None":
    """The rows of a table that hold a line each.

    Args:
        grid: The cells of a page; None where there are none.
        digit_height: Typical height of a digit in pixels of the page.
        rules: uint8 (height, width), 255 on rules.
        limits: Which grids give lines.

    Returns:
        The rows; None where the cells are no table, or hold more than a line.
    """
    if grid is None or grid.shape[0] < limits.min_rows:
        return None
    heights = grid.row_heights / digit_height
    if grid.found_share < limits.min_found:
        return None
    if not limits.min_height <= float(np.median(heights)) <= limits.max_height:
        return None
    return TableRows(grid, digit_height, strokes_among_rules(rules, grid, digit_height), limits)


@dataclass(frozen=True, slots=True, eq=False)
class TableRows:
    """The rows of a table, each of which is a line.

    Attributes:
        grid: Its cells.
        digit_height: Typical height of a digit in pixels of the page.
        strokes: uint8 (height, width) of the page, 255 on strokes that were taken for rules.
        limits: Which components are parted.
    """

    grid: TableGrid
    digit_height: float
    strokes: GrayPicture
    limits: TableRowLimits

    def parted(self, components: Sequence[Component], to_page: Floats) -> tuple[list[Component], frozenset[int]]:
        """The components, those with digits of several rows parted between them.

        Args:
            components: Of the page, or of a copy of it.
            to_page: float64 (2, 3), affine map from that copy to the page on which the grid was found.

        Returns:
            The components and what they were parted into; and the sources of those that reach over a rule, or that were
            taken for one.
        """
        found: list[Component] = []
        crossing = set()
        for component in components:
            points = _mapped(_inked_points(component), to_page)
            rows, shares = self._shares(points)
            if (np.sort(shares)[:-1] >= self.limits.crossing).any() or self._has_strokes(points):
                crossing.add(component.source)
            inked = rows[shares >= self.limits.share]
            if len(inked) < 2 or component.height < self.limits.tall * self.digit_height:
                found.append(component)
            else:
                found += self._parted(component, inked[:-1], to_page)
        return found, frozenset(crossing)

    def lines(self, components: Sequence[Component], boxes: Boxes, slope: float, to_page: Floats) -> list[list[int]]:
        """The numbers of the components of each line, as `group_into_lines` gives them, but a line for each row.

        Args:
            components: As `parted` returns them.
            boxes: (n, 4) left, top, width, height of each.
            slope: Slope of the lines in degrees.
            to_page: As for `parted`.
        """
        rows = np.array([self._main_row(component, to_page) for component in components], np.int64)
        found = []
        for row in np.unique(rows):
            own = np.flatnonzero(rows == row)
            lines = [own[line] for line in group_into_lines(boxes[own], self.digit_height, slope)]
            if row != NOWHERE and lines:
                together = np.concatenate(lines)
                lines = [together[np.argsort(boxes[together, 0] + boxes[together, 2] / 2, kind="stable")]]
            found += lines
        middles = boxes[:, 1] + boxes[:, 3] / 2 - np.tan(np.deg2rad(slope)) * (boxes[:, 0] + boxes[:, 2] / 2)
        return sorted((line.tolist() for line in found), key=lambda line: float(middles[line].mean()))

    def _main_row(self, component: Component, to_page: Floats) -> int:
        """The row with most ink of a component; above and below the table only where nearly all of it is there."""
        rows, shares = self._shares(_mapped(_inked_points(component), to_page))
        is_inside = (rows >= 0) & (rows < self.grid.shape[0])
        if shares[is_inside].sum() >= self.limits.share:
            rows, shares = rows[is_inside], shares[is_inside]
        return int(rows[shares.argmax()]) if len(rows) else NOWHERE

    def _shares(self, points: Floats) -> tuple[Integers, Floats]:
        """The rows of the table in which points of the page lie, and the part of them in each."""
        rows = self.grid.rows_of(points)
        values, counts = np.unique(rows[rows != NOWHERE], return_counts=True)
        return values, counts / max(1, len(rows))

    def _has_strokes(self, points: Floats) -> bool:
        """Whether points of the page lie on strokes that were taken for rules."""
        x, y = np.clip(np.floor(points).astype(np.int64).T, 0, np.array(self.strokes.shape[::-1])[:, None] - 1)
        return bool(self.strokes[y, x].any())

    def _parted(self, component: Component, upper: Integers, to_page: Floats) -> list[Component]:
        """The pieces of a component, from the top down, parted along the cheapest paths below each of these rows."""
        down, across = np.indices(component.ink.shape)
        points = np.stack([across + component.left + 0.5, down + component.top + 0.5], axis=-1).reshape(-1, 2)
        rows = self.grid.rows_of(_mapped(points, to_page)).reshape(component.ink.shape)
        piece_of = np.zeros(component.ink.shape, np.int64)
        for row in upper.tolist():
            piece_of += down >= self._cheapest_path(component.ink, (rows <= row).sum(axis=0))
        pieces = []
        for piece in range(len(upper) + 1):
            own = np.asarray(np.where(piece_of == piece, component.ink, 0), np.uint8)
            pieces.append(cropped(own, component.left, component.top, component.source))
        return [piece for piece in pieces if piece is not None]

    def _cheapest_path(self, ink: GrayPicture, border: Integers) -> Integers:
        """The row of a component in each column, (width,), at which the ink below a rule begins.

        Args:
            ink: uint8 (height, width).
            border: (width,), the row at which the rule has its middle.
        """
        reach = max(1, round(self.limits.reach * self.digit_height))
        offsets = np.arange(-reach, reach + 1)
        at = border + offsets[:, None]
        is_inside = (at >= 0) & (at < len(ink))
        crossed = np.where(is_inside, ink[np.clip(at, 0, len(ink) - 1), np.arange(ink.shape[1])], 0) / 255
        steps = crossed + self.limits.per_distance * np.abs(offsets)[:, None]
        costs = steps[:, 0]
        came = []
        for column in range(1, steps.shape[1]):
            padded = np.pad(costs, 1, constant_values=np.inf)
            around = np.stack([padded[:-2], padded[1:-1], padded[2:]])
            came.append(around.argmin(axis=0) - 1)
            costs = around.min(axis=0) + steps[:, column]
        place = int(costs.argmin())
        path = [place]
        for step in came[::-1]:
            place += int(step[place])
            path.append(place)
        return np.asarray(border + offsets[np.array(path[::-1])], np.int64)


def _inked_points(component: Component) -> Floats:
    """The middles of the inked pixels of a component, (n, 2)."""
    down, across = np.nonzero(component.ink >= INK_FROM)
    return np.column_stack([across + component.left + 0.5, down + component.top + 0.5])


def _mapped(points: Floats, to_page: Floats) -> Floats:
    return np.asarray(points @ to_page[:, :2].T + to_page[:, 2])
