"""Lengths, several constraints at once, and what contradicts itself."""

import re

import pytest

from digitnet.constraints.automaton import (
    DIGITS,
    SYMBOLS,
    Length,
    accepts,
    check_not_empty,
    intersect,
    length,
    normalized,
)
from digitnet.constraints.checksum import checksum
from digitnet.constraints.pattern import pattern
from digitnet.errors import ConfigurationError


def test_a_length_counts_digits_and_skips_marks_and_spaces() -> None:
    four = length(4)
    assert [text for text in ("2026", "20.26", "+20 26-", "202", "20260", "", "x÷€") if accepts(four, text)] == [
        *("2026", "20.26", "+20 26-"),
    ]


def test_an_x_counts_where_it_is_a_digit() -> None:
    assert accepts(length(3, DIGITS + "x"), "12x")
    assert not accepts(length(3), "12x")


def test_a_length_ends_as_soon_as_there_are_too_many_digits() -> None:
    state = length(1).step(0, "7")
    assert state == 1
    assert Length(1).step(1, "7") is None
    assert Length(1).step(1, ".") == 1


@pytest.mark.parametrize("wrong", [0, -1, 1001, True, "4", 4.0])
def test_a_length_is_a_whole_number_of_digits(wrong: int) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"length is {wrong!r}: expected how many digits")):
        length(wrong)


def test_of_several_constraints_all_hold() -> None:
    both = intersect([length(3), pattern(r"1\d*"), pattern(r"\d*9")])
    fitting = [str(number) for number in range(2000) if accepts(both, str(number))]
    assert fitting == [str(number) for number in range(109, 200, 10)]
    assert both.reads == frozenset(DIGITS)


def test_marks_are_skipped_by_the_constraint_that_does_not_read_them() -> None:
    both = intersect([length(8), pattern(r"\d{2}/\d{2}/\d{4}")])
    assert accepts(both, "24/12/2026")
    assert not accepts(both, "24122026")
    assert both.reads == frozenset(SYMBOLS)


def test_a_constraint_alone_stays_itself() -> None:
    alone = length(3)
    assert intersect([alone]) is alone


def test_a_contradiction_is_found() -> None:
    with pytest.raises(ConfigurationError, match=r"^length and checksum contradict one another: no number fits"):
        check_not_empty(intersect([length(12), checksum("isbn13")]), "length and checksum")


def test_a_contradiction_is_found_although_a_pattern_has_a_million_states() -> None:
    # Its automaton remembers the last 19 digits: 2 to the power of 19 states.
    wide = pattern("(0|1)*1(0|1){18}")
    check_not_empty(intersect([length(19), wide]), "")
    with pytest.raises(ConfigurationError, match="contradict"):
        check_not_empty(intersect([length(18), wide]), "length and pattern")


def test_what_is_too_large_together_is_refused() -> None:
    parts = [length(700), pattern(r"(\d?\d\d){160}"), checksum("luhn")]
    with pytest.raises(ConfigurationError, match=r"^all of it are too large together: give fewer of them"):
        check_not_empty(intersect(parts), "all of it")


def test_numbers_are_spelt_in_one_way() -> None:
    assert normalized(" 12\t3 X×x −–- €") == "123xxx---€"  # noqa: RUF001 - these are the signs that people copy
    assert normalized("1a²") == "1a²"
