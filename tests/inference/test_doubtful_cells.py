"""Which numbers of a row are doubtful, by what was not read in which of its cells."""

import dataclasses

import numpy as np
import pytest

from digitnet.arrays import IMAGE_SIDE
from digitnet.inference.doubtful_cells import CellWords, doubtful_cells, is_doubtful
from digitnet.inference.named_lines import NamedLine
from digitnet.inference.number_words import NUMBER_THRESHOLDS, PageCharacter
from digitnet.inference.tables import CharacterPlace
from digitnet.segmentation.characters import NamedEdge
from digitnet.segmentation.lattice import Group
from digitnet.segmentation.page import CharacterLine, DigitInk
from digitnet.segmentation.table_grid import TableGrid, find_table_grid

BLANK = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)
SIDE = 80  # pixels of a cell
TO_PAGE = np.array([[1.0, 0.0, 10.0], [0.0, 1.0, 10.0]])  # the copy that was taken apart lacks the page's margin


def ruled() -> TableGrid:
    """Two rows of five cells."""
    rules = np.zeros((2 * SIDE + 20, 5 * SIDE + 20), np.uint8)
    for y in range(3):
        rules[10 + SIDE * y : 12 + SIDE * y, 10:-8] = 255
    for x in range(6):
        rules[10:-8, 10 + SIDE * x : 12 + SIDE * x] = 255
    found = find_table_grid(rules, 40.0)
    assert found is not None
    assert found.shape == (2, 5)
    return found


def row(cells: list[str], unread: int | None = None) -> NamedLine:
    """A row with a character in the middle of each cell, `?` a letter, and ink that is none in one of them."""
    middles = [SIDE * (column + 0.5) for column, name in enumerate(cells) if name]
    names = [name for name in cells if name]
    columns = [column for column, name in enumerate(cells) if name]
    if unread is not None:
        middles.append(SIDE * (unread + 0.3))
    groups = [Group(place, place, BLANK, 0, 0, 0.0, is_cut=False) for place in range(len(middles))]
    inks, crossing = (100,) * len(middles), (False,) * len(middles)
    centres = tuple((x, SIDE / 2) for x in middles)
    lattice = CharacterLine(groups, len(middles), (0, len(middles)), 40.0, inks, crossing, centres)
    characters = [
        PageCharacter(
            NamedEdge(place, "letter" if name == "?" else name, 0.99),
            DigitInk(BLANK, (SIDE * column + 30, 20, 20, 40), 0, place, ()),
            CharacterPlace(0, column, -1),
        )
        for place, (name, column) in enumerate(zip(names, columns, strict=True))
    ]
    return NamedLine(0, lattice, np.zeros((len(middles), 26)), characters)


def doubtful_columns(line: NamedLine, left_out: list[int] | None = None, labels: tuple[int, ...] = ()) -> set[int]:
    """The columns of doubtful numbers; words in columns of `labels` stand in no cell of a number."""
    every = [[c] for c in line.characters]
    columns = [c.place.column for (c,) in every if c.place is not None]
    kept = [word for word in every if word[0].edge.name != "letter"]
    out = [word for word, column in zip(every, columns, strict=True) if column in (left_out or [])]
    words = CellWords(every, [column not in labels for column in columns], kept, out)
    found = doubtful_cells([line], words, ruled(), TO_PAGE, NUMBER_THRESHOLDS)
    assert {place for place, _ in found} <= {0}
    return {column for _, column in found if column is not None}


@pytest.mark.parametrize("unread", range(5))
def test_ink_that_was_not_read_makes_the_number_of_its_own_cell_doubtful(unread: int) -> None:
    assert doubtful_columns(row(list("31415"), unread)) == {unread}


def test_the_neighbours_of_a_cell_are_doubtful_where_it_has_no_number() -> None:
    assert doubtful_columns(row(["3", "1", "", "1", "5"], 2)) == {1, 3}
    assert doubtful_columns(row(["", "1", "4", "1", "5"], 0)) == {1}
    assert doubtful_columns(row(["3", "1", "?", "1", "5"])) == {1, 3}


def test_words_that_stand_in_no_cell_of_a_number_are_read() -> None:
    assert doubtful_columns(row(["?", "1", "4", "1", "5"]), labels=(0,)) == set()
    assert doubtful_columns(row(["?", "1", "4", "1", "5"])) == {1}


def test_words_that_may_be_numbers_and_digits_of_several_rows_make_their_cell_doubtful() -> None:
    line = row(list("31415"))
    assert doubtful_columns(line) == set()
    assert doubtful_columns(line, left_out=[3]) == {3}
    lattice = dataclasses.replace(line.lattice, is_crossing=(False, True, False, False, False))
    assert doubtful_columns(dataclasses.replace(line, lattice=lattice)) == {1}


def test_two_numbers_of_one_cell_are_doubtful() -> None:
    line = row(list("31415"))
    moved = line.characters[1]._replace(place=CharacterPlace(0, 0, -1))
    characters = [line.characters[0], moved, *line.characters[2:]]
    assert doubtful_columns(dataclasses.replace(line, characters=characters)) == {0}


def test_what_stands_nowhere_makes_its_line_doubtful() -> None:
    line = row(list("31415"), 0)
    centres = (*line.lattice.centres[:-1], (5.0 * SIDE * 3, SIDE / 2))
    lattice = dataclasses.replace(line.lattice, centres=centres)
    assert doubtful_columns(dataclasses.replace(line, lattice=lattice)) == {0, 1, 2, 3, 4}


def test_a_doubtful_line_has_no_sure_number_and_a_doubtful_cell_none_without_a_place() -> None:
    characters = row(list("31415")).characters
    assert is_doubtful(characters[:1], {(0, 0)})
    assert not is_doubtful(characters[1:], {(0, 0), (1, 1)})
    assert is_doubtful(characters[1:2], {(0, None)})
    assert is_doubtful([characters[1]._replace(place=None)], {(0, 0)})
