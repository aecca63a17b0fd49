"""Which numbers of a table are doubtful: those in cells whose ink is uncertain, and not all others of their row.

Where such a cell has no number, its neighbours in the row are doubtful: no row may look complete that is not.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.inference.named_lines import NamedLine
from digitnet.inference.number_words import NumberThresholds, PageCharacter, is_text, runs_of
from digitnet.inference.unread_ink import incomplete_columns
from digitnet.segmentation.table_grid import NOWHERE, TableGrid

__all__ = ["CellWords", "Cells", "doubtful_cells", "is_doubtful"]

Floats = NDArray[np.float64]
Cells: TypeAlias = set[tuple[int, int | None]]  # line and column; no column stands for all of them


class CellWords(NamedTuple):
    """The words of a table.

    Attributes:
        every: All of them.
        is_in_number_cell: Which of them stand in a cell that holds a number.
        kept: Those that are numbers.
        left_out: Those that may have been.
    """

    every: Sequence[list[PageCharacter]]
    is_in_number_cell: Sequence[bool]
    kept: Sequence[list[PageCharacter]]
    left_out: Sequence[list[PageCharacter]]


def doubtful_cells(
    lines: Sequence[NamedLine], words: CellWords, grid: TableGrid, to_page: Floats, thresholds: NumberThresholds
) -> Cells:
    """The line and the column of each doubtful number.

    Args:
        lines: Rows of a table, and what stands above and below it.
        words: What they hold.
        grid: The cells.
        to_page: float64 (2, 3), affine map from the copy that was taken apart to that on which the grid was found.
        thresholds: What is text.
    """
    labels = [
        c
        for word, is_number in zip(words.every, words.is_in_number_cell, strict=True)
        if not is_number and is_text(word, thresholds)
        for c in word
    ]
    found = {_cell(word) for word in words.left_out}
    numbers = [run for word in words.kept for run in runs_of(word)]
    for line in lines:
        own = [number for number in numbers if number[0].ink.line == line.row]
        of_words = [c for c in labels if c.ink.line == line.row]
        columns = _columns_of_segments(line, grid, to_page)
        read = [c for number in own for c in number]
        found |= {(line.row, column) for column in incomplete_columns(line, read, of_words, columns)}
        in_columns = [_column(number[0]) for number in own if number[0].place is not None and number[0].place.box < 0]
        found |= {(line.row, column) for column in in_columns if in_columns.count(column) > 1}
    return _with_neighbours(found, {_cell(number) for number in numbers})


def is_doubtful(characters: Sequence[PageCharacter], doubtful: Cells) -> bool:
    """Whether a number has characters in a doubtful cell; without places, whether its line has one."""
    places = {(c.ink.line, None if c.place is None else c.place.column) for c in characters}
    return any(
        line == row and (column is None or own is None or column == own)
        for line, column in places
        for row, own in doubtful
    )


def _column(character: PageCharacter) -> int:
    return NOWHERE if character.place is None else character.place.column


def _cell(characters: Sequence[PageCharacter]) -> tuple[int, int]:
    return characters[0].ink.line, _column(characters[0])


def _columns_of_segments(line: NamedLine, grid: TableGrid, to_page: Floats) -> NDArray[np.int64]:
    """The column of each segment, that of its character where it has one."""
    centres = np.array(line.lattice.centres, np.float64).reshape(-1, 2)
    columns = grid.place(centres @ to_page[:, :2].T + to_page[:, 2])[:, 1]
    for c in line.characters:
        group = line.lattice.groups[c.edge.group]
        columns[group.first : group.last + 1] = _column(c)
    return columns


def _with_neighbours(doubtful: set[tuple[int, int]], numbers: set[tuple[int, int]]) -> Cells:
    """Doubtful numbers, and for a doubtful cell without one the nearest to its left and right."""
    found: Cells = set()
    for line, column in doubtful:
        own = sorted(other for row, other in numbers if row == line)
        left, right = [other for other in own if other < column][-1:], [other for other in own if other > column][:1]
        near = own if column == NOWHERE else [column] if column in own else left + right
        found |= {(line, other) for other in near}
    return found
