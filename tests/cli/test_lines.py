"""Results go to stdout, everything else to stderr, and a note is one line."""

import pytest

from digitnet.cli.lines import print_line, print_note


def test_results_and_notes_do_not_mix(capsys: pytest.CaptureFixture[str]) -> None:
    print_line("7  99.98 %")
    print_note("a\nfile.png cannot\r\nbe read")
    assert capsys.readouterr() == ("7  99.98 %\n", "digitnet: a file.png cannot be read\n")


def test_the_terminal_obeys_nothing_that_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print_line("\x1b]0;owned\x07")
    print_note("\x1b[2J\x9b31m.png cannot be read")
    assert capsys.readouterr() == (r"\x1b]0;owned\x07" + "\n", r"digitnet: \x1b[2J\x9b31m.png cannot be read" + "\n")
