"""Images in MNIST's frame that show a digit or another character, mark or drawing, to learn what tells them apart.

Both sides go the same ways, so that nothing but their shape tells them apart: digits of MNIST and of typefaces, and
letters of the same typefaces, marks, ticks, digits that are turned or mirrored, and drawings of things; drawn with any
pen, then changed as `make_writing_variants` changes digits.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from PIL import ImageFont

from digitnet.arrays import GrayPicture, Images, Labels
from digitnet.augmentation.outliers import make_non_digits
from digitnet.augmentation.pens import cropped
from digitnet.augmentation.writing_variants import make_writing_variants
from digitnet.augmentation.written_characters import (
    MARKS,
    draw_cross_out,
    draw_digit,
    draw_mark,
    draw_tick,
    draw_typed,
)
from digitnet.pictures.mnist_frame import to_mnist_frame

__all__ = ["FRAME_KINDS", "NUM_DIGIT_KINDS", "FrameExamples", "Hand", "make_frame_examples"]

NUM_DIGIT_KINDS = 10
# Letters without those that many people write like a digit: o O l I i s S z Z B g q b.
_LETTERS = "ACDEFGHJKLMNPQRTUVWXYacdefhjkmnprtuvwxy"
FRAME_KINDS = (*"0123456789", *_LETTERS, "mark", "turned", "drawing")
_MARK, _TURNED, _DRAWING = (FRAME_KINDS.index(name) for name in ("mark", "turned", "drawing"))

# How often each kind of image is made, relative to the others; half of all are digits. Chosen by hand.
_SHARES = {
    "mnist": 0.20,
    "redrawn": 0.15,
    "typed digit": 0.13,
    "spiral": 0.015,
    "slashed": 0.015,
    "letter": 0.34,
    "mark": 0.05,
    "turned": 0.04,
    "drawing": 0.06,
}
_VARIANT_PROBABILITY = 0.65  # of an image to be changed as handwriting is; chosen by hand
# Of a digit that was changed to be changed once more: more people's digits are no letters. Chosen by hand.
_SECOND_VARIANT_PROBABILITY = 0.3
_BLOT_PROBABILITY = 0.04  # of a redrawn or typed character to have a blot beside it; chosen by hand
_CUT_PROBABILITY = 0.12  # of a redrawn digit to be cut off by the edges of its picture; chosen by hand
_CUT_SHARES = (0.02, 0.12)  # that is lost at each edge, as a part of the digit's height or width; chosen by hand
_BLOT_RADII = (0.05, 0.12)  # as a part of the character's longer side; chosen by hand
_HERSHEY_PROBABILITY = 0.2  # of a typed character to be of strokes alone; chosen by hand
_HEIGHTS = (36.0, 80.0)  # pixels, of a digit before it is framed; chosen by hand
_PENS = (0.04, 0.24)  # width of the strokes as a part of that height; chosen by hand
# Marks that are no digit when they stand alone: a slash and brackets may be a 1.
_LONE_MARKS = tuple(mark for mark in MARKS if mark not in "/().,:")
_HERSHEY = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
)
# For each digit the quarters by which it is turned, after it was mirrored or not, that leave no digit.
_TURNS: dict[int, Sequence[tuple[bool, int]]] = {
    2: ((False, 1), (False, 3)),
    3: ((True, 0), (False, 1), (False, 3)),
    4: ((False, 1), (False, 2), (False, 3)),
    7: ((False, 1), (False, 2)),
}


class FrameExamples(NamedTuple):
    """Images, and what they show.

    Attributes:
        images: uint8 (n, 28, 28).
        labels: uint8 (n,), places in `FRAME_KINDS`.
    """

    images: Images
    labels: Labels


class Hand(NamedTuple):
    """What is written, and by whom.

    Attributes:
        digits: uint8 (n, 28, 28) of MNIST.
        labels: uint8 (n,).
        typefaces: Of letters and further digits, at least one, at a size of some 64 pixels.
    """

    digits: Images
    labels: Labels
    typefaces: Sequence[ImageFont.FreeTypeFont]


def make_frame_examples(hand: Hand, n: int, rng: np.random.Generator) -> FrameExamples:
    """Make images that show a digit or something else.

    Args:
        hand: What is written, and by whom.
        n: How many.
        rng: Decides all of them.

    Returns:
        n images in a random order, half of which show a digit.
    """
    shares = np.array(list(_SHARES.values()))
    kinds = rng.choice(list(_SHARES), n, p=shares / shares.sum()).tolist()
    num_drawings = kinds.count("drawing")
    drawings = make_non_digits(hand.digits, num_drawings, rng)
    made = [_MAKERS[kind](hand, rng) for kind in kinds if kind != "drawing"]
    images = [image for image, _ in made]
    labels = np.array([label for _, label in made], np.uint8)
    every = np.stack(images)
    is_changed = rng.random(len(made)) < _VARIANT_PROBABILITY
    # Only a digit gets the strokes that a 1 and a 7 have in much of the world, and only once.
    every[is_changed] = make_writing_variants(every[is_changed], labels[is_changed], rng)
    is_changed &= (labels < NUM_DIGIT_KINDS) & (rng.random(len(made)) < _SECOND_VARIANT_PROBABILITY)
    every[is_changed] = make_writing_variants(every[is_changed], np.full(is_changed.sum(), _MARK, np.uint8), rng)
    order = rng.permutation(n)
    all_labels = np.concatenate([labels, np.full(num_drawings, _DRAWING, np.uint8)])
    return FrameExamples(np.concatenate([every, drawings])[order], all_labels[order])


def _mnist(hand: Hand, rng: np.random.Generator) -> tuple[GrayPicture, int]:
    place = int(rng.integers(len(hand.digits)))
    return hand.digits[place], int(hand.labels[place])


def _redrawn(hand: Hand, rng: np.random.Generator) -> tuple[GrayPicture, int]:
    image, label = _mnist(hand, rng)
    height, pen = _size(rng)
    ink = draw_digit(image, height, pen, rng)
    return _framed(_cut(ink, rng) if rng.random() < _CUT_PROBABILITY else _perhaps_blotted(ink, rng)), label


def _slashed(hand: Hand, rng: np.random.Generator) -> tuple[GrayPicture, int]:
    """A 0 with a stroke through it."""
    zeros = np.flatnonzero(hand.labels == 0)
    height, pen = _size(rng)
    pen = min(pen, 0.14 * height)
    ink = np.pad(draw_digit(hand.digits[zeros[rng.integers(len(zeros))]], height, pen, rng), round(0.2 * height))
    rows, columns = ink.shape
    ends = rng.uniform(0.08, 0.35, 4) * (columns, rows, columns, rows)
    begin, end = (int(ends[0]), int(rows - ends[1])), (int(columns - ends[2]), int(ends[3]))
    cv2.line(ink, begin, end, 255, max(1, round(pen)), cv2.LINE_AA)
    return _framed(cropped(ink)), 0


def _spiral(hand: Hand, rng: np.random.Generator) -> tuple[GrayPicture, int]:  # noqa: ARG001
    """A 2 whose head is a spiral."""
    height, pen = _size(rng)
    pen = min(pen, 0.13 * height)
    parts = np.linspace(0.05, 1, 60)
    angles = np.radians(rng.uniform(0, 50) - 360 * rng.uniform(1.1, 2.1) * (1 - parts))
    width, head = rng.uniform(0.28, 0.42), rng.uniform(0.26, 0.34)
    radii = parts ** rng.uniform(0.6, 1.1)
    spiral = np.stack([width * radii * np.cos(angles), head * radii * np.sin(angles)], axis=1)
    foot = [[-width * rng.uniform(0.6, 1.2), 1 - head], [width * rng.uniform(0.8, 1.6), 1 - head + rng.normal(0, 0.04)]]
    points = (np.concatenate([spiral, foot]) * height + 1.5 * height).astype(np.int32)
    ink = np.zeros((round(3 * height), round(3 * height)), np.uint8)
    cv2.polylines(ink, [points], False, 255, max(1, round(pen)), cv2.LINE_AA)
    return _framed(cropped(ink)), 2


def _typed_digit(hand: Hand, rng: np.random.Generator) -> tuple[GrayPicture, int]:
    label = int(rng.integers(NUM_DIGIT_KINDS))
    return _framed(_perhaps_blotted(_typed(str(label), hand, rng), rng)), label


def _letter(hand: Hand, rng: np.random.Generator) -> tuple[GrayPicture, int]:
    letter = _LETTERS[rng.integers(len(_LETTERS))]
    return _framed(_perhaps_blotted(_typed(letter, hand, rng), rng)), FRAME_KINDS.index(letter)


def _mark(hand: Hand, rng: np.random.Generator) -> tuple[GrayPicture, int]:  # noqa: ARG001 - one signature for all
    height, pen = _size(rng)
    way = rng.random()
    if way < 0.1:
        ink = draw_cross_out(height * rng.uniform(0.7, 2), height, pen / 2, rng)
    elif way < 0.45:
        ink, _, _ = draw_tick(height, pen, rng)
    else:
        ink, _, _ = draw_mark(_LONE_MARKS[rng.integers(len(_LONE_MARKS))], height, pen, rng)
    return _framed(ink), _MARK


def _turned(hand: Hand, rng: np.random.Generator) -> tuple[GrayPicture, int]:
    while True:
        image, label = _redrawn(hand, rng) if rng.random() < 0.5 else _mnist(hand, rng)
        if label in _TURNS:
            break
    is_mirrored, quarters = _TURNS[label][int(rng.integers(len(_TURNS[label])))]
    turned = np.rot90(image[:, ::-1] if is_mirrored else image, quarters)
    return _framed(np.ascontiguousarray(cropped(np.ascontiguousarray(turned)))), _TURNED


def _typed(text: str, hand: Hand, rng: np.random.Generator) -> GrayPicture:
    height, pen = _size(rng)
    if rng.random() < _HERSHEY_PROBABILITY:
        return _drawn_in_strokes(text, _HERSHEY[rng.integers(len(_HERSHEY))], height, pen)
    return draw_typed(text, hand.typefaces[int(rng.integers(len(hand.typefaces)))], height, pen)[0]


def _drawn_in_strokes(text: str, font: int, height: float, pen: float) -> GrayPicture:
    """A character of Hershey's typefaces, whose digits are 21 units tall."""
    side, scale = round(3 * height), height / 21
    canvas = np.zeros((side, side), np.uint8)
    place = (round(height), round(2 * height))
    cv2.putText(canvas, text, place, font, scale, 255, max(1, round(pen)), cv2.LINE_AA)
    return cropped(canvas)


def _cut(ink: GrayPicture, rng: np.random.Generator) -> GrayPicture:
    """The ink without what is beyond one edge of the picture, or beyond two opposite ones."""
    shares = rng.uniform(*_CUT_SHARES, 4) * (rng.permutation([1, 1, 0, 0]) if rng.random() < 0.5 else (1, 1, 0, 0))
    rows, columns = ink.shape
    top, foot, left, right = (shares * (rows, rows, columns, columns)).astype(int).tolist()
    return cropped(np.ascontiguousarray(ink[top : rows - foot, left : columns - right]))


def _perhaps_blotted(ink: GrayPicture, rng: np.random.Generator) -> GrayPicture:
    """The ink, now and then with a round blot somewhere around it."""
    if rng.random() >= _BLOT_PROBABILITY:
        return ink
    side = max(ink.shape)
    canvas = np.pad(ink, side // 2)
    place = (rng.uniform(0.05, 0.95, 2) * canvas.shape[::-1]).astype(int).tolist()
    cv2.circle(canvas, place, max(1, round(side * rng.uniform(*_BLOT_RADII))), 255, -1, cv2.LINE_AA)
    return cropped(canvas)


def _size(rng: np.random.Generator) -> tuple[float, float]:
    """The height of a digit, and the width of the pen, in pixels."""
    height = float(rng.uniform(*_HEIGHTS))
    return height, height * float(rng.uniform(*_PENS))


def _framed(ink: GrayPicture) -> GrayPicture:
    framed = to_mnist_frame(ink)
    return np.zeros((28, 28), np.uint8) if framed is None else framed.image


_Maker = Callable[[Hand, np.random.Generator], tuple[GrayPicture, int]]
_MAKERS: dict[str, _Maker] = {
    "mnist": _mnist,
    "redrawn": _redrawn,
    "typed digit": _typed_digit,
    "spiral": _spiral,
    "slashed": _slashed,
    "letter": _letter,
    "mark": _mark,
    "turned": _turned,
}
