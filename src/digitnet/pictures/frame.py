"""A frame on the very edge of a picture: that of a form's cell that was cropped with it, or of a screenshot."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.contrast import luma
from digitnet.pictures.paper import AnyPicture, median

__all__ = ["FRAME_LIMITS", "FrameLimits", "without_frame"]


class FrameLimits(NamedTuple):
    """What counts as a frame. All were chosen by hand."""

    # Shorter side in pixels of a picture, below which a frame would take too much of it.
    min_side: int = 12
    # Greatest width of a side of the frame, in pixels and as a share of the picture's shorter side: the larger counts.
    width: int = 2
    width_share: float = 0.08
    # Grey levels by which a frame's pixel may differ from the median of its row, and the share of such pixels.
    alike: int = 24
    alike_share: float = 0.9
    # Least grey levels between the frame and the paper, and between the paper and a row that is partly frame.
    contrast: int = 36
    blurred_contrast: int = 10
    # Number of sides that a frame has at least: a digit cropped to its ink may fill one, or two, with a stroke.
    sides: int = 3
    # Number of them that have paper behind: a stroke may run along the others.
    sides_before_paper: int = 2
    # Width of the picture's edge, as a share of its side, which does not count for its paper.
    edge_share: float = 0.15


FRAME_LIMITS = FrameLimits()


def without_frame(picture: AnyPicture, limits: FrameLimits = FRAME_LIMITS) -> AnyPicture | None:
    """The picture with what is inside of its frame continued over the frame; None where it has none.

    Args:
        picture: uint8 (height, width) or (height, width, 3).
        limits: What counts as a frame.

    Returns:
        uint8 of the same shape.
    """
    gray = luma(picture) if picture.ndim == 3 else picture
    height, width = gray.shape
    if min(height, width) < limits.min_side:
        return None
    most = max(limits.width, int(limits.width_share * min(height, width)))
    sides = [turned[: most + 3] for turned in (gray, gray[::-1], gray.T, gray[:, ::-1].T)]
    # Most pictures have no frame, and are done with here.
    if sum(_are_alike(side[:1], limits)[0] for side in sides) < limits.sides:
        return None
    down, across = int(limits.edge_share * height), int(limits.edge_share * width)
    paper = median(gray[down : height - down, across : width - across].ravel())
    widths = [_frame_width(side, paper, most, limits) for side in sides]
    if sum(width > 0 for width in widths) < limits.sides:
        return None
    # Behind the margin of a bold digit, which fills the middle, there is more of the margin.
    behind = [_has_paper_behind(*side, paper, limits) for side in zip(sides, widths, strict=True) if side[1]]
    if sum(behind) < limits.sides_before_paper:
        return None
    top, foot, left, right = widths
    inside = picture[top : height - foot, left : width - right]
    return np.asarray(cv2.copyMakeBorder(inside, top, foot, left, right, cv2.BORDER_REPLICATE), np.uint8)


def _frame_width(rows: GrayPicture, paper: float, most: int, limits: FrameLimits) -> int:
    """Rows of one side of a frame, the outermost first; 0 where there is none, or something wider than a frame."""
    distance = np.abs(_levels(rows) - paper)
    is_alike = _are_alike(rows, limits)
    count = _leading(is_alike & (distance >= limits.contrast))
    if not 0 < count <= most:
        return 0
    is_blurred = bool(is_alike[count] and distance[count] >= limits.blurred_contrast)
    return count + is_blurred


def _has_paper_behind(rows: GrayPicture, width: int, paper: float, limits: FrameLimits) -> bool:
    """Whether one of the two rows behind a side of a frame, which may be a soft edge of it, is mostly paper."""
    return bool((np.abs(_levels(rows[width : width + 2]) - paper) < limits.contrast).any())


def _levels(rows: GrayPicture) -> AnyArray:
    """The median of each row."""
    return np.array([median(row) for row in rows])


def _are_alike(rows: GrayPicture, limits: FrameLimits) -> NDArray[np.bool_]:
    """Whether nearly all pixels of a row have the same level, for each row."""
    is_near = np.abs(rows - _levels(rows)[:, None]) <= limits.alike
    return np.asarray(is_near.mean(axis=1) >= limits.alike_share)


def _leading(are_true: NDArray[np.bool_] | AnyArray) -> int:
    """How many are true before the first one that is not."""
    return len(are_true) if are_true.all() else int(np.argmin(are_true))
