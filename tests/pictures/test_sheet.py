"""find_sheet on sheets laid on tables, and on what only looks like one."""

from typing import Any

import cv2
import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.notes import Note, NoteKind
from digitnet.pictures.ink import extract_ink
from digitnet.pictures.sheet import SHEET_LIMITS, extend_sheet, find_sheet
from drawn_pages import HEIGHT, WIDTH, missed_and_extra, photo, strokes, written

WHITE = (235.0, 232.0, 224.0)
WOOD, BLACK, CLOTH = (120.0, 80.0, 50.0), (40.0, 40.0, 42.0), (60.0, 90.0, 150.0)
CORNERS = np.array([[35, 30], [215, 22], [222, 275], [28, 268]])


def on_table(table: tuple[float, float, float], *, thickness: int = 8) -> tuple[AnyArray, AnyArray, AnyArray]:
    """float (height, width, 3), where the sheet is and where the ink is, bool (height, width)."""
    sheet = cv2.fillConvexPoly(np.zeros((HEIGHT, WIDTH), np.uint8), CORNERS.astype(np.int32), 1) > 0
    ink = strokes(thickness) & sheet
    scene = written(WHITE, (35, 50, 150), ink)
    grain = np.random.default_rng(1).normal(0, 6, (HEIGHT, 1))
    scene[~sheet] = (np.array(table) + np.repeat(grain, WIDTH, axis=1)[:, :, np.newaxis])[~sheet]
    return scene, sheet, ink


@pytest.mark.parametrize("table", [WOOD, BLACK, CLOTH])
def test_the_sheet_is_found(table: tuple[float, float, float]) -> None:
    scene, sheet, _ = on_table(table)
    found = find_sheet(photo(scene))
    assert found is not None
    assert (found[~sheet] > 0).mean() < 0.01
    assert (found[sheet] > 0).mean() > 0.9  # all but its very edge


@pytest.mark.parametrize("table", [WOOD, BLACK, CLOTH])
@pytest.mark.parametrize("thickness", [3, 8, 16])
def test_only_what_is_on_the_sheet_is_ink(table: tuple[float, float, float], thickness: int) -> None:
    scene, _, ink = on_table(table, thickness=thickness)
    extracted, notes = extract_ink(photo(scene))
    missed, extra = missed_and_extra(extracted, ink)
    assert missed < 0.02
    assert extra < 0.02
    assert notes[:2] == (Note(NoteKind.INVERTED), Note(NoteKind.SHEET_EDGE_IGNORED))


@pytest.mark.parametrize("side", range(4))
def test_a_strip_of_table_along_one_side_is_no_ink(side: int) -> None:
    ink = strokes()
    scene = written(WHITE, (30, 30, 35), ink)
    np.rot90(scene, side)[:14] = WOOD
    missed, extra = missed_and_extra(extract_ink(photo(scene))[0], ink)
    assert missed < 0.02
    assert extra < 0.02


@pytest.mark.parametrize("thickness", [6, 30])
def test_plain_paper_a_shadow_and_a_thick_0_are_no_sheet(thickness: int) -> None:
    assert find_sheet(photo(written(WHITE, (30, 30, 35), strokes(thickness)))) is None
    shaded = written(WHITE, (30, 30, 35), strokes(thickness))
    shaded[:, 120:] *= 0.5
    assert find_sheet(photo(shaded)) is None
    ring = cv2.ellipse(np.zeros((HEIGHT, WIDTH), np.uint8), (120, 150), (70, 100), 0, 0, 360, 1, thickness) > 0
    assert find_sheet(photo(written(WHITE, (35, 50, 150), ring))) is None


def test_the_sheet_goes_on_over_its_table_and_stays_as_it_is() -> None:
    scene, sheet, _ = on_table(WOOD)
    picture, mask = photo(scene), np.where(sheet, 255, 0).astype(np.uint8)
    inner = np.asarray(cv2.erode(mask, np.ones((9, 9))), np.uint8)
    spread = extend_sheet(picture, inner)
    np.testing.assert_array_equal(spread[inner > 0], picture[inner > 0])
    assert np.abs(spread[~sheet].astype(float) - WHITE).max() < 40
    gray = extend_sheet(picture[:, :, 0], inner)
    np.testing.assert_array_equal(gray, spread[:, :, 0])


@pytest.mark.parametrize("table", [WOOD, CLOTH])
def test_a_small_slip_of_paper_that_lies_aslant_is_found(table: tuple[float, float, float]) -> None:
    slip = cv2.boxPoints(((120.0, 160.0), (80.0, 110.0), 12.0)).astype(np.int32)
    sheet = cv2.fillConvexPoly(np.zeros((HEIGHT, WIDTH), np.uint8), slip, 1) > 0
    ink = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.polylines(ink, [np.array([[100, 130], [140, 135], [112, 190]], np.int32)], False, 1, 8)
    scene = written(WHITE, (35, 50, 150), ink > 0)
    scene[~sheet] = np.array(table)
    found = find_sheet(photo(scene))
    assert found is not None
    assert (found[~sheet] > 0).mean() < 0.01
    assert (found[sheet] > 0).mean() > 0.7  # its edge is much of a small sheet


@pytest.mark.parametrize("left", [0.3, 0.34])  # of the light
@pytest.mark.parametrize("is_straight", [True, False])
def test_a_deep_shadow_across_the_writing_is_no_table(left: float, is_straight: bool) -> None:
    """Nobody writes from the sheet on to its table, so what a stroke crosses is the edge of a shadow."""
    ink = strokes(8)
    scene = written(WHITE, (20, 20, 22), ink)
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    scene[across > 120 if is_straight else np.hypot(across - WIDTH, down) < 200] *= left
    assert find_sheet(photo(scene)) is None
    missed, extra = missed_and_extra(extract_ink(photo(scene))[0], ink)
    assert missed < 0.02
    assert extra < 0.02


def is_found(scene: AnyArray, **limits: Any) -> bool:
    return find_sheet(photo(scene), SHEET_LIMITS._replace(**limits)) is not None


@pytest.mark.parametrize(
    "limits",
    [
        {"max_area": 0.3},
        {"min_area": 0.9},
        {"min_extent": 0.99},
        {"min_solidity": 1.1},
        {"min_filled": 1.1},
        {"min_step": 250},
        {"min_edge_share": 1.1},
        {"min_outline": 10.0},
    ],
)
def test_each_limit_decides_what_is_a_sheet(limits: dict[str, Any]) -> None:
    scene = on_table(WOOD)[0]
    assert is_found(scene)
    assert not is_found(scene, **limits)


def slip(*, is_written: bool = True) -> AnyArray:
    """A small white slip of paper on cloth, with a stroke on it."""
    scene = np.zeros((HEIGHT, WIDTH, 3)) + CLOTH
    scene[90:190, 70:150] = WHITE
    if is_written:
        scene[110:170, 100:108] = (30, 30, 35)
    return scene


def test_a_small_sheet_must_be_a_quadrangle_with_ink_on_it() -> None:
    assert is_found(slip())
    assert not is_found(slip(is_written=False))
    assert is_found(slip(is_written=False), large_area=0.05)
    assert not is_found(slip(), min_ink=0.5)
    assert not is_found(slip(), quadrangle_tolerance=-1.0)
    assert not is_found(slip(), polygon_tolerance=1.0)


def lit(left: float) -> AnyArray:
    """A page of which the middle is in the light, and the rest has this share of it; nothing crosses the edge."""
    scene = written(WHITE, (30, 30, 35), strokes(8, height=HEIGHT // 2, width=WIDTH // 2).repeat(2, 0).repeat(2, 1))
    rows, columns = np.indices((HEIGHT, WIDTH))
    is_lit = ((rows - 150) / 140) ** 2 + ((columns - 120) / 110) ** 2 < 1
    return np.where(is_lit[:, :, np.newaxis], scene, scene * left)


def test_what_has_far_less_light_is_a_table_and_a_shadow_is_none() -> None:
    assert not is_found(lit(0.6))
    assert is_found(lit(0.6), min_shadow_light=0.9)
    assert is_found(lit(0.25))
    assert not is_found(lit(0.25), min_shadow_light=0.1)
