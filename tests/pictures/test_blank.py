"""is_blank on drawn lines, edges and strokes, and blank sheets through extract_ink."""

from typing import Any

import cv2
import numpy as np
import pytest

from digitnet.arrays import GrayPicture
from digitnet.notes import Note, NoteKind
from digitnet.pictures.blank import BLANK_LIMITS, is_blank
from digitnet.pictures.ink import extract_ink

SIDE = 200


def drawn(*lines: tuple[tuple[int, int], tuple[int, int], int]) -> GrayPicture:
    """Ink, uint8 (200, 200), of lines: from (across, down) to (across, down), and how thick."""
    ink = np.zeros((SIDE, SIDE), np.uint8)
    for start, end, thickness in lines:
        cv2.line(ink, start, end, 255, thickness)
    return ink


@pytest.mark.parametrize(
    "ink",
    [
        pytest.param(drawn(), id="nothing"),
        pytest.param(drawn(((0, 120), (199, 112), 4)), id="one printed line"),
        pytest.param(drawn(((118, 0), (110, 199), 4)), id="one printed line, upright"),
        pytest.param(
            drawn(*(((at, 0), (at, 199), 4) for at in (75, 130)), *(((0, at), (199, at), 4) for at in (60, 115))),
            id="squares of few lines",
        ),
        pytest.param(drawn(((8, 0), (8, 199), 14)), id="strip of the table"),
        pytest.param(drawn(((40, 12), (40, 170), 4), ((40, 170), (199, 170), 4)), id="corner of the sheet"),
        pytest.param(drawn(((4, 120), (4, 199), 8)), id="remains of an edge"),
    ],
)
def test_lines_and_edges_alone_are_a_blank_sheet(ink: GrayPicture) -> None:
    assert is_blank(ink)


@pytest.mark.parametrize(
    "ink",
    [
        pytest.param(drawn(((100, 0), (100, 199), 14)), id="a 1 from edge to edge"),
        pytest.param(drawn(((100, 20), (100, 180), 4)), id="a thin 1 that ends before the edges"),
        pytest.param(drawn(((20, 40), (20, 110), 8)), id="a 1 near an edge"),
        pytest.param(drawn(((60, 10), (140, 10), 8), ((140, 10), (90, 190), 8)), id="a 7"),
        pytest.param(drawn(((0, 60), (199, 60), 4), ((100, 90), (100, 180), 10)), id="a 1 under a line"),
        pytest.param(np.asarray(cv2.circle(drawn(), (100, 100), 92, 255, 8), np.uint8), id="a 0 from edge to edge"),
    ],
)
def test_strokes_are_none(ink: GrayPicture) -> None:
    assert not is_blank(ink)


def test_a_long_strip_of_ones_is_not_blank() -> None:
    strip = np.zeros((60, 2400), np.uint8)
    for left in range(100, 2300, 200):
        strip[:, left : left + 8] = 255
    assert not is_blank(strip)


def test_a_line_ends_where_the_sheet_ends() -> None:
    line = drawn(((100, 20), (100, 180), 4))
    inside = np.zeros((SIDE, SIDE), np.uint8)
    inside[18:183, 15:185] = 255
    assert is_blank(line, inside)


@pytest.mark.parametrize("scale", [1, 6])
def test_ruled_paper_without_writing_is_blank(scale: int) -> None:
    picture = np.full((SIDE * scale, SIDE * scale, 3), (246, 244, 240), np.uint8)
    for row in (70, 150):
        picture[row * scale : (row + 3) * scale] = (185, 200, 225)
    noise = np.random.default_rng(0).normal(0, 2, picture.shape)
    picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    extracted, notes = extract_ink(picture)
    assert not extracted.any()
    assert notes == (Note(NoteKind.BLANK),)
    picture[95 * scale : 135 * scale, 98 * scale : 104 * scale] = (40, 40, 60)
    assert (extract_ink(picture)[0][100 * scale : 130 * scale, 99 * scale : 103 * scale] > 128).mean() > 0.9


LINES = (((0, 22), (199, 22), 4), ((0, 150), (199, 150), 4))
UPRIGHT = ((90, 0), (90, 199), 4)


def test_what_is_left_of_lines_is_told_by_the_whole_lines() -> None:
    """Of squares of which two lines and one are seen, the one was taken out here and there, and the two were not."""
    rest = drawn(*LINES, ((90, 0), (90, 40), 4), ((90, 60), (90, 150), 4))
    assert not is_blank(rest)
    assert is_blank(rest, with_lines=drawn(*LINES, UPRIGHT))


def test_a_digit_on_lines_that_were_taken_out_is_not_blank() -> None:
    digit = (((30, 8), (150, 8), 8), ((150, 8), (90, 190), 8))
    assert not is_blank(drawn(*digit), with_lines=drawn(*digit, *LINES, UPRIGHT))
    assert not is_blank(drawn(((100, 4), (100, 195), 14)), with_lines=drawn(((100, 4), (100, 195), 14), *LINES))


@pytest.mark.parametrize("is_digit_there", [False, True])
def test_what_is_left_of_a_ruling_is_blank(monkeypatch: pytest.MonkeyPatch, *, is_digit_there: bool) -> None:
    """The upright line was mostly taken out, the others were not; a 1 beside it stays writing."""
    one = drawn(((150, 8), (150, 195), 14)) if is_digit_there else drawn()
    monkeypatch.setattr("digitnet.pictures.ink.is_written", lambda *_: True)
    monkeypatch.setattr(
        "digitnet.pictures.ink.without_ruled_lines",
        lambda levels, *_: np.where(drawn(((90, 40), (90, 60), 8)) > 0, 0, levels).astype(np.uint8),
    )
    ink = np.maximum(drawn(*LINES, UPRIGHT), one)
    noise = np.random.default_rng(1).normal(0, 1, ink.shape)
    picture = np.clip(240 - ink / 255 * 60 + noise, 0, 255).astype(np.uint8)
    assert extract_ink(picture)[0].any() == is_digit_there


LINE, UPRIGHT_STRIP = ((0, 120), (199, 112), 4), ((8, 0), (8, 199), 14)
REMNANT, NEAR_EDGE = ((4, 120), (4, 199), 8), ((0, 30), (160, 30), 4)


@pytest.mark.parametrize(
    ("line", "limits"),
    [
        (LINE, {"slender": 0.01, "near_edge": 0.0}),
        (LINE, {"min_votes": 1.5}),
        (NEAR_EDGE, {"near_edge": 0.01}),
        (NEAR_EDGE, {"near_edge_coverage": 0.95}),
        (UPRIGHT_STRIP, {"thick": 0.05, "remnant_depth": 0.0}),
        (UPRIGHT_STRIP, {"thick_edge": 0.01, "remnant_depth": 0.0}),
        (REMNANT, {"remnant_depth": 0.01}),
        (REMNANT, {"remnant_begins": -1.0}),
        (REMNANT, {"remnant_elongation": 20.0}),
    ],
)
def test_each_limit_decides_what_is_the_papers_own(
    line: tuple[tuple[int, int], tuple[int, int], int], limits: dict[str, Any]
) -> None:
    assert is_blank(drawn(line))
    assert not is_blank(drawn(line), limits=BLANK_LIMITS._replace(**limits))


@pytest.mark.parametrize(
    ("stroke", "limits"),
    [
        (((100, 0), (100, 199), 14), {"slender": 0.2}),
        (((100, 20), (100, 180), 4), {"end_distance": 0.2, "whole_coverage": 0.7}),
        (((20, 40), (20, 110), 8), {"remnant_begins": 100.0, "remnant_depth": 1.0}),
        (((20, 40), (20, 110), 8), {"max_rest": 1.0}),
    ],
)
def test_wider_limits_take_ones_for_lines(
    stroke: tuple[tuple[int, int], tuple[int, int], int], limits: dict[str, Any]
) -> None:
    assert not is_blank(drawn(stroke))
    assert is_blank(drawn(stroke), limits=BLANK_LIMITS._replace(**limits))
