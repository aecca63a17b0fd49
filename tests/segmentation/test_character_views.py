"""What the character network sees of a candidate: its parts, worked by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from digitnet.arrays import GrayPicture
from digitnet.segmentation.character_views import (
    NUM_FEATURES,
    character_features,
    line_centres,
)
from digitnet.segmentation.lattice import Group

FRAME = np.arange(784, dtype=np.uint16).reshape(28, 28).astype(np.uint8)
WINDOW = 20 * 36
HEIGHT = 24  # of the line: two pixels for each row of the windows


def page(scale: int = 1) -> GrayPicture:
    """A line of height 24 around row 30, with a block at columns 60 to 72 and another one beside it."""
    ink = np.zeros((60 * scale, 200 * scale), np.uint8)
    ink[18 * scale : 42 * scale, 60 * scale : 72 * scale] = 255
    ink[18 * scale : 42 * scale, 80 * scale : 86 * scale] = 255
    return ink


def block(ink: GrayPicture, scale: int = 1) -> Group:
    left, top = 60 * scale, 18 * scale
    return Group(0, 0, ink[top : 42 * scale, left : 72 * scale], left, top, 0.0, is_cut=False)


def views(scale: int = 1, centre: float = 30.0) -> tuple[GrayPicture, GrayPicture, GrayPicture, list[int]]:
    """The frame, the window of the group alone, the window of all ink, and the two numbers."""
    ink = page(scale)
    features = character_features([block(ink, scale)], [FRAME], ink, np.array([centre * scale]), HEIGHT * scale)
    assert features.shape == (1, NUM_FEATURES)
    row = features[0]
    own, around = row[784 : 784 + WINDOW].reshape(20, 36), row[784 + WINDOW : -2].reshape(20, 36)
    return row[:784].reshape(28, 28), own, around, row[-2:].tolist()


def test_the_first_part_is_the_frame() -> None:
    assert_array_equal(views()[0], FRAME)


def test_a_group_stands_in_the_middle_of_its_window_alone() -> None:
    expected = np.zeros((20, 36), np.uint8)
    expected[4:16, 15:21] = 255  # 24 x 12 pixels at half their size
    assert_array_equal(views()[1], expected)


def test_the_other_window_shows_its_neighbours_too() -> None:
    around = views()[2]
    assert (around[5:15, 16:20] > 250).all()
    assert (around[5:15, 26:27] > 250).all()  # the second block: ten rows to the right of the first one's middle
    assert not around[:, :14].any()
    assert not around[:3].any()


def test_below_the_middle_of_the_line_is_below_the_middle_of_the_windows() -> None:
    _, own, around, _ = views(centre=24.0)
    assert np.flatnonzero(own.any(axis=1)).tolist() == list(range(7, 19))
    assert (around[8:18, 16:20] > 250).all()
    assert not around[:6].any()


def test_height_and_width_are_logarithms() -> None:
    # From 1/16 to 4 there are six doublings in 255 steps: four up to the line's height, three up to half of it.
    assert views()[3] == [round(255 * 4 / 6), round(255 * 3 / 6)]


@pytest.mark.parametrize("scale", [2, 4])
def test_a_larger_page_looks_alike(scale: int) -> None:
    for large, small in zip(views(scale)[1:3], views()[1:3], strict=True):
        difference = np.abs(large.astype(int) - small)
        assert np.mean(difference) < 4
        assert np.median(difference) == 0


def test_a_group_beyond_the_window_is_cut_off() -> None:
    ink = np.full((40, 400), 255, np.uint8)
    group = Group(0, 0, ink, 0, 0, 0.0, is_cut=False)
    own = character_features([group], [FRAME], ink, np.array([20.0]), 12.0)[0, 784 : 784 + WINDOW]
    assert (own == 255).all()


def test_the_middle_of_a_line_is_that_of_the_four_nearest() -> None:
    boxes = np.array([[x, y, 10, 20] for x, y in ((0, 0), (20, 2), (40, 4), (60, 6), (200, 100))], np.float64)
    # Middles of rows: 10, 12, 14, 16, 110; those of columns: 5, 25, 45, 65, 205.
    assert_allclose(line_centres(boxes, np.array([0.0, 205.0])), [13, 15])
    assert_allclose(line_centres(boxes[:1], np.array([500.0])), [10])
