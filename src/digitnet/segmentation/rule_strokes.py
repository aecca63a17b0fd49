"""Strokes of digits that were taken for rules: a 1 beside the frame of a table, or a digit that touches it.

The grid of a table tells where its rules are. What was taken for one, but lies inside a cell, and is as tall as a digit
and no taller, is a stroke.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.pictures.mnist_frame import Box
from digitnet.segmentation.table_grid import TableGrid

__all__ = ["RULE_STROKE_LIMITS", "RuleStrokeLimits", "strokes_among_rules"]


class RuleStrokeLimits(NamedTuple):
    """What of the rules is a stroke. Lengths are shares of a digit's height, but `thick`; all are chosen by hand."""

    # Distance from the middle of a rule from which there is no rule; how far a stroke goes on towards one from there,
    # and up to which distance.
    inside: float = 0.14
    grows: float = 0.1
    near: float = 0.07
    # Least and greatest height of what lies farther inside, and its greatest width.
    min_height: float = 0.4
    max_height: float = 1.5
    max_width: float = 1.2
    # Gap that is closed within a stroke.
    gap: float = 0.08
    # Pixels across, and least share of a piece that is as thick: the pixel network sees two by two pixels at once, and
    # no square of paper is thicker (docs/log.md, 2026-12-01, "doubt for each cell, and edges of combs").
    thick: int = 3
    thick_share: float = 0.5
    # Distance from both rules of a row, below which a thin piece goes from one to the other: a rule that divides cells.
    at_rule: float = 0.2
    # Greatest width of such a piece.
    thin: float = 0.3
    # By how much rules are thicker where a stroke lies beside one, how far beside it and beyond its ends that is looked
    # at, and share of that width from which there is a level rule.
    excess: float = 0.06
    beside: float = 0.35
    beyond: float = 1.0
    level: float = 0.8


RULE_STROKE_LIMITS = RuleStrokeLimits()


def strokes_among_rules(
    rules: GrayPicture, grid: TableGrid, digit_height: float, limits: RuleStrokeLimits = RULE_STROKE_LIMITS
) -> GrayPicture:
    """Find strokes of digits among what was taken for rules.

    Args:
        rules: uint8 (height, width), 255 on rules.
        grid: The cells of the page.
        digit_height: Typical height of a digit in pixels.
        limits: What is a stroke.

    Returns:
        uint8 (height, width), 255 on strokes.
    """
    found = np.zeros_like(rules)
    down, across = np.nonzero(rules)
    if not len(down):
        return found
    points = np.column_stack([across, down]).astype(np.float64) + 0.5
    depth = grid.from_rules(points) / digit_height
    core, near = np.zeros_like(rules), np.zeros_like(rules)
    core[down, across] = (depth.min(axis=1) > limits.inside) * np.uint8(1)
    near[down, across] = (depth.min(axis=1) > limits.near) * np.uint8(1)
    to_row = np.full(rules.shape, np.inf, np.float32)
    to_row[down, across] = depth[:, 0]
    side = 2 * max(1, round(limits.gap * digit_height / 2)) + 1
    joined = cv2.dilate(core, np.ones((side, side), np.uint8))
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    for number in range(1, len(statistics)):
        left, top, width, height = statistics[number, :4].tolist()
        window = (slice(top, top + height), slice(left, left + width))
        own = np.asarray(core[window] & (labels[window] == number), np.uint8)
        left, top, width, height = cv2.boundingRect(own)
        box = (left + window[1].start, top + window[0].start, width, height)
        if (
            limits.min_height * digit_height <= height <= limits.max_height * digit_height
            and width <= limits.max_width * digit_height
            and _thick_share(own, limits.thick) >= limits.thick_share
            and not _goes_from_rule_to_rule(own, to_row[window], width / digit_height, limits)
            and _excess(rules, box, digit_height, limits) >= limits.excess
        ):
            found[window] |= own
    reach = 2 * max(1, round(limits.grows * digit_height)) + 1
    grown = np.asarray(cv2.dilate(found, np.ones((reach, reach), np.uint8)), np.uint8) & near
    return np.asarray(np.maximum(found, grown) * np.uint8(255), np.uint8)


def _thick_share(piece: GrayPicture, thick: int) -> float:
    """The part of a piece that is so many pixels thick."""
    padded = cv2.copyMakeBorder(piece, thick, thick, thick, thick, cv2.BORDER_CONSTANT)
    opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, np.ones((thick, thick), np.uint8))
    return float(opened.sum() / piece.sum())


def _goes_from_rule_to_rule(
    piece: GrayPicture, depth: NDArray[np.float32], width: float, limits: RuleStrokeLimits
) -> bool:
    """Whether a thin piece has one rule of its row at its upper end and the other one at its lower end."""
    rows = np.flatnonzero(piece.any(axis=1))
    upper, lower = (float(depth[row][piece[row] > 0].min()) for row in rows[[0, -1]])
    return width < limits.thin and max(upper, lower) < limits.at_rule


def _excess(rules: GrayPicture, box: Box, digit_height: float, limits: RuleStrokeLimits) -> float:
    """How much thicker the rules around a piece are than above and below it, in heights of a digit."""
    left, top, width, height = box
    beside, beyond = round(limits.beside * digit_height), round(limits.beyond * digit_height)
    columns = slice(max(0, left - beside), left + width + beside)
    first = max(0, top - beyond)
    counts = (rules[first : top + height + beyond, columns] > 0).sum(axis=1)
    is_level = counts > limits.level * (columns.stop - columns.start)
    is_own = np.zeros(len(counts), np.bool_)
    is_own[top - first : top - first + height] = True
    own, others = counts[is_own & ~is_level], counts[~is_own & ~is_level]
    if not len(own):
        return 0.0
    return float(np.median(own) - (np.median(others) if len(others) else 0)) / digit_height
