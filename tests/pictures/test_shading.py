"""Paper in shadow, on whole pictures by way of `extract_ink`, and what parts strokes from shadows."""

from typing import Any

import cv2
import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.notes import Note, NoteKind
from digitnet.pictures.ink import extract_ink
from digitnet.pictures.shading import (
    SHADE_LIMITS,
    STROKE_SHAPE_LIMITS,
    contrast_in_shade,
    is_darker,
    is_written,
    paper_around,
    paper_side,
)
from drawn_pages import HEIGHT, WIDTH, missed_and_extra, photo, strokes, written

WHITE = (235.0, 232.0, 224.0)
EVERYWHERE = np.full((HEIGHT, WIDTH), 255, np.uint8)


def shadow(depth: float, blur: float) -> AnyArray:
    """What a shadow over the right half leaves of the light, (height, width, 1)."""
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.fillPoly(mask, [np.array([[110, 0], [240, 0], [240, 300], [150, 300]], np.int32)], 1.0)
    return (1 - depth * (cv2.GaussianBlur(mask, (0, 0), blur) if blur else mask))[:, :, np.newaxis]


@pytest.mark.parametrize("pen", [(30, 30, 35), (35, 50, 150), (180, 40, 45), (120, 120, 122)])
@pytest.mark.parametrize("blur", [0.0, 3.0, 15.0])
def test_a_shadow_across_the_strokes_is_removed(pen: tuple[float, float, float], blur: float) -> None:
    ink = strokes()
    extracted, notes = extract_ink(photo(written(WHITE, pen, ink) * shadow(0.5, blur)))
    missed, extra = missed_and_extra(extracted, ink)
    assert missed < 0.02
    assert extra < 0.02
    assert notes[:2] == (Note(NoteKind.INVERTED), Note(NoteKind.SHADOW_REMOVED))


def test_one_plane_of_light_does_not_explain_that_shadow() -> None:
    picture = photo(written(WHITE, (120, 120, 122), strokes()) * shadow(0.5, 3)).max(axis=2)
    assert picture[~strokes()].min() < picture[strokes()].max()  # the paper in shadow is darker than a pencil in light


@pytest.mark.parametrize("thickness", [3, 8, 24])
def test_corners_that_lie_in_the_dark_are_evened_out_whatever_the_pen(thickness: int) -> None:
    rows, columns = np.indices((HEIGHT, WIDTH))
    far = ((rows / HEIGHT - 0.5) ** 2 + (columns / WIDTH - 0.5) ** 2) * 2
    ink = strokes(thickness)
    light = (1 - 0.65 * far)[:, :, np.newaxis]
    missed, extra = missed_and_extra(extract_ink(photo(written(WHITE, (35, 50, 150), ink) * light))[0], ink)
    assert missed < 0.03
    assert extra < 0.02


def test_light_divides_out() -> None:
    # Ink that reflects 40 % of its paper: 60 % of the bright level, in the light as in a shadow that leaves a half.
    paper = np.full((20, 40), 200, np.uint8)
    paper[:, 20:] = 100
    picture = paper.copy()
    picture[5:15, 5:35] = np.where(paper[5:15, 5:35] == 200, 80, 40)
    contrast, noise = contrast_in_shade(picture, paper, 200, np.full((20, 40), 255, np.uint8), is_ink_dark=True)
    np.testing.assert_array_equal(np.unique(contrast), [0, 120])
    assert (contrast == 120).sum() == 300
    assert noise == 0


@pytest.mark.parametrize("thickness", [4, 10, 30])
def test_squares_are_larger_than_strokes_and_smaller_than_a_shadow(thickness: int) -> None:
    picture = photo(written(WHITE, (30, 30, 35), strokes(thickness)) * shadow(0.5, 8))
    side = paper_side(picture, EVERYWHERE, is_ink_dark=True)
    assert thickness < side <= WIDTH // 2
    paper = paper_around(picture, side, is_ink_dark=True)
    light = (np.array(WHITE) * shadow(0.5, 8))[strokes(thickness)]
    assert np.abs(paper[strokes(thickness)] - light).mean() < 16


@pytest.mark.parametrize("ink_is_dark", [True, False])
def test_the_ink_is_what_covers_less(ink_is_dark: bool) -> None:
    paper, pen = (WHITE, (30.0, 30.0, 35.0)) if ink_is_dark else ((40.0, 60.0, 50.0), (230.0, 230.0, 220.0))
    assert is_darker(photo(written(paper, pen, strokes()) * shadow(0.4, 5)), EVERYWHERE) is ink_is_dark


@pytest.mark.parametrize(("paper", "pen"), [((40.0, 70.0, 55.0), (210.0, 210.0, 200.0)), (WHITE, (35.0, 50.0, 150.0))])
@pytest.mark.parametrize("noise", [1.0, 5.0])
def test_a_thick_marker_is_not_taken_for_a_shadow(
    paper: tuple[float, float, float], pen: tuple[float, float, float], noise: float
) -> None:
    ink = strokes(40)
    missed, extra = missed_and_extra(extract_ink(photo(written(paper, pen, ink), noise=noise))[0], ink)
    assert missed < 0.01
    assert extra < 0.01


def test_strokes_are_told_from_a_shadow_and_from_a_strip_of_table() -> None:
    paper = photo(np.zeros((HEIGHT, WIDTH)) + 230, noise=0)
    plain = paper.copy()
    plain[strokes()] = 40
    assert is_written(plain, paper)
    assert is_written(paper, paper)  # nothing at all
    corner = plain.copy()
    corner[200:, 150:] //= 2
    assert not is_written(corner, paper)
    table = plain.copy()
    table[:12] = 90
    assert not is_written(table, paper)


def on_gray(*marks: tuple[tuple[slice, slice], int]) -> tuple[AnyArray, AnyArray]:
    """A picture with the strokes and other rectangles, and its paper without them, uint8 (300, 240)."""
    paper = np.full((HEIGHT, WIDTH), 230, np.uint8)
    picture = paper.copy()
    for place, level in marks:
        picture[place] = level
    picture[strokes()] = 40
    return picture, paper


CORNER, STRIP = (slice(240, None), slice(180, None)), (slice(0, 8), slice(None))
BLOCK = (slice(20, 130), slice(20, 90))


@pytest.mark.parametrize(
    ("mark", "level", "limits"),
    [
        (CORNER, 130, {"min_shadow_border": 0.9}),  # a shadow in the corner
        (STRIP, 40, {"strip_share": 1.1, "max_border_share": 1.0, "sheet_area": 1.0}),  # a strip of table
    ],
)
def test_wider_limits_take_shadows_and_tables_for_strokes(
    mark: tuple[slice, slice], level: int, limits: dict[str, Any]
) -> None:
    picture, paper = on_gray((mark, level))
    assert not is_written(picture, paper)
    wider = {"shadow_thickness_ratio": 100.0, **limits}
    assert is_written(picture, paper, STROKE_SHAPE_LIMITS._replace(**wider))


def test_thick_strokes_are_a_marker_if_they_are_as_dark_where_they_are_thickest() -> None:
    thick = on_gray((BLOCK, 40))
    assert is_written(*thick)
    pale = on_gray((BLOCK, 130))
    assert not is_written(*pale)
    assert is_written(*pale, STROKE_SHAPE_LIMITS._replace(pen_thickness=1.0))
    narrow = {"pen_thickness": 0.01, "marker_thickness": 0.02, "shadow_thickness_ratio": 0.1}
    assert not is_written(*thick, STROKE_SHAPE_LIMITS._replace(**narrow))


def test_the_square_is_wider_than_strokes_and_no_wider_than_needed() -> None:
    picture = photo(written(WHITE, (30, 30, 35), strokes(20)) * shadow(0.5, 8))

    def side(**limits: Any) -> int:
        return paper_side(picture, EVERYWHERE, is_ink_dark=True, limits=SHADE_LIMITS._replace(**limits))

    assert side() == WIDTH // 4
    assert side(square_sides=(1 / 2,)) == WIDTH // 2
    assert side(max_stroke_share=0.1) == WIDTH // 8  # strokes seem to fill all of them: the second one it is
    assert side(min_edge_share=0.0) == WIDTH // 16  # however many edges it misses
    assert side(min_edge_share=1.0) == WIDTH // 2  # for the last sharp edge


def test_contrast_is_amplified_in_the_dark_up_to_a_limit() -> None:
    paper = np.full((60, 80), 200, np.uint8)
    paper[:, 35:] = 20
    picture = paper // 2
    inside = np.full(paper.shape, 255, np.uint8)

    def levels(max_gain: float) -> tuple[int, int]:
        """Contrast in the light and in the dark; the median, which is that of the dark, is taken away from both."""
        limits = SHADE_LIMITS._replace(max_gain=max_gain)
        contrast, _ = contrast_in_shade(picture, paper, 200.0, inside, is_ink_dark=True, limits=limits)
        return int(contrast[30, 20]), int(contrast[30, 60])

    assert levels(20.0) == (0, 0)  # 10 * 200 / 20 in the dark, as much as 100 in the light
    assert levels(SHADE_LIMITS.max_gain) == (50, 0)  # 10 * 200 / 40: the divisor is a fifth of bright paper at least
