"""A page from ink to digits, on ink whose digits are known; rules play the network's part."""

import time

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.segmentation import segment_page
from digitnet.segmentation.page import PAGE_LIMITS
from drawn_ink import NAMES, bars, sure, touching


def found(ink: GrayPicture) -> list[tuple[int, tuple[int, int, int, int]]]:
    """Line and box of each digit, as far as shape and place tell."""
    page = segment_page(ink)
    return [(digit.line, digit.box) for digit in page.choose(sure(page.images), NAMES)]


def test_without_ink_there_is_no_page() -> None:
    page = segment_page(np.zeros((40, 50), np.uint8))
    assert page.images.shape == (0, 28, 28)
    assert page.choose(np.zeros((0, 10), np.float32), NAMES) == []


def test_digits_of_different_heights_stand_in_one_line() -> None:
    ink = bars((20, 40, 12, 90), (60, 80, 8, 45), (100, 60, 10, 70), (140, 100, 6, 30))
    assert [box for _, box in found(ink)] == [(20, 40, 12, 90), (60, 80, 8, 45), (100, 60, 10, 70), (140, 100, 6, 30)]


def test_two_lines_keep_their_order_and_their_places() -> None:
    ink = bars((20, 20, 10, 60), (60, 24, 10, 60), (22, 120, 10, 60), (62, 116, 10, 60))
    assert found(ink) == [
        (0, (20, 20, 10, 60)),
        (0, (60, 24, 10, 60)),
        (1, (22, 120, 10, 60)),
        (1, (62, 116, 10, 60)),
    ]


def test_boxes_are_those_of_the_picture_when_it_was_shrunk_and_turned() -> None:
    flat = bars(*((60 + 150 * k, 500, 30, 200) for k in range(8)), size=(1200, 1300))
    turn = cv2.getRotationMatrix2D((650, 600), -10, 1)
    ink = np.asarray(cv2.warpAffine(flat, turn, (1300, 1200)), np.uint8)
    for k, (_, box) in enumerate(found(ink)):
        corners = np.array([[60 + 150 * k + x, 500 + y, 1] for x in (0, 30) for y in (0, 200)]) @ turn.T
        expected = [*corners.min(axis=0), *(corners.max(axis=0) - corners.min(axis=0))]
        np.testing.assert_allclose(box, expected, atol=40)  # the box of a turned box is larger: 200 sin 10 = 35
    assert len(found(ink)) == 8


def test_a_page_is_read_otherwise_where_the_whole_looks_like_no_digit() -> None:
    """Two rings that touch: the network is as sure of all, so what looks like no digit decides."""
    component = touching(0)
    page = segment_page(np.pad(component.ink, 10))
    groups = [group for line in page.lines for group in line.groups]
    ends = np.array([[group.left, group.left + group.ink.shape[1]] for group in groups]) - 10
    is_ring = (np.abs(ends - (0, 44)).max(axis=1) <= 4) | (np.abs(ends - (43, 87)).max(axis=1) <= 4)
    digits = page.choose(sure(page.images), tuple("abcdefghij"), np.where(is_ring, 0.0, 3.0))
    assert [abs(digit.box[2] - 44) <= 4 for digit in digits] == [True, True]
    whole = page.choose(sure(page.images), tuple("abcdefghij"), np.where(is_ring, 3.0, 0.0))
    assert [digit.box for digit in whole] != [digit.box for digit in digits]


def test_five_thousand_specks_are_left_out_in_time() -> None:
    rng = np.random.default_rng(1)
    ink = bars(*((200 + 200 * k, 300, 30, 200) for k in range(4)), size=(1000, 1200))
    rows, columns = rng.integers(0, 997, 5000), rng.integers(0, 1197, 5000)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        ink[row : row + 3, column : column + 3] = 255
    started = time.process_time()
    assert len(found(ink)) == 4
    assert time.process_time() - started < 2


def test_limits_of_a_page_decide_when_it_is_sampled_and_turned() -> None:
    digits = bars(*((20 + 40 * k, 60 + 4 * k, 10, 60) for k in range(8)))
    asked: list[int] = []

    def has_digits(images: AnyArray) -> bool:
        asked.append(len(images))
        return False

    assert segment_page(digits, has_digits).left_out == 0
    assert asked == []
    page = segment_page(digits, has_digits, PAGE_LIMITS._replace(crowd=8, sample=2))
    assert (page.left_out, page.lines) == (8, ())
    assert asked == [4]  # the two largest, and two of the other six
    assert abs(segment_page(digits).slope) > 3
    assert segment_page(digits, limits=PAGE_LIMITS._replace(level=45.0)).slope == 0


def test_on_a_page_of_more_digits_than_can_be_cut_in_time_none_is_cut() -> None:
    ink = np.pad(touching(0).ink, 10)
    cuts = [
        [
            group.is_cut
            for line in segment_page(ink, limits=PAGE_LIMITS._replace(most_cut=most)).lines
            for group in line.groups
        ]
        for most in (1, 3)
    ]
    assert cuts[0] == [False]  # two rings, three digits' heights wide
    assert any(cuts[1])


def test_a_thousand_digits_are_cut_and_more_are_not() -> None:
    """Rows of touching bars, each as wide as three digits are tall."""
    wide = bars((4, 4, 55, 18), (4, 4, 2, 20), size=(28, 64))
    for rows, is_cut in ((15, True), (20, False)):
        page = segment_page(np.tile(wide, (rows, 20)))
        assert any(group.is_cut for line in page.lines for group in line.groups) == is_cut
