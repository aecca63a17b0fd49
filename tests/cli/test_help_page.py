"""help_page: two columns where there is room for them, one below the other where not, and nothing cut off."""

import pytest

from digitnet.cli.help_page import Entry, Section, help_page, page_width

SECTIONS = [
    Section("Short", [Entry("-a", "One."), Entry("--bee WORD", "Two words or three, so that there is a second line.")]),
    Section("Long", [Entry("--an-option-of-many-letters VALUE", "Stands above its text.")]),
]


def test_two_columns() -> None:
    assert help_page("try [OPTIONS]", ["What it does."], SECTIONS, ["try --bee x", "try -a"], 62) == (
        "Usage: try [OPTIONS]\n"
        "\n"
        "What it does.\n"
        "\n"
        "Short:\n"
        "  -a          One.\n"
        "  --bee WORD  Two words or three, so that there is a second\n"
        "              line.\n"
        "\n"
        "Long:\n"
        "  --an-option-of-many-letters VALUE\n"
        "              Stands above its text.\n"
        "\n"
        "Examples:\n"
        "  try --bee x\n"
        "  try -a\n"
    )


def test_one_column_where_it_is_narrow() -> None:
    assert help_page("try", [], SECTIONS[:1], [], 50) == (
        "Usage: try\n"
        "\n"
        "Short:\n"
        "  -a\n"
        "      One.\n"
        "  --bee WORD\n"
        "      Two words or three, so that there is a\n"
        "      second line.\n"
    )


def test_a_word_is_never_taken_apart() -> None:
    address = "https://example.org/a-word-that-is-longer-than-the-page-is-wide"
    page = help_page("try", [f"See {address} first."], [Section("Short", [Entry("-a", address)])], [address], 40)
    assert page.count(address) == 3


@pytest.mark.parametrize(("columns", "width"), [("60", 60), ("80", 80), ("10", 40), ("300", 100), ("", 80)])
def test_a_page_is_as_wide_as_the_terminal_within_limits(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("sys.__stdout__", None)  # no terminal of whoever runs the tests
    assert page_width() == width
