"""Every model of digits that is trained here refuses what is no digit; models of other data refuse nothing."""

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

from extras import HAS_TRAINING

if not HAS_TRAINING:
    pytest.skip("needs the training extra", allow_module_level=True)


from digitnet.arrays import AnyArray
from digitnet.augmentation.outliers import make_non_digits
from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError
from digitnet.inference.classifier import load_classifier
from digitnet.model_file.contract import bundled_model_path, has_output, open_model
from digitnet.model_file.metadata import PRECISIONS, Precision
from digitnet.runs import start_run
from digitnet.runs.data import Data
from digitnet.runs.digit_score import find_digit_score
from digitnet.training.recipes import make_recipe


@pytest.fixture(scope="module")
def finished(mnist: tuple[Dataset, Dataset], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of the preset `quick`, on a part of MNIST."""
    train_set, held_out = (mnist[0].subset(np.arange(*ends)) for ends in ((0, 10_000), (10_000, 10_500)))
    data = Data("mnist", "mnist", "fail", train_set, held_out, mnist[1].subset(np.arange(500)))
    folder = tmp_path_factory.mktemp("runs") / "quick"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digitnet.runs.finish.save_figure", lambda *_: None)  # they take most of the time
        start_run(make_recipe("quick"), data, folder, command=["digitnet"])
    return folder


def drawn_star() -> AnyArray:
    """Black ink on white paper: five strokes from tip to tip, drawn by a pen that does not lift."""
    angles = np.deg2rad(-90 + 144 * np.arange(6))
    tips = np.stack([150 + 90 * np.cos(angles), 150 + 90 * np.sin(angles)], axis=1).round().astype(np.int32)
    paper = np.full((300, 300), 255, np.uint8)
    return cv2.polylines(paper, [tips], isClosed=False, color=0, thickness=12, lineType=cv2.LINE_AA)


def drawn_seven() -> AnyArray:
    stroke = np.array([[90, 70], [210, 75], [140, 240]], np.int32)
    paper = np.full((300, 300), 255, np.uint8)
    return cv2.polylines(paper, [stroke], isClosed=False, color=0, thickness=14, lineType=cv2.LINE_AA)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_star_is_not_a_digit_to_a_freshly_trained_model_and_a_seven_is(finished: Path, precision: Precision) -> None:
    classifier = load_classifier(finished, precision=precision)
    star, seven = (classifier.read_digit(picture) for picture in (drawn_star(), drawn_seven()))
    assert star.status == "not_a_digit"
    assert (seven.status, seven.label) == ("ok", 7)
    assert load_classifier(finished, precision=precision, refusal=0).read_digit(drawn_star()).status != "not_a_digit"


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_score_is_that_of_the_bundled_model_and_changes_nothing_else(
    finished: Path, precision: Precision, mnist: tuple[Dataset, Dataset]
) -> None:
    session, metadata = open_model(finished, precision=precision)
    images = mnist[1].images[:200]
    found = load_classifier(finished, precision=precision)
    bundled = load_classifier(bundled_model_path())
    np.testing.assert_array_equal(found.score_digits(images), bundled.score_digits(images))
    assert metadata.quantiles("digit_score") == bundled.metadata.quantiles("digit_score")
    assert metadata.quantiles("probability").n == 500
    assert not has_output(session, "second_logits")  # it answers with what it learned itself


def test_the_card_says_that_it_refuses(finished: Path) -> None:
    assert "is answered with `not a digit`" in (finished / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_digits_are_known_by_the_names_of_their_classes_and_by_their_images(mnist: tuple[Dataset, Dataset]) -> None:
    digits = mnist[0].subset(np.arange(3000))
    assert find_digit_score(digits) is not None
    assert find_digit_score(dataclasses.replace(digits, class_names=tuple("abcdefghij"))) is None
    marks = make_non_digits(digits.images, 3000, np.random.default_rng(0))
    assert find_digit_score(Dataset(marks, digits.labels)) is None  # ten classes named 0 to 9, as Fashion-MNIST's are
    # Data that are digits but for one image in ten would lose that one.
    mixed = np.concatenate([digits.images[:2700], marks[:300]])
    assert find_digit_score(Dataset(mixed, digits.labels)) is None


def test_a_package_without_its_model_trains_models_without_a_score(
    mnist: tuple[Dataset, Dataset], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("digitnet.runs.digit_score.bundled_model_path", lambda: tmp_path / "missing.onnx")
    assert find_digit_score(mnist[0].subset(np.arange(100))) is None


def test_a_model_with_a_limit_of_weights_has_no_score(mnist: tuple[Dataset, Dataset], tmp_path: Path) -> None:
    train_set, held_out = (mnist[0].subset(np.arange(*ends)) for ends in ((0, 1000), (1000, 1500)))
    data = Data("mnist", "mnist", "fail", train_set, held_out, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digitnet.runs.finish.save_figure", lambda *_: None)
        start_run(make_recipe("tiny", epochs=1, augmentation="none"), data, tmp_path / "tiny", command=["digitnet"])
    session, _ = open_model(tmp_path / "tiny", precision="int8")
    assert not has_output(session, "digit_score")
    assert (tmp_path / "tiny" / "model_int8.onnx").stat().st_size < 64 * 1024 + 20_000  # with ten reference images


def test_more_weights_than_the_limit_are_refused(mnist: tuple[Dataset, Dataset], tmp_path: Path) -> None:
    data = Data("mnist", "mnist", "fail", mnist[0].subset(np.arange(1000)), None, None)
    recipe = make_recipe("tiny", hidden_sizes=(64, 64, 64), validation_fraction=0.0)
    message = "the network 784-64-64-64-10 has 59,210 weights, and max_weights allows 57,344"
    with pytest.raises(ConfigurationError, match=message):
        start_run(recipe, data, tmp_path / "tiny", command=["digitnet"])
    assert not (tmp_path / "tiny").exists()
