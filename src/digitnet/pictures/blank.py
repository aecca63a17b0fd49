"""Detection of blank sheets, whose ink is nothing but lines and edges of the paper itself.

Printed lines and folds are straight and run from one edge of the sheet to the other; remnants of the sheet's edge lie
along it. A handwritten 1 is thicker for its length, and keeps its distance from the edges.
"""

from typing import NamedTuple

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.line_detection import straight_lines

__all__ = ["BLANK_LIMITS", "BlankLimits", "is_blank"]

# Grey levels of ink from which a pixel is marked, where the darkest ink is 255: soft edges have less; chosen by hand.
_MARKED_FROM = 64
# Pixels a straight line's ends may be off the picture's sides after rounding; chosen by hand.
_ROUNDING = 2


class BlankLimits(NamedTuple):
    """Which lines and edges are the paper's own, and how much other ink a blank sheet may have.

    A line is the paper's own if it is slender and runs from edge to edge, if it is slender and near an edge, or if it
    is thick and at the very edge, as a strip of table is.
    """

    # Longer side in pixels of the reduced copy, or more, ...; chosen by hand.
    copy_side: int = 240
    # ... until its shorter side has this many pixels, so that strokes have a width; chosen by hand.
    copy_shorter_side: int = 120
    # Greatest share of all ink that is neither line nor edge; chosen on rendered pictures, docs/log.md 2026-11-28, "a
    # sheet with nothing but its own lines and edges".
    max_rest: float = 0.1
    # Least share of the sheet's width that a straight line covers to be examined; chosen by hand.
    min_votes: float = 0.6
    # Greatest thickness of a slender line as a share of the shorter side; chosen by hand.
    slender: float = 1 / 20
    # Least share of its length in which a line from edge to edge is marked; chosen by hand.
    whole_coverage: float = 0.9
    # Greatest distance of its ends from the sheet's edges, as a share of its length; chosen by hand.
    end_distance: float = 0.04
    # Greatest distance of a line near an edge from that edge, as a share of the shorter side; chosen by hand.
    near_edge: float = 0.3
    # Least share of its length in which such a line is marked; chosen by hand.
    near_edge_coverage: float = 0.75
    # Greatest distance of a thick line from the edge, as a share of the shorter side; chosen by hand.
    thick_edge: float = 0.15
    # Greatest thickness of a thick line as a share of the shorter side; chosen by hand.
    thick: float = 1 / 8
    # Share of its length in which a line is marked at the rows that count as its thickness; chosen by hand.
    thickness_coverage: float = 0.35
    # Distance in pixels from the edge of the sheet within which a remnant of an edge begins; chosen by hand.
    remnant_begins: float = 2.5
    # Greatest distance of such a remnant from the edge, as a share of the shorter side; chosen by hand.
    remnant_depth: float = 0.12
    # Least ratio of its length to its width; chosen by hand.
    remnant_elongation: float = 2.5


BLANK_LIMITS = BlankLimits()


def is_blank(
    ink: GrayPicture,
    inside: GrayPicture | None = None,
    with_lines: GrayPicture | None = None,
    limits: BlankLimits = BLANK_LIMITS,
) -> bool:
    """Whether ink is nothing but the paper's own lines and edges.

    Args:
        ink: uint8 (height, width), 0 = paper, 255 = ink.
        inside: uint8 (height, width), 255 on the sheet; None where it fills the picture.
        with_lines: The ink before ruled lines were removed, since whole lines are recognised better than their
            remnants; None where none were removed.
        limits: What counts as such a line or edge.

    Returns:
        True also where there is no ink at all.
    """
    small = _reduced(ink if with_lines is None else with_lines, limits)
    marks = _marks(small)
    sheet = np.full(small.shape, 255, np.uint8)
    if inside is not None:
        sheet = np.asarray(cv2.resize(inside, small.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
    padded = cv2.copyMakeBorder(sheet, 1, 1, 1, 1, cv2.BORDER_CONSTANT)  # outside the picture there is no sheet
    depth = np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1])
    without_level = _without_lines(marks, depth, limits)
    without_upright = _without_lines(np.ascontiguousarray(marks.T), np.ascontiguousarray(depth.T), limits).T
    rest = np.asarray(cv2.bitwise_and(without_level, np.ascontiguousarray(without_upright)), np.uint8)
    rest = _without_edges(rest, depth, limits)
    if with_lines is not None:
        small = _reduced(ink, limits)
        marks = _marks(small)
        rest = np.asarray(cv2.bitwise_and(rest, marks), np.uint8)
    return float(small[rest > 0].sum()) <= limits.max_rest * float(small[marks > 0].sum())


def _reduced(ink: GrayPicture, limits: BlankLimits) -> GrayPicture:
    """The copy that is examined."""
    scale = max(limits.copy_side / max(ink.shape), limits.copy_shorter_side / min(ink.shape))
    if scale >= 1:
        return ink
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)


def _marks(small: GrayPicture) -> GrayPicture:
    """A mask of the ink, relative to its darkest pixel: fine lines of a large picture are pale in its copy."""
    level = _MARKED_FROM * (int(small.max()) / 255)
    return np.asarray(cv2.threshold(small, level, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _without_lines(marks: GrayPicture, depth: AnyArray, limits: BlankLimits) -> GrayPicture:
    """`marks` without the paper's own lines from left to right; `depth` is the distance from the sheet's edge."""
    height, width = marks.shape
    shorter = min(height, width)
    wide = int((depth.max(axis=0) > 0).sum())
    reach = int(np.ceil(limits.thick * shorter))
    rest, columns = marks.copy(), np.arange(width)
    for ends in straight_lines(marks, max(2, round(limits.min_votes * wide))):
        rows = np.rint(np.linspace(*ends, width)).astype(np.intp)
        is_inside = (rows >= 0) & (rows < height)
        is_inside[is_inside] = depth[rows[is_inside], columns[is_inside]] > 0
        if is_inside.sum() < limits.min_votes * wide:
            continue
        own_rows, own_columns = rows[is_inside], columns[is_inside]
        around = own_rows[:, np.newaxis] + np.arange(-reach, reach + 1)
        samples = rest[np.clip(around, 0, height - 1), own_columns[:, np.newaxis]] > 0
        samples &= (around >= 0) & (around < height)
        first, last = _band(samples.mean(axis=0), reach, limits.thickness_coverage)
        is_marked = samples[:, reach - 1 : reach + 2].any(axis=1)
        if _is_of_paper(is_marked, last - first, depth[own_rows, own_columns], shorter, limits):
            band = around[:, max(0, first - _ROUNDING) : last + _ROUNDING]
            rest[np.clip(band, 0, height - 1), own_columns[:, np.newaxis]] = 0
    return rest


def _band(profile: AnyArray, middle: int, coverage: float) -> tuple[int, int]:
    """The range around the middle in which a line is marked on at least this share of its length."""
    first, last = middle, middle + 1
    while first > 0 and profile[first - 1] >= coverage:
        first -= 1
    while last < len(profile) and profile[last] >= coverage:
        last += 1
    return first, last


def _is_of_paper(is_marked: AnyArray, thickness: int, depth: AnyArray, shorter: int, limits: BlankLimits) -> bool:
    """Whether a line is the paper's own, by where it is marked and how far that is from the sheet's edge.

    Args:
        is_marked: bool (n,), along the line.
        thickness: Pixels.
        depth: float (n,), distance from the sheet's edge in pixels, along the line.
        shorter: The picture's shorter side in pixels.
        limits: What counts as such a line.
    """
    n, share = len(is_marked), float(is_marked.mean())
    marked = np.flatnonzero(is_marked)
    if share < limits.near_edge_coverage:
        return False
    at_both_ends = marked[0] <= limits.end_distance * n + 1 and marked[-1] >= (1 - limits.end_distance) * n - _ROUNDING
    is_whole = share >= limits.whole_coverage and at_both_ends
    deepest = float(np.sort(depth)[int(0.9 * (n - 1))])
    if thickness <= max(2, limits.slender * shorter):
        return is_whole or deepest <= limits.near_edge * shorter
    return (
        thickness <= limits.thick * shorter
        and deepest <= limits.thick_edge * shorter
        and share >= limits.whole_coverage
    )


def _without_edges(marks: GrayPicture, depth: AnyArray, limits: BlankLimits) -> GrayPicture:
    """`marks` without elongated connected components that touch an edge of the sheet and stay near it."""
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(marks, connectivity=8)
    rest, deepest = marks.copy(), limits.remnant_depth * min(marks.shape)
    for label, (left, top, width, height, _) in enumerate(boxes[1:], start=1):
        box = (slice(top, top + height), slice(left, left + width))
        is_own = labels[box] == label
        depths = depth[box][is_own]
        if depths.min() > limits.remnant_begins or depths.max() > deepest:
            continue
        _, sides, _ = cv2.minAreaRect(np.stack(np.nonzero(is_own), axis=1).astype(np.float32))
        if max(sides) + 1 >= limits.remnant_elongation * (
            min(sides) + 1
        ):  # from the centres of pixels to their outer edges
            rest[box][is_own] = 0
    return rest
