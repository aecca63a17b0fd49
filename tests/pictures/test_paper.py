"""Background estimates on drawn paper whose light is known."""

from typing import Any

import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.pictures.paper import PLAIN_PAPER_LIMITS, border, local_paper, median, plain_paper, reduced
from drawn_pages import HEIGHT, WIDTH, photo, strokes


def sloping(fall: float) -> AnyArray:
    """Light that falls by so many levels from left to right, float (height, width)."""
    return np.broadcast_to(np.linspace(220, 220 - fall, WIDTH), (HEIGHT, WIDTH)).copy()


def inked(light: AnyArray) -> AnyArray:
    light[strokes()] = 40
    return light


@pytest.mark.parametrize("fall", [0.0, 60.0])
def test_one_shade_and_a_plane_of_light_are_fitted_under_strokes(fall: float) -> None:
    paper = plain_paper(photo(inked(sloping(fall)), noise=1.0))
    assert paper.fits
    assert paper.is_even == (fall == 0)
    assert np.abs(paper.levels - sloping(fall)).max() < 3


def test_ink_that_crosses_the_border_does_not_pull_the_plane_along() -> None:
    light = sloping(60.0)
    light[100:130, :] = 40  # a tenth of the border
    paper = plain_paper(photo(light, noise=1.0))
    assert paper.fits
    assert np.abs(paper.levels - sloping(60.0)).max() < 3
    pulled = plain_paper(photo(light, noise=1.0), PLAIN_PAPER_LIMITS._replace(fit_rounds=1))
    assert np.abs(pulled.levels - sloping(60.0)).max() > np.abs(paper.levels - sloping(60.0)).max()


def test_a_shadow_is_no_plane_of_light() -> None:
    light = np.full((HEIGHT, WIDTH), 220.0)
    light[:, : WIDTH // 3] = 120
    assert not plain_paper(photo(light, noise=1.0)).fits


def patchy() -> AnyArray:
    """Squares of 214 and 226 levels: the residuals of a plane are 6, which passes for noise of 6 / 0.6745 levels."""
    rows, columns = np.indices((HEIGHT, WIDTH)) // 30
    return np.where((rows + columns) % 2, 214.0, 226.0)


def banded() -> AnyArray:
    """A dark band that is a tenth of the picture and 6 % of its border."""
    light = sloping(0.0)
    light[100:130] = 120
    return light


@pytest.mark.parametrize(
    ("light", "limits"),
    [
        (patchy(), {"residual_levels": 3.0, "residual_sigmas": 0.3}),
        (patchy(), {"residual_levels": 3.0, "noise_max": 0.5}),
        (banded(), {"min_border_share": 0.97}),
        (banded(), {"min_picture_share": 0.95}),
    ],
)
def test_each_limit_decides_whether_paper_is_plain(light: AnyArray, limits: dict[str, Any]) -> None:
    picture = photo(light, noise=0.0)
    assert plain_paper(picture).fits
    assert not plain_paper(picture, PLAIN_PAPER_LIMITS._replace(**limits)).fits


def test_a_faint_slope_is_one_shade_up_to_four_levels() -> None:
    assert plain_paper(photo(sloping(3.0), noise=0.0)).is_even
    assert not plain_paper(photo(sloping(8.0), noise=0.0)).is_even
    assert plain_paper(photo(sloping(8.0), noise=0.0), PLAIN_PAPER_LIMITS._replace(one_shade_range=20)).is_even


@pytest.mark.parametrize("is_ink_dark", [True, False])
def test_local_paper_removes_what_is_narrower_than_its_square_and_keeps_the_edge_of_a_shadow(is_ink_dark: bool) -> None:
    light = np.full((60, 80), 200, np.uint8)
    light[:, 40:] = 100  # a shadow with a sharp edge
    paper = light.copy()
    light[20:24, 10:70] = 20 if is_ink_dark else 250
    np.testing.assert_array_equal(local_paper(light, 7, is_ink_dark=is_ink_dark), paper)
    np.testing.assert_array_equal(local_paper(light, 3, is_ink_dark=is_ink_dark), light)


def test_the_border_is_a_thirtieth_of_the_shorter_side_and_at_least_one_pixel() -> None:
    plane = np.zeros((100, 200))
    plane[:3] = plane[-3:] = plane[:, :3] = plane[:, -3:] = 1
    assert border(plane).all()
    assert len(border(plane)) == 100 * 200 - 94 * 194
    assert len(border(np.zeros((3, 3)))) == 8
    assert len(border(np.zeros((1000, 2000)))) == 1000 * 2000 - (1000 - 32) * (2000 - 32)  # at most 16 pixels wide


def test_a_reduced_copy_is_the_mean_and_a_small_picture_stays() -> None:
    picture = np.array([[0, 100, 50, 50], [100, 200, 50, 50]], np.uint8)
    np.testing.assert_array_equal(reduced(picture, 2), [[100, 50]])
    assert reduced(picture, 4) is picture


@pytest.mark.parametrize("values", [[3.0], [1.0, 2.0], [5.0, 1.0, 3.0], [4.0, 1.0, 2.0, 9.0]])
def test_the_median_is_numpys(values: list[float]) -> None:
    assert median(np.array(values)) == np.median(values)
