"""Images that are no digits: repeatable, of many kinds, and none that anyone would call a 1."""

import cv2
import numpy as np
import pytest

from digitnet.arrays import GrayPicture
from digitnet.augmentation import outlier_drawings, outlier_signs, outliers
from digitnet.augmentation.outliers import make_non_digits
from digitnet.datasets import Dataset
from digitnet.pictures.mnist_frame import to_mnist_frame

DRAWINGS = {
    **dict.fromkeys(
        ("bars", "cutout", "hatching", "ruled_lines", "scribble", "filled_shapes", "silhouette", "object_shape"),
        outlier_drawings,
    ),
    **dict.fromkeys(outlier_signs.__all__, outlier_signs),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_each_drawing_is_light_on_dark_and_every_one_another(name: str) -> None:
    draw = getattr(DRAWINGS[name], name)
    drawings = [draw(np.random.default_rng(seed)) for seed in range(30)]
    for drawing in drawings:
        assert drawing.shape == (outlier_drawings.SIDE, outlier_drawings.SIDE) == (112, 112)
        assert drawing.dtype == np.uint8
    inked = [float((drawing > 0).mean()) for drawing in drawings]
    assert np.median(inked) < 0.7
    assert np.mean(np.array(inked) > 0.01) > 0.9
    assert len({drawing.tobytes() for drawing in drawings}) > 25
    np.testing.assert_array_equal(drawings[7], draw(np.random.default_rng(7)))


def test_specks_of_noise_lie_apart_on_a_sheet_that_is_mostly_blank() -> None:
    sheets = [outlier_drawings.threshold_noise(np.random.default_rng(seed)) for seed in range(60)]
    assert max(max(sheet.shape) for sheet in sheets) < 150
    assert max(float((sheet > 0).mean()) for sheet in sheets if min(sheet.shape) > 50) < 0.5
    pieces = [cv2.connectedComponents(sheet)[0] - 1 for sheet in sheets]
    assert np.median(pieces) > 10


def test_what_is_printed_on_a_shape_stays_inside_of_it() -> None:
    ink = np.zeros((112, 112), np.uint8)
    cv2.circle(ink, (56, 56), 30, 200, -1)
    printed = [outlier_drawings.with_pattern(ink, np.random.default_rng(seed)) for seed in range(20)]
    assert all((one[ink == 0] == 0).all() for one in printed)
    assert any(one[ink > 0].std() > 20 for one in printed)


def test_they_follow_from_the_seed_and_are_as_many_as_asked_for(mnist: tuple[Dataset, Dataset]) -> None:
    digits = mnist[0].images[:100]
    first, again, other = (make_non_digits(digits, 200, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (200, 28, 28)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert (first != other).any(axis=(1, 2)).mean() > 0.9
    assert make_non_digits(digits, 0, np.random.default_rng(1)).shape == (0, 28, 28)


def test_most_are_in_the_frame_and_some_fill_the_image(
    mnist: tuple[Dataset, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Rotated, most lie off their centre of mass by part of a pixel.
    monkeypatch.setattr("digitnet.augmentation.outliers._NUM_ORIENTATIONS", 0)
    images = make_non_digits(mnist[0].images[:100], 400, np.random.default_rng(3))
    framed = [
        one is not None and np.array_equal(one.image, image) for image in images if (one := to_mnist_frame(image))
    ]
    assert 0.6 < np.mean(framed) < 0.99


def leaning_stroke(angle: float) -> GrayPicture:
    """One straight stroke of 20 by 3 pixels, turned from upright by so many degrees."""
    ink = np.zeros((112, 112), np.uint8)
    x, y = 38 * np.sin(np.radians(angle)), 38 * np.cos(np.radians(angle))
    cv2.line(ink, (round(56 - x), round(56 - y)), (round(56 + x), round(56 + y)), 255, 12, cv2.LINE_AA)
    return np.asarray(cv2.resize(ink, (28, 28), interpolation=cv2.INTER_AREA), np.uint8)


def test_of_a_shuffled_digit_no_tile_stays_where_it_was() -> None:
    quarters = np.kron(np.arange(1, 17, dtype=np.uint8).reshape(4, 4), np.ones((7, 7), np.uint8))
    for seed in range(50):
        mixed = outliers._shuffled(quarters[None], np.random.default_rng(seed))  # noqa: SLF001 - one kind by itself
        np.testing.assert_array_equal(np.sort(mixed, axis=None), np.sort(quarters, axis=None))
        assert (mixed != quarters).all()


def test_an_upright_stroke_is_a_1_and_a_level_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is made of nothing but one stroke is thrown away where it stands, and kept where it lies."""
    digits = np.zeros((2, 28, 28), np.uint8)
    for angle, is_kept in ((0, False), (30, False), (-30, False), (90, True), (70, True)):
        monkeypatch.setattr(
            "digitnet.augmentation.outliers._RELATIVE_COUNTS", {lambda *_, a=angle: leaning_stroke(a): 1}
        )
        monkeypatch.setattr("digitnet.augmentation.outliers._NUM_ORIENTATIONS", 0)
        images = make_non_digits(digits, 5, np.random.default_rng(0))
        assert bool(images.any()) == is_kept, angle


def test_most_silhouettes_are_printed() -> None:
    """A plain one has one level but for its soft edge."""
    shares = []
    for seed in range(60):
        ink = outlier_drawings.silhouette(np.random.default_rng(seed))
        counts = np.bincount(ink.ravel(), minlength=256)[1:]
        shares.append(counts.max() / counts.sum())
    assert 0.6 <= np.mean(np.array(shares) < 0.8) <= 0.95
