"""Variants of MNIST's digits: other handwriting, other pens, other scanners. They are still read as the same digits.

In much of the world a 1 has a long upstroke and a foot, and a 7 has a bar; a broad pen fills a loop; a coarse scanner
leaves 16 pixels. Each variant is drawn on an existing digit and brought into MNIST's frame again.
"""

import cv2
import numpy as np

from digitnet.arrays import IMAGE_SIDE, GrayPicture, Images, Labels
from digitnet.pictures.loading import load_picture
from digitnet.pictures.mnist_frame import to_mnist_frame
from digitnet.pictures.stroke_normalization import stroke_thickness

__all__ = ["make_writing_variants"]

_OVERSAMPLING = 4  # pixels drawn for each pixel of the frame, so that edges are smooth
_SIDE = _OVERSAMPLING * IMAGE_SIDE
_MIN_INK = 100  # grey level, 0 to 255, above which a pixel counts as ink; chosen by hand

# Probability of each change of a digit, chosen by hand; what the network that was trained with them reaches is in
# docs/log.md, 2026-11-28, "what is no digit, with an eleventh class".
_REGIONAL_STROKE_PROBABILITY = 0.6  # of a 1 or a 7: the upstroke or the bar
_WARP_PROBABILITY = 0.6
_PEN_PROBABILITY = 0.4  # thicker or thinner strokes; excludes the next one
_BINARIZATION_PROBABILITY = 0.1
_DIRT_PROBABILITY = 0.06
_COARSE_SCAN_PROBABILITY = 0.6
# Ink as a part of its convex hull, above which strokes have run into a blot that nobody can read. One in ten of MNIST's
# digits other than 1 is above it, and may stay so.
_MAX_SOLIDITY = 0.72


def make_writing_variants(digits: Images, labels: Labels, rng: np.random.Generator) -> Images:
    """A variant of each digit, with one or several random changes.

    Args:
        digits: uint8 (n, 28, 28).
        labels: uint8 (n,), the digit that each image shows; a 1 may get an upstroke and a 7 a bar.
        rng: Decides the changes of each digit.

    Returns:
        uint8 (n, 28, 28), in MNIST's frame.
    """
    changed = [_make_variant(digit, label, rng) for digit, label in zip(digits, labels.tolist(), strict=True)]
    return np.stack(changed) if changed else digits


def _make_variant(digit: GrayPicture, label: int, rng: np.random.Generator) -> GrayPicture:
    large = np.asarray(cv2.resize(digit, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)
    if label == 1 and rng.random() < _REGIONAL_STROKE_PROBABILITY:
        large = _with_upstroke(large, rng)
    elif label == 7 and rng.random() < _REGIONAL_STROKE_PROBABILITY:
        large = _with_bar(large, rng)
    if rng.random() < _WARP_PROBABILITY:
        large = _warped(large, rng)
    way = rng.random()
    thin = large
    if way < _PEN_PROBABILITY:
        large = _with_another_pen(thin, rng)
    elif way < _PEN_PROBABILITY + _BINARIZATION_PROBABILITY:
        large = _binarized(thin, rng)
    if label != 1 and _solidity(large) > max(_MAX_SOLIDITY, _solidity(thin) + 0.05):
        large = thin  # the strokes have run into a blot
    if rng.random() < _DIRT_PROBABILITY and large.any():
        large = _with_dirt(large, rng)
    if rng.random() < _COARSE_SCAN_PROBABILITY:
        large = _scanned_coarsely(large, rng)
    framed = to_mnist_frame(large)
    return digit if framed is None else framed.image


def _with_upstroke(ink: GrayPicture, rng: np.random.Generator) -> GrayPicture:
    """A 1 with a stroke that comes up to its top from the left, and sometimes with a foot."""
    rows, columns = np.nonzero(ink > _MIN_INK)
    if not len(rows):
        return ink
    top, height = int(rows.min()), int(np.ptp(rows)) + 1
    tip = int(columns[rows <= top + 0.1 * height].mean())
    width = max(3, round(_OVERSAMPLING * stroke_thickness(_cropped(ink), 20) * rng.uniform(0.6, 1.1)))
    length, angle = height * rng.uniform(0.25, 0.95), np.radians(rng.uniform(18, 65))
    end = (round(tip - length * np.sin(angle)), round(top + width / 2 + length * np.cos(angle)))
    room = _SIDE // 2
    sheet = np.pad(ink, room)
    _draw_stroke(sheet, (tip + room, top + width // 2 + room), (end[0] + room, end[1] + room), width, rng)
    if rng.random() < 0.2:
        foot = int(columns[rows >= rows.max() - 0.1 * height].mean()) + room
        half, level = int(height * rng.uniform(0.15, 0.4)), int(rows.max()) + room
        _draw_stroke(sheet, (foot - half, level), (foot + half, level), width, rng)
    return sheet


def _with_bar(ink: GrayPicture, rng: np.random.Generator) -> GrayPicture:
    """A 7 with a short stroke through its stem."""
    rows, columns = np.nonzero(ink > _MIN_INK)
    if not len(rows):
        return ink
    level = int(rows.min() + np.ptp(rows) * rng.uniform(0.4, 0.65))
    stem = columns[np.abs(rows - level) <= 2]
    if not len(stem):
        return ink
    width = max(3, round(_OVERSAMPLING * stroke_thickness(_cropped(ink), 20) * rng.uniform(0.6, 1)))
    middle, half = int(stem.mean()), int(np.ptp(columns) * rng.uniform(0.2, 0.45))
    tilt = int(half * rng.uniform(-0.4, 0.2))
    sheet = ink.copy()
    _draw_stroke(sheet, (middle - half, level - tilt), (middle + half, level + tilt), width, rng)
    return sheet


def _draw_stroke(
    sheet: GrayPicture, begin: tuple[int, int], end: tuple[int, int], width: int, rng: np.random.Generator
) -> None:
    """Draw a slightly bent stroke."""
    (x0, y0), (x1, y1) = begin, end
    bend = rng.normal(0, 0.08)
    middle = ((x0 + x1) / 2 + bend * (y1 - y0), (y0 + y1) / 2 - bend * (x1 - x0))
    steps = np.linspace(0, 1, 9)[:, None]
    line = (1 - steps) ** 2 * np.array(begin) + 2 * steps * (1 - steps) * np.array(middle) + steps**2 * np.array(end)
    cv2.polylines(sheet, [np.rint(line).astype(np.int32)], False, 255, width, cv2.LINE_AA)


def _warped(ink: GrayPicture, rng: np.random.Generator) -> GrayPicture:
    """The ink slanted, narrowed or widened, and distorted elastically."""
    sheet = np.pad(ink, _SIDE // 4)
    side = len(sheet)
    slant, width, height = rng.uniform(-0.5, 0.5), rng.uniform(0.7, 1.4), rng.uniform(0.75, 1.3)
    offset = np.arange(side, dtype=np.float32) - side / 2
    nodes = rng.normal(0, rng.uniform(0, 5), (2, 7, 7)).astype(np.float32)
    bends = [cv2.resize(one, (side, side), interpolation=cv2.INTER_CUBIC) for one in nodes]
    rows = offset[:, None] / height + bends[0] + side / 2
    columns = offset[None] / width + slant * offset[:, None] + bends[1] + side / 2
    warped = cv2.remap(sheet, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_LINEAR)
    return np.asarray(warped, np.uint8)


def _with_another_pen(ink: GrayPicture, rng: np.random.Generator) -> GrayPicture:
    """Thicker or thinner strokes; sometimes in one direction only, as a broad nib writes."""
    size = int(rng.integers(3, 14))
    shape = [(size, size), (size, 1), (1, size), (size, max(1, size // 2))][rng.integers(4)]
    nib = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, shape)
    if rng.random() < 0.75:
        return np.asarray(cv2.dilate(np.pad(ink, size), nib), np.uint8)
    thin = cv2.erode(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3)))
    return np.asarray(thin, np.uint8) if thin.max() > _MIN_INK else ink


def _binarized(ink: GrayPicture, rng: np.random.Generator) -> GrayPicture:
    """The ink after binarisation of an old, pale page: ragged edges, faint places lost."""
    ragged = np.asarray(cv2.GaussianBlur(rng.standard_normal(ink.shape), (0, 0), rng.uniform(1.5, 5)), np.float64)
    ragged *= rng.uniform(10, 60) / ragged.std()
    blurred = cv2.GaussianBlur(ink.astype(np.float64), (0, 0), rng.uniform(1, 5))
    return np.where(blurred + ragged * (blurred > 20) > rng.uniform(70, 150), 255, 0).astype(np.uint8)


def _solidity(ink: GrayPicture) -> float:
    """The part of the ink's convex hull that is inked, in [0, 1]; 1 where there is no ink."""
    places = cv2.findNonZero(np.asarray(ink > _MIN_INK, np.uint8))
    return 1.0 if places is None else len(places) / max(1.0, cv2.contourArea(cv2.convexHull(places)))


def _with_dirt(ink: GrayPicture, rng: np.random.Generator) -> GrayPicture:
    """The ink with specks, or with the rest of a printed line: a long one above or below, or a short one anywhere."""
    sheet = np.pad(ink, _SIDE // 8)
    side, kind = len(sheet), rng.integers(3)
    if kind == 0:
        for _ in range(int(rng.integers(1, 4))):
            cv2.circle(sheet, rng.integers(8, side - 8, 2).tolist(), int(rng.integers(1, 6)), 255, -1, cv2.LINE_AA)
        return sheet
    begin, end = np.sort(rng.integers(0, side, 2)).tolist()
    level = int(rng.integers(4, 20)) if rng.random() < 0.5 else side - int(rng.integers(4, 20))
    if kind == 1:
        begin, level = int(rng.integers(0, side // 2)), int(rng.integers(10, side - 10))
        end = begin + int(rng.integers(10, 40))
    cv2.line(sheet, (begin, level), (end, level + int(rng.integers(-3, 4))), 255, int(rng.integers(2, 6)), cv2.LINE_AA)
    return sheet


def _scanned_coarsely(ink: GrayPicture, rng: np.random.Generator) -> GrayPicture:
    """The ink at 11 to 18 pixels (16 were usual in early data sets), half of the time blurred, often too dark."""
    box = _cropped(ink)
    side = int(rng.integers(11, 19))
    coarse = cv2.resize(
        box, (side, side) if rng.random() < 0.15 else _size_with_longer_side(box, side), interpolation=cv2.INTER_AREA
    )
    if rng.random() < 0.5:
        coarse = cv2.GaussianBlur(np.pad(coarse, 2), (0, 0), rng.uniform(0.3, 0.9))
    factor = rng.uniform(1.0, 1.5)
    scanned = np.clip(coarse.astype(np.float32) * factor * 255 / max(1, int(coarse.max())), 0, 255).astype(np.uint8)
    return load_picture(scanned).ink if rng.random() < 0.4 else scanned


def _size_with_longer_side(ink: GrayPicture, side: int) -> tuple[int, int]:
    """Width and height in pixels after scaling, the longer of them `side`."""
    height, width = ink.shape
    scale = side / max(height, width)
    return max(2, round(width * scale)), max(2, round(height * scale))


def _cropped(ink: GrayPicture) -> GrayPicture:
    left, top, width, height = cv2.boundingRect(ink)
    return ink[top : top + height, left : left + width] if width else ink
