"""Which digits are unlike all others of a set: rare forms, of which one image must stand for many."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, Images

__all__ = ["oddest"]

_SIDE = IMAGE_SIDE // 2
_SMOOTHING = 1.0  # pixels, so that a stroke beside another one is nearly the same
_AT_ONCE = 1_000  # images that are compared with all: some hundred megabytes


def oddest(images: Images, n: int) -> NDArray[np.intp]:
    """The images that are the least like the one that is most like them.

    Two images are alike by the cosine between them, after both were blurred.

    Args:
        images: uint8 (m, 28, 28), m >= 2.
        n: How many, 0 <= n <= m.

    Returns:
        Their places in `images`, the oddest first.
    """
    vectors = _vectors(images)
    nearest = np.empty(len(images), np.float32)
    for first in range(0, len(images), _AT_ONCE):
        likeness = vectors[first : first + _AT_ONCE] @ vectors.T
        rows = np.arange(len(likeness))
        likeness[rows, first + rows] = -1  # with itself
        nearest[first : first + _AT_ONCE] = likeness.max(axis=1)
    return np.argsort(nearest, kind="stable")[:n]


def _vectors(images: Images) -> NDArray[np.float32]:
    """One of length 1 for each image, or 0 where it is blank."""
    blurred = [cv2.GaussianBlur(image, (0, 0), _SMOOTHING) for image in images]
    small = [cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).ravel() for image in blurred]
    vectors = np.array(small, np.float32)
    return np.asarray(vectors / np.maximum(1, np.linalg.norm(vectors, axis=1, keepdims=True)), np.float32)
