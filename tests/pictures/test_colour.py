"""colour_contrast: strokes of a colour of their own under light that is not even."""

import cv2
import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.pictures.colour import colour_contrast
from drawn_pages import HEIGHT, WIDTH, photo, strokes, written

PAPER = (200, 196, 188)


@pytest.mark.parametrize("pen", [(190, 60, 50), (60, 80, 190), (40, 130, 60), (240, 150, 60)])
def test_a_coloured_pen_shows_as_much_in_a_shadow_whose_edge_does_not(pen: tuple[float, float, float]) -> None:
    ink = strokes(10)
    scene = written(PAPER, pen, ink)
    in_shadow = np.arange(HEIGHT)[:, np.newaxis] + np.zeros(WIDTH) > HEIGHT // 2
    scene[in_shadow] *= 0.45
    contrast, noise = colour_contrast(photo(scene))
    lit, shaded = (float(np.median(contrast[ink & side])) for side in (~in_shadow, in_shadow))
    assert min(lit, shaded) > 40
    assert 0.75 < shaded / lit < 1.25
    assert np.percentile(contrast[_far_from(ink)], 99) < 12 + 3 * noise


def test_gray_strokes_have_no_colour() -> None:
    ink = strokes(10)
    contrast, _ = colour_contrast(photo(written((200, 200, 200), (50, 50, 50), ink), noise=0))
    assert contrast.max() <= 1


def test_a_long_picture_is_blurred_no_more_than_a_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of 152 x 32,664 pixels took half a minute."""
    blur, sigmas = cv2.GaussianBlur, list[float]()

    def noted(picture: AnyArray, side: tuple[int, int], sigma: float) -> AnyArray:
        sigmas.append(sigma)
        return blur(picture, side, sigma)

    monkeypatch.setattr(cv2, "GaussianBlur", noted)
    for size in ((1000, 500), (32_000, 20)):
        colour_contrast(np.full((*size, 3), 200, np.uint8))
    assert sigmas[0] == 5
    assert max(sigmas) == 16


def test_noise_is_measured() -> None:
    """Of the same light, more noise is more noise in colours, about in proportion."""
    scene = np.full((200, 200, 3), 120.0)
    little, much = (colour_contrast(photo(scene, noise=noise))[1] for noise in (4, 12))
    assert little > 0
    assert 2 < much / little < 4


def _far_from(ink: AnyArray) -> AnyArray:
    rows, columns = np.nonzero(ink)
    far = np.ones(ink.shape, np.bool_)
    far[rows.min() - 12 : rows.max() + 12, columns.min() - 12 : columns.max() + 12] = False
    return far
