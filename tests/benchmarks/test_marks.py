"""Marks and words as a pen writes them."""

from typing import Any

import cv2
import numpy as np
import pytest

from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout

FINENESS = 8  # points for each unit; a digit is 20 units high


def hand(**changed: Any) -> Any:
    usual = {"face": "simplex", "size": 1.0, "shear": 0.0, "stroke_width": 2.0, "bend": 0.0}
    return load("rendering.marks").Hand(**{**usual, **changed})


def glyph(text: str, seed: int = 0, **changed: Any) -> Any:
    return load("rendering.marks").mark_glyph(text, hand(**changed), np.random.default_rng(seed))


def holes(text: str) -> int:
    ink = np.pad(glyph(text, bend=0.4).ink, 1)
    return cv2.connectedComponents((~ink).astype(np.uint8), connectivity=4)[0] - 2


@pytest.mark.parametrize(
    ("text", "count"), [("+", 1), ("-", 1), ("=", 2), ("x", 1), ("÷", 3), (".", 1), (":", 2), ("(", 1), ("€", 1)]
)
def test_a_mark_has_as_many_pieces_as_a_person_gives_it(text: str, count: int) -> None:
    for seed in range(4):
        assert cv2.connectedComponents(glyph(text, seed, bend=0.4).ink.astype(np.uint8))[0] - 1 == count


def test_marks_stand_where_they_belong() -> None:
    below = {text: glyph(text).below / FINENESS for text in (".", ",", "-", "p", "H", "No")}
    assert abs(below["."]) < 1.5
    assert below[","] > 2
    assert below["-"] < -5
    assert below["p"] > 3
    assert abs(below["H"]) < 2
    assert abs(below["No"]) < 2


def test_a_capital_is_as_tall_as_a_digit_and_letters_keep_their_holes() -> None:
    assert 16 < glyph("H").size[0] / FINENESS < 27
    assert [holes(letter) for letter in "AHP"] == [1, 0, 1]


def test_the_hand_decides_shear_and_width() -> None:
    ink = [glyph("/", shear=shear).size for shear in (-0.1, 0.2)]
    assert ink[1][1] > ink[0][1] + 3 * FINENESS
    thin, thick = (glyph("-", stroke_width=width).size[0] for width in (1.0, 4.0))
    assert thick > 2 * thin


def test_no_mark_is_written_twice_alike_but_by_the_same_seed() -> None:
    fields = [glyph("+", seed, bend=0.6).field for seed in (0, 0, 1)]
    assert np.array_equal(fields[0], fields[1])
    assert not np.array_equal(fields[0], fields[2])


def test_hands_write_with_the_pen_of_the_digits() -> None:
    draw = load("rendering.marks").drawn_hand
    widths = [draw(np.random.default_rng(seed), 1.2, 0.5).stroke_width for seed in range(5)]
    assert widths == pytest.approx([1.7] * 5)
    assert len({draw(np.random.default_rng(seed)).stroke_width for seed in range(5)}) == 5
