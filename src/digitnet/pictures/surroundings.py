"""The surroundings of ink: paper beside strokes; beside the edge of a shadow or a blot, more of the same darkness."""

from typing import NamedTuple

import cv2
import numpy as np

from digitnet.arrays import GrayPicture
from digitnet.pictures.contrast import luma
from digitnet.pictures.grays import percentiles
from digitnet.pictures.paper import AnyPicture, median
from digitnet.pictures.shading import MEASURING_SIDE

__all__ = ["SURROUNDINGS_LIMITS", "SurroundingsLimits", "inklike_surroundings"]

# Grey levels of ink from which a pixel is marked; fainter ones are a stroke's soft edge; chosen by hand.
_MARKED_FROM = 64


class SurroundingsLimits(NamedTuple):
    """What lies beside ink, and when it is as dark."""

    # Distances in pixels of the reduced copy between which a pixel lies beside ink, beyond its soft edge; docs/log.md
    # 2026-11-29, "edges of something larger".
    distances: tuple[int, int] = (2, 5)
    # Distance in pixels of the reduced copy within which ink and paper have the same light; chosen by hand.
    same_light: int = 6
    # Share of the way from ink to paper up to which a pixel is as dark as the ink; chosen by hand.
    as_dark: float = 0.35
    # Least contrast of ink with the paper nearby, as a share of the whole picture's; chosen by hand.
    min_contrast: float = 0.5
    # Percentile of what lies beside ink that is taken for paper; chosen by hand.
    paper_percentile: int = 80


SURROUNDINGS_LIMITS = SurroundingsLimits()


def inklike_surroundings(
    picture: AnyPicture, ink: GrayPicture, limits: SurroundingsLimits = SURROUNDINGS_LIMITS
) -> float:
    """The share of the surroundings of ink that is as dark as the ink (as light, for light ink).

    A stroke has paper on all sides. Ink with the same darkness on one side is the edge of a shadow or of a table, or
    what is left of a blot whose middle passed for paper.

    Args:
        picture: uint8 (height, width) or (height, width, 3), from which the ink was extracted, of any size.
        ink: uint8 (height, width), of any size, 0 = paper, 255 = ink.
        limits: What counts as surroundings, and as dark.

    Returns:
        In [0, 1]; 0 where there is no ink, or nothing but ink.
    """
    scale = max(1.0, max(ink.shape) / MEASURING_SIDE)
    size = (max(1, round(ink.shape[1] / scale)), max(1, round(ink.shape[0] / scale)))
    gray, small = (cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (luma(picture), ink))
    gray = np.asarray(cv2.blur(gray, (3, 3)), np.uint8)
    marks = (small >= _MARKED_FROM).astype(np.uint8)
    near, far = (cv2.dilate(marks, _square(reach)) for reach in limits.distances)
    is_ink, is_beside = marks > 0, (far > 0) & (near == 0)
    if not is_ink.any() or not is_beside.any():
        return 0.0
    if median(gray[is_ink]) > median(gray[is_beside]):
        gray = np.asarray(cv2.bitwise_not(gray), np.uint8)
    window = (2 * limits.same_light + 1, 2 * limits.same_light + 1)
    ink_count, ink_sum = (
        cv2.boxFilter(plane, -1, window, normalize=False)
        for plane in (marks.astype(np.float32), (marks * gray).astype(np.float32))
    )
    ink_level = ink_sum / np.maximum(ink_count, 1)
    paper_level = cv2.dilate(np.where(is_beside, gray, 0).astype(np.uint8), _square(limits.same_light))
    (usual,) = percentiles(gray[is_beside], (limits.paper_percentile,))
    contrast = np.maximum(paper_level - ink_level, limits.min_contrast * (usual - median(gray[is_ink])))
    return float((gray < ink_level + limits.as_dark * contrast)[is_beside].mean())


def _square(reach: int) -> GrayPicture:
    """A structuring element that reaches so many pixels to all sides."""
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
