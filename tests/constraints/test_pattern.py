"""Patterns, against Python's own regular expressions."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitnet.constraints.automaton import DIGITS, SYMBOLS, Constraint, accepts
from digitnet.constraints.pattern import pattern
from digitnet.errors import ConfigurationError

CHARACTERS = "0123.-/x$"
ATOMS = st.sampled_from(
    ["0", "1", "2", "3", r"\d", r"\.", r"\$", "x", "/", "[0-2]", "[^1]", "[.-]", r"[^\d.]", ".", r"\D", r"\w", "^", "$"]
)


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    repeats = st.sampled_from(["?", "*", "+", "{2}", "{1,3}", "{0,1}", "{2,}", "*?", "{0}"])
    return st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(inner, repeats).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
        inner.map(lambda one: f"({one})"),
    )


EXPRESSIONS = st.recursive(ATOMS, grown, max_leaves=8)


@settings(deadline=None, max_examples=300)
@given(EXPRESSIONS, st.lists(st.text(CHARACTERS, max_size=6), min_size=1, max_size=20))
def test_a_pattern_fits_what_python_says_fits(expression: str, texts: list[str]) -> None:
    try:
        constraint = pattern(expression)
    except ConfigurationError as error:
        assert "matches no number" in str(error)  # noqa: PT017 - either way something is looked at
        assert not any(re.fullmatch(expression, text) for text in texts if text)
        return
    for text in texts:
        shown = text if constraint.reads == frozenset(SYMBOLS) else "".join(each for each in text if each in DIGITS)
        assert accepts(constraint, text) == bool(re.fullmatch(expression, shown)), (expression, text)


@settings(deadline=None, max_examples=100)
@given(EXPRESSIONS, st.data())
def test_whatever_python_makes_up_for_a_pattern_fits(expression: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(expression, fullmatch=True, alphabet=CHARACTERS))
    if text:
        assert accepts(pattern(expression), text)


def fitting(constraint: Constraint[int], *texts: str) -> list[str]:
    return [text for text in texts if accepts(constraint, text)]


def test_a_pattern_with_marks_reads_them_and_skips_spaces() -> None:
    date = pattern(r"\d{2}/\d{2}/\d{4}")
    assert fitting(date, "24/12/2026", "24/ 12/2026", "24.12.2026", "24122026", "24/12/202") == [
        *("24/12/2026", "24/ 12/2026"),
    ]


def test_a_pattern_without_marks_skips_them() -> None:
    assert fitting(pattern(r"\d{3}"), "123", "1.23", "1 2-3", "12", "1234") == ["123", "1.23", "1 2-3"]


def test_white_space_of_a_pattern_matches_nothing_that_is_written() -> None:
    assert fitting(pattern(r"\d \d\s\d[ ]"), "123", "1 2 3", "12") == ["123", "1 2 3"]
    assert fitting(pattern(r"\d[ -]\d"), "12", "1-2", "1/2") == ["12", "1-2"]


def test_the_check_digit_is_read_however_it_is_typed() -> None:
    for expression in (r"\d[X]", r"\dx", r"\d×", r"(?i)\dX"):  # noqa: RUF001 - the sign for times
        assert fitting(pattern(expression), "1x", "1", "11") == ["1x"]
    assert fitting(pattern(r"\d[^X]"), "1x", "1-") == ["1-"]


def test_anchors_may_be_written() -> None:
    assert fitting(pattern(r"^\d{2}$"), "12", "123") == ["12"]
    assert fitting(pattern(r"\A(?:^1|2$)\Z"), "1", "2", "12") == ["1", "2"]


def test_letters_beside_what_can_be_read_make_no_difference() -> None:
    assert fitting(pattern(r"\d{2}|none"), "12") == ["12"]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "matches no number: expected one that matches digits and the marks"),
        ("()*", "matches no number"),
        (r"\d$\d", "matches no number"),
        ("[a-w]+", "matches no number"),
        ("No 1", "matches only text with 'N', which cannot be read: expected digits and the marks"),
    ],
)
def test_what_no_number_can_match_is_refused(expression: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^pattern .*{message}"):
        pattern(expression)


def test_a_pattern_whose_whole_automaton_would_not_fit_into_memory_is_stepped_through() -> None:
    wide = pattern(r"(0|1)*1(0|1){200}")
    assert accepts(wide, "1" * 201)
    assert not accepts(wide, "01" + "1" * 50 + "0" * 201)


def test_what_can_no_longer_fit_ends_at_once() -> None:
    constraint = pattern(r"1(2|3a)")
    after = constraint.step(constraint.start, "1")
    assert after is not None
    assert constraint.step(after, "3") is None  # the a behind it cannot be read
