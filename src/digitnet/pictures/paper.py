"""Background estimates: the paper as it would look without ink.

Either one shade or a plane of light, fitted to the border, or a local estimate that follows shadows. A picture is uint8
(height, width) or (height, width, 3), and its paper has the same shape.
"""

from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.grays import percentiles

__all__ = [
    "PLAIN_PAPER_LIMITS",
    "AnyPicture",
    "PlainPaper",
    "PlainPaperLimits",
    "border",
    "local_paper",
    "median",
    "plain_paper",
    "reduced",
]

AnyPicture: TypeAlias = NDArray[np.uint8]  # (height, width) grey, or (height, width, 3) RGB; any size

# Width of a picture's border as a share of its shorter side, at least one pixel; chosen by hand.
_BORDER_SHARE = 0.03
# Greatest width of that border in pixels, enough to average over; chosen by hand.
_BORDER_WIDTH_MAX = 16
# Ratio of the median absolute deviation of a normal distribution to its standard deviation.
_MAD_PER_SIGMA = 0.6745
# Tuning of the Cauchy weights, in multiples of the median absolute residual; chosen by hand.
_CAUCHY_SCALE = 4.5


class PlainPaperLimits(NamedTuple):
    """When paper counts as one shade, or as one plane of light."""

    # Grey levels between the border's 10 % and 90 % points that still count as one shade; chosen by hand.
    one_shade_range: int = 4
    # Longer side in pixels of the copy on which the plane is fitted, since light changes slowly; chosen by hand.
    fit_side: int = 64
    # Rounds of reweighting, after which ink that crosses the border has no weight; chosen by hand.
    fit_rounds: int = 6
    # Grey levels by which a pixel of paper may differ from the plane; chosen by hand.
    residual_levels: float = 7.0
    # The same in standard deviations of the paper's noise, where that is more; chosen by hand.
    residual_sigmas: float = 3.0
    # Greatest estimate of that noise in grey levels; chosen by hand.
    noise_max: float = 6.0
    # Least share of the border that must be paper; the rest may be strokes of a tight crop; chosen by hand.
    min_border_share: float = 0.75
    # Least share of the picture that must be paper; the rest may be strokes; chosen by hand.
    min_picture_share: float = 0.5


PLAIN_PAPER_LIMITS = PlainPaperLimits()


class PlainPaper(NamedTuple):
    """Paper under light that is even or falls off evenly.

    Attributes:
        levels: uint8, of the picture's shape.
        is_even: Whether it is one shade, without a gradient.
        fits: Whether the picture is such paper with strokes on it; otherwise it shows a shadow, a table, or a curled
            sheet.
    """

    levels: AnyPicture
    is_even: bool
    fits: bool


def plain_paper(picture: AnyPicture, limits: PlainPaperLimits = PLAIN_PAPER_LIMITS) -> PlainPaper:
    """Fit one shade, or a plane of light, to the border, where there is rarely ink.

    Args:
        picture: uint8 (height, width) or (height, width, 3), at least one pixel.
        limits: What counts as plain paper.

    Returns:
        The paper, and whether the picture agrees with it.
    """
    channels = cv2.split(picture) if picture.ndim == 3 else [picture]
    papers = [_plain_channel(np.asarray(channel, np.uint8), limits) for channel in channels]
    is_even = all(paper.is_even for paper in papers)
    fits = all(paper.fits for paper in papers)
    if picture.ndim == 2:
        return papers[0]
    return PlainPaper(np.asarray(cv2.merge([paper.levels for paper in papers]), np.uint8), is_even, fits)


def local_paper(picture: AnyPicture, side: int, *, is_ink_dark: bool) -> AnyPicture:
    """Estimate the background by a morphological closing (an opening for light ink) with a square of this side.

    It removes everything narrower than the square; edges of shadows and of the sheet stay where they are.

    Args:
        picture: uint8 (height, width) or (height, width, 3).
        side: Pixels, 1 or more; strokes must be thinner than this.
        is_ink_dark: Whether the ink is darker than its paper.

    Returns:
        The paper, uint8 of the same shape.
    """
    # Outside the picture the outermost pixels are repeated, so that a strip of table along the border survives.
    margin = side + 1
    padded = cv2.copyMakeBorder(picture, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    row, column = np.ones((1, side), np.uint8), np.ones((side, 1), np.uint8)
    first, second = (cv2.dilate, cv2.erode) if is_ink_dark else (cv2.erode, cv2.dilate)
    for step in (first, second):
        for line in (row, column):
            padded = step(padded, line)
    return np.ascontiguousarray(padded[margin:-margin, margin:-margin], np.uint8)


def reduced(picture: AnyPicture, side: int) -> AnyPicture:
    """A copy whose longer side is at most `side` pixels, reduced by averaging."""
    height, width = picture.shape[:2]
    scale = min(1.0, side / max(height, width))
    if scale == 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def border(plane: AnyArray) -> AnyArray:
    """The values of `plane` (height, width) within a narrow border, as one row."""
    width = min(max(1, round(min(plane.shape) * _BORDER_SHARE)), _BORDER_WIDTH_MAX)
    inside = slice(width, -width)
    rim = (plane[:width], plane[-width:], plane[inside, :width], plane[inside, -width:])
    return np.concatenate([part.ravel() for part in rim])


def median(values: AnyArray) -> float:
    """Equal to `numpy.median` of (n,), n >= 1, but without its import of `numpy.ma` (see `grays.percentiles`)."""
    ordered = np.sort(values)
    return float(ordered[(len(ordered) - 1) // 2] + float(ordered[len(ordered) // 2])) / 2


def _plain_channel(gray: GrayPicture, limits: PlainPaperLimits) -> PlainPaper:
    low, middle, high = percentiles(border(gray), (10, 50, 90))
    small = reduced(gray, limits.fit_side)
    if high - low <= limits.one_shade_range:
        level = round(middle)
        fits = _fits(small, np.full_like(small, level), limits)
        return PlainPaper(np.full_like(gray, level), is_even=True, fits=fits)
    plane = _fitted_plane(small, limits.fit_rounds)
    size = (gray.shape[1], gray.shape[0])
    levels = np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return PlainPaper(levels, is_even=False, fits=_fits(small, plane, limits))


def _fits(small: GrayPicture, paper: GrayPicture, limits: PlainPaperLimits) -> bool:
    """Whether most of the border, and enough of the picture, is as bright as the paper."""
    distance = cv2.absdiff(small, paper)
    along = border(distance)
    noise = min(percentiles(along, (50,))[0] / _MAD_PER_SIGMA, limits.noise_max)
    near = max(limits.residual_levels, limits.residual_sigmas * noise)
    if (along <= near).mean() < limits.min_border_share:
        return False
    return bool((distance <= near).mean() >= limits.min_picture_share)


def _fitted_plane(gray: GrayPicture, rounds: int) -> GrayPicture:
    """A plane fitted to the border's levels, robust against outliers, which are ink.

    Iteratively reweighted least squares with Cauchy weights.
    """
    down, across = np.meshgrid(*(np.linspace(-1, 1, side) for side in gray.shape), indexing="ij")
    levels = border(gray).astype(np.float64)
    terms = np.stack([np.ones_like(levels), border(down), border(across)], axis=-1)
    plane = np.array([median(levels), 0.0, 0.0])
    for _ in range(rounds):
        residual = np.abs(levels - terms @ plane)
        weight = 1 / (1 + (residual / max(1.0, _CAUCHY_SCALE * median(residual))) ** 2)
        plane = np.linalg.lstsq(terms * weight[:, None], levels * weight, rcond=None)[0]
    fitted = plane[0] + plane[1] * down + plane[2] * across
    return np.asarray(np.clip(np.rint(fitted), 0, 255), np.uint8)
