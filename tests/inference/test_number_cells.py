"""Which cells hold numbers, by what stands beside them, above and below."""

import dataclasses

import numpy as np
import pytest

from digitnet.arrays import IMAGE_SIDE
from digitnet.inference.named_lines import NamedLine
from digitnet.inference.number_cells import in_number_cells, in_words_with_letters
from digitnet.inference.number_words import NUMBER_THRESHOLDS, PageCharacter, numbers_among
from digitnet.inference.tables import CharacterPlace
from digitnet.segmentation.characters import NamedEdge
from digitnet.segmentation.lattice import Group
from digitnet.segmentation.page import CharacterLine, DigitInk

BLANK = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)


def word(names: str, row: int, column: int, probability: float = 0.99) -> list[PageCharacter]:
    """Characters of a cell; `?` is a letter."""
    return [
        PageCharacter(
            NamedEdge(0, "letter" if name == "?" else name, probability),
            DigitInk(BLANK, (100 * column + 30 * place, 60 * row, 20, 40), row, 0, ()),
            CharacterPlace(row, column, -1),
        )
        for place, name in enumerate(names)
    ]


def table(doubtful: list[PageCharacter]) -> list[list[PageCharacter]]:
    """A row of words, and below it rows with a word and two numbers; the last cell is the doubtful one."""
    rows = [["??", "?", "???"], ["???", "12", "3"], ["????", "4", "56"], ["??", "7"]]
    return [word(text, row, place) for row, own in enumerate(rows) for place, text in enumerate(own)] + [doubtful]


def is_number(doubtful: list[PageCharacter]) -> bool:
    return in_number_cells(table(doubtful), (4, 3), NUMBER_THRESHOLDS)[-1]


def test_a_cell_among_numbers_holds_one() -> None:
    assert is_number(word("?8", 3, 2))
    assert is_number(word("8", 3, 2, probability=0.2))


def test_cells_of_words_hold_none() -> None:
    assert not is_number(word("?8", 3, 0))
    assert not any(in_number_cells(table(word("8", 3, 2)), (4, 3), NUMBER_THRESHOLDS)[:3])


def test_what_stands_beside_the_table_is_in_no_cell() -> None:
    assert not is_number(word("?8", 3, 3))
    assert not is_number(word("?8", -1, 2))
    assert in_number_cells([], (0, 0), NUMBER_THRESHOLDS) == []


def test_a_doubtful_digit_is_a_number_there_and_its_word_is_doubtful() -> None:
    words = table(word("8", 3, 2, probability=0.2))
    kept, doubtful = numbers_among(words, NUMBER_THRESHOLDS, in_number_cells(words, (4, 3), NUMBER_THRESHOLDS))
    assert kept[-1] is words[-1]
    assert doubtful == [words[-1]]
    kept, doubtful = numbers_among(words, NUMBER_THRESHOLDS)
    assert kept[-1] is not words[-1]
    assert doubtful == [words[-1]]


@pytest.mark.parametrize(("text", "expected"), [("?8", True), ("%", True), ("48", False)])
def test_letters_and_per_cents_in_cells_of_numbers_are_looked_at_again(text: str, expected: bool) -> None:
    characters = word(text, 0, 0)
    characters = [c._replace(edge=dataclasses.replace(c.edge, group=place)) for place, c in enumerate(characters)]
    groups = [Group(place, place, BLANK, 0, 0, 0.0, is_cut=False) for place in range(len(characters))]
    lattice = CharacterLine(groups, len(groups), (0, len(groups)), 40.0)
    line = NamedLine(0, lattice, np.zeros((len(groups), 26)), characters)
    assert in_words_with_letters([line], [characters], [True], len(groups)).any() == expected
    assert not in_words_with_letters([line], [characters], [False], len(groups)).any()
