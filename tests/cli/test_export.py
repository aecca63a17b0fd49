"""`digitnet export`: what it prints, and what it refuses in one line."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from exported import model_path
from in_process import run_command


def test_it_prints_what_was_compared_and_how_to_run_it(tmp_path: Path) -> None:
    model = model_path(tmp_path)
    code, printed = run_command("export", "safetensors", tmp_path / "out", "--model", model)
    assert code == 0
    first, second, third = printed.splitlines()
    assert first == f"{tmp_path / 'out'}: safetensors, 0.1 MB"
    compared = "compared with model.onnx on 2,000 images by NumPy: largest difference of a probability "
    assert re.fullmatch(rf"{compared}\d\.\de-0\d, other labels 0", second)
    assert third.startswith("to run it: python -c ")


def test_the_same_as_json(tmp_path: Path) -> None:
    code, printed = run_command("export", "safetensors", tmp_path / "out", "--model", model_path(tmp_path), "--json")
    found = json.loads(printed)
    assert code == 0
    assert (found["format"], found["images"], found["other_labels"]) == ("safetensors", 2000, 0)
    assert Path(found["file"]) == tmp_path / "out"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("safetensor", "out"), 2, "'safetensor' is no format (did you mean 'safetensors'?): expected one of"),
        (("safetensors", "out", "--model", "none.onnx"), 1, "none.onnx does not exist"),
        (("safetensors", "there"), 1, "there exists already and is never overwritten: choose another name"),
        (("safetensors", "nowhere/out"), 1, "nowhere/out: No such file or directory"),
        (("safetensors", "out", "--precision", "int8"), 2, "made from a model in float32, not in int8"),
    ],
)
def test_what_cannot_be_is_one_line(
    words: tuple[str, ...], code: int, message: str, tmp_path: Path, refused: Callable[..., tuple[object, str]]
) -> None:
    (tmp_path / "there").write_text("")
    found, errors = refused("export", *words, cwd=tmp_path)
    assert found == code
    assert message in errors
    assert errors.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
