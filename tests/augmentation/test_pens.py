"""Strokes as another pen would draw them."""

import cv2
import numpy as np
import pytest

from digitnet.arrays import GrayPicture
from digitnet.augmentation.pens import middle_lines, with_pen
from digitnet.datasets import Dataset


def _eight(width: int) -> GrayPicture:
    """Two rings that touch, as strokes of a width in pixels."""
    picture = np.zeros((150, 110), np.uint8)
    for row in (42, 103):
        cv2.ellipse(picture, (55, row), (25, 31), 0, 0, 360, 255, width)
    return picture


def _pieces_and_loops(ink: np.ndarray) -> tuple[int, int]:
    strokes = np.pad(np.asarray(ink > 127, np.uint8), 1)
    pieces = cv2.connectedComponents(strokes, connectivity=8)[0] - 1
    return pieces, cv2.connectedComponents(1 - strokes, connectivity=4)[0] - 2


def _mean_width(ink: np.ndarray) -> float:
    """Ink for each pixel of the middle lines."""
    strokes = np.pad(np.asarray(ink > 127, np.uint8) * np.uint8(255), 1)
    return float((strokes > 0).sum() / middle_lines(strokes).sum())


@pytest.mark.parametrize("width", [5, 14, 22])
@pytest.mark.parametrize("pen", [3.0, 5.0, 9.0, 18.0])
def test_another_pen_draws_the_same_lines(width: int, pen: float) -> None:
    drawn = with_pen(_eight(width), pen)
    assert _pieces_and_loops(drawn) == (1, 2)
    assert _mean_width(drawn) == pytest.approx(pen, rel=0.3)
    assert drawn[0].any()
    assert drawn[:, -1].any()  # its own rectangle


def test_middle_lines_keep_pieces_and_loops() -> None:
    lines = middle_lines(_eight(16))
    assert _pieces_and_loops(lines * np.uint8(255)) == (1, 2)
    neighbours = cv2.filter2D(lines.astype(np.uint8), -1, np.ones((2, 2)), borderType=cv2.BORDER_CONSTANT)
    assert neighbours[lines].max() < 4  # nowhere two pixels wide


def test_a_dot_stays_a_dot() -> None:
    dot = np.full((9, 9), 255, np.uint8)
    assert 1 <= with_pen(dot, 2.0).sum() / 255 <= 9


def test_a_pen_thinner_than_a_pixel_draws_lines_of_one() -> None:
    assert _mean_width(with_pen(_eight(14), 0.3)) == pytest.approx(1.0, abs=0.15)


def test_middle_lines_of_digits_are_a_point_wide_and_in_one_piece(mnist: tuple[Dataset, Dataset]) -> None:
    whole = [image for image in mnist[1].images[:100] if _pieces_and_loops((image > 60) * np.uint8(255))[0] == 1]
    for image in whole[:30]:
        is_ink = np.asarray(cv2.resize(image, (112, 112), interpolation=cv2.INTER_CUBIC) > 100, np.uint8)
        line = np.asarray(middle_lines(is_ink), np.uint8)
        assert np.all(is_ink[line == 1] == 1)
        assert cv2.connectedComponents(line)[0] == cv2.connectedComponents(is_ink)[0]
        # no 2 x 2 block of points is left but at crossings
        assert (cv2.boxFilter(line, -1, (2, 2), normalize=False) == 4).sum() <= 4


def test_the_middle_line_of_a_bar_is_its_middle() -> None:
    is_ink = np.zeros((40, 21), np.uint8)
    is_ink[5:35, 8:13] = 1
    line = middle_lines(is_ink)
    assert np.flatnonzero(line.any(axis=0)).tolist() == [10]
    assert np.flatnonzero(line.any(axis=1)).size >= 24
