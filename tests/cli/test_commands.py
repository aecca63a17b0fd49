"""The commands: their promised options, their help pages, and what may stand before them."""

import re
from pathlib import Path

import pytest

from digitnet.cli.commands import COMMANDS, command_line, overview_options, overview_page, parse
from digitnet.cli.help_page import page_width
from digitnet.errors import ConfigurationError
from in_process import run_command

# Promised to users: more may come, none may go.
GENERAL = {"-q", "--quiet", "-v", "--verbose", "-h", "--help"}
MODEL = {"--model", "--precision"}
ANSWERS = {
    *MODEL,
    "--augment-inference",
    "--coverage",
    "--always-answer",
    "--json",
    "--csv",
    "--explain",
    "--max-input",
    "--raw-csv",
}
PAGE = {*MODEL, "--augment-inference", "--host", "--port", "--no-training", "--studio-dir", "--allow-host"}
PROMISED = {
    "predict": {*ANSWERS, "--array"},
    "read": {*ANSWERS, "--table"},
    "batch": {
        *(*MODEL, "--augment-inference", "--coverage", "--always-answer", "--json", "--out", "--format", "--renew"),
        *("--task", "--workers", "--scheduler", "--picture-seconds", "--picture-memory"),
    },
    "studio": {*PAGE, "--no-browser"},
    "serve": {
        *(*PAGE, "--coverage", "--always-answer", "--workers", "--root-path", "--allow-origin"),
        *("--no-batching", "--no-access-log", "--max-body", "--body-timeout", "--max-requests", "--answer-timeout"),
    },
    "train": {
        *("--preset", "--out", "--data", "--resume", "--hidden-sizes", "--activation", "--dropout"),
        *("--batch-normalization", "--no-batch-normalization", "--receptive-fields", "--optimizer"),
        *("--learning-rate", "--schedule", "--warmup-fraction", "--weight-decay", "--label-smoothing", "--augment"),
        *("--show-augmentation", "--regional-hands", "--hard-examples", "--epochs", "--batch-size"),
        *("--validation-fraction", "--seed", "--on-bad-picture", "--json"),
    },
    "sweep": {
        *("--preset", "--dial", "--seeds", "--random", "--data", "--on-bad-picture", "--out"),
        *("--workers", "--cores", "--scheduler", "--json"),
    },
    "evaluate": {"--data", "--precision", "--on-bad-picture", "--augment-inference", "--coverage", "--json"},
    "info": {"--precision", "--json"},
    "verify": {"--key", "--json"},
    "reproduce": {"--out", "--compare", "--json"},
    "committee": {"--precision", "--json"},
    "export": {"--model", "--precision", "--runtime", "--json"},
    "completion": set(),
}
ARGUMENTS = {
    "predict": ["PICTURE"],
    "read": ["PICTURE"],
    "batch": ["SOURCE"],
    "evaluate": ["MODEL"],
    "info": ["MODEL"],
    "verify": ["MODEL"],
    "reproduce": ["RUN"],
    "committee": ["OUT.onnx", "MODEL"],
    "export": ["FORMAT", "OUT"],
}


def test_every_promised_option_is_there() -> None:
    assert set(COMMANDS) == set(PROMISED)
    for name, options in PROMISED.items():
        line, _ = command_line(name)
        assert options | GENERAL <= set(line.options()), name
        if name in ARGUMENTS:
            assert [argument.metavar for argument in line.arguments] == ARGUMENTS[name]
    assert {*GENERAL, "--version"} <= set(overview_options())


def pages(width: int) -> dict[str, str]:
    return {
        "": overview_page(width),
        **{name: command_line(name)[0].help(width) for name in COMMANDS},
    }


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_page_is_wider_than_the_terminal(width: int) -> None:
    for name, page in pages(width).items():
        assert max(map(len, page.splitlines())) <= width, name
        assert not any(line != line.rstrip() for line in page.splitlines()), name


def test_a_narrow_page_says_the_same_as_a_wide_one() -> None:
    narrow, wide = pages(60), pages(100)
    assert {name: page.split() for name, page in narrow.items()} == {name: page.split() for name, page in wide.items()}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_on_the_page_with_its_whole_text(name: str) -> None:
    line, _ = command_line(name)
    page = line.help(80)
    for option, action in line.options().items():
        shown = option.replace("--no-batch-", "--batch-").replace("--batch-n", "--[no-]batch-n")
        assert re.search(rf"^  (-\w, )?{re.escape(shown)}\b", page, re.MULTILINE) or f"  {option}, --" in page, option
        assert str(action.help) in " ".join(page.split()), option


def test_examples_are_understood() -> None:
    """Every example of a help page that is a command of ours, up to what the shell does with it."""
    for page in pages(80).values():
        for example in page.partition("Examples:\n")[2].splitlines():
            program, *words = example.partition(" <")[0].partition(" |")[0].replace("'", "").split()
            if program == "digitnet":
                parse(words)


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["-q", "-h"], ["--help", "predict"]])
def test_help_lists_all_commands(words: list[str]) -> None:
    assert run_command(*words) == (0, overview_page(page_width()))
    assert all(f"\n  {name} " in run_command(*words).stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_each_command_has_a_page(name: str, option: str) -> None:
    code, page = run_command(name, option)
    assert code == 0
    assert page.startswith(f"Usage: digitnet {name} [OPTIONS]")
    assert COMMANDS[name][1] in " ".join(page.split())


def test_without_a_command_the_page_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command() == (2, "")
    assert capsys.readouterr().err == overview_page(page_width())


def test_the_general_options_may_stand_before_the_command() -> None:
    _, before = parse(["-q", "info"])
    _, behind = parse(["info", "-q"])
    assert before.quiet
    assert before == behind
    assert parse(["--verbose", "info"])[1].verbose


def test_an_unknown_command_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r"'evalute' is no command of digitnet \(did you mean 'evaluate'\?\)"):
        parse(["evalute", "--json"])


def test_the_beginning_of_an_option_names_the_whole() -> None:
    with pytest.raises(ConfigurationError, match=r"--aug is no option .* \(did you mean '--augment-inference'\?\)"):
        parse(["predict", "a.png", "--aug", "8"])


def test_every_command_is_described_in_the_documents() -> None:
    docs = Path(__file__).parents[2] / "docs"
    if not docs.is_dir():
        pytest.skip("the documents are not installed with the package")
    texts = "".join(path.read_text(encoding="utf-8") for path in [docs.parent / "README.md", *docs.glob("*.md")])
    assert [name for name in COMMANDS if f"digitnet {name}" not in texts] == []
