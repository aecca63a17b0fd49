"""Normalization of contrast, slant and stroke thickness to those of MNIST's digits.

MNIST was made from scans in black and white, so its strokes are solid, with edges as soft as downscaling makes them,
and all were written with the same kind of pen. A network trained on it reads thin, faint or uneven strokes worst.
"""

import functools
import math
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.notes import Note, NoteKind

__all__ = [
    "MEDIAN_THICKNESS",
    "STROKE_LIMITS",
    "NormalizedDigit",
    "StrokeLimits",
    "normalize_strokes",
    "stroke_thickness",
]

# Median thickness of the strokes of MNIST's training digits, in pixels of the 28 x 28 frame; 5 % have less than 1.7,
# and 5 % over 3.9. A test measures it again.
MEDIAN_THICKNESS = 2.5
# Resolution at which strokes are redrawn, in pixels for each pixel of the frame, so that a stroke can change by
# fractions of a pixel; chosen by hand.
_OVERSAMPLING = 4
# Paper around an enlarged digit in such pixels, more than its outline is ever moved outwards: half of the least
# thickness to which strokes are brought, and a pixel.
_MARGIN = 6


class StrokeLimits(NamedTuple):
    """Which digits are usual in MNIST and stay as they are, and to what the others are brought.

    Wider limits for those helped less, and bringing all digits to the middle harmed well-written ones.
    """

    # Thickness in pixels of the frame of nine in ten of MNIST's training digits.
    usual_thickness: tuple[float, float] = (1.8, 4.0)
    # Least mean darkness of the strokes of nine in ten of MNIST's training digits, 1 for black.
    usual_darkness: float = 200 / 255
    # Slant of nine in ten of MNIST's training digits, in columns to the right for each row down.
    usual_slant: tuple[float, float] = (-0.62, 0.3)
    # Limits in pixels of the frame to which other thicknesses are brought; chosen by hand.
    thickness: tuple[float, float] = (2.2, 3.5)
    # Limits to which other slants are brought, in columns to the right for each row down; chosen by hand.
    slant: tuple[float, float] = (-0.4, 0.1)
    # Side in oversampled pixels, about a stroke and its edges, of the window for the local threshold; chosen by hand.
    threshold_window: int = 9
    # Local threshold as a share of the darkest ink nearby; chosen by hand.
    threshold_share: float = 0.5
    # Least threshold in grey levels, so that a fainter background is no ink; chosen by hand.
    threshold_min: int = 40
    # Ratio of the vertical to the horizontal second moment below which a stroke is level and has no slant; chosen by
    # hand.
    min_moment_ratio: float = 0.05


STROKE_LIMITS = StrokeLimits()


@dataclass(frozen=True, slots=True, eq=False)
class NormalizedDigit:
    """A digit with strokes like those of MNIST.

    Attributes:
        ink: uint8 (height, width), cropped to the digit, of any size.
        notes: What was changed.
    """

    ink: GrayPicture
    notes: tuple[Note, ...]


def normalize_strokes(digit: GrayPicture, side: int, limits: StrokeLimits = STROKE_LIMITS) -> NormalizedDigit:
    """Make strokes solid, upright and about as thick as in MNIST; a digit that is usual there stays as it is.

    Args:
        digit: uint8 (height, width), cropped to the digit, 0 = paper, at least one pixel of ink.
        side: Length of its longest side in the frame, in pixels.
        limits: What is usual, and what is normalized.

    Returns:
        The digit, and what was changed.
    """
    large = _enlarged(digit, side * _OVERSAMPLING)
    strokes = _binarized(large, limits)
    slant = _slant(large, limits)
    inside = _distance_to_paper(strokes)
    thickness = _thickness(inside)
    darkness = cv2.mean(large, strokes)[0] / 255
    is_upright, is_usual = _is_within(slant, limits.usual_slant), _is_within(thickness, limits.usual_thickness)
    if is_upright and is_usual and darkness >= limits.usual_darkness:
        return NormalizedDigit(digit, ())
    notes = []
    if not is_upright:
        wanted_slant = min(max(slant, limits.slant[0]), limits.slant[1])
        strokes = _sheared(strokes, slant - wanted_slant)
        inside = _distance_to_paper(strokes)
        notes.append(_slant_note(slant, wanted_slant))
    if not is_usual:
        wanted = min(max(thickness, limits.thickness[0]), limits.thickness[1])
        change = NoteKind.THICKENED if wanted > thickness else NoteKind.THINNED
        notes.append(Note(change, (thickness, MEDIAN_THICKNESS)))
    else:
        wanted = thickness
    if darkness < limits.usual_darkness:
        notes.append(Note(NoteKind.MADE_SOLID))
    redrawn = _with_outline_moved(strokes, inside, (wanted - thickness) * _OVERSAMPLING / 2)
    left, top, width, height = cv2.boundingRect(redrawn)
    if not width:  # nothing but specks, in which the slant or the thickness of strokes means nothing
        return NormalizedDigit(digit, ())
    return NormalizedDigit(redrawn[top : top + height, left : left + width], tuple(notes))


def _is_within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


def stroke_thickness(digit: GrayPicture, side: int) -> float:
    """The thickness of a digit's strokes once its longest side is `side` pixels.

    Four times the mean distance of ink from the nearest paper, since that distance grows linearly from the edge of a
    stroke to its middle.

    Args:
        digit: uint8 (height, width), cropped to the digit, 0 = paper, at least one pixel of ink.
        side: Pixels.

    Returns:
        Pixels.
    """
    return _thickness(_distance_to_paper(_binarized(_enlarged(digit, side * _OVERSAMPLING), STROKE_LIMITS)))


def _enlarged(digit: GrayPicture, side: int) -> GrayPicture:
    """The digit with its longest side `side` pixels and its darkest pixel 255, in a margin of paper."""
    height, width = digit.shape
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = cv2.resize(digit, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    margin = _MARGIN
    padded = cv2.copyMakeBorder(resized, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(cv2.convertScaleAbs(padded, alpha=255 / max(1, int(padded.max()))), np.uint8)


def _binarized(ink: GrayPicture, limits: StrokeLimits) -> GrayPicture:
    """A mask of the strokes by a local threshold, so that a stroke stays whole where it is pale."""
    darkest = _darkest_within(ink, limits.threshold_window)
    level = cv2.blur(darkest, (limits.threshold_window, limits.threshold_window))
    threshold = np.maximum(cv2.convertScaleAbs(level, alpha=limits.threshold_share), np.uint8(limits.threshold_min))
    return np.asarray(cv2.compare(ink, threshold, cv2.CMP_GT), np.uint8)


def _darkest_within(ink: GrayPicture, window: int) -> GrayPicture:
    """The darkest ink within the ellipse of a window around each pixel.

    An ellipse is the union of upright and level rectangles, each of which takes a fraction of its time.
    """
    return np.asarray(functools.reduce(cv2.max, [cv2.dilate(ink, own) for own in _rectangles(window)]), np.uint8)


@functools.cache
def _rectangles(window: int) -> list[AnyArray]:
    """Rectangles, uint8 of ones, whose union is the ellipse of a window; each has its own odd sides."""
    widths = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (window, window)).sum(axis=1)
    return [np.ones((int((widths >= width).sum()), width), np.uint8) for width in sorted(set(widths.tolist()))]


def _slant(ink: GrayPicture, limits: StrokeLimits) -> float:
    """Columns to the right for each row down, by the second moments of the ink; 0 for a level stroke."""
    moments = cv2.moments(ink)
    is_level = moments["mu02"] <= limits.min_moment_ratio * moments["mu20"]
    return 0.0 if is_level else float(moments["mu11"] / moments["mu02"])


def _sheared(strokes: GrayPicture, slant: float) -> GrayPicture:
    """The mask of the strokes with this slant taken away, wide enough to hold all of it."""
    height, width = strokes.shape
    room = math.ceil(abs(slant) * height / 2)
    shear = np.array([[1, -slant, slant * height / 2 + room], [0, 1, 0]])
    moved = cv2.warpAffine(strokes, shear, (width + 2 * room, height), flags=cv2.INTER_LINEAR)
    return np.asarray(cv2.threshold(moved, 127, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _distance_to_paper(strokes: GrayPicture) -> NDArray[np.float32]:
    """The distance of each pixel of ink from the nearest pixel of paper."""
    return np.asarray(cv2.distanceTransform(strokes, cv2.DIST_L2, 5), np.float32)


def _thickness(depth: NDArray[np.float32]) -> float:
    """Stroke thickness in pixels of the frame.

    A pixel at the edge has distance 1, but its centre lies half a pixel inside.
    """
    return float(4 * (depth.sum() / max(1, np.count_nonzero(depth)) - 0.5) / _OVERSAMPLING)


def _with_outline_moved(strokes: GrayPicture, inside: NDArray[np.float32], by: float) -> GrayPicture:
    """Strokes with their edges moved `by` pixels outwards, or inwards, but never beyond a stroke's middle line."""
    outside = cv2.distanceTransform(cv2.bitwise_not(strokes), cv2.DIST_L2, 5)
    coverage = inside - outside
    coverage += np.float32(by + 0.5)
    np.minimum(np.maximum(coverage, 0, out=coverage), 1, out=coverage)
    if by < 0:
        is_middle = (inside >= cv2.dilate(inside, np.ones((3, 3), np.uint8))) & (inside > 0)
        coverage[is_middle] = 1
    return np.asarray(np.rint(coverage * 255), np.uint8)


def _slant_note(slant: float, wanted: float) -> Note:
    before, after = (round(math.degrees(math.atan(abs(slope)))) for slope in (slant, wanted))
    return Note(NoteKind.SLANT_REDUCED, (before, "left" if slant > 0 else "right", after))
