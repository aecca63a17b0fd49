"""The paper as it would look without ink: one shade, a slope of light, or whatever shadows make of it.

A picture is uint8 (height, width) or (height, width, 3); paper always has the shape of its picture.
"""

from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.grays import percentiles

__all__ = ["AnyPicture", "PlainPaper", "border", "local_paper", "median", "plain_paper", "reduced"]

AnyPicture: TypeAlias = NDArray[np.uint8]  # (height, width) grey, or (height, width, 3) RGB; any size

_BORDER_SHARE = 0.03  # of the shorter side; at least one pixel ...
_BORDER_WIDTH_MAX = 16  # ... and no more than these, enough to average over
_EVEN_LIGHT = 4  # levels between the border's 10 % and 90 % points that still are one shade of paper
_SLOPE_SIDE = 64  # pixels; light changes slowly, so the slope is fitted on a reduced copy
_SLOPE_ROUNDS = 6  # of reweighting, by when ink that crosses the border no longer counts
_PLAIN_LEVELS = 7.0  # how far paper may be from a plane of light before there is more to it than that ...
_PLAIN_SIGMAS = 3.0  # ... or this many standard deviations of its noise, which is never taken for more than ...
_PLAIN_NOISE_MAX = 6.0  # levels
_PLAIN_BORDER = 0.75  # of the border lies that near; the rest may be strokes of a tight crop
_PLAIN_PICTURE = 0.5  # of the picture does; the rest may be strokes


class PlainPaper(NamedTuple):
    """Paper under light that is even or falls off evenly.

    Attributes:
        levels: uint8, of the picture's shape.
        is_even: One shade, no slope.
        fits: The picture is such a paper with strokes on it; otherwise there is a shadow, a table, or a curled sheet.
    """

    levels: AnyPicture
    is_even: bool
    fits: bool


def plain_paper(picture: AnyPicture) -> PlainPaper:
    """Fit one shade, or a plane of light, through the border, since a digit sits inside its picture.

    Args:
        picture: uint8 (height, width) or (height, width, 3), at least one pixel.

    Returns:
        The paper, and whether the picture agrees with it.
    """
    channels = cv2.split(picture) if picture.ndim == 3 else [picture]
    found = [_plain_channel(np.asarray(channel, np.uint8)) for channel in channels]
    is_even = all(channel.is_even for channel in found)
    fits = all(channel.fits for channel in found)
    if picture.ndim == 2:
        return found[0]
    return PlainPaper(np.asarray(cv2.merge([channel.levels for channel in found]), np.uint8), is_even, fits)


def local_paper(picture: AnyPicture, side: int, *, is_ink_dark: bool) -> AnyPicture:
    """What is left when everything narrower than `side` is filled up from its surroundings.

    A closing (an opening under light ink): edges of shadows and of the sheet stay where they are, however sharp.

    Args:
        picture: uint8 (height, width) or (height, width, 3).
        side: Pixels, 1 or more; strokes must be thinner than this.
        is_ink_dark: Darker than its paper.

    Returns:
        The paper, uint8 of the same shape.
    """
    # Beyond the border the outermost pixels go on: a strip of table along it is as wide as the table.
    margin = side + 1
    padded = cv2.copyMakeBorder(picture, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    row, column = np.ones((1, side), np.uint8), np.ones((side, 1), np.uint8)
    first, second = (cv2.dilate, cv2.erode) if is_ink_dark else (cv2.erode, cv2.dilate)
    for step in (first, second):
        for line in (row, column):
            padded = step(padded, line)
    return np.ascontiguousarray(padded[margin:-margin, margin:-margin], np.uint8)


def reduced(picture: AnyPicture, side: int) -> AnyPicture:
    """A copy whose longer side is at most `side` pixels, each the mean of those it stands for."""
    height, width = picture.shape[:2]
    scale = min(1.0, side / max(height, width))
    if scale == 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def border(plane: AnyArray) -> AnyArray:
    """The values along the rim of `plane` (height, width), in one row."""
    width = min(max(1, round(min(plane.shape) * _BORDER_SHARE)), _BORDER_WIDTH_MAX)
    inside = slice(width, -width)
    rim = (plane[:width], plane[-width:], plane[inside, :width], plane[inside, -width:])
    return np.concatenate([part.ravel() for part in rim])


def median(values: AnyArray) -> float:
    """As `numpy.median` of (n,), n >= 1; like the percentiles of `grays`, without importing `numpy.ma`."""
    ordered = np.sort(values)
    return float(ordered[(len(ordered) - 1) // 2] + float(ordered[len(ordered) // 2])) / 2


def _plain_channel(gray: GrayPicture) -> PlainPaper:
    low, middle, high = percentiles(border(gray), (10, 50, 90))
    small = reduced(gray, _SLOPE_SIDE)
    if high - low <= _EVEN_LIGHT:
        level = round(middle)
        return PlainPaper(np.full_like(gray, level), is_even=True, fits=_fits(small, np.full_like(small, level)))
    slope = _fit_slope(small)
    size = (gray.shape[1], gray.shape[0])
    levels = np.asarray(cv2.resize(slope, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return PlainPaper(levels, is_even=False, fits=_fits(small, slope))


def _fits(small: GrayPicture, paper: GrayPicture) -> bool:
    """Most of the border, and at least half of the picture, is as bright as the paper."""
    distance = cv2.absdiff(small, paper)
    along = border(distance)
    noise = min(percentiles(along, (50,))[0] / 0.6745, _PLAIN_NOISE_MAX)  # where a normal distribution has its middle
    near = max(_PLAIN_LEVELS, _PLAIN_SIGMAS * noise)
    return bool((along <= near).mean() >= _PLAIN_BORDER and (distance <= near).mean() >= _PLAIN_PICTURE)


def _fit_slope(gray: GrayPicture) -> GrayPicture:
    """A plane through the border's levels, fitted so that the few far off, the ink, do not pull it along."""
    down, across = np.meshgrid(*(np.linspace(-1, 1, side) for side in gray.shape), indexing="ij")
    levels = border(gray).astype(np.float64)
    terms = np.stack([np.ones_like(levels), border(down), border(across)], axis=-1)
    plane = np.array([median(levels), 0.0, 0.0])
    for _ in range(_SLOPE_ROUNDS):
        misfit = np.abs(levels - terms @ plane)
        weight = 1 / (1 + (misfit / max(1.0, 4.5 * median(misfit))) ** 2)  # Cauchy's
        plane = np.linalg.lstsq(terms * weight[:, None], levels * weight, rcond=None)[0]
    fitted = plane[0] + plane[1] * down + plane[2] * across
    return np.asarray(np.clip(np.rint(fitted), 0, 255), np.uint8)
