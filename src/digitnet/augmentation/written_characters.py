"""Characters of any size and pen, drawn one by one: MNIST's digits, marks of a few strokes, and words in a typeface.

Each function gives coverage, uint8 (height, width), 0 = paper, 255 = ink, cropped to its ink.
"""

import math
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digitnet.arrays import GrayPicture
from digitnet.augmentation.pens import cropped, with_pen

__all__ = ["MARKS", "draw_cross_out", "draw_digit", "draw_mark", "draw_tick", "draw_typed"]

# Resolution of MNIST's digits when their strokes are redrawn, in pixels for each pixel of theirs; chosen by hand.
_FINENESS = 6

_Points = NDArray[np.float64]


def draw_digit(image: GrayPicture, height: float, pen: float | None, rng: np.random.Generator) -> GrayPicture:
    """One of MNIST's digits at another size, its strokes as a pen of another width would draw them.

    Args:
        image: uint8 (28, 28), 0 = paper.
        height: Of the digit, in pixels.
        pen: Width of its strokes in pixels; None keeps them in proportion.
        rng: What its slant and its stretching follow from.
    """
    side = 28 * _FINENESS
    fine = cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC)
    strokes = np.asarray(cv2.GaussianBlur(fine, (0, 0), 0.4 * _FINENESS) > 110, np.uint8)
    if not strokes.any():
        strokes = np.asarray(fine > 60, np.uint8)
    slant, stretch = rng.normal(0, 0.12), math.exp(rng.normal(0, 0.1))
    shear = np.array([[stretch, slant, side / 2 * (1 - stretch - slant) + side / 4], [0, 1, 0]])
    slanted = cv2.warpAffine(strokes * 255, shear, (side * 3 // 2, side), flags=cv2.INTER_LINEAR)
    strokes = cropped(np.asarray((slanted > 127) * np.uint8(255), np.uint8))
    if pen is not None:
        strokes = with_pen(strokes, pen * strokes.shape[0] / height)
    return _scaled(strokes, height / strokes.shape[0])


def _line(*points: tuple[float, float]) -> list[_Points]:
    return [np.array(points, np.float64)]


def _arc(centre: tuple[float, float], radii: tuple[float, float], begin: float, end: float) -> list[_Points]:
    angles = np.radians(np.linspace(begin, end, 24))
    return [np.stack([centre[0] + radii[0] * np.cos(angles), centre[1] + radii[1] * np.sin(angles)], axis=1)]


# Strokes of each mark, in units of a digit's height: x from 0, y from 0 at a digit's top to 1 at its foot.
_STROKES: dict[str, Callable[[np.random.Generator], list[_Points]]] = {
    ".": lambda _: _line((0, 0.97), (0.02, 0.98)),
    ",": lambda rng: _line((0.1, 0.88), (0.09, 1.0), (rng.uniform(-0.08, 0.05), rng.uniform(1.1, 1.3))),
    "-": lambda rng: _line((0, 0.5), (rng.uniform(0.25, 0.6), rng.uniform(0.45, 0.55))),
    "/": lambda rng: _line((0, rng.uniform(0.95, 1.15)), (rng.uniform(0.2, 0.6), rng.uniform(-0.15, 0.05))),
    "+": lambda rng: [
        *_line((0, 0.55), (rng.uniform(0.45, 0.65), rng.uniform(0.5, 0.6))),
        *_line((0.28, 0.25), (rng.uniform(0.25, 0.32), rng.uniform(0.8, 0.9))),
    ],
    "x": lambda rng: [
        *_line((0, 0.35), (rng.uniform(0.4, 0.6), rng.uniform(0.8, 0.95))),
        *_line((rng.uniform(0.4, 0.6), 0.35), (0, rng.uniform(0.8, 0.95))),
    ],
    "÷": lambda rng: [
        *_line((0, 0.55), (rng.uniform(0.45, 0.65), 0.55)),
        *_line((0.26, 0.25), (0.27, 0.27)),
        *_line((0.26, 0.82), (0.27, 0.84)),
    ],
    "=": lambda rng: [
        *_line((0, 0.42), (rng.uniform(0.4, 0.6), rng.uniform(0.38, 0.46))),
        *_line((0, 0.68), (rng.uniform(0.4, 0.6), rng.uniform(0.62, 0.72))),
    ],
    "(": lambda rng: _arc((0.3, 0.5), (rng.uniform(0.15, 0.3), 0.65), 110, 250),
    ")": lambda rng: _arc((0, 0.5), (rng.uniform(0.15, 0.3), 0.65), -70, 70),
    ":": lambda _: [*_line((0, 0.4), (0.01, 0.42)), *_line((0, 0.88), (0.01, 0.9))],
    "%": lambda rng: [
        *_line((0.65, rng.uniform(-0.05, 0.1)), (0.05, rng.uniform(0.9, 1.05))),
        *_arc((0.12, 0.25), (0.12, 0.15), 0, 360),
        *_arc((0.62, 0.78), (0.12, 0.15), 0, 360),
    ],
    "€": lambda rng: [
        *_arc((0.4, 0.5), (rng.uniform(0.28, 0.38), 0.5), 45, 315),
        *_line((-0.08, 0.42), (0.48, rng.uniform(0.38, 0.44))),
        *_line((-0.08, 0.6), (0.44, rng.uniform(0.56, 0.62))),
    ],
    "$": lambda _: [
        np.concatenate([_arc((0.25, 0.28), (0.24, 0.24), -30, -270)[0], _arc((0.25, 0.75), (0.24, 0.24), -90, 150)[0]]),
        *_line((0.26, -0.12), (0.24, 1.14)),
    ],
}
MARKS = tuple(_STROKES)


def draw_mark(mark: str, height: float, pen: float, rng: np.random.Generator) -> tuple[GrayPicture, float, float]:
    """A mark as a hand may write it beside digits of this height.

    Returns:
        Its ink; its left edge beside the point where the pen begins, and its upper edge below a digit's top, in pixels.
    """
    size = height * math.exp(rng.normal(0, 0.12))
    return _drawn([points * size for points in _STROKES[mark](rng)], pen * rng.uniform(0.9, 1.2), height, rng)


def draw_tick(height: float, pen: float, rng: np.random.Generator) -> tuple[GrayPicture, float, float]:
    """A tick, a hook, a cross without a meaning or a curl."""
    kind = rng.integers(4)
    if kind == 0:
        strokes = _line((0, rng.uniform(0.4, 0.7)), (0.25, 1.0), (rng.uniform(0.6, 1.2), rng.uniform(-0.2, 0.2)))
    elif kind == 1:
        strokes = [*_line((0, 0), (0.8, 1)), *_line((0.8, 0.05), (0.05, 0.95))]
    elif kind == 2:
        strokes = _line(*((0.12 * n, 0.5 + 0.15 * math.sin(1.4 * n)) for n in range(8)))
    else:
        strokes = [rng.uniform(0, 1, (int(rng.integers(4, 9)), 2)) * (0.8, 1.0)]
    return _drawn([points * height for points in strokes], pen, height, rng)


def draw_cross_out(width: float, height: float, pen: float, rng: np.random.Generator) -> GrayPicture:
    """Hatching over something that was wrong, `width` x `height` pixels."""
    turns = int(rng.integers(4, 12))
    across = np.where(np.arange(turns) % 2, width, 0.0) + rng.normal(0, 0.08 * width, turns)
    down = np.linspace(0.1, 0.9, turns) * height + rng.normal(0, 0.08 * height, turns)
    return _drawn([np.stack([across, down], axis=1)], pen, height, rng)[0]


def _drawn(
    strokes: Sequence[_Points], pen: float, height: float, rng: np.random.Generator
) -> tuple[GrayPicture, float, float]:
    """Strokes with a hand's unsteadiness; their ink, and its left and upper edge."""
    turn = rng.normal(0, 0.06)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    moved = []
    for points in strokes:
        steps = np.linspace(0, len(points) - 1, 6 * len(points))
        line = np.stack([np.interp(steps, np.arange(len(points)), points[:, axis]) for axis in (0, 1)], axis=1)
        wobble = cv2.GaussianBlur(rng.normal(0, 0.05 * height, line.shape), (1, 9), 2.5)
        ends = wobble if len(points) > 1 and np.ptp(points, axis=0).max() > 0.15 * height else 0.0
        moved.append(line @ rotation.T + ends)
    every = np.concatenate(moved)
    room = 2 * math.ceil(pen) + 2
    left, top = np.floor(every.min(axis=0)) - room
    width, tall = (np.ceil(every.max(axis=0)) - (left, top) + room).astype(int).tolist()
    fine = 4
    canvas = np.zeros((tall * fine, width * fine), np.uint8)
    for points in moved:
        pixels = np.rint((points - (left, top)) * fine).astype(np.int32)
        cv2.polylines(canvas, [pixels], False, 255, max(1, round(pen * fine)))
    ink = np.asarray(cv2.resize(canvas, (width, tall), interpolation=cv2.INTER_AREA), np.uint8)
    x, y, w, h = cv2.boundingRect(ink)
    return ink[y : y + h, x : x + w], float(left + x), float(top + y)


def draw_typed(text: str, font: ImageFont.FreeTypeFont, height: float, pen: float) -> tuple[GrayPicture, float, float]:
    """Text in a typeface whose digits are `height` pixels tall, strengthened to about a pen's width.

    Returns:
        Its ink; its left edge, and its upper edge below a digit's top, in pixels.
    """
    digits = font.getbbox("0")
    scale = height / max(1, digits[3] - digits[1])
    left, top, right, bottom = font.getbbox(text)
    canvas = Image.new("L", (int(right - left) + 8, int(bottom - top) + 8), 0)
    ImageDraw.Draw(canvas).text((4 - left, 4 - top), text, font=font, fill=255)
    ink = np.asarray(canvas, np.uint8)
    if not ink.any():
        return np.zeros((1, 1), np.uint8), 0.0, 0.0
    x, y, w, h = cv2.boundingRect(ink)
    ink = with_pen(np.asarray((ink[y : y + h, x : x + w] > 127) * np.uint8(255), np.uint8), pen / scale)
    return _scaled(ink, scale), 0.0, (top + y - 4 - digits[1]) * scale


def _scaled(ink: GrayPicture, scale: float) -> GrayPicture:
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(ink, size, interpolation=interpolation), np.uint8)
