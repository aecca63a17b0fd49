"""Strokes as another pen would draw them: the same lines, thicker or thinner, and none of them broken."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture

__all__ = ["cropped", "middle_lines", "with_pen"]


def with_pen(strokes: GrayPicture, pen: float) -> GrayPicture:
    """Strokes of about another width; loops stay closed, and what is joined stays joined.

    Args:
        strokes: uint8 (height, width), 0 = paper, 255 = ink, at least one pixel of it.
        pen: The width, in pixels.

    Returns:
        uint8 (height, width) of the ink's own rectangle.
    """
    # Paper around them: ink that fills its rectangle has no other, and its distances from paper would be endless.
    room = math.ceil(pen / 2) + 2
    padded = np.pad(strokes, room)
    inside = cv2.distanceTransform(padded, cv2.DIST_L2, 5)
    width = 4 * float(inside[inside > 0].mean())  # the mean distance from an edge is a quarter of a band's width
    by = (pen - width) / 2
    if by > 0:
        outside = cv2.distanceTransform(255 - padded, cv2.DIST_L2, 5)
        return cropped(np.asarray((outside <= by) * np.uint8(255), np.uint8))
    lines = np.asarray(middle_lines(padded) * np.uint8(255), np.uint8)
    from_lines = cv2.distanceTransform(255 - lines, cv2.DIST_L2, 5)
    return cropped(np.asarray(((inside > -by) | (from_lines <= max(0.0, pen / 2 - 0.5))) * np.uint8(255), np.uint8))


def middle_lines(strokes: GrayPicture) -> NDArray[np.bool_]:
    """Strokes thinned to lines a pixel wide, by the first algorithm of Guo and Hall.

    Args:
        strokes: uint8 (height, width), 0 = paper.

    Returns:
        bool (height, width): as many pieces and as many loops as the strokes have.

    Source:
        Z. Guo, R. W. Hall, Communications of the ACM 32 (1989), 359-373.
    """
    lines = np.asarray(strokes > 0, np.uint8)
    while True:
        before = int(lines.sum())
        for removable in _REMOVABLE:
            neighbours = cv2.filter2D(lines, cv2.CV_8U, _BIT_OF_NEIGHBOUR, borderType=cv2.BORDER_CONSTANT)
            lines &= ~np.asarray(cv2.LUT(neighbours, removable), np.uint8)
        if int(lines.sum()) == before:
            return lines > 0


def _removable(half_step: int) -> NDArray[np.uint8]:
    """For each set of neighbours whether a pixel of a line may go: that neither breaks the line nor shortens it."""
    every = np.arange(256)
    n, ne, e, se, s, sw, w, nw = (every >> bit & 1 > 0 for bit in range(8))
    corners = ((n, ne, e), (e, se, s), (s, sw, w), (w, nw, n))
    crossings = np.sum([~side & (corner | next_side) for side, corner, next_side in corners], axis=0)
    fewest = np.minimum(
        np.sum([nw | n, ne | e, se | s, sw | w], axis=0),
        np.sum([n | ne, e | se, s | sw, w | nw], axis=0),
    )
    stays = (n | ne | ~se) & e if half_step else (s | sw | ~nw) & w
    return np.asarray((crossings == 1) & (fewest >= 2) & (fewest <= 3) & ~stays, np.uint8)


# The bit of each of the eight neighbours, clockwise from the one above.
_BIT_OF_NEIGHBOUR = np.array([[128, 1, 2], [64, 0, 4], [32, 16, 8]], np.float32)
_REMOVABLE = (_removable(0), _removable(1))


def cropped(ink: GrayPicture) -> GrayPicture:
    """The rectangle of the ink, uint8 (height, width)."""
    x, y, width, height = cv2.boundingRect(ink)
    return ink[y : y + height, x : x + width]
