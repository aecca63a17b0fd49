"""binarize and without_lines_across on drawn contrasts: what is kept, what goes, and which limit decides that."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.cleaning import CLEANING_LIMITS, Contrast, binarize, without_lines_across

SIDE = 120
INK = 200
DIGIT = (slice(30, 90), slice(50, 60))  # an upright stroke of 10 x 60 pixels


def drawn(*marks: tuple[tuple[slice, slice], int]) -> GrayPicture:
    """Contrast, uint8 (120, 120): an upright stroke, and other rectangles of given levels."""
    levels = np.zeros((SIDE, SIDE), np.uint8)
    for place, level in ((DIGIT, INK), *marks):
        levels[place] = level
    return levels


def contrast(levels: GrayPicture, noise: float = 2.0, **more: Any) -> Contrast:
    return Contrast(levels, noise, is_ink_dark=True, notes=(), steps=(), **more)


def is_kept(found: Contrast, place: tuple[slice, slice], **limits: Any) -> bool:
    """Whether a rectangle is ink once the contrast is binarized with other limits; the upright stroke always is."""
    ink = binarize(found, CLEANING_LIMITS._replace(**limits))
    assert ink is not None
    assert (ink[DIGIT] == 255).all()
    is_ink = ink[place] > 0
    assert is_ink.all() or not is_ink.any()
    return bool(is_ink.all())


FAINT = (slice(40, 60), slice(90, 100))


@pytest.mark.parametrize(("level", "kept"), [(100, False), (150, True)])
def test_where_there_are_shadows_components_far_fainter_than_the_ink_go(level: int, kept: bool) -> None:
    levels = drawn((FAINT, level))
    assert is_kept(contrast(levels, shadow_share=0.45), FAINT) == kept
    assert is_kept(contrast(levels, shadow_share=0.45), FAINT, min_component_share=0.3)
    assert is_kept(contrast(levels), FAINT)  # without shadows anything visible may be ink


RIM = (slice(20, 100), slice(14, 16))


def test_what_begins_at_the_sheets_edge_and_runs_along_it_is_its_blur() -> None:
    inside = np.zeros((SIDE, SIDE), np.uint8)
    inside[:, 14:] = 255
    found = contrast(drawn((RIM, INK)), inside=inside)
    assert not is_kept(found, RIM)
    assert is_kept(contrast(found.levels), RIM)
    assert is_kept(found, RIM, rim_share=1.0)
    assert is_kept(found, RIM, rim_width=0.0)
    farther = np.roll(found.levels, 8, axis=1)
    assert is_kept(replace(found, levels=np.maximum(drawn(), farther)), (RIM[0], slice(22, 24)))


EDGE = (slice(20, 100), slice(84, 88))


def pictured(right_of_edge: int) -> GrayPicture:
    """A light picture with the stroke, and a dark one from the edge on, or light again."""
    picture = 255 - drawn((EDGE, INK))
    picture[20:100, 88:] = right_of_edge
    return picture


@pytest.mark.parametrize(("right_of_edge", "kept"), [(255, True), (255 - INK, False), (255 - INK // 2, True)])
def test_the_edge_of_something_dark_is_no_stroke(right_of_edge: int, kept: bool) -> None:
    found = contrast(drawn((EDGE, INK)), original=pictured(right_of_edge))
    assert is_kept(found, EDGE) == kept
    assert is_kept(found, EDGE, max_beside_share=1.0)
    if right_of_edge == 255 - INK // 2:  # half as dark
        assert not is_kept(found, EDGE, beside_contrast=0.7)


def test_a_picture_a_thousand_times_as_high_as_wide_is_no_trouble() -> None:
    """Of the copy on which edges are told from strokes less than half a pixel of its width was left."""
    levels = np.zeros((20_000, 20), np.uint8)
    levels[::40] = INK
    assert binarize(contrast(levels, original=255 - levels)) is not None


def test_light_ink_is_lighter_than_its_surroundings() -> None:
    found = contrast(drawn((EDGE, INK)), original=255 - pictured(255 - INK))
    assert not is_kept(replace(found, is_ink_dark=False), EDGE)


def noisy(sigmas: float) -> Contrast:
    """Short marks that stand out by so many standard deviations of the noise, beside a long stroke of as much ink."""
    levels = drawn()
    levels[levels > 0] = 100
    for row in range(4, 116, 8):
        levels[row : row + 4, 4:8] = 100
    return contrast(levels, noise=100 / sigmas)


@pytest.mark.parametrize(("sigmas", "kept"), [(7.0, False), (12.0, True)])
def test_short_marks_that_hardly_stand_out_are_noise(sigmas: float, kept: bool) -> None:
    assert is_kept(noisy(sigmas), (slice(4, 8), slice(4, 8))) == kept
    assert is_kept(noisy(sigmas), (slice(4, 8), slice(4, 8)), certain_sigmas=5.0)
    assert is_kept(noisy(sigmas), (slice(4, 8), slice(4, 8)), long_pixels=4, long_share=0.0)


def test_where_most_ink_is_in_short_marks_nothing_is_written() -> None:
    levels = noisy(7.0).levels.copy()
    levels[DIGIT] = 0
    levels[30:44, 50:52] = 100
    assert binarize(contrast(levels, noise=100 / 7)) is None
    assert binarize(contrast(levels, noise=100 / 7), CLEANING_LIMITS._replace(min_long_ink=0.05)) is not None


def test_what_is_within_the_noise_is_paper() -> None:
    levels = drawn()
    levels[:, 100:] = 20
    assert not is_kept(contrast(levels, noise=10.0), (slice(0, SIDE), slice(105, 115)))
    assert binarize(contrast(np.full_like(levels, 20), noise=10.0)) is None


def crossed(*, line_thickness: int) -> AnyArray:
    """A ring, and a line from side to side below it."""
    ink = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(ink, (60, 40), 25, 255, 8)
    ink[100 : 100 + line_thickness] = 255
    return ink


def test_thin_lines_from_side_to_side_go() -> None:
    cleaned = without_lines_across(crossed(line_thickness=3))
    np.testing.assert_array_equal(cleaned, crossed(line_thickness=0))
    assert without_lines_across(crossed(line_thickness=20))[110].all()
    narrower: list[dict[str, Any]] = [{"across_area": 0.0}, {"across_length": 1.1}, {"across_min_rest": 10.0}]
    for limits in narrower:
        varied = without_lines_across(crossed(line_thickness=3), CLEANING_LIMITS._replace(**limits))
        np.testing.assert_array_equal(varied, crossed(line_thickness=3))


def test_a_line_alone_stays() -> None:
    ink = crossed(line_thickness=3)
    ink[:90] = 0
    np.testing.assert_array_equal(without_lines_across(ink), ink)
