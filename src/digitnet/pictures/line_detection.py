"""Detection of straight lines by a Hough transform."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from digitnet.arrays import GrayPicture

__all__ = ["LINE_DETECTION_LIMITS", "LineDetectionLimits", "straight_lines"]

# Slopes of ruled lines reach this far to either side, in radians: 17 degrees. With 24 degrees the edge of a sharp
# shadow was taken for one (docs/log.md 2026-11-28, "hard rendered pictures, looked at").
_STEEPEST_SLOPE = 0.3


class LineDetectionLimits(NamedTuple):
    """What the Hough transform accepts as a straight line."""

    # Resolution in radians, a quarter of a degree, so that a line is off by two pixels after 480; chosen by hand.
    angle_step: float = np.pi / 720
    # Lines of one direction that are kept, more than any paper has; chosen by hand.
    max_lines: int = 120
    # Pixels between two lines, averaged over their ends; chosen by hand.
    min_distance: float = 3.0


LINE_DETECTION_LIMITS = LineDetectionLimits()


def straight_lines(
    marks: GrayPicture,
    votes: int,
    slopes: tuple[float, float] = (-_STEEPEST_SLOPE, _STEEPEST_SLOPE),
    known: Sequence[tuple[float, float]] = (),
    limits: LineDetectionLimits = LINE_DETECTION_LIMITS,
) -> list[tuple[float, float]]:
    """Detect straight lines from left to right by a Hough transform.

    Args:
        marks: uint8 (height, width), not 0 where there is a mark.
        votes: Least number of marked pixels of a line.
        slopes: Least and greatest slope in radians.
        known: Lines that are known already.
        limits: What counts as a line.

    Returns:
        The row of each line in the first and in the last column, best lines first; each line once, and none that is
        known.

    Source:
        R. O. Duda, P. E. Hart, Communications of the ACM 15 (1972), 11-15.
    """
    low, high = (np.pi / 2 + slope for slope in slopes)
    found = cv2.HoughLines(marks, 1, limits.angle_step, votes, min_theta=low, max_theta=high)
    kept: list[tuple[float, float]] = []
    for rho, theta in [] if found is None else found.reshape(-1, found.shape[-1])[:, :2].tolist():
        left, right = rho / np.sin(theta), (rho - (marks.shape[1] - 1) * np.cos(theta)) / np.sin(theta)
        if all(abs(left - a) + abs(right - b) > 2 * limits.min_distance for a, b in (*known, *kept)):
            kept.append((left, right))
            if len(kept) == limits.max_lines:
                break
    return kept
