"""MNIST's frame: a digit's longest side becomes 20 pixels, and its centre of mass the middle of 28 x 28.

MNIST itself was made this way, so a network trained on it can read what comes out here. Of MNIST's own test digits,
cropped and framed again, 9,866 of 10,000 come back equal to the last bit, because the shift is by whole pixels;
shifting by fractions would blur each of them.
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from digitnet.arrays import IMAGE_SIDE, GrayPicture
from digitnet.notes import Note, NoteKind
from digitnet.pictures.stroke_normalization import normalize_strokes

__all__ = ["Box", "FramedDigit", "centred_in_frame", "to_mnist_frame"]

Box: TypeAlias = tuple[int, int, int, int]  # x, y, width, height in pixels; x to the right, y downwards

# Longest side of a digit in MNIST's frame, in pixels (LeCun, Cortes, Burges).
_DIGIT_SIDE = 20
# Pixel index of the frame's middle: each centre of mass in MNIST lies within [13.5, 14.5), in rows and in columns.
_MIDDLE = 14.0
# Longest side in pixels from which the edge of a digit is softer than a pixel of the frame; chosen by hand.
_SOFT_EDGE_FROM = 2 * _DIGIT_SIDE
# Grey levels up to which ink of such a digit is invisible but widens its bounding box; chosen by hand.
_INVISIBLE_LEVEL = 15
# Least area of a connected component as a share of the largest one's; smaller ones are dirt; chosen by hand.
_MIN_COMPONENT_AREA = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class FramedDigit:
    """A digit in MNIST's frame, and where it was.

    Attributes:
        image: uint8 (28, 28), 0 = paper, 255 = ink.
        box: The digit's bounding box in its picture.
        notes: What was done to it.
    """

    image: GrayPicture
    box: Box
    notes: tuple[Note, ...] = ()


def to_mnist_frame(ink: GrayPicture) -> FramedDigit | None:
    """Crop the digit and place it as MNIST's digits are placed.

    A 28 x 28 picture that is in the frame already is returned as it is: framing twice equals framing once.

    Args:
        ink: uint8 (height, width), any size, 0 = paper, 255 = ink; one digit.

    Returns:
        The framed digit, or None when there is no ink at all.

    Source:
        Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
    """
    box = _bounding_box(ink)
    if box is None:
        return None
    if ink.shape == (IMAGE_SIDE, IMAGE_SIDE) and _is_framed(ink, box):
        return FramedDigit(ink.copy(), box)
    if max(box[2:]) >= _SOFT_EDGE_FROM:
        ink = np.asarray(cv2.threshold(ink, _INVISIBLE_LEVEL, 0, cv2.THRESH_TOZERO)[1], np.uint8)
        box = _bounding_box(ink)
        if box is None:
            return None
    left, top, _, _ = box
    digit, notes = _without_specks(_cropped(ink, box))
    inner = _bounding_box(digit) or (0, 0, *digit.shape[::-1])
    normalized = normalize_strokes(_cropped(digit, inner), _DIGIT_SIDE)
    own = (left + inner[0], top + inner[1], inner[2], inner[3])
    return FramedDigit(_centred(_resized(normalized.ink)), own, (*notes, *normalized.notes))


def centred_in_frame(ink: GrayPicture) -> GrayPicture:
    """Crop the ink and place it in MNIST's frame, with its strokes as they are.

    Args:
        ink: uint8 (height, width), 0 = paper, with at least one pixel of ink.

    Returns:
        uint8 (28, 28): the longest side 20 pixels, the centre of mass in the middle.
    """
    return _centred(_resized(_cropped(ink, _bounding_box(ink) or (0, 0, *ink.shape[::-1]))))


def _bounding_box(ink: GrayPicture) -> Box | None:
    """The smallest box around every pixel above 0; None when there is none."""
    left, top, width, height = cv2.boundingRect(ink)
    return (left, top, width, height) if width else None


def _cropped(ink: GrayPicture, box: Box) -> GrayPicture:
    left, top, width, height = box
    return ink[top : top + height, left : left + width]


def _is_framed(ink: GrayPicture, box: Box) -> bool:
    """Whether a digit has MNIST's size and place.

    19 pixels count too: an outer row so faint that it rounds to 0 makes a digit of 20 pixels one pixel shorter.
    """
    middles = _centre_of_mass(ink)
    return max(box[2:]) in (_DIGIT_SIDE - 1, _DIGIT_SIDE) and all(
        _MIDDLE - 0.5 <= middle < _MIDDLE + 0.5 for middle in middles
    )


def _centre_of_mass(ink: GrayPicture) -> tuple[float, float]:
    """Row and column of the centre of mass, as pixel indices."""
    moments = cv2.moments(ink)
    return moments["m01"] / moments["m00"], moments["m10"] / moments["m00"]


def _without_specks(ink: GrayPicture) -> tuple[GrayPicture, tuple[Note, ...]]:
    """`ink` without the connected components that are far smaller than the largest one, and a note of that."""
    n, labels, statistics, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    if n <= 2:  # the paper and the digit
        return ink, ()
    areas = statistics[:, cv2.CC_STAT_AREA]
    areas[0] = 0  # component 0 is the paper
    keep = areas >= _MIN_COMPONENT_AREA * areas.max()
    kept, all_pieces = int(keep.sum()), n - 1
    joined = Note(NoteKind.PIECES_JOINED_OF, (kept, all_pieces))
    note = joined if kept > 1 else Note(NoteKind.SPECKS_IGNORED, (all_pieces - 1,))
    if kept == all_pieces:
        return ink, (note,)
    return np.where(keep, 255, 0).astype(np.uint8)[labels] & ink, (note,)


def _resized(digit: GrayPicture) -> GrayPicture:
    """The digit with a longest side of 20 pixels; thin strokes that fade when it shrinks are brought back to 255."""
    height, width = digit.shape
    scale = _DIGIT_SIDE / max(height, width)
    if scale == 1:
        return digit
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = cv2.resize(digit, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    darkest = int(resized.max())
    if darkest == 255:
        return np.asarray(resized, np.uint8)
    return np.asarray(np.rint(resized * (255.0 / max(1, darkest))), np.uint8)


def _centred(digit: GrayPicture) -> GrayPicture:
    """The digit in an empty frame, shifted by whole pixels and never beyond the frame's edge."""
    frame = np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    top, left = (
        min(max(math.ceil(_MIDDLE - 0.5 - middle), 0), IMAGE_SIDE - side)
        for middle, side in zip(_centre_of_mass(digit), digit.shape, strict=True)
    )
    frame[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return frame
