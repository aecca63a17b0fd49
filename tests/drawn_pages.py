"""Strokes on paper of every kind, with the ink known pixel by pixel. RGB, float until `photo` makes a picture."""

import cv2
import numpy as np

from digitnet.arrays import AnyArray

HEIGHT, WIDTH = 300, 240


def strokes(thickness: int = 8, *, height: int = HEIGHT, width: int = WIDTH) -> AnyArray:
    """A figure like a 4: where there is ink, bool (height, width)."""
    canvas = np.zeros((height, width), np.uint8)
    points = np.array([[0.55, 0.2], [0.3, 0.55], [0.7, 0.55]]) * [width, height]
    cv2.polylines(canvas, [points.astype(np.int32)], isClosed=False, color=255, thickness=thickness)
    ends = (np.array([[0.6, 0.35], [0.6, 0.8]]) * [width, height]).astype(int).tolist()
    cv2.line(canvas, ends[0], ends[1], 255, thickness)
    return np.asarray(canvas > 0)


def written(paper: AnyArray | tuple[float, float, float], pen: tuple[float, float, float], ink: AnyArray) -> AnyArray:
    """float (height, width, 3): paper with strokes of that colour."""
    canvas: AnyArray = np.zeros((*ink.shape, 3)) + np.asarray(paper, float)
    canvas[ink] = pen
    return canvas


def photo(light: AnyArray, *, noise: float = 2.0, seed: int = 0) -> AnyArray:
    """uint8 of any shape, with a camera's noise."""
    noisy = light + np.random.default_rng(seed).normal(0, noise, light.shape)
    return np.asarray(np.clip(np.rint(noisy), 0, 255), np.uint8)


def missed_and_extra(ink: AnyArray, expected: AnyArray) -> tuple[float, float]:
    """How much of the strokes is not there, and how much ink is where no stroke is near, as parts of the strokes."""
    mask = expected.astype(np.uint8)
    core = cv2.erode(mask, np.ones((3, 3))) > 0
    far = cv2.dilate(mask, np.ones((7, 7))) == 0
    found = ink > 100
    return float((core & ~found).sum() / core.sum()), float((found & far).sum() / expected.sum())
