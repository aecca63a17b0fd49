"""A blank sheet: all that stands out is its own lines and edges, and none of it is writing.

What is printed or folded is straight and runs from one edge of the sheet to the other; what remains of an edge of the
sheet lies along it. A handwritten 1 is thicker for its length, and keeps its distance from the edges.
"""

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.ruling import straight_lines

__all__ = ["is_blank"]

_SIDE = 240  # pixels of the copy that is looked at, or more, ...
_SHORTER_SIDE = 120  # ... until its shorter side has these, where a stroke still has a width
_MARK = 64  # of 255; soft edges have less
_VOTES = 0.6  # of the way across is marked by a straight line, before it is looked at
_REST = 0.1  # of the ink, or less, is crumbs
_SLENDER = 1 / 20  # of the shorter side; a line is thinner, ...
_WHOLE = 0.9  # ... and shows on this much of its way, ...
_AT_END = 0.04  # ... which it begins and ends so near to the sheet's edge; ...
_NEAR_EDGE = 0.3  # ... as near to an edge as this, of the shorter side, ...
_MOST = 0.75  # ... this much of its way is enough, ...
_AT_EDGE = 0.15  # ... and this near, ...
_THICK = 1 / 8  # ... it may be as thick as this
_PROFILE = 0.35  # of its way a line is this thick
_TOUCHES = 2.5  # pixels from the edge
_IN_FRAME = 0.12  # of the shorter side, as far as remains of an edge reach
_LONG = 2.5  # times longer than wide they are


def is_blank(ink: GrayPicture, inside: GrayPicture | None = None, with_lines: GrayPicture | None = None) -> bool:
    """Whether ink is nothing but the paper's own lines and edges.

    Args:
        ink: uint8 (height, width), 0 = paper, 255 = ink.
        inside: uint8 (height, width), 255 on the sheet; None where it fills the picture.
        with_lines: The ink before ruled lines were taken out, as whole lines tell better what is left of some of them;
            None where none were.

    Returns:
        True also where there is no ink at all.
    """
    small = _at_side(ink if with_lines is None else with_lines)
    marks = _marks(small)
    sheet = np.full(small.shape, 255, np.uint8)
    if inside is not None:
        sheet = np.asarray(cv2.resize(inside, small.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
    padded = cv2.copyMakeBorder(sheet, 1, 1, 1, 1, cv2.BORDER_CONSTANT)  # beyond the picture there is no sheet
    depth = np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1])
    level = _without_lines(marks, depth)
    upright = _without_lines(np.ascontiguousarray(marks.T), np.ascontiguousarray(depth.T)).T
    rest = _without_edges(np.asarray(cv2.bitwise_and(level, np.ascontiguousarray(upright)), np.uint8), depth)
    if with_lines is not None:
        small = _at_side(ink)
        marks = _marks(small)
        rest = np.asarray(cv2.bitwise_and(rest, marks), np.uint8)
    return float(small[rest > 0].sum()) <= _REST * float(small[marks > 0].sum())


def _at_side(ink: GrayPicture) -> GrayPicture:
    scale = max(_SIDE / max(ink.shape), _SHORTER_SIDE / min(ink.shape))
    if scale >= 1:
        return ink
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)


def _marks(small: GrayPicture) -> GrayPicture:
    """Where there is ink: the finest lines of a large picture are pale in its copy."""
    return np.asarray(cv2.threshold(small, _MARK * (int(small.max()) / 255), 255, cv2.THRESH_BINARY)[1], np.uint8)


def _without_lines(marks: GrayPicture, depth: AnyArray) -> GrayPicture:
    """`marks` without the paper's own lines from left to right."""
    height, width = marks.shape
    shorter = min(height, width)
    wide = int((depth.max(axis=0) > 0).sum())
    reach = int(np.ceil(_THICK * shorter))
    rest, columns = marks.copy(), np.arange(width)
    for ends in straight_lines(marks, max(2, round(_VOTES * wide))):
        rows = np.rint(np.linspace(*ends, width)).astype(np.intp)
        is_seen = (rows >= 0) & (rows < height)
        is_seen[is_seen] = depth[rows[is_seen], columns[is_seen]] > 0
        if is_seen.sum() < _VOTES * wide:
            continue
        places = rows[is_seen][:, np.newaxis] + np.arange(-reach, reach + 1)
        samples = rest[np.clip(places, 0, height - 1), columns[is_seen][:, np.newaxis]] > 0
        samples &= (places >= 0) & (places < height)
        first, last = _band(samples.mean(axis=0), reach)
        is_there = samples[:, reach - 1 : reach + 2].any(axis=1)
        if _is_own(is_there, last - first, depth[rows[is_seen], columns[is_seen]], shorter):
            band = places[:, max(0, first - 2) : last + 2]
            rest[np.clip(band, 0, height - 1), columns[is_seen][:, np.newaxis]] = 0
    return rest


def _band(profile: AnyArray, middle: int) -> tuple[int, int]:
    """From where to where, around the middle, most of a line's way is marked."""
    first, last = middle, middle + 1
    while first > 0 and profile[first - 1] >= _PROFILE:
        first -= 1
    while last < len(profile) and profile[last] >= _PROFILE:
        last += 1
    return first, last


def _is_own(is_there: AnyArray, thickness: int, depth: AnyArray, shorter: int) -> bool:
    """A line is the paper's own, by where on its way it shows and how deep inside the sheet that is."""
    n, share = len(is_there), float(is_there.mean())
    seen = np.flatnonzero(is_there)
    if share < _MOST:
        return False
    at_both_ends = seen[0] <= _AT_END * n + 1 and seen[-1] >= (1 - _AT_END) * n - 2
    is_whole = share >= _WHOLE and at_both_ends
    deepest = float(np.sort(depth)[int(0.9 * (n - 1))])
    if thickness <= max(2, _SLENDER * shorter):
        return is_whole or deepest <= _NEAR_EDGE * shorter
    return thickness <= _THICK * shorter and deepest <= _AT_EDGE * shorter and share >= _WHOLE


def _without_edges(marks: GrayPicture, depth: AnyArray) -> GrayPicture:
    """`marks` without long pieces that touch an edge of the sheet and stay near it."""
    _, piece_of, boxes, _ = cv2.connectedComponentsWithStats(marks, connectivity=8)
    rest, deepest = marks.copy(), _IN_FRAME * min(marks.shape)
    for piece, (left, top, width, height, _) in enumerate(boxes[1:], start=1):
        box = (slice(top, top + height), slice(left, left + width))
        is_piece = piece_of[box] == piece
        depths = depth[box][is_piece]
        if depths.min() > _TOUCHES or depths.max() > deepest:
            continue
        _, sides, _ = cv2.minAreaRect(np.stack(np.nonzero(is_piece), axis=1).astype(np.float32))
        if max(sides) + 1 >= _LONG * (min(sides) + 1):  # from the middles of pixels to their outsides
            rest[box][is_piece] = 0
    return rest
