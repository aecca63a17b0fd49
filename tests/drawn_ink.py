"""Ink of known components, and a network that is sure of everything, for tests of segmentation."""

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.segmentation import Component

NAMES = tuple("0123456789")


def bars(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (200, 400)) -> GrayPicture:
    """Black rectangles: left, top, width, height."""
    ink = np.zeros(size, np.uint8)
    for left, top, width, height in boxes:
        ink[top : top + height, left : left + width] = 255
    return ink


def sure(images: AnyArray) -> AnyArray:
    """What a network says that takes everything for a 1, and knows it well."""
    logits = np.zeros((len(images), 10), np.float32)
    logits[:, 1] = 12
    return logits


def touching(gap: int) -> Component:
    """Two rings of radius 20, whose outlines overlap by -gap columns."""
    ink = np.zeros((50, 100), np.uint8)
    cv2.circle(ink, (25, 25), 20, 255, 4)
    cv2.circle(ink, (67 + gap, 25), 20, 255, 4)
    left, top, width, height = cv2.boundingRect(ink)
    return Component(np.ascontiguousarray(ink[top : top + height, left : left + width]), left, top, 7)


def block(height: int, width: int, left: int = 0, top: int = 0, source: int = 0) -> Component:
    """A black rectangle."""
    return Component(np.full((height, width), 255, np.uint8), left, top, source)
