"""find_sheet on sheets laid on tables, and on what only looks like one."""

import cv2
import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.notes import Note, NoteKind
from digitnet.pictures.ink import extract_ink
from digitnet.pictures.sheet import find_sheet, spread_over_table
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
    spread = spread_over_table(picture, inner)
    np.testing.assert_array_equal(spread[inner > 0], picture[inner > 0])
    assert np.abs(spread[~sheet].astype(float) - WHITE).max() < 40
    gray = spread_over_table(picture[:, :, 0], inner)
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
