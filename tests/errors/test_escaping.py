"""Text from elsewhere: what a terminal would obey is written out, what a spreadsheet would compute is defused."""

import json

import pytest

from digitnet.errors.escaping import escape_controls, escape_controls_in_json, spreadsheet_cell


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("photo 7.png", "photo 7.png"),
        ("été № 7 数字 👩‍🔬.png", "été № 7 数字 👩‍🔬.png"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("a\nb\tc\r", r"a\x0ab\x09c\x0d"),
        ("\x00\x7f\x9b2J", r"\x00\x7f\x9b2J"),
        ("gnp.\u202e7", r"gnp.\u202e7"),
        ("a\u2028b\u2066c\ufeff", r"a\u2028b\u2066c\ufeff"),
    ],
)
def test_control_characters_are_written_out(text: str, shown: str) -> None:
    assert escape_controls(text) == shown


def test_every_character_that_python_calls_a_control_is_written_out() -> None:
    controls = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
    assert all(escape_controls(each).isprintable() for each in controls)


def test_json_keeps_its_meaning() -> None:
    value = {"path": "/\x9b31m\u202e\x7f é\n"}
    text = json.dumps(value, ensure_ascii=False)
    escaped = escape_controls_in_json(text)
    assert r"\u009b31m\u202e\u007f é\n" in escaped
    assert json.loads(escaped) == value


@pytest.mark.parametrize(
    "text", ["", "7", "2026", "-12.50", "+3", "-1,234.5", "-,5", "12-7", "a=b", "1+2", "not a digit"]
)
def test_a_harmless_cell_stays_as_it_is(text: str) -> None:
    assert spreadsheet_cell(text) == text


@pytest.mark.parametrize(
    "text",
    ["=1+2", "+1+2", "-1-2", "@SUM(A1)", "-", "--5", "-12.50 ", "-5)", "\t=1", "\r=1", "\n=1", "\uff1d1", "-1\n=2"],
)
def test_a_cell_that_begins_like_a_formula_is_defused(text: str) -> None:
    assert spreadsheet_cell(text) == f"'{text}"


def test_a_cell_keeps_its_lines_but_no_control_characters() -> None:
    assert spreadsheet_cell("12\n34\x1b[2J") == "12\n34\\x1b[2J"
    assert spreadsheet_cell("\x00=1") == "\\x00=1"
