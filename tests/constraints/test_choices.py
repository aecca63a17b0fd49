"""Numbers from a list."""

import itertools

import pytest

from digitnet.constraints import choices as module
from digitnet.constraints.automaton import DIGITS, SYMBOLS, accepts
from digitnet.constraints.choices import choices
from digitnet.errors import ConfigurationError


def test_exactly_the_numbers_of_the_list_fit() -> None:
    listed = ["7", "70", "701", "702", "1", "007", "99"]
    constraint = choices(listed)
    every = ("".join(digits) for count in range(4) for digits in itertools.product(DIGITS, repeat=count))
    assert sorted(text for text in every if accepts(constraint, text)) == sorted(listed)


def test_marks_make_no_difference_where_no_choice_has_one() -> None:
    constraint = choices(["12", "345", " 34 5 ", ""])
    assert constraint.reads == frozenset(DIGITS)
    assert accepts(constraint, "3.4-5")


def test_marks_count_where_a_choice_has_one() -> None:
    constraint = choices(["1.5", "2", "3 X"])
    assert constraint.reads == frozenset(SYMBOLS)
    assert [text for text in ("1.5", "1. 5", "15", "2", "2.", "3x") if accepts(constraint, text)] == [
        *("1.5", "1. 5", "2", "3x")
    ]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([], "^choices are empty: expected at least one number, one a line$"),
        (["", " \n"], "^choices are empty"),
        ("12", "^choices is the text '12': expected a list of numbers, each a text$"),
        (["1", "1O"], "^choice 2 is '1O', and 'O' cannot be read: expected digits, spaces and the marks . ,"),
        ([12], "^choice 1 is 12: expected a text, as '007' is not the same as '7'$"),
        (["1" * 1001], "^choice 1 has 1,001 characters: expected at most 1,000$"),
    ],
)
def test_what_is_no_list_of_numbers(wrong: list[str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        choices(wrong)


def test_an_endless_list_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CHOICES", 50)
    assert len(choices(map(str, range(50))).numbers) == 50
    with pytest.raises(ConfigurationError, match=r"^choices are more than 50: give fewer, or a pattern$"):
        choices(map(str, itertools.count()))
