"""Options for what the user knows about a number."""

import re
from pathlib import Path
from typing import Any

import pytest

from digitnet.cli import known
from digitnet.cli.command_line import CommandLine
from digitnet.cli.known import add_known, known_numbers
from digitnet.constraints import CHECKSUMS, constraint
from digitnet.constraints.automaton import MAX_LENGTH
from digitnet.errors import ConfigurationError


def given(*words: str) -> dict[str, Any]:
    line = CommandLine("digitnet read", "Reads.")
    section = line.section("Known")
    section.flag("--help", help="Help.")
    add_known(section)
    return dict(known_numbers(line.parse(words)))


def test_nothing_is_known_where_nothing_is_given() -> None:
    assert given() == {"length": None, "pattern": None, "choices": None, "checksum": None}
    assert constraint(**given()) is None


def test_what_is_given_is_handed_on(tmp_path: Path) -> None:
    listed = tmp_path / "numbers.txt"
    listed.write_bytes("\ufeff12\r\n34\n\n".encode())
    words = ("--length", "2", "--pattern", r"\d+", "--choices", str(listed), "--checksum", "luhn")
    known_of = {"length": 2, "pattern": r"\d+", "choices": ["12", "34", ""], "checksum": "luhn"}
    assert given(*words) == known_of
    assert constraint(**given(*words)) is not None  # 34 has its check digit: 6 + 4 = 10


def test_the_limits_are_those_of_the_constraints() -> None:
    assert tuple(CHECKSUMS) == known.CHECKSUM_NAMES
    assert known.MAX_LENGTH == MAX_LENGTH


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--length", "0"), "--length is '0': expected a whole number from 1 to 1000"),
        (("--checksum", "lun"), "--checksum is 'lun' (did you mean 'luhn'?): expected luhn, isbn13 or mod11"),
    ],
)
def test_what_makes_no_sense(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}"):
        given(*words)


def test_a_list_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = "; expected a text file with one number a line$"
    for name, reason in (
        (str(tmp_path / "none.txt"), "No such file"),
        (str(tmp_path), "Is a directory"),
        ("\0", "null"),
    ):
        with pytest.raises(ConfigurationError, match=f"^--choices .*: .*{reason}.*{expected}"):
            given("--choices", name)
    wrong = tmp_path / "wrong.txt"
    wrong.write_bytes(b"12\n\xff")
    with pytest.raises(ConfigurationError, match=rf"wrong.txt is not UTF-8 \(byte 3\){expected}"):
        given("--choices", str(wrong))
    monkeypatch.setattr(known, "_MAX_BYTES", 2)
    with pytest.raises(ConfigurationError, match=f"wrong.txt has more than 0 MiB{expected}"):
        given("--choices", str(wrong))
