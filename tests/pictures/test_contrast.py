"""Contrast in colour and the thickness of strokes, by hand-worked values; ink in colour on whole pictures."""

import numpy as np
import pytest

from digitnet.pictures.contrast import border_noise, contrast_with, one_contrast, thickest, typical_level
from digitnet.pictures.ink import extract_ink
from drawn_pages import HEIGHT, WIDTH, missed_and_extra, photo, strokes, written


@pytest.mark.parametrize(
    ("deviation", "expected"),
    [
        ((100, 100, 100), 100),  # grey
        ((0, 0, 0), 0),
        ((200, 0, 0), 120),  # 0.6 of the one channel; its brightness is 0.299 * 200 = 60
        ((0, 200, 0), 120),  # brightness 117
        ((0, 0, 200), 120),
        ((200, 200, 0), 177),  # brightness 0.886 * 200
    ],
)
def test_one_contrast_of_three_channels(deviation: tuple[int, int, int], expected: int) -> None:
    assert one_contrast(np.array([[deviation]], np.uint8)).tolist() == [[expected]]


def test_a_grey_deviation_is_its_own_contrast() -> None:
    picture = np.array([[10, 200]], np.uint8)
    paper = np.array([[50, 50]], np.uint8)
    assert contrast_with(picture, paper, is_ink_dark=True).tolist() == [[40, 0]]
    assert contrast_with(picture, paper, is_ink_dark=False).tolist() == [[0, 150]]


def test_the_thickest_stroke_by_hand() -> None:
    canvas = np.zeros((60, 60), np.uint8)
    canvas[10:50, 20:30] = 255
    assert thickest(canvas) == pytest.approx(10, abs=1)
    canvas[:, :15] = 255  # beyond the border it goes on: 15 pixels are the radius of a disc
    assert thickest(canvas) >= 20


def test_typical_level_and_noise_by_hand() -> None:
    counts = np.zeros(256)
    counts[[100, 150, 200]] = (50, 39, 11)  # the 90th of 100 is one of the darkest
    assert typical_level(counts) == 200
    rng = np.random.default_rng(0)
    noise = np.clip(np.rint(rng.normal(0, 6, (400, 400))), 0, 255).astype(np.uint8)
    assert border_noise(noise) == pytest.approx(6, rel=0.15)


PAPERS = {"grey": (120.0, 120.0, 120.0), "yellow": (250.0, 230.0, 90.0), "slate": (40.0, 70.0, 55.0)}
ISOLUMINANT_RED = (197.0, 91.0, 67.0)  # 0.299 * 197 + 0.587 * 91 + 0.114 * 67 = 120: the brightness of that grey
HIGHLIGHTER = (250.0, 228.0, 60.0)


@pytest.mark.parametrize(
    ("paper", "pen"),
    [
        (PAPERS["grey"], ISOLUMINANT_RED),
        ((235.0, 232.0, 225.0), HIGHLIGHTER),
        (PAPERS["yellow"], (35.0, 50.0, 150.0)),
        (PAPERS["yellow"], (200.0, 40.0, 45.0)),
        (PAPERS["slate"], (225.0, 225.0, 215.0)),
        (PAPERS["slate"], (230.0, 160.0, 175.0)),
        ((30.0, 30.0, 30.0), (70.0, 80.0, 200.0)),
    ],
)
def test_ink_is_seen_in_any_colour_on_paper_of_any_colour(
    paper: tuple[float, float, float], pen: tuple[float, float, float]
) -> None:
    ink = strokes()
    missed, extra = missed_and_extra(extract_ink(photo(written(paper, pen, ink), noise=3))[0], ink)
    assert missed < 0.02
    assert extra < 0.01


def test_in_grey_that_red_would_be_invisible() -> None:
    gray = photo(written(PAPERS["grey"], ISOLUMINANT_RED, strokes()), noise=0) @ np.array([0.299, 0.587, 0.114])
    assert np.ptp(np.rint(gray)) <= 1
    assert gray.shape == (HEIGHT, WIDTH)
