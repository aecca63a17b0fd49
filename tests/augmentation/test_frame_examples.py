"""Images from which the frame network learns what is a digit."""

from collections import Counter

import cv2
import numpy as np
import pytest
from PIL import ImageFont

from digitnet.arrays import Images
from digitnet.augmentation import frame_examples as module
from digitnet.augmentation.frame_examples import FRAME_KINDS, NUM_DIGIT_KINDS, Hand, make_frame_examples


@pytest.fixture(scope="module")
def hand() -> Hand:
    """Digits of Hershey's strokes, and Pillow's own typeface."""
    return Hand(_digits(), np.arange(10, dtype=np.uint8), [ImageFont.load_default(64)])  # type: ignore[list-item]


def _digits() -> Images:
    images = np.zeros((10, 28, 28), np.uint8)
    for label, image in enumerate(images):
        cv2.putText(image, str(label), (6, 23), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2, cv2.LINE_AA)
    return images


def test_half_of_the_images_are_digits_and_all_kinds_occur(hand: Hand) -> None:
    images, labels = make_frame_examples(hand, 1500, np.random.default_rng(0))
    assert images.shape == (1500, 28, 28)
    assert images.any(axis=(1, 2)).mean() > 0.99
    assert (labels < NUM_DIGIT_KINDS).mean() == pytest.approx(0.51, abs=0.05)
    counts = Counter(labels.tolist())
    assert set(counts) == set(range(len(FRAME_KINDS)))
    assert min(counts[label] for label in range(NUM_DIGIT_KINDS)) > 40


def test_the_same_images_follow_from_the_same_seed(hand: Hand) -> None:
    first, second, other = (make_frame_examples(hand, 60, np.random.default_rng(seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.images, second.images)
    np.testing.assert_array_equal(first.labels, second.labels)
    assert (first.images != other.images).any()


def test_no_letter_is_one_that_many_people_write_like_a_digit() -> None:
    assert not set("oOlIisSzZBgqb") & set(FRAME_KINDS)
    assert len(set(FRAME_KINDS)) == len(FRAME_KINDS)
    assert FRAME_KINDS[:NUM_DIGIT_KINDS] == tuple("0123456789")


def test_an_image_shows_what_its_label_says(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without changes, as thick as the typeface: the nearest of all characters of it is the one of the label."""
    monkeypatch.setattr(module, "_VARIANT_PROBABILITY", 0.0)
    monkeypatch.setattr(module, "_HERSHEY_PROBABILITY", 0.0)
    monkeypatch.setattr(module, "_BLOT_PROBABILITY", 0.0)
    monkeypatch.setattr(module, "_PENS", (0.12, 0.13))
    monkeypatch.setattr(module, "_SHARES", {"typed digit": 0.5, "letter": 0.5, "drawing": 0.0})
    images, labels = make_frame_examples(hand, 120, np.random.default_rng(1))
    flat = cv2.GaussianBlur(images.transpose(1, 2, 0), (5, 5), 0).transpose(2, 0, 1).reshape(120, -1).astype(np.float64)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    likeness = flat @ flat.T - 2 * np.eye(120)
    has_twin = np.array([(labels == label).sum() > 1 for label in labels])
    assert (labels[likeness.argmax(axis=1)] == labels)[has_twin].mean() > 0.95
