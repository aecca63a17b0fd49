"""A copy learns the corrections, does not forget the rest, and is refused where it does."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from extras import HAS_TRAINING

if not HAS_TRAINING:
    pytest.skip("needs the training extra", allow_module_level=True)

from digitnet.augmentation.distortion import NO_DISTORTION, Distortion
from digitnet.datasets import Dataset, load_mnist
from digitnet.errors import ConfigurationError
from digitnet.evaluation.evaluation import evaluate
from digitnet.evaluation.quantiles import Quantiles
from digitnet.inference.classifier import load_classifier
from digitnet.inspection import read_network
from digitnet.model_file.contract import ModelMetadata, open_model
from digitnet.model_file.digit_score import with_digit_score, without_digit_score
from digitnet.model_file.graph import with_metadata
from digitnet.model_file.quantization import quantize
from digitnet.network.mlp import KerasPredictor, build_mlp, layer_table
from digitnet.studio.teaching.lesson import interpolate_weights, teach
from digitnet.studio.teaching.mixture import mixture
from digitnet.training.export import encode_model
from digitnet.training.loop import train
from digitnet.training.stopping import StopRequest

SETTINGS = {"epochs": 2, "batch_size": 100, "learning_rate": 1e-3, "seed": 0}


class Page:
    """The way to a page that remembers what it heard."""

    def __init__(self, stop_requested: bool = False) -> None:
        self.stop = StopRequest()
        if stop_requested:
            self.stop.request(at_once=True)
        self.events: list[tuple[str, dict[str, Any]]] = []

    def emit(self, kind: str, **data: Any) -> None:
        json.dumps(data, allow_nan=False)
        self.events.append((kind, data))


def network(names: tuple[str, ...], images: Any = None, labels: Any = None, **settings: Any) -> bytes:
    model = build_mlp((24,), num_classes=len(names), seed=1, **settings)
    if images is not None:
        model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
        train(model, Dataset(images, labels), epochs=4, batch_size=50, seed=0)
    return encode_model(model, ModelMetadata(names, layers=tuple(layer_table(model)), thresholds={"unsure_below": 0.7}))


@pytest.fixture(scope="module")
def base() -> bytes:
    """A network that knows a little, and tells what is no digit."""
    train_set, _ = load_mnist()
    digits = network(train_set.class_names, train_set.images[:5000], train_set.labels[:5000])
    rejection = network((*train_set.class_names, "not a digit"))
    return with_digit_score(digits, rejection, Quantiles(100, (0.1,), (-100.0,)))


@pytest.fixture(scope="module")
def corrections(base: bytes) -> Dataset:
    """Twelve digits on their side, each of which it takes for something else."""
    _, test_set = load_mnist()
    images = np.rot90(test_set.images[:400], axes=(1, 2))
    classifier = load_of(base)
    wrong = np.flatnonzero(classifier.predict(images) != test_set.labels[:400])[:12]
    return Dataset(images[wrong], test_set.labels[wrong], "corrections")


def load_of(content: bytes) -> Any:
    from digitnet.inference.classifier import Classifier  # noqa: PLC0415

    return Classifier(*open_model(content))


def lesson(folder: Path, base: bytes, corrections: Dataset, page: Page | None = None, **settings: Any) -> Page:
    (folder / "job.json").write_text(json.dumps({"settings": {**SETTINGS, **settings}}))
    (folder / "base.onnx").write_bytes(base)
    np.savez(folder / "corrections.npz", images=corrections.images, labels=corrections.labels)
    page = page or Page()
    assert teach(folder, page) is not page.stop.requested  # type: ignore[arg-type] # no more of a control is needed
    return page


def test_a_copy_learns_and_does_not_forget(tmp_path: Path, base: bytes, corrections: Dataset) -> None:
    page = lesson(tmp_path, base, corrections)
    kinds = [kind for kind, _ in page.events if kind != "step"]
    assert kinds == ["epoch", "epoch", "state", "result"]
    result = page.events[-1][1]
    _, test_set = load_mnist()
    for when, classifier in (("before", load_of(base)), ("after", load_classifier(tmp_path / "model.onnx"))):
        for name, part in (("test", test_set), ("corrections", corrections)):
            measured = evaluate(classifier, part)
            assert result[when][name] == {"n": len(part), "errors": measured.errors, "accuracy": measured.accuracy}
    assert result["before"]["corrections"]["errors"] == 12
    assert result["after"]["corrections"]["errors"] <= 3
    assert result["after"]["test"]["errors"] < result["before"]["test"]["errors"]  # it learned from more of MNIST, too
    assert result["accepted"]
    assert result["reason"] == ""


def test_a_copy_still_tells_what_is_no_digit(tmp_path: Path, base: bytes, corrections: Dataset) -> None:
    lesson(tmp_path, base, corrections, epochs=1)
    taught = load_classifier(tmp_path / "model.onnx")
    images = corrections.images
    scores, expected = taught.score_digits(images), load_of(base).score_digits(images)
    assert scores is not None
    assert expected is not None
    np.testing.assert_array_equal(scores, expected)
    assert taught.metadata.thresholds == load_of(base).metadata.thresholds
    assert taught.metadata.calibration == load_of(base).metadata.calibration
    assert taught.metadata.metrics["test"]["n"] == 10_000


def test_a_copy_is_alone_with_what_it_learned(tmp_path: Path, base: bytes, corrections: Dataset) -> None:
    """A second network, which was taught nothing, would talk it out of that where pictures are read."""
    lesson(tmp_path, base, corrections, epochs=1)
    outputs = [
        {output.name for output in open_model(source)[0].get_outputs()} for source in (base, tmp_path / "model.onnx")
    ]
    assert outputs[0] - outputs[1] == {"second_logits"}


def test_a_copy_of_integers_is_in_float32(tmp_path: Path, base: bytes, corrections: Dataset) -> None:
    integers = quantize(without_digit_score(base), load_mnist()[0].images[:2000])
    page = lesson(tmp_path, integers, corrections)
    taught = load_classifier(tmp_path / "model.onnx")
    assert taught.metadata.precision == "float32"
    result = page.events[-1][1]
    assert result["before"]["test"]["errors"] == evaluate(load_of(integers), load_mnist()[1]).errors
    assert result["accepted"]
    assert result["after"]["corrections"]["errors"] < result["before"]["corrections"]["errors"]


def test_a_unit_of_a_copy_sees_no_more_than_before(tmp_path: Path, corrections: Dataset) -> None:
    base = network(load_mnist()[0].class_names, receptive_fields=(6,))
    lesson(tmp_path, base, corrections, epochs=1)
    before, after = (
        read_network(content).layers[0].kernel for content in (base, (tmp_path / "model.onnx").read_bytes())
    )
    assert (before == 0).mean() > 0.7
    np.testing.assert_array_equal(after == 0, before == 0)
    assert not np.array_equal(after, before)


def test_a_copy_that_forgets_is_refused(tmp_path: Path, base: bytes, corrections: Dataset) -> None:
    page = lesson(tmp_path, base, corrections, epochs=1, learning_rate=0.5)
    result = page.events[-1][1]
    assert not result["accepted"]
    assert "more than the 0.1 that are allowed" in result["reason"]
    assert result["after"]["test"]["errors"] > result["before"]["test"]["errors"] + 10


def test_a_copy_that_learned_nothing_is_refused(tmp_path: Path, base: bytes, corrections: Dataset) -> None:
    page = lesson(tmp_path, base, corrections, epochs=1, learning_rate=1e-9)
    result = page.events[-1][1]
    assert result["after"]["corrections"]["errors"] == result["before"]["corrections"]["errors"] == 12
    assert not result["accepted"]
    assert "of your 12 corrections it reads 0 right, the network before it 0" in result["reason"]


def test_a_network_goes_back_as_far_as_it_keeps_what_it_learned() -> None:
    model = build_mlp((3,), num_classes=2, seed=0)
    images = np.zeros((1, 28, 28), np.uint8)
    taught = Dataset(images, np.array([1], np.uint8), num_classes=2)
    *_, bias = model.trainable_variables
    bias.assign([0.2, 0.0])
    before = [np.asarray(variable.value) for variable in model.trainable_variables]
    bias.assign([0.2, 0.5])  # at 0.5 * way > 0.2 the second class wins
    assert interpolate_weights(model, before, taught) == 0.5
    np.testing.assert_allclose(KerasPredictor(model).predict_logits(images), [[0.2, 0.25]], atol=1e-6)


def test_one_correction_in_twenty_may_be_given_up_for_what_it_knew() -> None:
    """Nineteen are right halfway; only the twentieth, which is all ink, asks for all of the way."""
    model = build_mlp((1,), num_classes=2, seed=0)
    hidden, _, kernel, bias = model.trainable_variables
    hidden.assign(np.full((784, 1), 1 / 784))
    kernel.assign([[0.2, 0.0]])
    bias.assign([0.2, 0.0])
    before = [np.asarray(variable.value) for variable in model.trainable_variables]
    bias.assign([0.2, 0.5])  # blank: 0.5 * way > 0.2; all ink: 0.5 * way > 0.4
    images = np.zeros((20, 28, 28), np.uint8)
    images[7] = 255
    taught = Dataset(images, np.ones(20, np.uint8), num_classes=2)
    assert interpolate_weights(model, before, taught) == 0.5
    bias.assign([0.2, 0.5])
    assert interpolate_weights(model, before, taught.subset(np.arange(19))) == 1.0  # of nineteen none


def test_a_lesson_that_was_stopped_leaves_no_copy(
    tmp_path: Path, base: bytes, corrections: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the stop came too late to be heard in the training."""
    monkeypatch.setattr("digitnet.studio.teaching.lesson.train_with_events", lambda *_, **__: None)
    lesson(tmp_path, base, corrections, Page(stop_requested=True))
    assert not (tmp_path / "model.onnx").exists()


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ({"augmentation": Distortion(rotation=9.0).to_dict()}, Distortion(rotation=9.0)),
        ({"augmentation": {"rotation": 9.0, "shift": 1}}, Distortion(rotation=9.0, shift=1)),  # of an older version
        ({}, NO_DISTORTION),
        ({"augmentation": {"of": "another version"}}, NO_DISTORTION),
    ],
)
def test_what_is_learned_is_distorted_as_the_network_knows_it(
    recipe: dict[str, Any],
    expected: Distortion,
    tmp_path: Path,
    base: bytes,
    corrections: Dataset,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("digitnet.studio.teaching.lesson.train_with_events", lambda *all_: asked.append(all_[2]))
    monkeypatch.setattr("digitnet.studio.teaching.lesson.make_augmentation", lambda distortion: distortion)
    metadata = dataclasses.replace(open_model(base)[1], recipe=recipe)
    lesson(tmp_path, with_metadata(base, metadata), corrections)
    assert [plan.augmentation for plan in asked] == [expected]


def test_a_network_of_other_classes_cannot_learn_digits(tmp_path: Path, corrections: Dataset) -> None:
    with pytest.raises(ConfigurationError, match="not one of the ten digits of MNIST"):
        lesson(tmp_path, network(tuple("abcdefghij")), corrections)


def test_corrections_are_a_tenth_of_what_is_learned() -> None:
    train_set, _ = load_mnist()
    many = train_set.subset(np.arange(1000))
    mixed = mixture(train_set, many, seed=1)
    assert len(mixed) == 20_000 + 2 * 1000  # 2,222 would be a tenth
    np.testing.assert_array_equal(mixed.images[-1000:], many.images)
    one = mixture(train_set, train_set.subset(np.array([5])), seed=1)
    assert len(one) == 20_000 + 50
    assert set(one.labels[-50:].tolist()) == {int(train_set.labels[5])}
    assert not np.array_equal(mixture(train_set, many, seed=2).labels[:100], mixed.labels[:100])
