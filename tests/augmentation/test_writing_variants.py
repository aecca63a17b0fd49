"""Digits in other pens are in the frame, follow from the seed, and are still read as what they are."""

import numpy as np
import pytest

from digitnet.arrays import AnyArray, Images
from digitnet.augmentation.writing_variants import _solidity, _with_dirt, make_writing_variants
from digitnet.datasets import Dataset
from digitnet.inference.classifier import load_classifier
from digitnet.pictures.mnist_frame import to_mnist_frame


def test_they_are_still_the_same_digits(mnist: tuple[Dataset, Dataset]) -> None:
    """The bundled network, which knows none of this, reads nearly all; of anything else, a tenth."""
    images, labels = mnist[0].images[:600], mnist[0].labels[:600]
    changed = make_writing_variants(images, labels, np.random.default_rng(0))
    assert (changed != images).any(axis=(1, 2)).mean() > 0.7
    usual = ~np.isin(labels, (1, 7))  # an upstroke or a bar is what it has never seen
    assert (load_classifier().predict(changed) == labels)[usual].mean() > 0.93


def test_they_are_in_the_frame_and_follow_from_the_seed(mnist: tuple[Dataset, Dataset]) -> None:
    images, labels = mnist[0].images[:100], mnist[0].labels[:100]
    first, again, other = (make_writing_variants(images, labels, np.random.default_rng(seed)) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any(axis=(1, 2)).mean() > 0.7
    framed = [to_mnist_frame(image) for image in first]
    same = [one is not None and np.array_equal(one.image, image) for one, image in zip(framed, first, strict=True)]
    assert np.mean(same) > 0.95
    assert make_writing_variants(images[:0], labels[:0], np.random.default_rng(0)).shape == (0, 28, 28)


def test_blank_paper_stays_blank() -> None:
    blank = np.zeros((40, 28, 28), np.uint8)
    for label in (1, 7):
        changed = make_writing_variants(blank, np.full(40, label, np.uint8), np.random.default_rng(0))
        assert not changed.any()


def test_a_1_gets_an_upstroke_and_a_7_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing else is done, what they have beside an upright stem is theirs; other digits have nothing."""
    for name, share in {
        "_WARP_PROBABILITY": 0.0,
        "_PEN_PROBABILITY": 0.0,
        "_BINARIZATION_PROBABILITY": 0.0,
        "_DIRT_PROBABILITY": 0.0,
        "_COARSE_SCAN_PROBABILITY": 0.0,
        "_REGIONAL_STROKE_PROBABILITY": 1.0,
    }.items():
        monkeypatch.setattr(f"digitnet.augmentation.writing_variants.{name}", share)
    stem = np.zeros((20, 28, 28), np.uint8)
    stem[:, 4:24, 13:16] = 255
    ones, others = (changed_as(label, stem) for label in (1, 2))
    inked = [(images > 100).any(axis=1).sum(axis=1) for images in (ones, others)]  # columns
    assert inked[1].max() <= 4
    assert inked[0].min() >= 5
    assert inked[0].mean() > 8
    hook = stem.copy()
    hook[:, 4:7, 6:16] = 255
    sevens, unchanged = (changed_as(label, hook) for label in (7, 2))
    assert (inked_pixels(sevens) >= inked_pixels(unchanged) + 4).all()


def test_a_broad_pen_fills_no_digit_but_a_1(mnist: tuple[Dataset, Dataset], monkeypatch: pytest.MonkeyPatch) -> None:
    """With the broadest pen alone, a digit either stays open or stays as it was."""
    for name in (
        "_REGIONAL_STROKE_PROBABILITY",
        "_WARP_PROBABILITY",
        "_BINARIZATION_PROBABILITY",
        "_DIRT_PROBABILITY",
        "_COARSE_SCAN_PROBABILITY",
    ):
        monkeypatch.setattr(f"digitnet.augmentation.writing_variants.{name}", 0.0)
    monkeypatch.setattr("digitnet.augmentation.writing_variants._PEN_PROBABILITY", 1.0)
    is_usual = (mnist[0].labels != 1).nonzero()[0][:200]
    images, labels = mnist[0].images[is_usual], mnist[0].labels[is_usual]
    changed = make_writing_variants(images, labels, np.random.default_rng(1))
    monkeypatch.setattr("digitnet.augmentation.writing_variants._MAX_SOLIDITY", 1.0)
    blots = make_writing_variants(images, labels, np.random.default_rng(1))
    solid = [[_solidity(image) for image in some] for some in (images, changed, blots)]
    assert np.quantile(solid[1], 0.95) < max(0.8, np.quantile(solid[0], 0.95) + 0.05) < np.quantile(solid[2], 0.95)


def test_specks_and_pieces_of_lines_leave_the_digit_in_its_place() -> None:
    """Soiled, there is more ink than before, and none of the digit's own is lost."""
    ink = np.zeros((112, 112), np.uint8)
    ink[30:80, 50:60] = 255
    for seed in range(30):
        soiled = _with_dirt(ink, np.random.default_rng(seed))
        assert (soiled[14:-14, 14:-14] >= ink).all()
        assert int((soiled > 0).sum()) >= int((ink > 0).sum())
    assert sum((_with_dirt(ink, np.random.default_rng(seed)) > 0).sum() > 520 for seed in range(30)) > 20


def inked_pixels(images: Images) -> AnyArray:
    return np.asarray((images > 100).sum(axis=(1, 2)))


def changed_as(label: int, images: Images) -> Images:
    return make_writing_variants(images, np.full(len(images), label, np.uint8), np.random.default_rng(0))
