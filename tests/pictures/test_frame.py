"""A frame on the very edge of a picture."""

import cv2
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from digitnet.pictures.frame import FRAME_LIMITS, without_frame
from digitnet.pictures.paper import AnyPicture


def digit(height: int = 90, width: int = 70, paper: int = 240, ink: int = 30) -> AnyPicture:
    """A four, well inside."""
    picture = np.full((height, width), paper, np.uint8)
    cv2.polylines(picture, [np.array([[25, 20], [18, 50], [52, 50]])], False, ink, 5)
    cv2.line(picture, (45, 35), (43, 72), ink, 5)
    return picture


def framed(picture: AnyPicture, width: int, level: int) -> AnyPicture:
    picture = picture.copy()
    picture[:width] = picture[-width:] = level
    picture[:, :width] = picture[:, -width:] = level
    return picture


@pytest.mark.parametrize("width", [1, 2, 5])
@pytest.mark.parametrize("level", [0, 128, 190])
def test_inside_of_a_frame_all_stays_and_over_it_there_is_paper(width: int, level: int) -> None:
    found = without_frame(framed(digit(), width, level))
    assert found is not None
    assert_array_equal(found, digit())


def test_a_light_frame_of_a_slate_goes_too_and_one_in_colour() -> None:
    slate = digit(paper=20, ink=230)
    assert_array_equal(without_frame(framed(slate, 3, 250)), slate)
    coloured = np.repeat(digit()[:, :, None], 3, axis=2)
    assert_array_equal(without_frame(framed(coloured, 2, 60)), coloured)


def test_a_frame_that_a_camera_blurs_goes_with_its_soft_edge() -> None:
    noise = np.random.default_rng(0).normal(0, 4, (90, 70))
    blurred = cv2.GaussianBlur(framed(digit(), 3, 0), (0, 0), 0.6) + noise
    found = without_frame(np.clip(blurred, 0, 255).astype(np.uint8))
    assert found is not None
    assert found[:6].min() > 170
    assert found[:, -6:].min() > 170
    assert found[48:52, 20:45].min() < 80  # the digit is there


def test_a_row_that_is_partly_frame_goes_with_it() -> None:
    soft = framed(framed(digit(), 4, 220), 3, 0)
    assert_array_equal(without_frame(soft), digit())


def test_the_white_margin_of_a_bold_digit_is_paper_and_no_frame() -> None:
    bold = np.full((33, 33), 255, np.uint8)
    cv2.ellipse(bold, (16, 16), (11, 11), 0, 0, 360, 10, 8)
    assert np.median(bold[4:29, 4:29]) < 100
    assert without_frame(bold) is None


def test_a_stroke_may_run_along_a_side_of_a_frame() -> None:
    """The bow of a 9 that fills the row behind the frame."""
    nine = np.full((119, 88), 255, np.uint8)
    cv2.ellipse(nine, (37, 28), (25, 25), 0, 0, 360, 77, 12)
    nine[6:14, 10:80] = 77
    found = without_frame(framed(nine, 6, 0))
    assert found is not None
    assert found[6:14, 40].tolist() == [77] * 8
    assert found[0, 5] == 255  # beside the bow


def test_three_sides_are_a_frame_and_two_may_be_strokes() -> None:
    three = framed(digit(), 2, 0)
    three[-2:, 2:-2] = 240
    assert_array_equal(without_frame(three), digit())
    seven = np.full((60, 40), 240, np.uint8)
    seven[:6] = 20
    seven[:, -6:] = 20  # cropped to its ink
    assert without_frame(seven) is None


def test_what_is_wider_than_a_frame_or_uneven_or_pale_stays() -> None:
    most = int(FRAME_LIMITS.width_share * 70)
    assert without_frame(framed(digit(), most, 0)) is not None
    assert without_frame(framed(digit(), most + 1, 0)) is None
    table = framed(digit(), 2, 0)
    table[:2] = table[-2:] = np.linspace(0, 255, 70)
    assert without_frame(table) is None
    assert without_frame(framed(digit(), 2, 215)) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (11, 11), (28, 28)])
def test_small_pictures_and_blank_ones_have_none(shape: tuple[int, int]) -> None:
    assert without_frame(np.full(shape, 200, np.uint8)) is None
