"""A trained network becomes model files that say what was measured on them, whoever trained it."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from extras import HAS_TRAINING

if not HAS_TRAINING:
    pytest.skip("needs the training extra", allow_module_level=True)

from digitnet.datasets import Dataset
from digitnet.evaluation.evaluation import evaluate
from digitnet.inference.classifier import load_classifier
from digitnet.model_file.contract import ModelMetadata, bundled_model_path, open_model
from digitnet.network.mlp import KerasPredictor, build_mlp, layer_table
from digitnet.runs import RunFolder
from digitnet.runs.publishing import Publication, fitted_temperature, publish, publish_int8


def noise(n: int, seed: int) -> Dataset:
    images = np.random.default_rng(seed).integers(0, 256, (n, 28, 28), dtype=np.uint8)
    return Dataset(images, (np.arange(n) % 10).astype(np.uint8))


MODEL = build_mlp((12,), seed=1)
PUBLICATION = Publication(
    metadata=ModelMetadata(tuple("0123456789"), layers=tuple(layer_table(MODEL)), calibration={"temperature": 2.0}),
    train_images=noise(100, 1).images,
    parts={"mine": noise(50, 2)},
    score_of=None,
)


def test_the_file_says_what_was_measured_on_it(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    published = publish(folder, MODEL, PUBLICATION)
    classifier = load_classifier(folder.model_file)
    measured = evaluate(classifier, PUBLICATION.parts["mine"])
    assert classifier.temperature == 2.0
    assert classifier.metadata.metrics["mine"]["errors"] == measured.errors == published.measured["mine"].errors
    assert published.figures == {"mine": measured.to_dict(), "bytes": folder.model_file.stat().st_size}
    assert "probability" not in classifier.metadata.thresholds
    figures = publish_int8(folder, published, PUBLICATION)
    assert figures["bytes"] == folder.int8_model_file.stat().st_size


def test_what_was_never_learned_from_tells_how_probable_right_labels_are(tmp_path: Path) -> None:
    publish(RunFolder(tmp_path), MODEL, dataclasses.replace(PUBLICATION, held_out=noise(80, 3)))
    assert open_model(tmp_path / "model.onnx")[1].quantiles("probability").n == 80


def test_the_score_comes_from_the_file_that_is_named(tmp_path: Path) -> None:
    publication = dataclasses.replace(PUBLICATION, score_of=bundled_model_path().read_bytes())
    publish(RunFolder(tmp_path), MODEL, publication)
    images = noise(5, 4).images
    found, bundled = (load_classifier(path) for path in (tmp_path / "model.onnx", bundled_model_path()))
    np.testing.assert_array_equal(found.score_digits(images), bundled.score_digits(images))
    logits = KerasPredictor(MODEL).predict_logits(images)
    np.testing.assert_allclose(found.predict_logits(images), logits, atol=1e-5)


def test_the_temperature_is_the_one_that_makes_held_out_labels_most_probable() -> None:
    held_out = noise(200, 5)
    logits = KerasPredictor(MODEL).predict_logits(held_out.images)
    labels = np.where(np.arange(200) % 4 > 0, logits.argmax(axis=1), 0)  # three in four are right

    def loss(temperature: float) -> float:
        scaled = logits / temperature
        return float((np.logaddexp.reduce(scaled, axis=1) - scaled[np.arange(200), labels]).mean())

    fitted = fitted_temperature(MODEL, Dataset(held_out.images, labels.astype(np.uint8), num_classes=10))
    assert loss(fitted) <= min(loss(fitted * 0.9), loss(fitted * 1.1))
