"""A 28 x 28 digit as strokes with a smooth outline, at any size and of any pen."""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.augmentation.pens import middle_lines

Field: TypeAlias = NDArray[np.float32]  # distance to the nearest outline in MNIST's pixels, above 0 inside a stroke

FINENESS = 8  # points of a field for each of MNIST's pixels
OUTSIDE = -8.0  # of a field, far from any stroke

_FAINTEST = 0.4  # of full ink: fainter strokes are as MNIST's scanner left them, and are not made stronger
_SMOOTHING = 0.16  # of MNIST's pixels: takes away the steps of the grid


@dataclass(frozen=True)
class Glyph:
    """What is written in one piece, a digit or a mark: its field, and the rows and columns of its ink."""

    field: Field
    rows: tuple[int, int]
    columns: tuple[int, int]
    below: int = 0  # points by which the lowest ink is below the line that is written on; above it, less than 0

    @property
    def ink(self) -> NDArray[np.bool_]:
        """Where the ink is, within its own box."""
        return self.field[slice(*self.rows), slice(*self.columns)] > 0

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the ink, in points."""
        return self.rows[1] - self.rows[0], self.columns[1] - self.columns[0]


def glyph_of(field: Field, baseline: int | None = None) -> Glyph:
    """The glyph of a field; it stands on the line with its lowest ink, or with a row of the field."""
    rows, columns = (np.flatnonzero((field > 0).any(axis=axis)) for axis in (1, 0))
    if not len(rows):  # an image without ink still takes its place: the box that MNIST puts its digits in
        box = (4 * FINENESS, 24 * FINENESS)
        return Glyph(field, box, box)
    bottom = int(rows[-1]) + 1
    below = 0 if baseline is None else bottom - baseline
    return Glyph(field, (int(rows[0]), bottom), (int(columns[0]), int(columns[-1]) + 1), below)


def stroke_field(image: NDArray[np.uint8], pen: float | None = None, thicker: float = 0.0) -> Field:
    """The strokes of a digit as a field of distances, from which any size is drawn sharply.

    Args:
        image: uint8 (28, 28), 0 = paper, 255 = ink.
        pen: Width of every stroke in MNIST's pixels; None leaves them as they were written.
        thicker: What is added to the width of the strokes, in MNIST's pixels.

    Returns:
        The field, float32 (28 * FINENESS, 28 * FINENESS).
    """
    is_ink = _smooth_ink(image)
    distances = (
        signed_distance(is_ink) if pen is None else pen / 2 - _distance_to(middle_lines(is_ink).astype(np.uint8))
    )
    return smooth_field(distances, thicker)


def smooth_field(distances: Field, thicker: float = 0.0) -> Field:
    """Distances without the steps of the grid, and nowhere below OUTSIDE."""
    smooth = cv2.GaussianBlur(distances, (0, 0), _SMOOTHING * FINENESS)
    return np.asarray(np.maximum(smooth + np.float32(thicker / 2), np.float32(OUTSIDE)), np.float32)


def _smooth_ink(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Where the ink is, 1 or 0, on the fine grid: half of what the strongest pixel nearby has, by cubic upsampling.

    Half of full ink would lose the hairlines, whose pixels never are full.
    """
    levels = image.astype(np.float32) / 255
    strongest = np.maximum(cv2.blur(cv2.dilate(levels, np.ones((3, 3), np.uint8)), (3, 3)), _FAINTEST)
    side = len(image) * FINENESS
    fine = cv2.resize(levels / strongest, (side, side), interpolation=cv2.INTER_CUBIC)
    fine = cv2.GaussianBlur(fine, (0, 0), 0.35 * FINENESS)
    return np.asarray(fine > 0.5, np.uint8)


def signed_distance(is_ink: NDArray[np.uint8]) -> Field:
    """The distance to the nearest outline in MNIST's pixels, above 0 inside; 1 = ink, 0 = paper."""
    inside = cv2.distanceTransform(is_ink, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray((inside - cv2.distanceTransform(1 - is_ink, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)) / FINENESS)


def _distance_to(line: NDArray[np.uint8]) -> Field:
    return np.asarray(cv2.distanceTransform(1 - line, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) / FINENESS)
