"""What a user wrote, all of it at once."""

import re
from typing import Any

import pytest

from digitnet.constraints import CHECKSUMS, accepts, constraint
from digitnet.errors import ConfigurationError


def test_nothing_known_is_no_constraint() -> None:
    assert constraint() is None


def test_all_of_it_holds() -> None:
    known = constraint(
        length=4, pattern=r"1\d*", choices=["1234", "1230", "0018", "18", "18-18", "1-819"], checksum="luhn"
    )
    assert known is not None
    # The check digit is right in 1230 (0 + 6 + 2 + 2 = 10) and 1818 (8 + 2 + 8 + 2 = 20), not in 1234 and 1819.
    assert [text for text in ("1230", "1234", "0018", "18", "18-18", "1818", "1-819") if accepts(known, text)] == [
        *("1230", "18-18"),
    ]


def test_an_isbn_of_ten_may_end_in_x() -> None:
    known = constraint(length=10, checksum="mod11", pattern=r"[\dX-]+")
    assert known is not None
    assert accepts(known, "0-8044-2957-x")
    assert not accepts(known, "0-8044-2957")
    assert not accepts(known, "0-8044-2957-2")


@pytest.mark.parametrize(
    ("known", "message"),
    [
        ({"length": 12, "checksum": "isbn13"}, "length and checksum contradict one another"),
        ({"length": 3, "pattern": r"\d{4}"}, "length and pattern contradict one another"),
        (
            {"length": 3, "choices": ["1", "22"], "checksum": "luhn"},
            "none of the 2 choices fits length and checksum: expected at least one that does",
        ),
        ({"pattern": "1", "choices": ["2"]}, "none of the 1 choices fits pattern"),
        ({"length": 0}, "length is 0"),
        ({"choices": []}, "choices are empty"),
        ({"checksum": "crc"}, "checksum is 'crc'"),
        ({"pattern": "["}, "pattern '[' is no regular expression"),
    ],
)
def test_what_makes_no_sense(known: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}"):
        constraint(**known)


@pytest.mark.parametrize("name", CHECKSUMS)
def test_every_checksum_can_be_had_by_its_name(name: str) -> None:
    known = constraint(checksum=name)
    assert known is not None
    assert accepts(known, "0000000000000")
