"""Which ink may be the one digit of a picture, and when several looks at it agree."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from digitnet.inference.digit_candidates import (
    ink_shares,
    is_at_the_border,
    seen_twice,
    two_level_candidates,
    usual_candidates,
)
from digitnet.notes import Note, NoteKind
from digitnet.pictures.loading import Picture
from digitnet.pictures.mnist_frame import Box, FramedDigit


@pytest.mark.parametrize(("left", "expected"), [(0, True), (1, True), (30, False)])
def test_ink_is_at_the_border_if_hardly_any_paper_is_left(left: int, expected: bool) -> None:
    ink = np.zeros((100, 100), np.uint8)
    ink[30:70, left : left + 20] = 255
    assert is_at_the_border(ink) is expected


def test_where_nothing_was_found_it_may_lie_at_the_border() -> None:
    assert is_at_the_border(np.zeros((50, 50), np.uint8))


def look(*boxes: Box) -> list[tuple[Picture, FramedDigit]]:
    """Candidates of one picture."""
    nothing = np.zeros((28, 28), np.uint8)
    picture = Picture(nothing, (), (), nothing)
    return [(picture, FramedDigit(nothing, box)) for box in boxes]


@pytest.mark.parametrize(
    ("found", "labels", "typical", "expected"),
    [
        (look((0, 0, 10, 20)) + look((1, 1, 10, 19)), [7, 7], [True, True], [True, True]),
        (look((0, 0, 10, 20), (1, 1, 10, 19)), [7, 7], [True, True], [False, False]),  # one look
        (look((0, 0, 10, 20)) + look((1, 1, 10, 19)), [7, 1], [True, True], [False, False]),
        (look((0, 0, 10, 20)) + look((30, 0, 10, 20)), [7, 7], [True, True], [False, False]),
        (look((0, 0, 10, 20)) + look((1, 1, 10, 19)), [7, 7], [True, False], [False, True]),
    ],
    ids=["agree", "one_look", "other_label", "other_place", "not_typical"],
)
def test_two_looks_agree_on_label_and_place(
    found: list[tuple[Picture, FramedDigit]], labels: list[int], typical: list[bool], expected: list[bool]
) -> None:
    assert seen_twice(found, np.array(labels), np.array(typical)).tolist() == expected


def drawing(paper: int, ink: int) -> Picture:
    """A ring that fills its picture, as a drawing program saves it; its ink was not found."""
    pixels = np.full((90, 70), paper, np.uint8)
    cv2.ellipse(pixels, (35, 45), (28, 38), 0, 0, 360, ink, 12)
    return Picture(np.zeros((90, 70), np.uint8), (), (), pixels)


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (20, 200)])
def test_of_a_drawing_of_two_levels_what_leaves_a_side_free_may_be_the_ink(paper: int, ink: int) -> None:
    ((ring, framed),) = two_level_candidates(drawing(paper, ink))
    assert ring.ink[45, 7] == 255
    assert ring.ink[45, 35] == 0
    assert [note.kind for note in ring.notes] == ([NoteKind.INVERTED] if ink < paper else [])
    assert framed.image.shape == (28, 28)


def test_of_a_brush_with_shades_only_the_even_level_is_paper() -> None:
    picture = drawing(0, 200)
    shades = np.random.default_rng(0).integers(0, 50, (90, 70), dtype=np.uint8)
    picture.pixels[:] = np.where(picture.pixels > 100, 170 + shades, 0)
    picture.pixels[:12, 10:60] = 0  # so that neither covers a side
    ((brush, _),) = two_level_candidates(picture)
    assert brush.notes == ()
    assert brush.ink[45, 7] > 200
    assert brush.ink[45, 35] == 0
    picture.pixels[:] = 255 - picture.pixels
    ((dark_brush, _),) = two_level_candidates(picture)
    assert [note.kind for note in dark_brush.notes] == [NoteKind.INVERTED]


def test_a_drawing_of_two_levels_has_no_sheet_whose_edge_could_be_ignored() -> None:
    ring, found = drawing(255, 0), look((0, 0, 10, 20))[0][1]
    assert [framed is found for _, framed in usual_candidates(ring, found)] == [True, False]
    cut = replace(ring, notes=(Note(NoteKind.SHEET_EDGE_IGNORED),))
    assert [framed is found for _, framed in usual_candidates(cut, found)] == [False]
    photo = replace(cut, pixels=np.random.default_rng(0).integers(0, 256, (90, 70), dtype=np.uint8))
    assert usual_candidates(photo, found) == [(photo, found)]
    assert usual_candidates(photo, None) == []


def test_the_share_of_its_ink_that_a_candidate_has() -> None:
    ink = np.zeros((40, 60), np.uint8)
    ink[:30, :10] = ink[:10, 40:50] = 255
    picture = Picture(ink, (), (), ink)
    found = [(picture, FramedDigit(ink, box)) for box in ((0, 0, 10, 30), (40, 0, 10, 10), (0, 0, 50, 30))]
    assert ink_shares(found).tolist() == [0.75, 0.25, 1.0]


def test_both_levels_may_be_the_ink_where_both_reach_every_side() -> None:
    picture = drawing(255, 0)
    picture.pixels[20:70, :12] = picture.pixels[20:70, -12:] = 0
    picture.pixels[:12, 15:60] = picture.pixels[-12:, 15:60] = 0
    (dark, _), (light, _) = two_level_candidates(picture)
    assert dark.ink[45, 0] == light.ink[45, 35] == 255
    assert dark.ink[45, 35] == light.ink[45, 0] == 0


def test_a_table_beside_a_sheet_is_no_ink_and_a_photo_has_more_levels() -> None:
    half = drawing(255, 255)
    half.pixels[:, :35] = 0
    assert two_level_candidates(half) == []
    noise = np.random.default_rng(0).normal(0, 6, (90, 70))
    photo = replace(half, pixels=np.clip(drawing(230, 40).pixels + noise, 0, 255).astype(np.uint8))
    assert two_level_candidates(photo) == []


def test_pictures_of_one_level_or_of_many_have_no_such_candidates() -> None:
    nothing, noise = drawing(200, 200), np.random.default_rng(0).normal(128, 30, (90, 70))
    slope = np.tile(np.arange(70, dtype=np.uint8), (90, 1))
    for pixels in (nothing.pixels, np.clip(noise, 0, 255).astype(np.uint8), slope):
        assert two_level_candidates(replace(nothing, pixels=pixels)) == []


def test_three_levels_are_more_than_two() -> None:
    pixels = np.full((90, 70), 255, np.uint8)
    pixels[5:80, 5:60] = 0
    pixels[10:60, 8:50] = 128
    assert two_level_candidates(replace(drawing(255, 0), pixels=pixels)) == []
