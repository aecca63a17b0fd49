"""What a network's names of pixels become, with networks that are rules of a line of code."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.written_ink import PIXEL_KINDS, find_page_ink, find_written_ink

PAPER = 220


def always(kind: str) -> AnyArray:
    return np.asarray(np.eye(4)[PIXEL_KINDS.index(kind)])


def all_is_ink(features: NDArray[np.uint8]) -> AnyArray:
    return np.tile(20 * always("ink"), (len(features), 1))


def all_is_rule(features: NDArray[np.uint8]) -> AnyArray:
    return np.tile(20 * always("rule"), (len(features), 1))


def long_is_rule(features: NDArray[np.uint8]) -> AnyArray:
    """What reaches from one side of the first window to the other is a rule, all else ink."""
    row = features[:, : 17 * 17].reshape(-1, 17, 17)[:, 8]
    is_long = np.asarray((row > 200).all(axis=1))
    return np.where(is_long[:, None], 20 * always("rule"), 20 * always("ink"))


def thin_on_dark_is_ink(features: NDArray[np.uint8]) -> AnyArray:
    """Ink where most of the second window is paper: strokes, and not what lies between them."""
    is_thin = features[:, 17 * 17 : 17 * 17 + 169].mean(axis=1) < 128
    return np.where(is_thin[:, None], 8 * always("ink"), 8 * always("other"))


def bars(height: int, *, ink: int = 60, size: tuple[int, int] = (200, 300), count: int = 3) -> GrayPicture:
    """Upright bars a tenth as wide as they are tall, 60 pixels from one another, the first at column 40."""
    picture = np.full(size, PAPER, np.uint8)
    for number in range(count):
        left = 40 + 60 * number
        picture[20 : 20 + height, left : left + max(2, height // 10)] = ink
    return picture


def mean_height(heights: AnyArray) -> float:
    return float(np.mean(heights))


def test_faint_ink_becomes_full_ink_where_it_is() -> None:
    for ink in (60, 180):
        found = find_written_ink(bars(40, ink=ink), all_is_ink)
        assert (found.ink[22:58, 41:43] == 255).all()
        assert not found.ink[:, :34].any()
        assert not found.ink[70:].any()
        assert not found.rules.any()


def test_rules_are_no_ink_and_ink_beside_them_stays() -> None:
    picture = bars(40)
    picture[70:73] = 60
    found = find_written_ink(picture, long_is_rule)
    assert (found.rules[71, 20:-20] == 255).all()
    assert not found.ink[70:73, 20:-20].any()
    assert (found.ink[24:56, 41:43] > 200).all()
    assert not find_written_ink(picture, all_is_rule).ink.any()


def test_empty_paper_asks_for_nothing() -> None:
    empty = np.full((50, 50), PAPER, np.uint8)
    assert not find_written_ink(empty, all_is_ink).ink.any()
    assert find_page_ink(empty, all_is_ink, mean_height) is None


@pytest.mark.parametrize("height", [14, 40, 150])
def test_digits_of_a_page_come_to_the_height_that_the_networks_know(height: int) -> None:
    found = find_page_ink(bars(height, size=(200, 500)), all_is_ink, mean_height)
    assert found is not None
    assert 28 <= found.digit_height <= 54
    assert found.digit_height == pytest.approx(height * found.scale, rel=0.2)
    assert found.is_ink_dark


def test_a_place_in_the_copy_is_a_place_in_the_picture() -> None:
    found = find_page_ink(bars(100, count=1), all_is_ink, mean_height)
    assert found is not None
    rows, columns = np.nonzero(found.ink > 128)
    box = (np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) - found.margin) / found.scale
    assert box == pytest.approx([40, 20, 50, 120], abs=3)


def test_light_strokes_on_dark_paper_are_ink() -> None:
    picture = bars(40, count=4)
    for shown, is_dark in ((picture, True), (np.asarray(255 - picture, np.uint8), False)):
        found = find_page_ink(shown, thin_on_dark_is_ink, mean_height)
        assert found is not None
        assert found.is_ink_dark == is_dark
        assert 28 <= found.digit_height <= 54


def tops_of_thick_is_ink(features: NDArray[np.uint8]) -> AnyArray:
    """All of thin strokes, and of strokes so thick that there are many pixels the upper twentieth."""
    count = len(features)
    is_ink = np.arange(count) < (count if count < 1500 else count / 20)
    return np.where(is_ink[:, None], 8 * always("ink"), 8 * always("other"))


def test_strokes_of_which_only_rims_were_seen_are_looked_at_in_a_smaller_copy() -> None:
    picture = bars(300, size=(340, 400))
    usual = np.asarray((picture < 128) * np.uint8(255), np.uint8)
    rims = find_page_ink(picture, tops_of_thick_is_ink, mean_height, is_ink_dark=True)
    found = find_page_ink(picture, tops_of_thick_is_ink, mean_height, is_ink_dark=True, usual_ink=usual)
    larger = np.asarray(cv2.resize(usual, (800, 680)), np.uint8)
    of_larger = find_page_ink(picture, tops_of_thick_is_ink, mean_height, is_ink_dark=True, usual_ink=larger)
    assert rims is not None
    assert found is not None
    assert of_larger is not None
    assert rims.digit_height / rims.scale < 60
    assert found.digit_height / found.scale == pytest.approx(300, rel=0.05)
    assert of_larger.scale == pytest.approx(found.scale, rel=0.01)


def test_ink_that_is_no_larger_elsewhere_is_left_as_it_is() -> None:
    picture = bars(40)
    usual = np.asarray((picture < 128) * np.uint8(255), np.uint8)
    found = find_page_ink(picture, all_is_ink, mean_height)
    again = find_page_ink(picture, all_is_ink, mean_height, usual_ink=usual)
    assert found is not None
    assert again is not None
    assert again.scale == found.scale


@pytest.mark.parametrize(("logit", "is_found"), [(1.0, False), (20.0, True)])
@pytest.mark.parametrize("kind", ["ink", "rule"])
def test_where_contrast_shows_no_ink_only_what_is_beyond_doubt_counts(kind: str, logit: float, is_found: bool) -> None:
    """A logit of 1 is a probability of 0.48; grain of paper may look like ink, but never much."""
    picture, nothing = bars(40), np.zeros((200, 300), np.uint8)

    def classify(features: NDArray[np.uint8]) -> AnyArray:
        return np.tile(logit * always(kind), (len(features), 1))

    assert (find_page_ink(picture, classify, mean_height, usual_ink=nothing) is not None) == is_found
    assert find_page_ink(picture, classify, mean_height, usual_ink=255 - picture) is not None
    blank = np.full_like(picture, PAPER)
    assert find_page_ink(blank, classify, mean_height, usual_ink=nothing) is None


def test_digits_that_contrast_shows_to_be_large_are_looked_at_in_a_small_copy_alone() -> None:
    picture = bars(320, size=(400, 300))
    rows: list[int] = []

    def classify(features: NDArray[np.uint8]) -> AnyArray:
        rows.append(len(features))
        return all_is_ink(features)

    usual = np.asarray(np.where(picture < PAPER, 255, 0), np.uint8)
    large = find_page_ink(picture, classify, mean_height, is_ink_dark=True, usual_ink=usual)
    assert large is not None
    assert large.scale == pytest.approx(40 / 320, rel=0.02)
    assert len(rows) == 1
    # Contrast that shows far more than the network does is no ink: then the network looks for itself.
    everywhere = np.full_like(picture, 255)
    assert find_page_ink(picture, classify, mean_height, is_ink_dark=True, usual_ink=everywhere) is not None
    assert len(rows) > 2


def test_a_stain_among_small_digits_says_nothing_about_their_height() -> None:
    picture = bars(60, size=(900, 900), count=12)
    picture[300:700, 100:130] = 60
    usual = np.asarray(np.where(picture < PAPER, 255, 0), np.uint8)
    rows: list[int] = []

    def classify(features: NDArray[np.uint8]) -> AnyArray:
        rows.append(len(features))
        return all_is_ink(features)

    def highest(heights: AnyArray) -> float:
        return float(max(heights))

    find_page_ink(picture, classify, highest, is_ink_dark=True, usual_ink=usual)
    assert rows[0] > 2 * rows[1]  # not in a small copy first, in which digits may vanish
