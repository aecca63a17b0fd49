"""From the numbers of a page to the cells of its table, with rules or without."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray
from digitnet.inference.answers import Number, Table
from digitnet.segmentation.table_grid import NOWHERE, TableGrid

__all__ = ["CharacterPlace", "Placed", "character_places", "is_parted", "numbers_in_cells", "table_of"]

# Least share of the rows that have a number in a column without a rule at its outer side, for it to be a column of the
# table, not what stands beside it; chosen by hand.
_OPEN_SHARE = 0.34
# Share of the rows up to which cells that begin in a column without numbers are due to a stray rule; chosen by hand.
_STRAY_SHARE = 0.25
# Shares of the width of numbers that count, one after the other, until no column has two numbers of one line; chosen by
# hand.
_WIDTH_SHARES = (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)


class CharacterPlace(NamedTuple):
    """Where a character stands: row and column as `TableGrid.place` gives them, and its box in a comb, else -1."""

    row: int
    column: int
    box: int


class Placed(NamedTuple):
    """Numbers with their cells, and how many rows and columns there are; None without rules around cells."""

    numbers: tuple[Number, ...]
    shape: tuple[int, int] | None


def character_places(grid: TableGrid, points: NDArray[np.float64]) -> list[CharacterPlace]:
    """The place of each character.

    Args:
        grid: The cells of the page.
        points: (n, 2), the x and y of its centre on the page.
    """
    region = grid.region(points)
    boxes = np.where(region >= 0, grid.boxes[region], -1)
    return [
        CharacterPlace(row, column, box)
        for (row, column), box in zip(grid.place(points).tolist(), boxes.tolist(), strict=True)
    ]


def is_parted(left: CharacterPlace, right: CharacterPlace) -> bool | None:
    """Whether a rule parts two neighbours of a line; None where their distance decides.

    Their rows do not count: a digit that stands high in its cell does not belong to another number for that. In a comb
    a digit in the next box belongs to the same number, however far away it is.
    """
    if left.column != right.column:
        return True
    if left.box >= 0 and right.box >= 0 and left.row == right.row:
        return right.box - left.box > 1
    return None


def numbers_in_cells(numbers: Sequence[Number], points: NDArray[np.float64], grid: TableGrid | None) -> Placed:
    """Give each number its cell.

    A number in a region of several columns is in the first of them, unless there are several numbers: then a gap in a
    rule has joined cells, and each number has the row and the column that it stands in. What stands beside the
    outermost cells is a further row or column, where enough of its cells have a number: its outer rule is not drawn. A
    row or column in which few cells begin and no number stands is left out.

    Args:
        numbers: Those of a page.
        points: (n, 2), the x and y of the centre of each on the page.
        grid: The cells of the page; None where there are none.
    """
    if grid is None or not numbers:
        return Placed(tuple(numbers), None if grid is None else grid.shape)
    region = grid.region(points)
    in_region = np.array([(region == own).sum() if own >= 0 and grid.boxes[own] < 0 else 0 for own in region])
    by_place = grid.grid_place(points)
    is_shared = (in_region > 1) & (by_place != NOWHERE).all(axis=1)
    places = np.where(is_shared[:, np.newaxis], by_place, grid.place(points))
    shape = [0, 0]
    for axis in (0, 1):
        places, shape[axis] = _renumbered(places, axis, grid)
    cells = [None if row == NOWHERE else (row, column) for row, column in places.tolist()]
    placed = tuple(dataclasses.replace(n, cell=cell) for n, cell in zip(numbers, cells, strict=True))
    return Placed(placed, (shape[0], shape[1]))


def _renumbered(places: NDArray[np.int64], axis: int, grid: TableGrid) -> tuple[NDArray[np.int64], int]:
    """Places whose rows (axis 0) or columns (axis 1) count from 0, with open ones and without stray ones; and how many.

    Args:
        places: (n, 2), of all numbers.
        axis: Which.
        grid: The cells of the page.
    """
    count, others = grid.shape[axis], grid.shape[1 - axis]
    filled = [len(np.unique(places[places[:, axis] == index, 1 - axis])) for index in range(-1, count + 1)]
    is_kept = np.array(filled) > 0
    is_kept[1:-1] |= grid.support(axis) > _STRAY_SHARE * others
    is_kept[[0, -1]] = np.array(filled)[[0, -1]] >= max(2, _OPEN_SHARE * others)
    number = np.where(is_kept, np.cumsum(is_kept) - 1, NOWHERE)
    is_placed = places[:, axis] != NOWHERE
    own = np.where(is_placed, number[np.where(is_placed, places[:, axis], 0) + 1], NOWHERE)
    found = places.copy()
    found[:, axis] = own
    found[own == NOWHERE] = NOWHERE
    return found, int(is_kept.sum())


def table_of(numbers: Sequence[Number], shape: tuple[int, int] | None, notes: tuple[str, ...] = ()) -> Table:
    """Put numbers into a table.

    Args:
        numbers: Those of a page, with their cells where rules enclose some.
        shape: How many rows and columns rules enclose; None where they enclose none: then lines are rows, and columns
            are where numbers stand below one another.
        notes: What was done to the picture.
    """
    if shape is None:
        numbers, shape = _without_rules(numbers)
    cells: list[list[Number | None]] = [[None] * shape[1] for _ in range(shape[0])]
    outside = []
    for number in numbers:
        if number.cell is None:
            outside.append(number)
            continue
        row, column = number.cell
        other = cells[row][column]
        cells[row][column] = number if other is None else _joined(other, number)
    return Table(tuple(map(tuple, cells)), tuple(outside), notes)


def _joined(first: Number, second: Number) -> Number:
    """Two numbers of one cell, with a space between."""
    boxes = np.array([first.box, second.box])
    left, top = boxes[:, :2].min(axis=0).tolist()
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0).tolist()
    return dataclasses.replace(
        first,
        text=f"{first.text} {second.text}",
        box=(left, top, right - left, bottom - top),
        confidence=first.confidence * second.confidence,
        status="ok" if first.status == second.status == "ok" else "unsure",
    )


def _without_rules(numbers: Sequence[Number]) -> tuple[list[Number], tuple[int, int]]:
    """Numbers with the cells that their places alone give them."""
    if not numbers:
        return [], (0, 0)
    boxes = np.array([number.box for number in numbers], np.float64)
    lines = np.array([number.line for number in numbers])
    columns = _columns(boxes, lines)
    rows = np.unique(lines, return_inverse=True)[1]
    cells = zip(numbers, rows.tolist(), columns.tolist(), strict=True)
    placed = [dataclasses.replace(number, cell=(row, column)) for number, row, column in cells]
    return placed, (int(rows.max()) + 1, int(columns.max()) + 1)


def _columns(boxes: AnyArray, lines: AnyArray) -> NDArray[np.int64]:
    """The column of each number: numbers that stand below one another, as much of their width as tells them apart."""
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    along = middle[:, 0] + _slope(middle, lines) * middle[:, 1]
    columns = np.zeros(len(boxes), np.int64)
    for share in _WIDTH_SHARES:
        half = boxes[:, 2] * share / 2
        order = np.argsort(along - half, kind="stable")
        reach = np.maximum.accumulate((along + half)[order])
        columns[order] = np.concatenate([[0], np.cumsum((along - half)[order][1:] > reach[:-1])])
        if len(np.unique(np.column_stack([lines, columns]), axis=0)) == len(boxes):
            break
    return columns


def _slope(middle: AnyArray, lines: AnyArray) -> float:
    """How far lines fall to the right, the median of all of them; a page that was turned has its columns turned too."""
    slopes = []
    for line in np.unique(lines):
        x, y = middle[lines == line].T
        if np.ptp(x) > 0:
            slopes.append(float(((x - x.mean()) * (y - y.mean())).sum() / np.square(x - x.mean()).sum()))
    return float(np.median(slopes)) if slopes else 0.0
