"""Which pieces stand in one line, and how much the lines of a page slope."""

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["group_into_lines", "page_slope"]

_STEEPEST = 25  # degrees; more is not a slope, it is another way up
_SLOPE_STEP = 1  # degrees
_TALL_SHARE = 0.5  # of the typical height; lower pieces say nothing about where lines are
_LINK_OVERLAP = 0.5  # of the lower of two neighbours' heights
_HAND_SLOPE = 5.0  # degrees; standard deviation of how people and cameras slope
_HAND_OFFSET = 0.12  # of a digit's height; standard deviation of how far digits stand off their line
_SLACK = 0.25  # of the neighbour's height; a bar of a 5 may float that far above it
_LINE_HEIGHT_SHARE = 0.3  # of the page's typical height; a line of lower pieces is dust

Boxes = NDArray[np.float64]  # (n, 4): left, top, width, height


def page_slope(boxes: Boxes, digit_height: float) -> float:
    """How much the lines of a page slope.

    Lines seen at their own slope cover the least height of the page. Where few digits tell, the slope is taken for
    less than it seems, because writers and cameras slope little, and digits stand off their line.

    Args:
        boxes: (n, 4) left, top, width, height of each piece.
        digit_height: How high a digit is about.

    Returns:
        Degrees, within 25 of 0; above 0 where lines fall to the right.
    """
    tall = boxes[boxes[:, 3] >= _TALL_SHARE * digit_height]
    if len(tall) < 2:
        return 0.0
    slopes = np.arange(-_STEEPEST, _STEEPEST + 1, _SLOPE_STEP)
    heights = np.array([_covered_height(tall, math.radians(slope)) for slope in slopes])
    cost = heights / digit_height + 0.5 * (slopes / 15) ** 2 * 3 / len(tall)
    coarse = float(slopes[np.argmin(cost)])
    lines = group_into_lines(boxes, digit_height, coarse)
    return _shrunken_slope(boxes, lines, digit_height)


def group_into_lines(boxes: Boxes, digit_height: float, slope: float) -> list[list[int]]:
    """Put pieces into lines.

    A piece is linked to its nearest neighbour on the right that overlaps it in height, along the slope; what is
    linked is a line. Low pieces, such as the bar of a 5, do not link; they belong to the line they are in.

    Args:
        boxes: (n, 4) left, top, width, height of each piece.
        digit_height: How high a digit is about.
        slope: Degrees, of the lines.

    Returns:
        For each line, from the top of the page down, the numbers of its pieces from left to right.
    """
    along, tops = _levelled(boxes, math.radians(slope))
    bottoms = tops + boxes[:, 3]
    tall = np.flatnonzero(boxes[:, 3] >= _LINE_HEIGHT_SHARE * digit_height)
    if not len(tall):
        return []
    line_of = _linked(along, tops, bottoms, tall)
    lines: dict[int, list[int]] = {}
    for piece, line in zip(tall.tolist(), line_of, strict=True):
        lines.setdefault(line, []).append(piece)
    _add_low_pieces(lines, along, tops, bottoms, set(tall.tolist()))
    ordered = sorted(lines.values(), key=lambda line: float(np.mean(tops[line] + bottoms[line])))
    return [sorted(line, key=lambda piece: along[piece]) for line in ordered]


def _levelled(boxes: Boxes, slope: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middles along the lines, and tops seen from a level line, (n,) each."""
    middles = boxes[:, 0] + boxes[:, 2] / 2
    return middles, boxes[:, 1] - math.tan(slope) * middles


def _covered_height(boxes: Boxes, slope: float) -> float:
    """The height of the union of all boxes' rows, along a slope."""
    _, tops = _levelled(boxes, slope)
    order = np.argsort(tops)
    bottoms = (tops + boxes[:, 3])[order]
    reached = np.maximum.accumulate(bottoms)
    starts = np.maximum(tops[order], np.concatenate([[-np.inf], reached[:-1]]))
    return float(np.maximum(bottoms - starts, 0).sum())


def _shrunken_slope(boxes: Boxes, lines: list[list[int]], digit_height: float) -> float:
    """The common slope of all lines by least squares, in degrees, as far as their digits can tell."""
    spread = product = 0.0
    for line in lines:
        tall = [piece for piece in line if boxes[piece, 3] >= _TALL_SHARE * digit_height]
        across = boxes[tall, 0] + boxes[tall, 2] / 2
        down = boxes[tall, 1] + boxes[tall, 3] / 2
        across, down = across - across.mean() if tall else across, down - down.mean() if tall else down
        spread += float(across @ across)
        product += float(across @ down)
    if spread == 0:
        return 0.0
    variance = (_HAND_OFFSET * digit_height) ** 2 / spread  # of the fitted tangent
    expected = math.tan(math.radians(_HAND_SLOPE)) ** 2
    return math.degrees(math.atan(product / spread * expected / (expected + variance)))


def _linked(
    along: NDArray[np.float64], tops: NDArray[np.float64], bottoms: NDArray[np.float64], tall: NDArray[np.intp]
) -> list[int]:
    """The line of each tall piece, as the number of one of its pieces."""
    order = tall[np.argsort(along[tall], kind="stable")]
    parent = {int(piece): int(piece) for piece in order}

    def root(piece: int) -> int:
        while parent[piece] != piece:
            piece = parent[piece]
        return piece

    heights = bottoms - tops
    for position, piece in enumerate(order[:-1]):
        others = order[position + 1 :]
        overlap = np.minimum(bottoms[others], bottoms[piece]) - np.maximum(tops[others], tops[piece])
        is_level = overlap >= _LINK_OVERLAP * np.minimum(heights[others], heights[piece])
        if is_level.any():
            parent[root(int(others[is_level.argmax()]))] = root(int(piece))
    return [root(int(piece)) for piece in tall]


def _add_low_pieces(
    lines: dict[int, list[int]],
    along: NDArray[np.float64],
    tops: NDArray[np.float64],
    bottoms: NDArray[np.float64],
    placed: set[int],
) -> None:
    """Put each piece that is in no line yet into the line of the nearest one that it stands beside, if any."""
    members = np.array([piece for pieces in lines.values() for piece in pieces])
    line_of = [line for line, pieces in lines.items() for _ in pieces]
    heights = bottoms[members] - tops[members]
    for piece in range(len(along)):
        if piece in placed:
            continue
        middle = (tops[piece] + bottoms[piece]) / 2
        distance = np.abs(along[members] - along[piece])
        is_beside = (middle >= tops[members] - _SLACK * heights) & (middle <= bottoms[members] + _SLACK * heights)
        is_beside &= distance <= heights
        if is_beside.any():
            lines[line_of[int(np.where(is_beside, distance, np.inf).argmin())]].append(piece)
