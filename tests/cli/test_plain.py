"""plain_request understands nothing otherwise than Typer does, and leaves to it what it does not understand."""

import os
from collections.abc import Sequence

import pytest
import typer
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from digitnet.cli import predict as predict_module
from digitnet.cli.answering import Request
from digitnet.cli.app import app
from digitnet.cli.plain import plain_request

WORDS = [
    *(
        "predict",
        "a.png",
        "b.npz",
        "é.png",
        "",
        "-",
        "--",
        "a b.png",
        "info",
        "float32",
        "int8",
        "--json",
        "-j",
        "--js",
    ),
    *("--model", "--precision", "--array", "--model=m.onnx", "--precision=int8", "--help", "--no-json", "int9", "-x"),
    *("--augment-inference", "--augment-inference=8", "16", "1001"),
]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="on Windows everything is left to Typer")


def typers_request(arguments: Sequence[str]) -> Request | None:
    """What Typer makes of the arguments; None if it refuses them, shows help or runs another command."""
    found: list[Request] = []

    def keep(request: Request) -> int:
        found.append(request)
        return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(predict_module, "answer", keep)
        result = CliRunner().invoke(app, list(arguments))
    assert len(found) <= (result.exit_code == 0)
    return found[0] if found else None


def test_the_request_of_each_option() -> None:
    arguments = ["predict", "a.png", "--model", "m", "b.png", "--json", "--precision", "int8", "--array", "x"]
    expected = Request(("a.png", "b.png"), "m", "int8", "x", as_json=True)
    assert plain_request(arguments) == typers_request(arguments) == expected
    assert plain_request(["predict", "a.png"]) == Request(("a.png",))


def test_the_request_of_what_only_typer_understands() -> None:
    expected = Request(("a.png",), "m", augment_inference=8)
    assert typers_request(["predict", "a.png", "--model", "m", "--augment-inference", "8"]) == expected
    assert typers_request(["predict", "a.png", "--augment-inference", "1001"]) is None
    assert typers_request(["predict", "a.png", "--augment-inference", "-1"]) is None


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["predict"],
        ["a.png"],
        ["info"],
        ["--version"],
        ["--help"],
        ["predict", "--help"],
        ["predict", "--json"],
        ["predict", "a.png", "--model"],
        ["predict", "a.png", "--model=m.onnx"],
        ["predict", "a.png", "--model", "--json"],
        ["predict", "a.png", "--modle", "m.onnx"],
        ["predict", "a.png", "--precision", "int9"],
        ["predict", "a.png", "--json", "--json"],
        ["predict", "a.png", "--array", "x", "--array", "y"],
        ["predict", "--", "-a.png"],
        ["predict", "-"],
        ["predict", "a.png", "--augment-inference", "8"],
        ["predict", "a.png", "--augment-inference=8"],
    ],
)
def test_everything_else_is_left_to_typer(arguments: list[str]) -> None:
    assert plain_request(arguments) is None


def test_on_windows_everything_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitnet.cli.plain.os.name", "nt")
    assert plain_request(["predict", "*.png"]) is None


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(WORDS), max_size=7).map(lambda words: ["predict", *words]))
@example(["predict", "a.png", "--precision", "float32", "--array", "int8"])
def test_what_is_understood_is_what_typer_understands(arguments: list[str]) -> None:
    request = plain_request(arguments)
    if request is not None:
        assert request == typers_request(arguments)


def test_typers_own_options_are_all_known() -> None:
    """So that a new option of `predict` is not forgotten here."""
    command = typer.main.get_command(app).commands["predict"]  # type: ignore[attr-defined] # it is a group
    assert sorted(parameter.name for parameter in command.params if parameter.name != "help") == sorted(Request._fields)
