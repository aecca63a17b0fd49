"""A small network that tells digits from everything else, trained for seconds on a few of MNIST's images."""

import numpy as np
import pytest

from digitnet.arrays import AnyArray, Images
from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError
from digitnet.inference.classifier import Classifier
from digitnet.inspection import read_network
from digitnet.model_file.contract import bundled_model_path, open_model, start_session
from digitnet.model_file.digit_score import without_digit_score
from digitnet.training.outlier_detector import HELD_OUT, OutlierDetector, train_outlier_detector
from made_up_model_files import model_file

KNOWN = 2_000


@pytest.fixture(scope="module")
def detector(mnist: tuple[Dataset, Dataset]) -> OutlierDetector:
    return train_outlier_detector(mnist[0].subset(np.arange(KNOWN + HELD_OUT)), epochs=2)


def scores_of(detector: OutlierDetector, images: Images) -> AnyArray:
    (logits,) = start_session(detector.content).run(["logits"], {"images": images})
    odds = np.exp(logits.astype(np.float64))
    return np.asarray(np.log(odds[:, :10].sum(axis=1) / odds[:, 10]))


def test_digits_have_higher_scores_than_noise_boxes_and_blank_paper(
    detector: OutlierDetector, mnist: tuple[Dataset, Dataset]
) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (200, 28, 28), dtype=np.uint8)
    boxes = np.zeros((200, 28, 28), np.uint8)
    for box in boxes:
        top, left = rng.integers(2, 8, 2)
        box[top : top + rng.integers(10, 18), left : left + rng.integers(10, 18)] = rng.integers(100, 256)
    blank = np.zeros((1, 28, 28), np.uint8)
    threshold = detector.scores.at(0.02)
    assert (scores_of(detector, mnist[1].images[:2000]) < threshold).mean() < 0.06
    assert (scores_of(detector, np.concatenate([noise, boxes, blank])) < threshold).mean() > 0.9


def test_the_quantiles_are_those_of_digits_that_were_kept_aside(
    detector: OutlierDetector, mnist: tuple[Dataset, Dataset]
) -> None:
    held_out = scores_of(detector, mnist[0].images[KNOWN : KNOWN + HELD_OUT])
    assert detector.scores.n == HELD_OUT
    for share in (0.001, 0.01, 0.1):
        assert (held_out < detector.scores.at(share)).mean() == pytest.approx(share, abs=1.5 / HELD_OUT)


def test_its_units_see_a_disc_of_the_image_still_when_it_is_trained(detector: OutlierDetector) -> None:
    first = read_network(detector.content).layers[0].kernel.reshape(28, 28, -1)
    rows, columns = np.nonzero(first.any(axis=2))
    assert tuple(map(int, (rows.min(), rows.max(), columns.min(), columns.max()))) == (0, 27, 0, 27)
    for unit in range(0, first.shape[2], 50):
        seen = np.argwhere(first[:, :, unit])
        assert np.linalg.norm(seen[:, None] - seen[None], axis=-1).max() <= 2 * 6


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_it_is_added_to_a_model_of_either_precision(
    detector: OutlierDetector, precision: str, mnist: tuple[Dataset, Dataset]
) -> None:
    path = bundled_model_path("int8").with_name("model.onnx" if precision == "float32" else "model_int8.onnx")
    if not path.exists():
        pytest.skip("this precision is not inside the package")
    content = without_digit_score(path.read_bytes())
    merged = Classifier(*open_model(detector.add_to(content)), refusal=0.01)
    images = mnist[1].images[:500]
    np.testing.assert_array_equal(merged.predict_proba(images), Classifier(*open_model(content)).predict_proba(images))
    scores = merged.score_digits(images)
    assert scores is not None
    np.testing.assert_allclose(scores, scores_of(detector, images), atol=1e-5)
    refused = [digit.status == "not_a_digit" for digit in merged.read_images(images)]
    np.testing.assert_array_equal(refused, scores_of(detector, images) < detector.scores.at(0.01))
    assert detector.add_to(detector.add_to(content)) == detector.add_to(content)  # one takes another's place


def test_a_model_of_other_classes_gets_no_score(detector: OutlierDetector) -> None:
    """An a is no digit, and would be refused."""
    letters = model_file(names=tuple("abcdefghij"))
    with pytest.raises(ConfigurationError, match=r"the classes are a, b, .*: expected the ten digits"):
        detector.add_to(letters)


def test_few_images_and_other_classes_are_refused(mnist: tuple[Dataset, Dataset]) -> None:
    with pytest.raises(ConfigurationError, match="5,999 images: expected 6,000 or more"):
        train_outlier_detector(mnist[0].subset(np.arange(5_999)), epochs=1)
    letters = Dataset(np.zeros((6_500, 28, 28), np.uint8), np.zeros(6_500, np.uint8), class_names=("a", "b"))
    with pytest.raises(ConfigurationError, match="the classes are a, b: expected the ten digits"):
        train_outlier_detector(letters, epochs=1)
