"""Regular expressions taken apart into places."""

import pytest

from digitnet.constraints.expression import places_of
from digitnet.errors import ConfigurationError


def test_places_and_what_follows_them() -> None:
    places = places_of("1(2|34)+5?$")  # places 0 to 4, and bit 5 for the end
    assert (places.start, places.end) == (0b000001, 0b100000)
    assert places.follow == (0b000110, 0b110110, 0b001000, 0b110110, 0b100000)
    read = {symbol: mask for symbol, mask in places.reading.items() if mask}
    assert read == {"1": 0b00001, "2": 0b00010, "3": 0b00100, "4": 0b01000, "5": 0b10000}


def test_places_from_which_the_end_cannot_be_reached_are_left_out() -> None:
    places = places_of("1|2a|3$4")
    assert places.start == places.reading["1"]
    assert places.unreadable == "a"


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("(", r"is no regular expression: missing \), unterminated subpattern at position 0; expected one such as"),
        ("1{2,1}", "is no regular expression: min repeat greater than max repeat"),
        ("1{99999999999}", "is no regular expression: the repetition number is too large"),
        (r"(\d)\1", "has a reference to a group: expected a plain regular expression"),
        (r"(1)?(?(1)2|3)", "has a condition on a group"),
        (r"\d(?=2)", "has a look ahead or behind"),
        (r"(?<!1)\d", "has a look ahead or behind"),
        (r"\d++", "has a possessive repetition"),
        (r"(?>\d)", "has an atomic group"),
        (r"\b\d", "has a word boundary"),
        (
            r"(\d{1,1000}){1,1000}",
            "is too large: written out it has 1,000,000 places, expected at most 500; repeat less",
        ),
        ("(){100000}", "is too large"),
        ("((((1{9}){9}){9}){9}){9}", "is too large"),
        ("1" * 1001, "has 1,001 characters: expected at most 1,000"),
    ],
)
def test_what_is_refused_in_one_line(expression: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^pattern .*{message}") as caught:
        places_of(expression)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


def test_only_text_is_a_pattern() -> None:
    with pytest.raises(ConfigurationError, match=r"^pattern is 12: expected a regular expression as text"):
        places_of(12)  # type: ignore[arg-type]


def test_deep_brackets_are_refused_in_one_line_or_understood() -> None:
    deep = "(" * 490 + "1" + ")" * 490
    try:
        assert places_of(deep).start
    except ConfigurationError as error:
        assert "nested too deep: leave out brackets" in str(error)  # noqa: PT017 - depends on how deep the caller is
