"""What the character network sees of a group of segments: its ink in MNIST's frame, and the line around it."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.segmentation.lattice import Group

__all__ = ["NUM_FEATURES", "character_features", "line_centres"]

# Rows and columns of the window around a group, and the rows that the line's height fills; chosen by hand.
_ROWS, _COLUMNS, _LINE_ROWS = 20, 36, 12
NUM_FEATURES = 28 * 28 + 2 * _ROWS * _COLUMNS + 2


def line_centres(boxes: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """The row of a line's middle at some columns: the median of the four nearest of its tall components.

    Args:
        boxes: (n, 4) left, top, width, height of the tall components, n at least 1.
        columns: (m,).
    """
    centres, middles = boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 1] + boxes[:, 3] / 2
    nearest = np.abs(columns[:, None] - centres).argsort(axis=1)[:, :4]
    return np.asarray(np.median(middles[nearest], axis=1))


def character_features(
    groups: Sequence[Group],
    frames: Sequence[GrayPicture],
    ink: GrayPicture,
    centres: NDArray[np.float64],
    line_height: float,
) -> NDArray[np.uint8]:
    """What the network sees of each group of one line.

    Args:
        groups: Of segments, n of them.
        frames: Their ink in MNIST's frame, uint8 (28, 28) each.
        ink: uint8 (height, width), all ink of the page.
        centres: float64 (n,), the row of the line's middle at each group.
        line_height: Pixels.

    Returns:
        uint8 (n, NUM_FEATURES).
    """
    features = np.zeros((len(groups), NUM_FEATURES), np.uint8)
    scale = _LINE_ROWS / line_height
    # A page many times larger than what the windows show of it would be sampled with gaps.
    small = ink
    if scale < 0.7:
        size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
        small = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)
    to_small = (small.shape[1] / ink.shape[1], small.shape[0] / ink.shape[0])
    step = scale / to_small[1]
    for row, (group, frame, centre) in enumerate(zip(groups, frames, centres.tolist(), strict=True)):
        height, width = group.ink.shape
        middle = (group.left + width / 2) * to_small[0]
        shift = np.array(
            [
                [step, 0, _COLUMNS / 2 - step * middle],
                [0, step, _ROWS / 2 - step * centre * to_small[1]],
            ]
        )
        around = cv2.warpAffine(small, shift, (_COLUMNS, _ROWS), flags=cv2.INTER_LINEAR)
        own_scale = (max(1, round(width * scale)), max(1, round(height * scale)))
        own = np.asarray(cv2.resize(group.ink, own_scale, interpolation=cv2.INTER_AREA), np.uint8)
        placed = _placed(own, _COLUMNS / 2 - own_scale[0] / 2, (group.top - centre) * scale + _ROWS / 2)
        features[row, :784] = frame.ravel()
        features[row, 784 : 784 + placed.size] = placed.ravel()
        features[row, 784 + placed.size : -2] = around.ravel()
        features[row, -2:] = [_level(height / line_height), _level(width / line_height)]
    return features


def _level(ratio: float) -> int:
    """A ratio between 1/16 and 4 as a number from 0 to 255, by its logarithm."""
    return round(float(np.clip((np.log2(max(ratio, 1e-3)) + 4) / 6, 0, 1)) * 255)


def _placed(ink: GrayPicture, left: float, top: float) -> GrayPicture:
    """Ink in an empty window, at a corner that may lie outside of it."""
    window = np.zeros((_ROWS, _COLUMNS), np.uint8)
    x, y = round(left), round(top)
    x0, y0 = max(0, x), max(0, y)
    x1, y1 = min(_COLUMNS, x + ink.shape[1]), min(_ROWS, y + ink.shape[0])
    if x1 > x0 and y1 > y0:
        window[y0:y1, x0:x1] = ink[y0 - y : y1 - y, x0 - x : x1 - x]
    return window
