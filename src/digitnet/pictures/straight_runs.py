"""How far what is dark goes on straight: rules go on for long, strokes of digits soon bend or end."""

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["RUN_REDUCTION", "straight_runs"]

_Mask = NDArray[np.bool_]

# Pixels of the picture for each row and column of the runs; chosen by hand.
RUN_REDUCTION = 2
# Slopes along which runs are followed, up to 16 degrees: between two of them a line three pixels thick is followed for
# 75 pixels; chosen by hand.
_SLOPES = tuple(step / 25 for step in range(-7, 8))
# Reduced pixels of a gap that does not end a run; chosen by hand.
_GAP = 2
# Greatest length in pixels that is told from longer ones, so that it fits into uint8.
_LONGEST = 255
# Reduced pixels, of all slopes together, that are followed in one go: it bounds the memory of large pictures.
_PIXELS_AT_ONCE = 1 << 23
_NEAREST = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP


def straight_runs(is_dark: _Mask) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The longest straight run of dark pixels through each pixel, nearly level and nearly upright.

    Args:
        is_dark: bool (height, width).

    Returns:
        Two uint8 (rows, columns), each for `RUN_REDUCTION` pixels either way: lengths in pixels, 255 for all longer
        ones, 0 where nothing is dark.
    """
    height, width = (-(-side // RUN_REDUCTION) for side in is_dark.shape)
    padded = np.zeros((height * RUN_REDUCTION, width * RUN_REDUCTION), np.bool_)
    padded[: is_dark.shape[0], : is_dark.shape[1]] = is_dark
    small = padded.reshape(height, RUN_REDUCTION, width, RUN_REDUCTION).any(axis=(1, 3))
    upright = _upright_runs(np.asarray(small, np.uint8))
    level = _upright_runs(np.ascontiguousarray(small.T, np.uint8)).T
    return np.ascontiguousarray(level), upright


def _upright_runs(is_dark: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The longest run through each pixel of a reduced picture, from row to row."""
    height, width = is_dark.shape
    longest = np.zeros((height, width), np.uint8)
    if not is_dark.any():
        return longest
    # A line may be a pixel off where rows are shifted by whole pixels.
    thick = np.asarray(cv2.dilate(is_dark, np.ones((1, 3), np.uint8)), np.uint8)
    for first in range(0, len(_SLOPES), at_once := max(1, _PIXELS_AT_ONCE // is_dark.size)):
        shears = [np.array([[1, slope, -slope * height / 2], [0, 1, 0]]) for slope in _SLOPES[first : first + at_once]]
        runs = _runs_of_columns(np.hstack([_sheared(thick, shear) for shear in shears]))
        for place, shear in enumerate(shears):
            shear[0, 1:] *= -1
            np.maximum(longest, _sheared(runs[:, place * width : (place + 1) * width], shear), out=longest)
    return np.asarray(longest * is_dark, np.uint8)


def _sheared(plane: NDArray[np.uint8], shear: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.asarray(cv2.warpAffine(plane, shear, plane.shape[::-1], flags=_NEAREST), np.uint8)


def _runs_of_columns(is_dark: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """For each pixel the length, in pixels of the picture, of the run of its column; 0 outside of one."""
    padded = cv2.copyMakeBorder(is_dark, _GAP, _GAP, 0, 0, cv2.BORDER_CONSTANT, value=(0,))
    gaps_closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((_GAP + 1, 1), np.uint8))
    closed = np.asarray(gaps_closed, np.uint8)[_GAP:-_GAP]
    lengths = _counted(closed) + _counted(closed[::-1])[::-1] - closed
    return np.asarray(cv2.add(lengths, lengths), np.uint8)  # RUN_REDUCTION of them; more than 255 are 255


def _counted(is_dark: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """For each pixel how many of its column, from itself upwards, are dark without a gap; 128 for more."""
    most = np.full(is_dark.shape[1], _LONGEST // RUN_REDUCTION, np.uint8)
    everything = is_dark * np.uint8(255)
    counts = np.empty_like(is_dark)
    above = np.zeros_like(most)
    for row in range(len(counts)):
        count = counts[row]
        np.minimum(above, most, out=count)
        count += 1
        count &= everything[row]
        above = count
    return counts
