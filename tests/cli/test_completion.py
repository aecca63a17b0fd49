"""`digitnet completion`: what may come next, and the scripts in the shells themselves, where they are installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from digitnet.cli.commands import COMMANDS
from digitnet.cli.completion import candidates
from in_process import run_command


def words(*typed: str) -> list[str]:
    return [each.word for each in candidates(typed)]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (("",), list(COMMANDS)),
        ((), list(COMMANDS)),
        (("pre",), ["predict"]),
        (("-q", "ev"), ["evaluate"]),
        (("--vers",), ["--version"]),
        (("predict", "--mo"), ["--model"]),
        (("predict", "a.png", "--mo"), ["--model"]),
        (("predict", "--precision", ""), ["float32", "int8"]),
        (("predict", "--precision", "f"), ["float32"]),
        (("predict", "--precision=f"), ["--precision=float32"]),
        (("predict", "--precision", "=", "f"), ["float32"]),  # as bash divides it
        (("train", "--preset", "r"), ["record"]),
        (("train", "--no-"), ["--no-batch-normalization"]),
        (("train", "--schedule", ""), ["constant", "cosine", "one-cycle"]),
        (("train", "--optimizer", "ada"), ["adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw"]),
        (("train", "--activation=ta"), ["--activation=tanh"]),
        (("completion", ""), ["bash", "zsh", "fish"]),
        (("predict", "a"), []),  # a file
        (("predict", "--model", ""), []),
        (("predict", "--", "--mo"), []),
        (("nonsense", "--"), []),
    ],
)
def test_what_may_come_next(typed: tuple[str, ...], expected: list[str]) -> None:
    assert words(*typed) == expected


def test_every_option_is_offered() -> None:
    assert {"--csv", "--explain", "-q", "--help"} < set(words("read", "-"))


def test_each_shell_gets_meanings_in_its_own_form() -> None:
    assert run_command("completion", "bash", "--", "inf").stdout == "info\n"
    assert run_command("completion", "fish", "--", "inf").stdout == f"info\t{COMMANDS['info'][1]}\n"
    assert run_command("completion", "zsh", "--", "inf").stdout == f"info:{COMMANDS['info'][1]}\n"
    assert "--csv:Write a table" in run_command("completion", "zsh", "--", "read", "--c").stdout
    assert "\\: rotation=15" in run_command("completion", "zsh", "--", "train", "--aug").stdout


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a picture, and with this digitnet as the command that the shell finds."""
    command = tmp_path / "bin" / "digitnet"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m digitnet "$@"\n')
    command.chmod(0o755)
    (tmp_path / "photo.png").touch()
    return tmp_path


def in_shell(shell: str, code: str, place: Path, before: str = "") -> list[str]:
    """What a shell prints that has read its script."""
    script = run_command("completion", shell).stdout
    environment = {**os.environ, "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    options = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    run = subprocess.run(
        [shell, *options, "-c", f"{before}\n{script}\n{code}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=place,
        env=environment,
    )
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["digitnet", "comm"], ["committee"]),
        (["digitnet", "predict", "--prec"], ["--precision"]),
        (["digitnet", "predict", "--precision", ""], ["float32", "int8"]),
        (["digitnet", "predict", "ph"], []),  # bash itself offers files then
    ],
)
def test_bash_completes(typed: list[str], expected: list[str], place: Path) -> None:
    quoted = " ".join(f"'{word}'" for word in typed)
    code = f'COMP_WORDS=({quoted}); COMP_CWORD={len(typed) - 1}; _digitnet; printf "%s\\n" "${{COMPREPLY[@]}}"'
    assert in_shell("bash", code, place) == expected
    assert "-o default" in " ".join(in_shell("bash", "complete -p digitnet", place))


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("digitnet comm", "committee"),
        ("digitnet predict --prec", "--precision"),
        ("digitnet predict --precision i", "int8"),
        ("digitnet predict ph", "photo.png"),
    ],
)
def test_fish_completes(typed: str, expected: str, place: Path) -> None:
    assert in_shell("fish", f"complete --do-complete '{typed}'", place)[0] == expected


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_understands_its_script(place: Path) -> None:
    code = (
        "_describe() { print -l -- $found; }; _files() { print files; }\n"
        "words=(digitnet predict --prec); CURRENT=3; _digitnet\n"
        "words=(digitnet predict ph); CURRENT=3; _digitnet"
    )
    first, *_, last = in_shell("zsh", code, place, before="compdef() { :; }")  # which zsh has where a person types
    assert first.startswith("--precision:")
    assert last == "files"
