"""Strokes as another pen would draw them: the same lines, thicker or thinner, and none of them broken."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture

__all__ = ["cropped", "middle_lines", "with_pen"]

_Mask = NDArray[np.bool_]


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
    return cropped(np.asarray(((inside > -by) | (from_lines <= pen / 2 - 0.5)) * np.uint8(255), np.uint8))


def middle_lines(strokes: GrayPicture) -> _Mask:
    """Strokes thinned to lines a pixel wide, by the two-step thinning of Z. Guo and R. W. Hall (1989).

    Args:
        strokes: uint8 (height, width), 0 = paper, with paper along its border.

    Returns:
        bool (height, width): as many pieces and as many loops as the strokes have.
    """
    lines = strokes > 0
    while True:
        before = lines
        for step in (0, 1):
            lines = lines & ~_removable(lines, step)
        if (lines == before).all():
            return lines


def _removable(lines: _Mask, step: int) -> _Mask:
    """Pixels at the edge whose removal neither breaks a line nor shortens it."""
    around = np.pad(lines, 1)
    down, across = lines.shape
    # The eight neighbours, clockwise from the one above.
    n, ne, e, se, s, sw, w, nw = (
        around[1 + y : 1 + y + down, 1 + x : 1 + x + across]
        for y, x in ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
    )
    corners = ((n, ne, e), (e, se, s), (s, sw, w), (w, nw, n))
    crossings = _how_many([~side & (corner | next_side) for side, corner, next_side in corners])
    fewest = np.minimum(
        _how_many([nw | n, ne | e, se | s, sw | w]),
        _how_many([n | ne, e | se, s | sw, w | nw]),
    )
    stays = (s | sw | ~nw) & w if step else (n | ne | ~se) & e
    return np.asarray(lines & (crossings == 1) & (fewest >= 2) & (fewest <= 3) & ~stays)


def _how_many(masks: list[_Mask]) -> NDArray[np.int64]:
    """In how many of the masks each pixel is."""
    return np.asarray(np.sum(masks, axis=0, dtype=np.int64))


def cropped(ink: GrayPicture) -> GrayPicture:
    """The rectangle of the ink, uint8 (height, width)."""
    x, y, width, height = cv2.boundingRect(ink)
    return ink[y : y + height, x : x + width]
