"""The end of a run, without the training before it: what is written, and what it was taken from."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from digitnet.datasets import Dataset
from digitnet.evaluation.evaluation import evaluate
from digitnet.inference.classifier import Classifier, load_classifier
from digitnet.model_file.contract import MODEL_FILE_NAMES, open_model
from digitnet.model_file.metadata import PRECISIONS, Precision
from digitnet.network.backend import KerasModel
from digitnet.network.mlp import build_mlp
from digitnet.runs import RunFolder
from digitnet.runs.data import Data
from digitnet.runs.finish import finish
from digitnet.runs.training import PreparedRun
from digitnet.training.recipes import Recipe

RECIPE = Recipe(hidden_sizes=(12,), epochs=1, temperature=1.7)
HISTORY = [{"loss": 1.0, "accuracy": 0.5, "learning_rate": 0.1, "seconds": 2.0}]


def noise(n: int, seed: int) -> Dataset:
    images = np.random.default_rng(seed).integers(0, 256, (n, 28, 28), dtype=np.uint8)
    return Dataset(images, (np.arange(n) % 10).astype(np.uint8), f"noise {seed}")


DATA = Data("mnist", "mnist", "fail", noise(200, 1), noise(80, 2), noise(100, 3))


@pytest.fixture(autouse=True, scope="module")
def no_figures() -> Iterator[None]:
    """They have tests of their own, and take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digitnet.runs.finish.save_figure", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def model() -> KerasModel:
    return build_mlp(RECIPE.hidden_sizes, seed=1)


@pytest.fixture(scope="module")
def run(model: KerasModel, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, dict[str, Any]]:
    return finished(tmp_path_factory.mktemp("runs") / "run", model, DATA)


def finished(path: Path, model: KerasModel, data: Data) -> tuple[RunFolder, dict[str, Any]]:
    folder = RunFolder.create(path)
    description = {
        "command": ["digitnet", "train"],
        "settings": RECIPE.to_dict(),
        "seed": 0,
        "class_names": list(data.train.class_names),
        "data": data.describe(),
        "versions": {},
        "source_path": "mnist",
        "on_bad_picture": "fail",
        "started": "2026-01-02T03:04:05+00:00",
    }
    folder.write_json(folder.description_file, description)
    metrics = finish(folder, PreparedRun(RECIPE, data, data.train, model), HISTORY).metrics
    assert json.loads(folder.metrics_file.read_bytes()) == metrics
    return folder, metrics


def graph_of(path: Path) -> bytes:
    return bytes(onnx.load(path).graph.SerializeToString())


@pytest.mark.parametrize("precision", PRECISIONS)
def test_each_model_file_is_the_one_that_was_measured(
    precision: Precision, run: tuple[RunFolder, dict[str, Any]]
) -> None:
    folder, metrics = run
    figures = metrics if precision == "float32" else metrics["int8"]
    classifier = Classifier(*open_model(folder.path, precision=precision))
    for part, dataset in (("test", DATA.test), ("validation", DATA.validation)):
        assert dataset is not None
        assert evaluate(classifier, dataset).to_dict() == figures[part]
        stated = classifier.metadata.metrics[part]
        assert stated == {name: figures[part][name] for name in ("n", "errors", "accuracy", "nll", "ece")}
    assert (folder.path / MODEL_FILE_NAMES[precision]).stat().st_size == figures["bytes"]


def test_the_int8_model_has_figures_of_its_own(run: tuple[RunFolder, dict[str, Any]]) -> None:
    _, metrics = run
    float32, int8 = metrics["test"]["nll"], metrics["int8"]["test"]["nll"]
    assert float32 != int8
    assert float32 == pytest.approx(int8, abs=0.01)
    assert metrics["int8"]["bytes"] < metrics["bytes"] / 2


def test_held_out_images_have_no_part_in_the_int8_model(
    run: tuple[RunFolder, dict[str, Any]], model: KerasModel, tmp_path: Path
) -> None:
    """The temperature is the one thing fitted on validation images, so only the dense layers are compared."""
    others = dataclasses.replace(DATA, validation=noise(80, 9), test=noise(100, 9))
    folder, _ = finished(tmp_path / "run", model, others)
    constants = [
        [tensor for tensor in onnx.load(path).graph.initializer if not tensor.name.startswith("temperature")]
        for path in (run[0].int8_model_file, folder.int8_model_file)
    ]
    assert len(constants[0]) > 10
    assert constants[0] == constants[1]


def test_a_model_that_int8_would_change_has_no_such_file_and_says_why(
    tmp_path: Path, model: KerasModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digitnet.model_file.quantization._AGREEMENT_MIN", 1.1)
    folder, metrics = finished(tmp_path / "run", model, DATA)
    assert metrics["int8"].keys() == {"missing"}
    assert metrics["int8"]["missing"].startswith("in int8 the model would answer otherwise")
    assert metrics["int8"]["missing"] in folder.card_file.read_text(encoding="utf-8")
    assert not folder.int8_model_file.exists()
    assert load_classifier(folder.path).metadata.precision == "float32"


def test_without_held_out_images_there_are_models_and_no_figures_and_the_recipes_temperature(
    tmp_path: Path, model: KerasModel
) -> None:
    folder, metrics = finished(tmp_path / "run", model, dataclasses.replace(DATA, validation=None, test=None))
    assert metrics["int8"] == {"test": None, "validation": None, "bytes": folder.int8_model_file.stat().st_size}
    assert load_classifier(folder.path).temperature == 1.7


@pytest.mark.parametrize("precision", PRECISIONS)
def test_held_out_images_tell_how_probable_right_labels_are(
    precision: Precision, run: tuple[RunFolder, dict[str, Any]]
) -> None:
    classifier = Classifier(*open_model(run[0].path, precision=precision))
    assert DATA.validation is not None
    of_right = classifier.predict_proba(DATA.validation.images)[np.arange(80), DATA.validation.labels]
    quantiles = classifier.metadata.quantiles("probability")
    assert quantiles.n == 80
    assert quantiles.at(0.1) == pytest.approx(np.sort(of_right)[7], abs=1e-6)  # the 8th of 80 + 1 ranks
    assert (of_right < quantiles.at(0.1)).sum() == 7


def test_without_them_nobody_knows(tmp_path: Path, model: KerasModel) -> None:
    folder, _ = finished(tmp_path / "run", model, dataclasses.replace(DATA, validation=None))
    assert "probability" not in open_model(folder.path)[1].thresholds
