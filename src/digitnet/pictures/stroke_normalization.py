"""How a digit was written, brought to how MNIST's were: contrast, slant and stroke thickness.

MNIST was made from scans in black and white, so its strokes are solid, with edges as soft as shrinking makes them; all
were written with the same kind of pen. Thin, faint or uneven strokes are what a network trained on it reads worst.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.notes import Note, NoteKind

__all__ = ["MEDIAN_THICKNESS", "Penmanship", "rewrite", "stroke_thickness"]

MEDIAN_THICKNESS = 2.5  # pixels in the 28 x 28 frame, of MNIST's training digits; 5 % have less than 1.7, 5 % over 3.9
# What nine of ten of MNIST's digits have: pixels of thickness, a share of black in their strokes, and how many columns
# they lean to the left for each row up. Such a digit is left exactly as it is.
_USUAL_THICKNESS = (1.8, 4.0)
_USUAL_BLACKNESS = 200 / 255
_USUAL_LEAN = (-0.62, 0.3)
# What others are brought to. Wider limits help less; bringing all to the middle harmed what was well written.
_THICKNESS = (2.2, 3.5)
_LEAN = (-0.4, 0.1)
_DETAIL = 4  # pixels for each pixel of the frame, so that fractions of a pixel can be added to a stroke
_REACH = 9  # pixels of that size, about a stroke and its edges: as far as ink is compared with its surroundings
_PART_OF_DARKEST = 0.5  # where a stroke ends: half as dark as the darkest nearby
_FAINTEST = 40  # of 255; paper that is darker than this is not ink, however white the rest


@dataclass(frozen=True, slots=True, eq=False)
class Penmanship:
    """A digit as MNIST's writers would have written it.

    Attributes:
        ink: uint8 (height, width), cut out to its edge, of any size.
        notes: What was changed.
    """

    ink: GrayPicture
    notes: tuple[Note, ...]


def rewrite(digit: GrayPicture, side: int) -> Penmanship:
    """Make all strokes solid, upright enough and about as thick as MNIST's; a digit that could be MNIST's own stays.

    Args:
        digit: uint8 (height, width), cut out to its edge, 0 = paper, at least one pixel of ink.
        side: How long its longest side is to be in the frame, in pixels.

    Returns:
        The digit, and what was changed.
    """
    large = _enlarged(digit, side * _DETAIL)
    strokes = _strokes(large)
    lean = _lean(large)
    inside = _depth(strokes)
    thickness = _thickness(inside)
    blackness = cv2.mean(large, strokes)[0] / 255
    is_upright, is_usual = _is_within(lean, _USUAL_LEAN), _is_within(thickness, _USUAL_THICKNESS)
    if is_upright and is_usual and blackness >= _USUAL_BLACKNESS:
        return Penmanship(digit, ())
    notes = []
    if not is_upright:
        upright = min(max(lean, _LEAN[0]), _LEAN[1])
        strokes = _sheared(strokes, lean - upright)
        inside = _depth(strokes)
        notes.append(_lean_note(lean, upright))
    if not is_usual:
        wanted = min(max(thickness, _THICKNESS[0]), _THICKNESS[1])
        change = NoteKind.THICKENED if wanted > thickness else NoteKind.THINNED
        notes.append(Note(change, (thickness, MEDIAN_THICKNESS)))
    else:
        wanted = thickness
    if blackness < _USUAL_BLACKNESS:
        notes.append(Note(NoteKind.MADE_SOLID))
    written = _with_outline_moved(strokes, inside, (wanted - thickness) * _DETAIL / 2)
    left, top, width, height = cv2.boundingRect(written)
    return Penmanship(written[top : top + height, left : left + width], tuple(notes))


def _is_within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


def stroke_thickness(digit: GrayPicture, side: int) -> float:
    """How thick the strokes of a digit are once its longest side is `side` pixels.

    Four times the mean distance of ink from the nearest paper: that distance grows evenly from the edge of a stroke
    to its middle.

    Args:
        digit: uint8 (height, width), cut out to its edge, 0 = paper, at least one pixel of ink.
        side: Pixels.

    Returns:
        Pixels.
    """
    return _thickness(_depth(_strokes(_enlarged(digit, side * _DETAIL))))


def _enlarged(digit: GrayPicture, side: int) -> GrayPicture:
    """The digit with its longest side `side` pixels and its darkest pixel 255, in a margin of paper."""
    height, width = digit.shape
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = cv2.resize(digit, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    margin = 3 * _DETAIL
    padded = cv2.copyMakeBorder(resized, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(cv2.convertScaleAbs(padded, alpha=255 / max(1, int(padded.max()))), np.uint8)


def _strokes(ink: GrayPicture) -> GrayPicture:
    """What is dark beside its surroundings, 0 or 255: so a stroke stays whole where its pen paled."""
    darkest = cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_REACH, _REACH)))
    level = cv2.blur(darkest, (_REACH, _REACH))
    threshold = np.maximum(cv2.convertScaleAbs(level, alpha=_PART_OF_DARKEST), np.uint8(_FAINTEST))
    return np.asarray(cv2.compare(ink, threshold, cv2.CMP_GT), np.uint8)


def _lean(ink: GrayPicture) -> float:
    """By how many columns the ink moves to the right for each row down, by its second moments; 0 for a level stroke."""
    moments = cv2.moments(ink)
    return float(moments["mu11"] / moments["mu02"]) if moments["mu02"] > 0.05 * moments["mu20"] else 0.0


def _sheared(strokes: GrayPicture, lean: float) -> GrayPicture:
    height, width = strokes.shape
    room = math.ceil(abs(lean) * height / 2)
    shear = np.array([[1, -lean, lean * height / 2 + room], [0, 1, 0]])
    moved = cv2.warpAffine(strokes, shear, (width + 2 * room, height), flags=cv2.INTER_LINEAR)
    return np.asarray(cv2.threshold(moved, 127, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _depth(strokes: GrayPicture) -> NDArray[np.float32]:
    """How far each pixel of ink is from the nearest pixel of paper."""
    return np.asarray(cv2.distanceTransform(strokes, cv2.DIST_L2, 5), np.float32)


def _thickness(depth: NDArray[np.float32]) -> float:
    """In pixels of the frame; a pixel at the edge has distance 1, though its middle is half a pixel inside."""
    return float(4 * (depth.sum() / max(1, np.count_nonzero(depth)) - 0.5) / _DETAIL)


def _with_outline_moved(strokes: GrayPicture, inside: NDArray[np.float32], by: float) -> GrayPicture:
    """Strokes whose edges lie `by` pixels farther out, or in, but never beyond a stroke's middle: a thin one stays."""
    outside = cv2.distanceTransform(cv2.bitwise_not(strokes), cv2.DIST_L2, 5)
    coverage = np.clip(inside - outside + (by + 0.5), 0, 1)
    if by < 0:
        is_middle = (inside >= cv2.dilate(inside, np.ones((3, 3), np.uint8))) & (inside > 0)
        coverage[is_middle] = 1
    return np.asarray(np.rint(coverage * 255), np.uint8)


def _lean_note(lean: float, upright: float) -> Note:
    before, after = (round(math.degrees(math.atan(abs(slope)))) for slope in (lean, upright))
    return Note(NoteKind.SLANT_REDUCED, (before, "left" if lean > 0 else "right", after))
