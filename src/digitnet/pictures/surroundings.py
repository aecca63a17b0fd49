"""What lies beside ink: paper, or more of what was taken for ink."""

import cv2
import numpy as np

from digitnet.arrays import GrayPicture
from digitnet.pictures.contrast import luma
from digitnet.pictures.grays import percentiles
from digitnet.pictures.paper import AnyPicture, median
from digitnet.pictures.shading import LOOK_SIDE

__all__ = ["as_dark_beside"]

_MARK = 64  # of 255; fainter pixels are a stroke's soft edge
_BESIDE = (2, 5)  # pixels from a stroke, of the reduced picture: beyond its soft edge, and not far
_NEARBY = 6  # pixels around a place, within which ink and paper have the same light
_AS_DARK = 0.35  # of the way from ink to paper is still as dark
_PALEST = 0.5  # of the usual contrast, which ink and paper that are near each other have at least
_PAPER_PERCENTILE = 80


def as_dark_beside(picture: AnyPicture, ink: GrayPicture) -> float:
    """How much of what lies beside ink is as dark as the ink is.

    Around a stroke there is paper. What has its like on one side is the edge of a shadow or of a table, or what is left
    of a blot that passed for paper.

    Args:
        picture: uint8 (height, width) or (height, width, 3), what the ink was told from, of any size.
        ink: uint8 (height, width), of any size, 0 = paper, 255 = ink.

    Returns:
        A part of 1; 0 where nothing is written, or ink is everywhere. Of light ink, as light as the ink is.
    """
    scale = max(1.0, max(ink.shape) / LOOK_SIDE)
    size = (max(1, round(ink.shape[1] / scale)), max(1, round(ink.shape[0] / scale)))
    gray, small = (cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (luma(picture), ink))
    gray = np.asarray(cv2.blur(gray, (3, 3)), np.uint8)
    marks = (small >= _MARK).astype(np.uint8)
    near, far = (cv2.dilate(marks, _square(reach)) for reach in _BESIDE)
    is_ink, is_beside = marks > 0, (far > 0) & (near == 0)
    if not is_ink.any() or not is_beside.any():
        return 0.0
    if median(gray[is_ink]) > median(gray[is_beside]):
        gray = np.asarray(cv2.bitwise_not(gray), np.uint8)
    window = (2 * _NEARBY + 1, 2 * _NEARBY + 1)
    inked, light = (
        cv2.boxFilter(plane, -1, window, normalize=False)
        for plane in (marks.astype(np.float32), (marks * gray).astype(np.float32))
    )
    ink_level = light / np.maximum(inked, 1)
    paper_level = cv2.dilate(np.where(is_beside, gray, 0).astype(np.uint8), _square(_NEARBY))
    (usual,) = percentiles(gray[is_beside], (_PAPER_PERCENTILE,))
    contrast = np.maximum(paper_level - ink_level, _PALEST * (usual - median(gray[is_ink])))
    return float((gray < ink_level + _AS_DARK * contrast)[is_beside].mean())


def _square(reach: int) -> GrayPicture:
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
