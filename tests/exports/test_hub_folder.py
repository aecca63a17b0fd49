"""The folder as the hub's own classes read it, offline."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml  # type: ignore[import-untyped,unused-ignore]
from safetensors.numpy import load_file

from digitnet.exports.export import export_model
from digitnet.inference.classifier import load_classifier
from digitnet.model_file.contract import BUNDLED_FOLDER
from exported import images_of_ink, model_path

huggingface_hub = pytest.importorskip("huggingface_hub", reason="needs the export extra")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("hub") / "model"
    assert export_model("hub", out).notes == ()
    return out


def test_the_card_is_read_by_the_classes_of_the_hub(folder: Path) -> None:
    card = huggingface_hub.ModelCard.load(folder / "README.md")
    assert (card.data.license, card.data.pipeline_tag) == ("apache-2.0", "image-classification")
    assert card.data.datasets == ["ylecun/mnist"]
    (result,) = card.data.eval_results
    assert (result.metric_type, result.metric_value, result.dataset_split) == ("accuracy", 0.9961, "test")
    assert card.text.strip() == (BUNDLED_FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8").strip()


def test_the_head_of_the_card_is_plain_yaml(folder: Path) -> None:
    _, head, _ = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    found = yaml.safe_load(head)
    assert found["model-index"][0]["results"][0]["metrics"] == [{"type": "accuracy", "value": 0.9961}]
    assert {"onnx", "safetensors"} <= set(found["tags"])


def test_weights_config_and_model_files_belong_together(folder: Path) -> None:
    for name in ("model.onnx", "model_int8.onnx"):
        assert (folder / name).read_bytes() == (BUNDLED_FOLDER / name).read_bytes()
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    tensors = load_file(folder / "model.safetensors")
    assert len(tensors) == 2 * len(config["layers"])
    values = images_of_ink(20).reshape(20, 784) / np.float32(255)
    for layer in config["layers"]:
        values = values @ tensors[f"{layer['name']}.kernel"] + tensors[f"{layer['name']}.bias"]
        values = values.clip(min=0) if layer["activation"] == "relu" else values
    expected = load_classifier(folder / "model.onnx").predict_logits(images_of_ink(20))
    assert np.abs(values - expected).max() < 1e-3


def test_a_model_of_ones_own_has_no_licence_until_it_is_given_one(tmp_path: Path) -> None:
    found = export_model("hub", tmp_path / "out", model_path(tmp_path))
    assert [note.partition(",")[0] for note in found.notes] == ["README.md names no licence"]
    card = huggingface_hub.ModelCard.load(tmp_path / "out" / "README.md")
    assert (card.data.license, card.data.datasets, card.data.eval_results) == (None, None, None)
    assert "784-20-12-10" in card.text
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "README.md",
        "config.json",
        "model.onnx",
        "model.safetensors",
    ]


def test_the_line_that_runs_it_runs(tmp_path: Path) -> None:
    line = export_model("hub", tmp_path / "out", model_path(tmp_path)).how_to_run.partition("; to publish")[0]
    line = line.replace("python ", f"{sys.executable} ", 1)
    run = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)  # noqa: S602 - as a user would
    assert len(run.stdout.strip("[]\n").split()) == 5
