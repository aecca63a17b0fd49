"""What lies beside ink: paper beside a stroke, more of the same beside the edge of something larger."""

from typing import Any

import cv2
import numpy as np
import pytest

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.surroundings import SURROUNDINGS_LIMITS, inklike_surroundings

PAPER, INK = 220, 60
SIDE = 200


def circle(thickness: int) -> GrayPicture:
    return np.asarray(cv2.circle(np.zeros((SIDE, SIDE), np.uint8), (100, 100), 60, 255, thickness), np.uint8)


def drawn(ink: AnyArray, light: AnyArray | float = 1.0) -> GrayPicture:
    return np.asarray(np.rint((PAPER - (PAPER - INK) * (ink / 255)) * light), np.uint8)


def shadow() -> AnyArray:
    """To the right of a slanted line half of the light is gone."""
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.asarray(np.where(x > 80 + y // 5, 0.5, 1.0))


@pytest.mark.parametrize("thickness", [2, 6, 20])
def test_beside_a_stroke_there_is_paper(thickness: int) -> None:
    assert inklike_surroundings(drawn(circle(thickness)), circle(thickness)) == 0


def test_a_stroke_that_a_shadow_falls_on_has_its_paper_beside_it() -> None:
    """Although the paper in the shadow is almost as dark as the ink beyond it."""
    assert inklike_surroundings(drawn(circle(6), shadow()), circle(6)) < 0.05


def test_noise_is_not_taken_for_ink() -> None:
    noisy = drawn(circle(6)) + np.random.default_rng(0).normal(0, 20, (SIDE, SIDE))
    assert inklike_surroundings(np.clip(noisy, 0, 255).astype(np.uint8), circle(6)) < 0.02


def test_one_side_of_a_shadows_edge_is_as_dark_as_its_ink() -> None:
    light = shadow()
    edge = np.asarray(cv2.dilate((light == 1).astype(np.uint8), np.ones((1, 13), np.uint8)) * (light < 1) * 255)
    ink = edge.astype(np.uint8)
    assert 0.35 < inklike_surroundings(drawn(np.zeros_like(ink), light), ink) < 0.65


def test_so_is_the_inside_of_a_blot_that_passed_for_paper() -> None:
    blot = circle(-1)
    hollow = np.asarray(blot - cv2.erode(blot, np.ones((31, 31), np.uint8)), np.uint8)
    assert inklike_surroundings(drawn(blot), hollow) > 0.25
    assert inklike_surroundings(drawn(blot), blot) == 0


@pytest.mark.parametrize("case", ["light ink", "color", "larger ink", "larger picture"])
def test_neither_polarity_nor_color_nor_size_matters(case: str) -> None:
    blot = circle(-1)
    hollow = np.asarray(blot - cv2.erode(blot, np.ones((31, 31), np.uint8)), np.uint8)
    expected = inklike_surroundings(drawn(blot), hollow)
    picture, ink = drawn(blot), hollow
    if case == "light ink":
        picture = ~picture
    elif case == "color":
        picture = np.stack([picture] * 3, axis=2)
    elif case == "larger ink":
        ink = np.kron(ink, np.ones((2, 2), np.uint8))
    else:
        picture = np.kron(picture, np.ones((3, 3), np.uint8))
    assert inklike_surroundings(picture, ink) == pytest.approx(expected, abs=0.08)


@pytest.mark.parametrize("shape", [(32, 32), (33, 1000), (2000, 40)])
@pytest.mark.parametrize("level", [0, 255])
def test_without_ink_or_without_paper_there_is_no_edge(shape: tuple[int, int], level: int) -> None:
    assert inklike_surroundings(np.full(shape, 200, np.uint8), np.full(shape, level, np.uint8)) == 0


@pytest.mark.parametrize(
    "limits",
    [
        {"as_dark": 0.0},  # only what is darker than the ink
        {"distances": (40, 60)},  # too far away
        {"paper_percentile": 0, "min_contrast": 0.0, "same_light": 0},  # what is beside ink is its own paper
    ],
)
def test_each_limit_decides_what_is_as_dark_as_ink(limits: dict[str, Any]) -> None:
    blot = circle(-1)
    hollow = np.asarray(blot - cv2.erode(blot, np.ones((31, 31), np.uint8)), np.uint8)
    usual = inklike_surroundings(drawn(blot), hollow)
    varied = inklike_surroundings(drawn(blot), hollow, SURROUNDINGS_LIMITS._replace(**limits))
    assert abs(usual - varied) > 0.1
