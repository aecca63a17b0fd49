"""Estimation of a page's slope, and grouping of components into lines."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["LINE_LIMITS", "Boxes", "LineLimits", "group_into_lines", "page_slope"]


class LineLimits(NamedTuple):
    """How steep lines may be, and which components belong to one line."""

    # Greatest slope in degrees; a steeper page is turned another way up; chosen by hand.
    max_slope: int = 25
    # Step in degrees between the slopes that are tried; chosen by hand.
    slope_step: int = 1
    # Slope in degrees that costs as much as half of a digit's height where there are three digits, which prefers level
    # lines if few digits tell; chosen by hand.
    slope_scale: float = 15.0
    # Least height of a component, as a share of the typical height, to estimate the slope from it; chosen by hand.
    tall: float = 0.5
    # Standard deviation in degrees of the slopes of people's lines and of cameras; chosen by hand.
    slope_deviation: float = 5.0
    # Standard deviation of the distance of digits from their line, as a share of a digit's height; chosen by hand.
    offset_deviation: float = 0.12
    # Least overlap of two neighbours in one line, as a share of the lower one's height; chosen by hand.
    min_overlap: float = 0.5
    # Least height of a component, as a share of the typical height, to form a line; lines of lower ones are dust;
    # chosen by hand.
    min_height: float = 0.3
    # Distance above or below a neighbour at which a low component still belongs to its line, as a share of the
    # neighbour's height, such as the bar of a 5; chosen by hand.
    slack: float = 0.25


LINE_LIMITS = LineLimits()

Boxes = NDArray[np.float64]  # (n, 4): left, top, width, height


def page_slope(boxes: Boxes, digit_height: float, limits: LineLimits = LINE_LIMITS) -> float:
    """Estimate the slope of a page's lines.

    Projected along their own slope, lines cover the least height of the page. Where there are few digits the estimate
    is shrunken towards 0, because writers and cameras slope little, and digits stand off their line.

    Args:
        boxes: (n, 4) left, top, width, height of each component.
        digit_height: Typical height of a digit in pixels.
        limits: Which slopes are expected.

    Returns:
        Degrees, within 25 of 0; above 0 where lines fall to the right.
    """
    tall = boxes[boxes[:, 3] >= limits.tall * digit_height]
    if len(tall) < 2:
        return 0.0
    slopes = np.arange(-limits.max_slope, limits.max_slope + 1, limits.slope_step)
    heights = np.array([_covered_height(tall, math.radians(slope)) for slope in slopes])
    cost = heights / digit_height + 0.5 * (slopes / limits.slope_scale) ** 2 * 3 / len(tall)
    coarse = float(slopes[np.argmin(cost)])
    lines = group_into_lines(boxes, digit_height, coarse, limits)
    return _shrunken_slope(boxes, lines, digit_height, limits)


def group_into_lines(
    boxes: Boxes, digit_height: float, slope: float, limits: LineLimits = LINE_LIMITS
) -> list[list[int]]:
    """Group components into lines.

    A component is linked to its nearest neighbour on the right that overlaps it in height, along the slope; linked
    components are a line. Low ones, such as the bar of a 5, are not linked; they join the line that they stand in.

    Args:
        boxes: (n, 4) left, top, width, height of each component.
        digit_height: Typical height of a digit in pixels.
        slope: Slope of the lines in degrees.
        limits: Which components belong to one line.

    Returns:
        For each line, from the top of the page down, the numbers of its components from left to right.
    """
    along, tops = _levelled(boxes, math.radians(slope))
    bottoms = tops + boxes[:, 3]
    tall = np.flatnonzero(boxes[:, 3] >= limits.min_height * digit_height)
    if not len(tall):
        return []
    line_of = _linked(along, tops, bottoms, tall, limits.min_overlap)
    lines: dict[int, list[int]] = {}
    for number, line in zip(tall.tolist(), line_of, strict=True):
        lines.setdefault(line, []).append(number)
    _add_low_components(lines, along, tops, bottoms, limits.slack)
    ordered = sorted(lines.values(), key=lambda line: float(np.mean(tops[line] + bottoms[line])))
    return [sorted(line, key=lambda number: along[number]) for line in ordered]


def _levelled(boxes: Boxes, slope: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres along the lines, and tops once the slope is taken away, (n,) each."""
    centres = boxes[:, 0] + boxes[:, 2] / 2
    return centres, boxes[:, 1] - math.tan(slope) * centres


def _covered_height(boxes: Boxes, slope: float) -> float:
    """The height that the boxes cover together in a projection along the slope."""
    _, tops = _levelled(boxes, slope)
    order = np.argsort(tops)
    bottoms = (tops + boxes[:, 3])[order]
    reached = np.maximum.accumulate(bottoms)
    starts = np.maximum(tops[order], np.concatenate([[-np.inf], reached[:-1]]))
    return float(np.maximum(bottoms - starts, 0).sum())


def _shrunken_slope(boxes: Boxes, lines: list[list[int]], digit_height: float, limits: LineLimits) -> float:
    """The common slope of all lines by least squares, in degrees, shrunken by how uncertain it is."""
    spread = product = 0.0
    for line in lines:
        tall = [number for number in line if boxes[number, 3] >= limits.tall * digit_height]
        across = boxes[tall, 0] + boxes[tall, 2] / 2
        down = boxes[tall, 1] + boxes[tall, 3] / 2
        across, down = across - across.mean() if tall else across, down - down.mean() if tall else down
        spread += float(across @ across)
        product += float(across @ down)
    if spread == 0:
        return 0.0
    variance = (limits.offset_deviation * digit_height) ** 2 / spread  # of the fitted tangent
    expected = math.tan(math.radians(limits.slope_deviation)) ** 2
    return math.degrees(math.atan(product / spread * expected / (expected + variance)))


def _linked(
    along: NDArray[np.float64],
    tops: NDArray[np.float64],
    bottoms: NDArray[np.float64],
    tall: NDArray[np.intp],
    min_overlap: float,
) -> list[int]:
    """The line of each tall component, as the number of one of its components (a union-find structure)."""
    order = tall[np.argsort(along[tall], kind="stable")]
    parent = {int(number): int(number) for number in order}

    def root(number: int) -> int:
        while parent[number] != number:
            number = parent[number]
        return number

    heights = bottoms - tops
    for position, number in enumerate(order[:-1]):
        others = order[position + 1 :]
        overlap = np.minimum(bottoms[others], bottoms[number]) - np.maximum(tops[others], tops[number])
        is_level = overlap >= min_overlap * np.minimum(heights[others], heights[number])
        if is_level.any():
            parent[root(int(others[is_level.argmax()]))] = root(int(number))
    return [root(int(number)) for number in tall]


def _add_low_components(
    lines: dict[int, list[int]],
    along: NDArray[np.float64],
    tops: NDArray[np.float64],
    bottoms: NDArray[np.float64],
    slack: float,
) -> None:
    """Add each component that is in no line yet to the line of the nearest one that it stands beside, if any."""
    members = np.array([number for numbers in lines.values() for number in numbers])
    line_of = [line for line, numbers in lines.items() for _ in numbers]
    heights = bottoms[members] - tops[members]
    for number in sorted(set(range(len(along))) - set(members.tolist())):
        centre = (tops[number] + bottoms[number]) / 2
        distance = np.abs(along[members] - along[number])
        is_beside = (centre >= tops[members] - slack * heights) & (centre <= bottoms[members] + slack * heights)
        is_beside &= distance <= heights
        if is_beside.any():
            lines[line_of[int(np.where(is_beside, distance, np.inf).argmin())]].append(number)
