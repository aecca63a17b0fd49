"""Rare forms of digits: the images of a set that are least like any other image of it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, Images

__all__ = ["rarest_digits"]

_SIDE = IMAGE_SIDE // 2  # pixels; images are compared at half their size
_SMOOTHING = 1.0  # pixels, standard deviation; a stroke shifted by a pixel then counts as nearly the same
_CHUNK_IMAGES = 1_000  # compared with all images at once; bounds the memory to some hundred megabytes


def rarest_digits(images: Images, n: int) -> NDArray[np.intp]:
    """The images whose most similar other image is least similar.

    The similarity of two images is the cosine between their pixels, after both were blurred and halved in size.

    Args:
        images: uint8 (m, 28, 28), m >= 2.
        n: How many, 0 <= n <= m.

    Returns:
        Their places in `images`, the rarest first.
    """
    vectors = _vectors(images)
    nearest = np.empty(len(images), np.float32)
    for first in range(0, len(images), _CHUNK_IMAGES):
        likeness = vectors[first : first + _CHUNK_IMAGES] @ vectors.T
        rows = np.arange(len(likeness))
        likeness[rows, first + rows] = -1  # an image is not compared with itself
        nearest[first : first + _CHUNK_IMAGES] = likeness.max(axis=1)
    return np.argsort(nearest, kind="stable")[:n]


def _vectors(images: Images) -> NDArray[np.float32]:
    """A vector of length 1 for each image, of length 0 where the image is blank."""
    blurred = [cv2.GaussianBlur(image, (0, 0), _SMOOTHING) for image in images]
    small = [cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).ravel() for image in blurred]
    vectors = np.array(small, np.float32)
    return np.asarray(vectors / np.maximum(1, np.linalg.norm(vectors, axis=1, keepdims=True)), np.float32)
