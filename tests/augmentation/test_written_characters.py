"""Characters drawn one by one: their size, their pen, their place beside a digit, and how many pieces they have."""

import cv2
import numpy as np
import pytest

from digitnet.arrays import GrayPicture
from digitnet.augmentation.written_characters import (
    MARKS,
    draw_cross_out,
    draw_digit,
    draw_mark,
    draw_tick,
    draw_typed,
)
from written_hand import drawn_digits, typeface

HEIGHT = 40.0


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def pieces(ink: GrayPicture) -> int:
    return int(cv2.connectedComponents(np.asarray((ink > 100) * np.uint8(1), np.uint8), connectivity=8)[0]) - 1


def width_across(ink: GrayPicture) -> float:
    """Of the only stroke in each row, in pixels; the median of the rows in the middle."""
    middle = ink[len(ink) // 4 : -len(ink) // 4].astype(float) / 255
    return float(np.median(middle.sum(axis=1)))


def test_a_digit_is_as_tall_as_it_is_asked_to_be() -> None:
    for height in (18.0, 40.0, 72.0):
        assert draw_digit(drawn_digits()[8], height, 3.0, rng()).shape[0] == height


@pytest.mark.parametrize("pen", [2.0, 5.0, 9.0])
def test_a_stroke_is_as_wide_as_the_pen(pen: float) -> None:
    widths = [width_across(draw_digit(drawn_digits()[1], HEIGHT, pen, rng(seed))) for seed in range(12)]
    assert np.median(widths) == pytest.approx(pen, rel=0.35)


def test_the_thinnest_pen_of_a_page_breaks_no_stroke() -> None:
    for seed in range(5):
        ink = draw_digit(drawn_digits()[1], HEIGHT, 1.2, rng(seed))
        assert (ink > 100).any(axis=1).mean() > 0.9
        assert pieces(ink) == 1
        assert width_across(ink) < 2


def test_without_a_pen_strokes_grow_with_their_digit() -> None:
    small, large = (width_across(draw_digit(drawn_digits()[1], height, None, rng())) for height in (20, 60))
    assert large == pytest.approx(3 * small, rel=0.2)


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_is_cropped_to_its_ink_and_has_its_pieces(mark: str) -> None:
    found = []
    for seed in range(9):
        ink, _, _ = draw_mark(mark, HEIGHT, 2.0, rng(seed))
        assert all(side.any() for side in (ink[0], ink[-1], ink[:, 0], ink[:, -1]))
        found.append(pieces(ink))
    expected = {"÷": 3, "%": 3, "=": 2, ":": 2}.get(mark, 1)
    assert np.median(found) == expected  # a mark whose strokes touch is one that a hand may write


@pytest.mark.parametrize(
    ("mark", "above", "below"),  # shares of a digit's height between which the middle of a mark lies
    [(".", 0.7, 1.4), (",", 0.75, 1.5), ("-", 0.3, 0.7), ("=", 0.35, 0.75), ("(", 0.3, 0.7), (":", 0.45, 0.9)],
)
def test_a_mark_stands_where_it_belongs_beside_a_digit(mark: str, above: float, below: float) -> None:
    for seed in range(9):
        ink, _, top = draw_mark(mark, HEIGHT, 2.0, rng(seed))
        assert above * HEIGHT < top + ink.shape[0] / 2 < below * HEIGHT


def test_ticks_and_cross_outs_have_the_size_that_is_asked_for() -> None:
    for seed in range(9):
        assert 0.3 * HEIGHT < max(draw_tick(HEIGHT, 2.0, rng(seed))[0].shape) < 2 * HEIGHT
        assert 0.8 * 90 < draw_cross_out(90.0, HEIGHT, 2.0, rng(seed)).shape[1] < 1.6 * 90


def test_a_typeface_has_the_height_of_its_digits_and_keeps_its_line() -> None:
    digit, _, digit_top = draw_typed("0", typeface(), HEIGHT, 3.0)
    assert digit.shape[0] == pytest.approx(HEIGHT, abs=3)
    assert digit_top == pytest.approx(0, abs=3)
    comma, _, comma_top = draw_typed(",", typeface(), HEIGHT, 3.0)
    assert comma_top > 0.7 * HEIGHT
    assert comma.shape[0] < 0.5 * HEIGHT


@pytest.mark.parametrize("pen", [3.0, 10.0])
def test_ink_that_fills_its_rectangle_takes_the_width_of_the_pen(pen: float) -> None:
    ink, _, _ = draw_typed("I", typeface(), HEIGHT, pen)  # a rectangle: there is no paper beside it
    assert ink.shape[0] > 0.8 * HEIGHT
    assert width_across(ink) == pytest.approx(pen, rel=0.3)


def test_what_a_typeface_does_not_show_has_no_ink() -> None:
    assert not draw_typed(" ", typeface(), HEIGHT, 3.0)[0].any()
