"""Several digits in a picture that is read as one: they are counted, and the answer is unsure and says so."""

from typing import Any

import cv2
import numpy as np
import pytest

from digitnet.arrays import GrayPicture
from digitnet.cli.wording import digit_in_words
from digitnet.datasets import load_mnist
from digitnet.inference.answers import Digit
from digitnet.inference.classifier import Classifier, load_classifier
from digitnet.inference.other_digits import OTHER_DIGITS_LIMITS, count_digits

WIDTH, HEIGHT = 420, 350  # as the page sends a drawing
SEVEN = [(0.36, 0.22), (0.5, 0.21), (0.64, 0.21), (0.58, 0.4), (0.5, 0.6), (0.45, 0.85)]
ONE = [(0.2, 0.2), (0.2, 0.5), (0.2, 0.85)]
BAR, BODY = [(0.62, 0.2), (0.46, 0.2)], [(0.4, 0.3), (0.38, 0.48), (0.55, 0.46), (0.6, 0.6), (0.55, 0.78), (0.38, 0.8)]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier()


def drawn(*strokes: list[tuple[float, float]]) -> GrayPicture:
    """Dark ink on light paper, uint8 (350, 420)."""
    paper = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for stroke in strokes:
        points = np.array([(x * WIDTH, y * HEIGHT) for x, y in stroke], np.int32)
        cv2.polylines(paper, [points], False, 0, 18, cv2.LINE_AA)
    return paper


def row_of(count: int) -> GrayPicture:
    """So many test digits in a row, eight times as large, with room around them."""
    images = load_mnist()[1].images[:count]
    ink = np.pad(np.hstack([np.pad(image, ((0, 0), (4, 4))) for image in images]), 8)
    return cv2.resize(ink, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC).astype(np.uint8)


def read(classifier: Classifier, picture: GrayPicture) -> Digit:
    return classifier.read_digit(picture)


def test_a_one_beside_a_seven_is_not_passed_over(classifier: Classifier) -> None:
    digit = read(classifier, drawn(ONE, SEVEN))
    assert (digit.others, digit.status) == (1, "unsure")
    assert any("one of 2 digits in the picture" in note for note in digit.notes)
    assert digit_in_words(digit, classifier.class_names).endswith(
        "unsure: one of 2 digits in this picture, digitnet read reads them all"
    )


@pytest.mark.parametrize("strokes", [(SEVEN,), (BAR, BODY)], ids=["one stroke", "a bar that stands apart"])
def test_a_digit_alone_is_as_sure_as_before(classifier: Classifier, strokes: tuple[list[tuple[float, float]]]) -> None:
    digit = read(classifier, drawn(*strokes))
    assert (digit.others, digit.text) == (0, "7" if strokes == (SEVEN,) else "5")
    if strokes == (SEVEN,):
        assert digit.status == "ok"


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_digits_in_a_row_are_counted(classifier: Classifier, count: int) -> None:
    ink = row_of(count)
    assert count_digits(ink, classifier.predictor, classifier.decision) == count


def test_each_limit_decides(classifier: Classifier) -> None:
    def count(ink: GrayPicture, **limits: Any) -> int:
        own = OTHER_DIGITS_LIMITS._replace(**limits)
        return count_digits(ink, classifier.predictor, classifier.decision, own)

    two = 255 - drawn(ONE, SEVEN)
    assert count(two) == 2
    assert count(two, max_outlier_score=-3.0) == 1
    assert count(two, min_confidence=1.1) == 1
    assert count(two, min_height_share=1.01) == 1
    assert count(row_of(3), max_pieces=2) == 1
    near = 255 - drawn([(x + 0.17, y) for x, y in ONE], [(x + 0.1, y) for x, y in SEVEN])
    assert count(near) == 2
    assert count(near, max_shared_width=-1.0) == 1  # so far apart that no piece may come near another


def test_more_pieces_than_a_row_has_are_not_looked_at(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitnet.inference.other_digits.to_mnist_frame", lambda _: pytest.fail("a dot was framed"))
    dots = np.kron(np.eye(50, dtype=np.uint8) * 255, np.pad(np.ones((5, 5), np.uint8), 3))  # none above another
    assert count_digits(dots, classifier.predictor, classifier.decision) == 1
