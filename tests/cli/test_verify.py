"""`digitnet verify` on whole, damaged and changed model files and run folders."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from digitnet.datasets import Dataset
from digitnet.errors import ModelFileError
from digitnet.model_file.contract import MODEL_FILE_NAMES, bundled_model_path, open_model
from digitnet.model_file.digest import with_digest, without_digest
from digitnet.model_file.graph import decode_model, with_metadata, with_reference_answers
from digitnet.model_file.reference_answers import TOLERANCE
from digitnet.model_file.verification import verify_model
from digitnet.training.checkpoint_file import CheckpointContent, encode_checkpoint
from digitnet.training.recipes import Recipe
from extras import needs_training
from in_process import run_command
from made_up_model_files import model_file
from made_up_networks import made_up_images
from made_up_run import finish_run

METADATA = dataclasses.replace(open_model(model_file((6,)))[1], recipe={"seed": 1}, data={"source": "made up"})
CONTENT = with_reference_answers(with_metadata(model_file((6,)), METADATA), made_up_images(20))


def heated(content: bytes, factor: float) -> bytes:
    """The file with another temperature in its graph, and a right digest."""
    proto = decode_model(content)
    tensor = next(one for one in proto.graph.initializer if one.name.startswith("temperature"))
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) * np.float32(factor), tensor.name))
    return with_digest(proto.SerializeToString())


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder that was interrupted after its model had been written."""
    folder = tmp_path / "run"
    (folder / "checkpoint").mkdir(parents=True)
    (folder / "model.onnx").write_bytes(CONTENT)
    (folder / "run.json").write_text(json.dumps({"settings": METADATA.recipe, "data": METADATA.data, "seed": 1}))
    (folder / "checkpoint" / "state.npz").write_bytes(encode_checkpoint(CheckpointContent([], [{"loss": 1.0}] * 2)))
    return folder


def test_a_whole_file_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "digits.onnx"
    path.write_bytes(CONTENT)
    expected = "its SHA-256 is right; 10 answers as when it was written, within 0.001"
    assert run_command("verify", str(path)) == (0, f"{path}: ok: {expected}\n")
    answer = json.loads(run_command("verify", "--json", str(path)).stdout)
    assert answer == {"file": str(path), "ok": True, "finding": expected}


def test_a_file_without_answers_is_whole_too(tmp_path: Path) -> None:
    path = tmp_path / "digits.onnx"
    path.write_bytes(model_file((6,)))
    assert run_command("verify", str(path)) == (
        0,
        f"{path}: ok: its SHA-256 is right; it has no answers to be compared with\n",
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (CONTENT[:5000] + b"?" + CONTENT[5001:], "damaged, or changed by another program"),
        (CONTENT[:-100], "promises a SHA-256"),
        (without_digest(CONTENT), "it cannot be verified, since it has no SHA-256 of its bytes"),
        (heated(CONTENT, 1.2), "it answers otherwise than when it was written: a probability differs by"),
        (b"", "not an ONNX model"),
    ],
)
def test_what_is_not_as_it_was_is_one_line_and_a_failure(
    tmp_path: Path, content: bytes, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "digits.onnx"
    path.write_bytes(content)
    assert run_command("verify", str(path)) == (1, "")
    error = capsys.readouterr().err
    assert error.startswith(f"digitnet: {path}: ")
    assert reason in error
    assert error.count("\n") == 1
    answer = json.loads(run_command("verify", "--json", str(path)).stdout)
    assert (answer["ok"], reason in answer["finding"]) == (False, True)


def test_a_probability_may_differ_by_the_tolerance(tmp_path: Path) -> None:
    path = tmp_path / "digits.onnx"
    path.write_bytes(heated(CONTENT, 1.0001))
    assert 0 < verify_model(path).largest_difference < TOLERANCE
    path.write_bytes(heated(CONTENT, 1.05))
    with pytest.raises(ModelFileError, match="it answers otherwise"):
        verify_model(path)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command("verify", str(tmp_path / "none.onnx")) == (1, "")
    assert "does not exist" in capsys.readouterr().err


def test_each_file_of_a_run_is_a_line(run: Path) -> None:
    code, text = run_command("verify", str(run))
    assert code == 0
    assert text.splitlines() == [
        f"{run}/run.json: ok: a run of seed 1",
        f"{run}/model.onnx: ok: its SHA-256 is right; 10 answers as when it was written, within 0.001",
        f"{run}/checkpoint/state.npz: ok: 2 finished epochs, every CRC-32 right",
    ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("model.onnx", CONTENT[:-1] + b"g", "damaged"),
        ("model.onnx", with_metadata(CONTENT, dataclasses.replace(METADATA, recipe={"seed": 2})), "settings differ"),
        ("model.onnx", with_metadata(CONTENT, dataclasses.replace(METADATA, data={})), "data differ"),
        ("run.json", b"{", "is damaged"),
        ("run.json", b"[]", "expected a JSON object"),
        ("run.json", b'{"settings": 1}', "settings is 1, expected an object"),
        ("metrics.json", b"no", "is damaged"),
        ("checkpoint/state.npz", b"PK", "is damaged"),
    ],
)
def test_a_damaged_file_of_a_run_is_a_failure_and_the_others_are_looked_at(
    run: Path, name: str, content: bytes, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / name).write_bytes(content)
    code, text = run_command("verify", str(run))
    assert code == 1
    error = capsys.readouterr().err
    assert str(run / name) in error
    assert reason in error
    assert len(text.splitlines()) == 2 + (name == "metrics.json")


def test_a_folder_that_is_no_run_and_a_run_without_its_model_are_failures(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert run_command("verify", str(tmp_path / "empty")).exit_code == 1
    assert "is no run folder" in capsys.readouterr().err
    (run / "metrics.json").write_text("{}")
    assert run_command("verify", str(run)).exit_code == 0
    (run / "model.onnx").unlink()
    assert run_command("verify", str(run)).exit_code == 1
    assert "has no model file, although its run has ended" in capsys.readouterr().err


def test_the_bundled_folder_is_what_its_description_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command("verify").exit_code == 0
    folder = tmp_path / "bundled"
    folder.mkdir()
    for name in ("run.json", "MODEL_CARD.md", *MODEL_FILE_NAMES.values()):
        shutil.copy(bundled_model_path().parent / name, folder)
    assert run_command("verify", str(folder)).exit_code == 0
    with (folder / "MODEL_CARD.md").open("a") as card:
        card.write("more")
    assert run_command("verify", str(folder)).exit_code == 1
    assert f"{folder}/MODEL_CARD.md is not the file that run.json lists" in capsys.readouterr().err
    (folder / "MODEL_CARD.md").unlink()
    assert run_command("verify", str(folder)).exit_code == 1
    assert f"{folder}/MODEL_CARD.md cannot be read" in capsys.readouterr().err


def test_a_layer_whose_name_looks_like_markup_is_shown_as_it_is(tmp_path: Path) -> None:
    """By `digitnet info`, which prints tables."""
    layer = {"name": "[/bold]", "kind": "[red]", "activation": None, "output_shape": [10], "parameters": 7}
    path = tmp_path / "digits.onnx"
    path.write_bytes(with_metadata(CONTENT, dataclasses.replace(METADATA, layers=(layer,))))
    code, text = run_command("info", str(path))
    assert code == 0
    assert "[/bold]" in text
    assert "[red]" in text


@needs_training
def test_what_training_leaves_is_verified(tmp_path: Path, mnist: tuple[Dataset, Dataset]) -> None:
    folder = finish_run(tmp_path / "run", Recipe(seed=3), mnist)
    code, text = run_command("verify", str(folder))
    assert code == 0
    assert text.count("10 answers as when it was written") == 2
    assert len(onnx.load(folder / "model.onnx").metadata_props) == 3
