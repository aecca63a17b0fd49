"""Lines whose ink was not all read, or is perhaps that of another row."""

import dataclasses

import numpy as np
import pytest

from digitnet.arrays import IMAGE_SIDE
from digitnet.inference.answers import Digit, Number, Status
from digitnet.inference.named_lines import NamedLine
from digitnet.inference.number_words import PageCharacter
from digitnet.inference.unread_ink import (
    UNREAD_LIMITS,
    incomplete_columns,
    incomplete_lines,
    lines_at_rules,
    unsure_beside_unsure,
)
from digitnet.segmentation.characters import NamedEdge
from digitnet.segmentation.lattice import Group
from digitnet.segmentation.page import CharacterLine, DigitInk

BLANK = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)


def line(names: list[str], inks: list[int], probability: float = 0.99) -> NamedLine:
    """A line of one segment for each name; "" is a segment that is left out."""
    groups = [Group(place, place, BLANK, 0, 0, 0.0, is_cut=False) for place in range(len(names))]
    lattice = CharacterLine(groups, len(names), (0, len(names)), 40.0, tuple(inks), (False,) * len(names))
    characters = [
        PageCharacter(NamedEdge(place, name, probability), DigitInk(BLANK, (0, 0, 1, 1), 0, place, ()))
        for place, name in enumerate(names)
        if name
    ]
    return NamedLine(0, lattice, np.zeros((len(names), 26)), characters)


def incomplete(found: NamedLine, *, is_row: bool = True) -> bool:
    read = [c for c in found.characters if c.edge.name.isdigit()]
    columns = np.zeros(found.lattice.num_segments, np.int64)
    if is_row:
        return bool(incomplete_columns(found, read, [], columns))
    return bool(incomplete_lines([found], [[c] for c in read]))


@pytest.mark.parametrize(("ink", "expected"), [(10, False), (30, True)])
def test_ink_that_was_left_out_counts_from_a_fifth_of_a_digit_on(ink: int, expected: bool) -> None:
    assert incomplete(line(["4", "", "7", "8"], [100, ink, 90, 110])) is expected


def test_letters_are_unread_in_a_table_and_read_elsewhere() -> None:
    found = line(["4", "letter", "7"], [100, 80, 90])
    assert incomplete(found)
    assert not incomplete(found, is_row=False)
    assert incomplete(line(["4", "letter", "7"], [100, 80, 90], probability=0.4), is_row=False)


def test_marks_beside_a_number_are_read() -> None:
    assert not incomplete(line(["4", "€"], [100, 80]))
    assert incomplete(line(["4", "junk"], [100, 80]), is_row=False)
    assert incomplete(line(["/", "4"], [60, 100]), is_row=False)  # perhaps a 1


def test_ink_that_was_left_out_makes_the_numbers_of_its_own_cell_doubtful() -> None:
    found = line(["4", "", "7", "letter", "8"], [100, 30, 90, 60, 110])
    read = [c for c in found.characters if c.edge.name.isdigit()]
    columns = np.array([0, 0, 1, 2, 3])
    assert incomplete_columns(found, read, [], columns) == {0, 2}
    assert incomplete_columns(found, read, found.characters, columns) == {0}  # a word of letters is no number


def test_a_mark_that_may_be_a_digit_is_not_read() -> None:
    found = line(["4", "€"], [100, 80])
    for chance, expected in ((0.001, False), (0.3, True)):
        mark = found.characters[1]
        doubtful = mark._replace(edge=dataclasses.replace(mark.edge, digit_probability=chance))
        assert incomplete(dataclasses.replace(found, characters=[found.characters[0], doubtful])) is expected


def test_ink_of_another_row_counts_where_it_was_read() -> None:
    found = line(["4", "", "7"], [100, 1, 90])
    for crossing, expected in (((True, False, False), True), ((False, True, False), False)):
        lattice = dataclasses.replace(found.lattice, is_crossing=crossing)
        assert incomplete(dataclasses.replace(found, lattice=lattice)) is expected


def test_a_line_without_digits_is_not_incomplete() -> None:
    assert not incomplete(line(["letter", ""], [100, 80]))


@pytest.mark.parametrize(("distance", "expected"), [(0, {0}), (2, {0}), (12, set())])
def test_a_digit_that_lies_at_a_rule_may_be_a_piece_of_one(distance: int, expected: set[int]) -> None:
    stroke = np.full((30, 4), 255, np.uint8)
    found = line(["1"], [120])
    lattice = dataclasses.replace(found.lattice, groups=[Group(0, 0, stroke, 10, 20, 0.0, is_cut=False)])
    found = dataclasses.replace(found, lattice=lattice)
    rules = np.zeros((200, 200), np.uint8)
    rules[:, 2 * (14 + distance) + 5 : 2 * (14 + distance) + 8] = 255
    to_page = np.array([[2.0, 0.0, 5.0], [0.0, 2.0, 0.0]])  # the page is twice as large, and moved
    limits = UNREAD_LIMITS._replace(near=6)
    assert lines_at_rules([found], [found.characters], to_page, rules, limits) == expected
    assert lines_at_rules([found], [found.characters], to_page, np.zeros_like(rules), limits) == set()


def test_no_number_is_sure_beside_one_that_is_not() -> None:
    statuses: list[tuple[Status, ...]] = [("ok", "unsure"), ("ok",)]
    lines = tuple(
        tuple(Digit(1, "1", 0.99, (1,), (), (0, 0, 1, 1), row, status, ()) for status in own)
        for row, own in enumerate(statuses)
    )
    numbers = [Number("1", (0, 0, 1, 1), row, None, 0.99, s) for row, own in enumerate(statuses) for s in own]
    digits, found = unsure_beside_unsure(lines, numbers)
    assert [digit.status for digit in digits[0] + digits[1]] == ["unsure", "unsure", "ok"]
    assert [number.status for number in found] == ["unsure", "unsure", "ok"]
