"""Detection of the cells of ruled tables, combs and boxes: regions that rules enclose."""

from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, GrayPicture

__all__ = ["CELL_LIMITS", "CellLimits", "CellRegions", "Corners", "find_cell_regions"]

Corners: TypeAlias = NDArray[np.float64]  # (n, 4, 2): x and y of upper left, upper right, lower right, lower left


class CellLimits(NamedTuple):
    """What is a rule, and what is a cell. Lengths are shares of the height of a digit; all are chosen by hand."""

    # Height in pixels of a digit on the copy on which cells are found.
    coarse_height: float = 16.0
    # Longest side in pixels of that copy, so that the largest pages take no seconds.
    max_side: float = 1000.0
    # Share of a pixel of that copy that rules must cover to count.
    cover: float = 0.2
    # Greatest side of specks, which do not count: paper has more of them than rules that are drawn have gaps.
    speck: float = 0.4
    # Length of the stretch of a rule that tells its direction, and the least share of it that is marked.
    stretch: float = 0.75
    stretch_share: float = 0.6
    # Length of the segment around each pixel in which rules are counted, and their least share of it: a gap within a
    # rule may be a little longer than half of the segment.
    segment: float = 2.5
    share: float = 0.4
    # Greatest slope of a rule in degrees, and the step between the slopes that are tried.
    max_slope: float = 15.0
    slope_step: float = 3.75
    # Sides between which the inside of a cell lies. What is taller is the frame of a page.
    min_width: float = 0.4
    min_height: float = 0.5
    max_height: float = 6.0
    # Least share of the quadrilateral between its corners that a cell fills.
    fill: float = 0.7
    # Cells from which a picture shows hatching, not a table.
    max_cells: int = 5000


CELL_LIMITS = CellLimits()


class CellRegions(NamedTuple):
    """The cells of a page, on a smaller copy of it.

    Attributes:
        labels: int32 (height, width), the number of the cell of each pixel, from 0; -1 outside of all cells.
        corners: Of each cell, in pixels of the page.
        scale: Pixels of the copy for each pixel of the page.
    """

    labels: NDArray[np.int32]
    corners: Corners
    scale: float


def find_cell_regions(rules: GrayPicture, digit_height: float, limits: CellLimits = CELL_LIMITS) -> CellRegions | None:
    """Find regions that are enclosed by rules, which may slope, bend a little and have gaps.

    Args:
        rules: uint8 (height, width), 255 on rules.
        digit_height: Typical height of a digit in pixels.
        limits: What is a rule, and what is a cell.

    Returns:
        The regions that have the size and the shape of a cell, from the top down; None where there are none.
    """
    if not rules.any():
        return None
    scale = min(1.0, limits.coarse_height / digit_height, limits.max_side / max(rules.shape))
    size = [max(1, round(side * scale)) for side in rules.shape[::-1]]
    coarse = cv2.resize(rules, size, interpolation=cv2.INTER_AREA)
    marks = cv2.dilate(np.asarray((coarse >= 255 * limits.cover) * np.uint8(255), np.uint8), np.ones((3, 3), np.uint8))
    marks = _without_specks(np.asarray(marks, np.uint8), limits.speck * digit_height * scale)
    paper = np.asarray(~_closed_rules(marks, digit_height * scale, limits) * np.uint8(1), np.uint8)
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(paper, connectivity=4)
    kept = _plausible_boxes(statistics, paper.shape, digit_height * scale, limits)
    if not len(kept) or len(kept) > limits.max_cells:
        return None
    corners = _corners(np.asarray(labels), len(statistics))[kept]
    is_cell = _fills_its_corners(corners, statistics[kept, cv2.CC_STAT_AREA], digit_height * scale, limits)
    kept, corners = kept[is_cell], corners[is_cell]
    if not len(kept):
        return None
    number = np.full(len(statistics), -1, np.int32)
    number[kept] = np.arange(len(kept))
    return CellRegions(number[labels], (corners + 0.5) / scale, scale)


def _without_specks(marks: GrayPicture, side: float) -> GrayPicture:
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(marks, connectivity=8)
    is_large = statistics[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) > side
    return np.asarray(np.where(is_large[labels], marks, 0), np.uint8)


def _closed_rules(marks: GrayPicture, digit_height: float, limits: CellLimits) -> NDArray[np.bool_]:
    """Marks that lie along level or upright lines, with the gaps along these lines closed."""
    level = _closed_along(marks, digit_height, limits)
    upright = _closed_along(np.ascontiguousarray(marks.T), digit_height, limits).T
    return np.asarray(level | upright)


def _closed_along(marks: GrayPicture, digit_height: float, limits: CellLimits) -> NDArray[np.bool_]:
    """Marks that lie along lines from left to right, with the gaps along these lines closed.

    Marks of the other direction are left out first: those of a row of narrow boxes would add up to a level rule.
    Slopes far from that of most rules are left out too: a thick rule would grow thicker by them.
    """
    short, long = (max(3, round(share * digit_height)) for share in (limits.stretch, limits.segment))
    slopes = np.deg2rad(np.arange(-limits.max_slope, limits.max_slope + 0.01, limits.slope_step)).tolist()
    along = [cv2.filter2D(marks, -1, _segment_kernel(short, slope), borderType=cv2.BORDER_CONSTANT) for slope in slopes]
    is_along = np.max(along, axis=0) >= 255 * limits.stretch_share
    own = np.asarray(np.where(is_along, marks, 0), np.uint8)
    shares = [cv2.filter2D(own, -1, _segment_kernel(long, slope), borderType=cv2.BORDER_CONSTANT) for slope in slopes]
    usual = int(np.argmax([np.square(share, dtype=np.float32).sum() for share in shares]))
    near = np.max(shares[max(0, usual - 1) : usual + 2], axis=0)
    return np.asarray((own > 0) | (near >= 255 * limits.share))


def _segment_kernel(length: int, slope: float) -> NDArray[np.float32]:
    """The mean over a segment, from left to right."""
    half = length // 2
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    across = np.arange(-half, half + 1)
    kernel[half + np.rint(across * np.tan(slope)).astype(int), half + across] = 1 / len(across)
    return kernel


def _plausible_boxes(
    statistics: AnyArray, shape: tuple[int, ...], digit_height: float, limits: CellLimits
) -> NDArray[np.intp]:
    """Numbers of the components that do not touch the border and are neither too small nor far too large."""
    left, top, width, height, area = statistics.T
    is_inside = (left > 0) & (top > 0) & (left + width < shape[1]) & (top + height < shape[0])
    least = limits.min_width * limits.min_height * digit_height**2
    # A sloping cell is a part of its width taller than its sides.
    most = limits.max_height * digit_height + width * np.tan(np.deg2rad(limits.max_slope))
    found = np.flatnonzero(is_inside & (area >= least) & (height <= most))
    return found[found > 0]  # 0 are the rules themselves


def _corners(labels: NDArray[np.int32], count: int) -> Corners:
    """The outermost pixels of each component along both diagonals."""
    height, width = labels.shape
    pixels = np.argsort(labels, axis=None, kind="stable")
    y, x = np.divmod(pixels, width)
    starts = np.searchsorted(labels.ravel()[pixels], np.arange(count))
    place = np.arange(len(pixels))
    found = []
    for far in (x + y, y - x, -x - y, x - y):
        # The farthest, and of those the first: both in one whole number.
        best = np.minimum.reduceat((far + height + width) * len(pixels) + place, np.minimum(starts, len(pixels) - 1))
        found.append(np.column_stack([x, y])[best % len(pixels)])
    return np.stack(found, axis=1).astype(np.float64)


def _fills_its_corners(corners: Corners, areas: AnyArray, digit_height: float, limits: CellLimits) -> NDArray[np.bool_]:
    """Which regions fill the quadrilateral between their corners, and have sides of the size of a cell's."""
    x, y = corners[..., 0], corners[..., 1]
    quadrilateral = 0.5 * abs((x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1)).sum(axis=1))
    sides = np.hypot(*(np.roll(corners, -1, axis=1) - corners).transpose(2, 0, 1)) + 1
    width, height = sides[:, 0::2].mean(axis=1), sides[:, 1::2].mean(axis=1)
    # Corners are centres of pixels: half a pixel is missing on every side.
    is_full = areas >= limits.fill * (quadrilateral + width + height)
    is_large = (width >= limits.min_width * digit_height) & (height >= limits.min_height * digit_height)
    return np.asarray(is_full & is_large & (height <= limits.max_height * digit_height))
