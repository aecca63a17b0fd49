"""Marks, letters and words as a pen writes them: Hershey's strokes and a few of our own, bent as a hand bends them.

The strokes are a table of our own, since OpenCV 5 draws its faces of Hershey's names with another font than OpenCV 4.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.rendering.glyphs import FINENESS, Glyph, glyph_of, signed_distance, smooth_field

Strokes: TypeAlias = Sequence[Sequence[tuple[float, float]]]  # across from the left, up from the line, in units

_STROKES = Path(__file__).parent / "hershey.txt"
_FACES = ("simplex", "script")
_SCRIPT_SHARE = 0.4  # of the hands, chosen by hand: most people print words beside numbers

_CAPITAL = 20.0 / 21  # units for each of Hershey's: a capital is as tall as a digit
_ROOM = 14.0  # units around a mark, for what bends out and for a letter's tail
_HEIGHT = 24.0  # units above the line that are kept free
_WORD_STROKE = 0.75  # of the pen's width: letters of a word have less room than a digit
# MNIST's pixels: mean and standard deviation; a little thinner than its digits' strokes, beside which they look alike
_STROKE_WIDTH = (2.4, 0.4)
_STROKE_BOUNDS = (1.6, 3.6)
_BEND_SIZE = 5.0  # units: how far apart two places are that bend differently
_BEND = (0.3, 1.0)  # units: how far a place moves, standard deviation
_SHEAR = (0.08, 0.1)  # units to the right for each unit up, mean and standard deviation; the same for a whole page
_SHEAR_BOUNDS = (-0.1, 0.25)  # a slash that leans less would be a 1 to anyone
_STRETCH = (0.8, 1.15)

# What Hershey does not have, or draws much larger than people do beside digits.
_OWN: dict[str, Strokes] = {
    "+": (((0, 9), (12, 9)), ((6, 3), (6, 15))),
    "-": (((0, 9), (10, 9)),),
    "=": (((0, 12), (12, 12)), ((0, 6), (12, 6))),
    "x": (((0, 3), (10, 14)), ((0, 14), (10, 3))),
    "÷": (((0, 9), (13, 9)), ((6.4, 14), (6.6, 14)), ((6.4, 4), (6.6, 4))),
    "/": (((0, -2), (12, 21)),),
    ".": (((0, 0.8), (0.4, 0.8)),),
    ",": (((1.6, 1), (1.2, -1), (0, -4)),),
    ":": (((0, 11), (0.3, 11)), ((0, 2), (0.3, 2))),
    "€": (
        ((15, 18), (11, 20), (7, 18.5), (4.5, 14.5), (4, 10), (4.5, 5.5), (7, 1.5), (11, 0), (15, 2)),
        ((0, 12), (12, 12)),
        ((0, 8), (11, 8)),
    ),
}


@dataclass(frozen=True)
class Hand:
    """How the writer of a page draws marks and letters."""

    face: str  # of Hershey's, for words
    size: float  # of letters, in heights of a digit
    shear: float
    stroke_width: float  # MNIST's pixels
    bend: float  # units


def drawn_hand(rng: np.random.Generator, pen: float | None = None, thicker: float = 0.0) -> Hand:
    """A random hand, with the pen that the digits are written with.

    Args:
        rng: Where everything random comes from.
        pen: Width of every stroke in MNIST's pixels; None for widths like those of MNIST's digits.
        thicker: What is added to the width of the strokes, in MNIST's pixels.
    """
    is_script, size = rng.uniform() < _SCRIPT_SHARE, rng.uniform(0.8, 1.05)
    shear, bend = float(np.clip(rng.normal(*_SHEAR), *_SHEAR_BOUNDS)), rng.uniform(*_BEND)
    width = float(np.clip(rng.normal(*_STROKE_WIDTH), *_STROKE_BOUNDS))
    return Hand(_FACES[is_script], size, shear, (pen or width) + thicker, bend)


def mark_glyph(text: str, hand: Hand, rng: np.random.Generator) -> Glyph:
    """One mark, one letter, or one word that is written in one piece.

    Args:
        text: What to write: letters, or one of the marks + - x ÷ = / . , : ( ) % € $; an `x` alone is the sign of
            multiplication.
        hand: Whose.
        rng: Bends it a little differently each time.
    """
    width = max(1, round(hand.stroke_width * FINENESS * (_WORD_STROKE if len(text) > 1 else 1.0)))
    canvas, baseline = _drawn(text, hand, width)
    bent = _bent(canvas, baseline, hand, rng)
    return glyph_of(smooth_field(signed_distance(np.asarray(bent > 127, np.uint8))), baseline)


@functools.cache
def _hershey() -> dict[tuple[str, str], tuple[float, Strokes]]:
    """Of each face and character its width and its strokes, in units."""
    found: dict[tuple[str, str], tuple[float, Strokes]] = {}
    for line in _STROKES.read_text(encoding="ascii").splitlines():
        if line.startswith("#"):
            continue
        face, character, width, *strokes = line.split(" ")
        points = [[_CAPITAL * (ord(letter) - 64) for letter in stroke] for stroke in strokes]
        pairs = tuple(tuple(zip(values[::2], values[1::2], strict=True)) for values in points)
        found[face, character] = _CAPITAL * int(width), pairs
    return found


def _strokes_of(text: str, hand: Hand) -> Strokes:
    """The strokes of a mark, or of a word's letters one after the other."""
    if text in _OWN:
        return _OWN[text]
    face = hand.face if len(text) > 1 else _FACES[0]
    size = hand.size if text.isalpha() else 1.0
    strokes, start = [], 0.0
    for letter in text:
        width, letter_strokes = _hershey()[face, letter]
        strokes += [[(start + size * x, size * y) for x, y in stroke] for stroke in letter_strokes]
        start += size * width
    return strokes


def _drawn(text: str, hand: Hand, width: int) -> tuple[NDArray[np.uint8], int]:
    """Straight from the table, black 0 and ink 255, and the row of the line that it stands on."""
    strokes = _strokes_of(text, hand)
    room, baseline = round(_ROOM * FINENESS), round((_HEIGHT + _ROOM) * FINENESS)
    left, right = (side(x for stroke in strokes for x, _ in stroke) for side in (min, max))
    canvas = np.zeros((baseline + room, round((right - left) * FINENESS) + 2 * room), np.uint8)
    for stroke in strokes:
        points = [(room + (x - left) * FINENESS, baseline - y * FINENESS) for x, y in stroke]
        cv2.polylines(canvas, [np.rint(points).astype(np.int32)], False, 255, width)
    return canvas, baseline


def _bent(canvas: NDArray[np.uint8], baseline: int, hand: Hand, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Sheared, stretched around the line's beginning, and every place moved a little with its neighbours."""
    height, width = canvas.shape
    wide, tall = rng.uniform(*_STRETCH, size=2).tolist()
    cell = round(_BEND_SIZE * FINENESS)
    coarse = rng.standard_normal((height // cell + 4, width // cell + 4, 2), np.float32) * np.float32(hand.bend)
    moved = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * np.float32(FINENESS)
    across = np.arange(width, dtype=np.float32)[None, :]
    down = (np.arange(height, dtype=np.float32)[:, None] - baseline) / np.float32(tall)
    middle = np.float32(width / 2)
    source = (across - middle) / np.float32(wide) + middle + np.float32(hand.shear) * down
    return np.asarray(
        cv2.remap(canvas, source + moved[:, :, 0], down + baseline + moved[:, :, 1], cv2.INTER_LINEAR), np.uint8
    )
