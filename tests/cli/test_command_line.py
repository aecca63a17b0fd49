"""CommandLine: options and arguments in any order, mistakes that name what is nearest, and the help page."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitnet.cli.command_line import CommandLine
from digitnet.cli.values import one_of, whole_number
from digitnet.errors import ConfigurationError


def made(nargs: str | None = "+") -> CommandLine:
    line = CommandLine("digitnet try", "Try it.")
    line.argument("files", metavar="PICTURE", nargs=nargs, help="What to read.")
    section = line.section("Options")
    section.option("--model", metavar="MODEL", help="Which model.")
    section.option("--copies", metavar="N", type=whole_number(0, 9), default=0, help="How many.")
    section.option("--host", default="", help="Where.")
    section.option("--kind", choices=("new", "old"), type=one_of(("new", "old")), help="Which kind.")
    section.flag("--json", dest="as_json", help="For programs.")
    section.flag("-q", "--quiet", help="Less.")
    section.flag("-v", "--verbose", help="More.")
    section.flag("-h", "--help", help="This page.")
    return line


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("a b", {"files": ["a", "b"]}),
        ("a --model m b", {"files": ["a", "b"], "model": "m"}),
        ("--model=m a", {"files": ["a"], "model": "m"}),
        ("--model= a", {"files": ["a"], "model": ""}),
        ("--copies 2 a --copies 3", {"files": ["a"], "copies": 3}),
        ("--json a --json", {"files": ["a"], "as_json": True}),
        ("a -qv", {"files": ["a"], "quiet": True, "verbose": True}),
        ("-", {"files": ["-"]}),
        ("--json -- -a.png", {"files": ["-a.png"], "as_json": True}),
        ("a -- --model", {"files": ["a", "--model"]}),
        ("a -- b -- c", {"files": ["a", "b", "--", "c"]}),
        ("-- --", {"files": ["--"]}),
    ],
)
def test_what_is_understood(words: str, expected: dict[str, Any]) -> None:
    usual = {"model": None, "copies": 0, "host": "", "kind": None, "as_json": False}
    general = {"quiet": False, "verbose": False, "help": False}
    assert vars(made().parse(words.split())) == {**usual, **general, **expected}


def test_words_with_spaces_or_without_letters_are_arguments() -> None:
    assert made().parse(["a b.png", "", "é.png"]).files == ["a b.png", "", "é.png"]


PARTS = [["a.png"], ["b.png"], ["--json"], ["--model", "m"], ["--copies=4"], ["-q"]]


@settings(deadline=None)
@given(st.permutations(PARTS))
def test_the_order_of_options_does_not_matter(parts: list[list[str]]) -> None:
    found = made().parse([word for part in parts for word in part])
    assert (found.as_json, found.model, found.copies, found.quiet) == (True, "m", 4, True)
    assert found.files == [part[0] for part in parts if part[0].endswith(".png")]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "the following arguments are required: PICTURE"),
        ("--json", "the following arguments are required: PICTURE"),
        ("a --modle m", "--modle is no option of digitnet try (did you mean '--model'?)"),
        ("a --modle=m", "--modle is no option of digitnet try (did you mean '--model'?)"),
        ("a --js", "--js is no option of digitnet try (did you mean '--json'?)"),
        ("a --verb", "--verb is no option of digitnet try (did you mean '--verbose'?)"),
        ("a -x", "-x is no option of digitnet try"),
        ("a --nonsense", "--nonsense is no option of digitnet try"),
        ("a --model", "--model expected one argument"),
        ("a --model --json", "--model expected one argument"),
        ("a --copies 10", "--copies is '10': expected a whole number from 0 to 9"),
        ("a --copies -1", "--copies is '-1': expected a whole number from 0 to 9"),
        ("a --copies many", "--copies is 'many': expected a whole number from 0 to 9"),
        ("a --kind odl", "--kind is 'odl' (did you mean 'old'?): expected new or old"),
    ],
)
def test_a_mistake_is_named_with_what_is_nearest(words: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        made().parse(words.split())
    assert str(refused.value) == f"{message}. See digitnet try --help"


def test_one_argument_is_not_two() -> None:
    assert made("?").parse([]).files is None
    assert made("?").parse(["a"]).files == "a"
    with pytest.raises(ConfigurationError, match="'b' is one word more than digitnet try takes"):
        made("?").parse(["a", "b"])


def test_help_needs_no_arguments() -> None:
    assert made().parse(["--help"]).help
    assert made().parse(["--nonsense", "-h"]).help


@pytest.mark.parametrize(
    ("nargs", "usage"),
    [("+", "PICTURE..."), ("*", "[PICTURE...]"), ("?", "[PICTURE]"), (None, "PICTURE")],
)
def test_the_usage_shows_how_many_arguments_there_may_be(nargs: str | None, usage: str) -> None:
    assert made(nargs).help(80).startswith(f"Usage: digitnet try [OPTIONS] {usage}\n\nTry it.\n\nArguments:\n  PICTURE")


def test_the_page_shows_values_and_defaults() -> None:
    rows = [row.split(maxsplit=2) for row in made().help(80).splitlines()]
    assert ["--copies", "N", "How many. [default: 0]"] in rows
    assert ["--kind", "new|old", "Which kind."] in rows
    assert ["--host", "HOST", "Where."] in rows
    assert ["--json", "For", "programs."] in rows
    assert ["-q,", "--quiet", "Less."] in rows
