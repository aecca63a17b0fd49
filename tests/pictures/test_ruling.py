"""without_ruled_lines on drawn lines and strokes of known places, and on whole pictures."""

from typing import Any

import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.pictures.ink import extract_ink
from digitnet.pictures.ruling import RULING_LIMITS, without_ruled_lines
from drawn_pages import HEIGHT, WIDTH, missed_and_extra, photo, strokes, written

INK = 150


def lines(spacing: int, thickness: int, *, degrees: float = 0.0, upright: bool = False) -> AnyArray:
    """Where the lines are, bool (height, width)."""
    rows, columns = np.indices((HEIGHT, WIDTH))
    angle = np.deg2rad(degrees)
    across = (
        columns * np.cos(angle) - rows * np.sin(angle) if upright else rows * np.cos(angle) + columns * np.sin(angle)
    )
    return np.asarray(np.mod(across, spacing) < thickness)


def drawn(ruling: AnyArray, darkness: int) -> tuple[AnyArray, AnyArray]:
    """Contrast, uint8, of ruled paper with strokes on it; and the strokes."""
    ink = strokes()
    contrast = np.where(ink, INK, np.where(ruling, darkness, 0))
    return contrast.astype(np.uint8), ink


@pytest.mark.parametrize("darkness", [75, 100, 150])
@pytest.mark.parametrize("degrees", [0.0, 3.0, -8.0])
@pytest.mark.parametrize("upright", [False, True])
def test_lines_go_and_strokes_stay_whole(darkness: int, degrees: float, upright: bool) -> None:
    contrast, ink = drawn(lines(30, 2, degrees=degrees, upright=upright), darkness)
    cleaned = without_ruled_lines(contrast, 0.0)
    assert cleaned is not None
    missed, extra = missed_and_extra(cleaned, ink)
    assert missed < 0.02
    assert extra < 0.01


def test_both_directions_of_squared_paper_go_and_so_do_the_places_where_they_cross() -> None:
    contrast, ink = drawn(lines(24, 2, degrees=4) | lines(24, 2, degrees=4, upright=True), 100)
    cleaned = without_ruled_lines(contrast, 0.0)
    assert cleaned is not None
    missed, extra = missed_and_extra(cleaned, ink)
    assert missed < 0.02
    assert extra < 0.01


def test_lines_far_fainter_than_the_ink_are_left_to_the_threshold() -> None:
    assert without_ruled_lines(drawn(lines(30, 2), 20)[0], 0.0) is None


def test_strokes_alone_are_no_lines() -> None:
    assert without_ruled_lines(drawn(np.zeros((HEIGHT, WIDTH), bool), 0)[0], 0.0) is None


@pytest.mark.parametrize("thickness", [6, 12])
def test_a_1_from_edge_to_edge_is_not_taken_for_a_line(thickness: int) -> None:
    contrast = np.zeros((HEIGHT, WIDTH), np.uint8)
    contrast[:, 120 : 120 + thickness] = INK
    assert without_ruled_lines(contrast, 0.0) is None


def test_a_line_of_which_only_the_sheet_shows_a_part_goes_too() -> None:
    contrast, ink = drawn(lines(30, 2), 100)
    inside = np.zeros((HEIGHT, WIDTH), np.uint8)
    inside[20:280, 50:200] = 255
    contrast[inside == 0] = 0
    cleaned = without_ruled_lines(contrast, 0.0, inside)
    assert cleaned is not None
    missed, extra = missed_and_extra(cleaned, ink & (inside > 0))
    assert missed < 0.02
    assert extra < 0.01


@pytest.mark.parametrize("pen", [(35, 50, 150), (110, 110, 112)])
@pytest.mark.parametrize("ruler", [(110, 140, 205), (120, 120, 120)])
@pytest.mark.parametrize("noise", [1.0, 6.0])
def test_a_photo_of_squared_paper(
    pen: tuple[float, float, float], ruler: tuple[float, float, float], noise: float
) -> None:
    ruling = lines(26, 2, degrees=2) | lines(26, 2, degrees=2, upright=True)
    paper = np.where(ruling[:, :, np.newaxis], ruler, (235.0, 232.0, 225.0))
    ink = strokes()
    missed, extra = missed_and_extra(extract_ink(photo(written(paper, pen, ink), noise=noise))[0], ink)
    assert missed < 0.05
    assert extra < 0.06


def is_ruling_found(contrast: AnyArray, noise: float = 0.0, **limits: Any) -> bool:
    return without_ruled_lines(contrast, noise, limits=RULING_LIMITS._replace(**limits)) is not None


@pytest.mark.parametrize(
    "limits",
    [
        {"max_thickness": 0.0, "max_thickness_pixels": 1},
        {"min_contrast_share": 0.8},
        {"min_contrast": 120.0},
        {"min_votes": 1.2},
        {"min_coverage": 1.1},
        {"min_visible": 1.1},
        {"min_sections_found": 1.1},
    ],
)
def test_each_limit_decides_what_is_a_ruled_line(limits: dict[str, Any]) -> None:
    contrast = drawn(lines(30, 2, degrees=3), 75)[0]
    assert is_ruling_found(contrast)
    assert not is_ruling_found(contrast, **limits)


def test_noise_hides_faint_lines() -> None:
    contrast = drawn(lines(30, 2), 75)[0]
    assert is_ruling_found(contrast, noise=20.0)
    assert not is_ruling_found(contrast, noise=20.0, min_contrast_sigmas=5.0)


@pytest.mark.parametrize(("n", "found"), [(3, False), (4, True)])
def test_few_lines_must_be_unlike_strokes_and_four_are_ruling_whatever_they_look_like(n: int, found: bool) -> None:
    """Lines as dark and as thick as the strokes are, and then thinner or fainter ones."""
    rows = np.zeros((HEIGHT, WIDTH), bool)
    for row in range(n):
        rows[30 + 70 * row : 36 + 70 * row] = True
    contrast = np.where(strokes(5) | rows, INK, 0).astype(np.uint8)
    assert is_ruling_found(contrast) == found
    assert is_ruling_found(contrast, min_lines=3)
    assert not is_ruling_found(contrast, min_lines=5)
    assert is_ruling_found(contrast, min_lines=5, thinner_than_strokes=2.0)
    assert is_ruling_found(contrast, min_lines=5, fainter_than_strokes=2.0)


def test_lines_that_are_found_go_unless_they_may_be_strokes() -> None:
    contrast, ink = drawn(lines(30, 2), 100)
    ruled = np.asarray(lines(30, 2)) & ~ink
    cleaned = without_ruled_lines(contrast, 0.0)
    assert cleaned is not None
    assert (cleaned[ruled] > 0).mean() < 0.1
    narrower: list[dict[str, Any]] = [{"stroke_over_line": 0.5, "remnant_share": 1.1}, {"edge_contrast": 2.0}]
    for limits in narrower:
        varied = without_ruled_lines(contrast, 0.0, limits=RULING_LIMITS._replace(**limits))
        assert varied is not None
        assert (varied[ruled] > 0).mean() > 0.5
