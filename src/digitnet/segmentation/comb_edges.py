"""Edges of the boxes of a comb that were taken for ink: read, each of them would be a 1.

Where rules and straight pieces of ink that touch them enclose boxes of one width side by side, the ink that lies
between these boxes and around them is theirs. A 1 in a box would divide it into two of another width. Where there are
cells at all, such a piece far from them, at the edge of the picture, is the edge of a sheet.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.segmentation.components import INK_FROM
from digitnet.segmentation.table_grid import TableGrid, find_table_grid

__all__ = ["COMB_EDGE_LIMITS", "CombEdgeLimits", "comb_edges"]


class CombEdgeLimits(NamedTuple):
    """What is an edge of a box. Lengths are shares of the height of a digit; all are chosen by hand."""

    # Length of the level and upright stretches that straight ink consists of, and least share of its pixels in them.
    stretch: float = 0.4
    straight: float = 0.5
    # Greatest mean thickness of such ink.
    thin: float = 0.2
    # Distance in pixels from a rule up to which ink touches it.
    touching: int = 3
    # Least number of boxes, and least share of all cells of the page that are boxes.
    boxes: int = 2
    share: float = 0.7
    # Greatest ratio of the widths of boxes of which pieces of ink are edges.
    ratio: float = 1.35
    # Distance from the inside of a box up to which its edge reaches, and least share of a piece's pixels there.
    reach: float = 0.4
    inside: float = 0.8
    # Distance from the edge of the page, with its margin, up to which ink beside cells is an edge of the sheet; pixels.
    border: int = 24
    # Distance from the border of a box that rules alone enclose, from which ink in it was written.
    written: float = 0.12


COMB_EDGE_LIMITS = CombEdgeLimits()


def comb_edges(
    ink: GrayPicture, rules: GrayPicture, digit_height: float, limits: CombEdgeLimits = COMB_EDGE_LIMITS
) -> GrayPicture:
    """Find edges of boxes among ink.

    Args:
        ink: uint8 (height, width), 255 = ink.
        rules: uint8 (height, width), 255 on rules.
        digit_height: Typical height of a digit in pixels.
        limits: What is an edge.

    Returns:
        uint8 (height, width), 255 on edges.
    """
    nothing = np.zeros_like(ink)
    if not rules.any():
        return nothing
    strokes = np.asarray((ink >= INK_FROM) * np.uint8(1), np.uint8)
    n, labels, statistics, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    area = np.maximum(np.bincount(labels.ravel(), minlength=n), 1)
    side = 2 * limits.touching + 1
    near = np.asarray(cv2.dilate(rules, np.ones((side, side), np.uint8)), np.uint8) > 0
    is_piece = np.bincount(labels[near], minlength=n) > 0
    is_piece &= np.bincount(labels[_straight(strokes, digit_height, limits)], minlength=n) >= limits.straight * area
    is_piece &= area <= limits.thin * digit_height * statistics[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    is_piece[0] = False
    if not is_piece.any():
        return nothing
    alone = find_table_grid(rules, digit_height)
    joined = find_table_grid(np.where(is_piece[labels], np.uint8(255), rules), digit_height)
    grid = next((found for found in (joined, alone) if _is_comb(found, limits)), None)
    around = _at_edge(grid or alone, ink.shape, digit_height, limits)
    if grid is not None:
        around |= _around(grid, alone, ink.shape, digit_height, limits)
    is_edge = is_piece & (np.bincount(labels[around], minlength=n) >= limits.inside * area)
    return np.asarray(is_edge[labels] * np.uint8(255), np.uint8)


def _at_edge(
    grid: TableGrid | None, shape: tuple[int, ...], digit_height: float, limits: CombEdgeLimits
) -> NDArray[np.bool_]:
    """Pixels at the edge of the page that are far from all cells; none of a page without cells."""
    if grid is None or len(grid.positions) < limits.boxes:
        return np.zeros(shape, np.bool_)
    side = 2 * max(1, round(limits.reach * digit_height)) + 1
    found = cv2.dilate(_inside(grid, shape), np.ones((side, side), np.uint8)) == 0
    found[limits.border : -limits.border, limits.border : -limits.border] = False
    return np.asarray(found)


def _straight(strokes: GrayPicture, digit_height: float, limits: CombEdgeLimits) -> NDArray[np.bool_]:
    """Pixels of level and upright stretches, which may slope by as much as a stroke is thick."""
    length = max(3, round(limits.stretch * digit_height))
    thicker = cv2.dilate(strokes, np.ones((3, 3), np.uint8))
    level = cv2.morphologyEx(thicker, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    upright = cv2.morphologyEx(thicker, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    return np.asarray((np.maximum(level, upright) > 0) & (strokes > 0))


def _is_comb(grid: TableGrid | None, limits: CombEdgeLimits) -> bool:
    """Whether cells are boxes of one width."""
    if grid is None:
        return False
    is_box = grid.boxes >= 0
    if is_box.sum() < limits.boxes or is_box.mean() < limits.share:
        return False
    corners = grid.regions.corners[is_box]
    widths = np.hypot(*(corners[:, 1] - corners[:, 0]).T)
    return bool(widths.max() <= limits.ratio * widths.min())


def _inside(grid: TableGrid, shape: tuple[int, ...]) -> GrayPicture:
    """uint8 of the page, 1 in a cell."""
    inside = np.asarray((grid.regions.labels >= 0) * np.uint8(1), np.uint8)
    return np.asarray(cv2.resize(inside, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST), np.uint8)


def _around(
    grid: TableGrid, alone: TableGrid | None, shape: tuple[int, ...], digit_height: float, limits: CombEdgeLimits
) -> NDArray[np.bool_]:
    """Pixels of the page that are in no box, but near one; `alone` are the cells that rules alone enclose."""
    inside = _inside(grid, shape)
    side = 2 * max(1, round(limits.reach * digit_height)) + 1
    around = np.asarray(cv2.dilate(inside, np.ones((side, side), np.uint8)) > inside)
    if alone is not None and _is_comb(alone, limits) and len(alone.boxes) >= len(grid.boxes):
        # Rules alone enclose as many boxes: what stands in them was written.
        border = 2 * round(limits.written * digit_height) + 1
        around &= cv2.erode(_inside(alone, shape), np.ones((border, border), np.uint8)) == 0
    return around
