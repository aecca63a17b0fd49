"""Grey picture -> ink: finds the paper, subtracts it, cuts the noise, stretches the contrast.

Pure array work, in the textbook's order:

1. the paper is what the border shows, since a digit sits inside its picture: one shade, or under uneven
   light a slope fitted through the border;
2. what deviates from the paper more strongly, its darker or its lighter pixels, is the ink;
3. what is within the border's own noise is cut; of the rest, Otsu's threshold finds the strokes, and their
   soft edges stay;
4. the strokes are stretched to 255.
"""

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.grays import percentiles

__all__ = ["extract_ink"]

_BORDER_SHARE = 0.03  # of the shorter side; at least one pixel ...
_BORDER_WIDTH_MAX = 16  # ... and no more than these, enough to average over
_EVEN_LIGHT = 4  # levels between the border's 10 % and 90 % points that still are one shade of paper
_SLOPE_SIDE = 64  # pixels; light changes slowly, so the slope is fitted on a reduced copy
_SLOPE_ROUNDS = 6  # of reweighting, by when ink that crosses the border no longer counts
_NOISE_PERCENTILE = 75.0  # of the border's deviations; up to a quarter of the border may be ink
_NOISE_IN_SIGMAS = 0.6744897501960817  # where a normal distribution has its 75 % point
_NOISE_MAX = 20.0  # levels; more is ink crossing the border of a tight crop, not a camera's noise
_NOISE_CLEAN = 1.0  # levels; with less, smoothing could only blur
_SMOOTHING_SIDE = 300  # one pixel of smoothing radius for this many pixels of picture ...
_SMOOTHING_RADIUS_MAX = 2  # ... and no more than this, for digits that are small in a large picture
_FLOOR_SIGMAS = 3.0  # within this many standard deviations of noise, a pixel is paper
_VISIBLE_SIGMAS = 4.5  # strokes stand out this far on average; noise above its own floor reaches 3.3
_VISIBLE_LEVELS = 16  # of 255; fainter than this is not written, it is a stain or a compression artefact
_EDGE_WIDTH = 2  # pixels of soft edge kept around a stroke
_FULL_INK_PERCENTILE = 99.9  # of the strokes' pixels; the darkest one may be a speck of dirt


def extract_ink(gray: GrayPicture) -> tuple[GrayPicture, tuple[str, ...]]:
    """Separate ink from paper, whichever of them is brighter.

    Args:
        gray: uint8 (height, width), at least one pixel, 0 = black, 255 = white.

    Returns:
        The ink, uint8 (height, width), 0 = paper, 255 = ink, all 0 when nothing is written; and what was
        done, in plain words.

    Source:
        N. Otsu, IEEE Transactions on Systems, Man, and Cybernetics 9 (1979), 62-66.
    """
    paper, is_even = _paper(gray)
    darker, lighter = (_contrast(gray, paper, is_ink_dark=side) for side in (True, False))
    is_ink_dark = _energy(darker) > _energy(lighter)
    contrast = darker if is_ink_dark else lighter
    noise = _noise(contrast)
    radius = min(round(max(gray.shape) / _SMOOTHING_SIDE), _SMOOTHING_RADIUS_MAX)
    if radius and noise > _NOISE_CLEAN:
        smooth = np.asarray(cv2.blur(gray, (2 * radius + 1, 2 * radius + 1)), np.uint8)
        contrast = _contrast(smooth, paper, is_ink_dark=is_ink_dark)
        noise = _noise(contrast)
    ink = _cut_and_stretch(contrast, noise)
    if ink is None:
        return np.zeros_like(gray), ("nothing written",)
    notes = ["inverted: dark ink on light paper"] if is_ink_dark else []
    if not is_even:
        notes.append("uneven light evened out")
    return ink, tuple(notes)


def _border(plane: AnyArray) -> AnyArray:
    """The values along the rim of `plane` (height, width), in one row."""
    width = min(max(1, round(min(plane.shape) * _BORDER_SHARE)), _BORDER_WIDTH_MAX)
    inside = slice(width, -width)
    rim = (plane[:width], plane[-width:], plane[inside, :width], plane[inside, -width:])
    return np.concatenate([part.ravel() for part in rim])


def _paper(gray: GrayPicture) -> tuple[GrayPicture, bool]:
    """The paper as it would look without ink, and whether it is one even shade."""
    border = _border(gray)
    low, middle, high = percentiles(border, (10, 50, 90))
    if high - low <= _EVEN_LIGHT:
        return np.full_like(gray, round(middle)), True
    height, width = gray.shape
    scale = min(1.0, _SLOPE_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), np.uint8)
    slope = _fit_slope(small)
    return np.asarray(cv2.resize(slope, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8), False


def _fit_slope(gray: GrayPicture) -> GrayPicture:
    """A plane through the border's levels, fitted so that the few far off, the ink, do not pull it along."""
    down, across = np.meshgrid(*(np.linspace(-1, 1, side) for side in gray.shape), indexing="ij")
    levels = _border(gray).astype(np.float64)
    terms = np.stack([np.ones_like(levels), _border(down), _border(across)], axis=-1)
    plane = np.array([_median(levels), 0.0, 0.0])
    for _ in range(_SLOPE_ROUNDS):
        misfit = np.abs(levels - terms @ plane)
        weight = 1 / (1 + (misfit / max(1.0, 4.5 * _median(misfit))) ** 2)  # Cauchy's
        plane = np.linalg.lstsq(terms * weight[:, None], levels * weight, rcond=None)[0]
    fitted = plane[0] + plane[1] * down + plane[2] * across
    return np.asarray(np.clip(np.rint(fitted), 0, 255), np.uint8)


def _median(values: AnyArray) -> float:
    """As `numpy.median` of float64 (n,), n >= 1; like the percentiles of `grays`, without importing `numpy.ma`."""
    ordered = np.sort(values)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _contrast(gray: GrayPicture, paper: GrayPicture, *, is_ink_dark: bool) -> GrayPicture:
    """How far each pixel is from the paper on the ink's side; 0 on the other side."""
    # cv2.subtract saturates: below 0 is 0
    return np.asarray(cv2.subtract(paper, gray) if is_ink_dark else cv2.subtract(gray, paper), np.uint8)


def _noise(contrast: GrayPicture) -> float:
    """Standard deviation of the paper's noise in levels, seen along the border.

    Half of the paper's pixels are on the other side and 0, also where the camera cut that side off as too bright.
    """
    (deviation,) = percentiles(_border(contrast), (_NOISE_PERCENTILE,))
    return min(deviation / _NOISE_IN_SIGMAS, _NOISE_MAX)


def _histogram(gray: GrayPicture, mask: GrayPicture | None = None) -> AnyArray:
    """How many pixels have each of the 256 levels, float64 (256,); only where `mask` is not 0."""
    return cv2.calcHist([gray], [0], mask, [256], [0, 256]).ravel().astype(np.float64)


def _energy(contrast: GrayPicture) -> float:
    """Sum of squares over all pixels."""
    return float(_histogram(contrast) @ np.arange(256.0) ** 2)


def _cut_and_stretch(contrast: GrayPicture, noise: float) -> GrayPicture | None:
    """Remove the noise from `contrast` and bring its strokes to 255; None when there are no strokes."""
    floor = round(_FLOOR_SIGMAS * noise)
    _, above_floor = cv2.threshold(contrast, floor, 0, cv2.THRESH_TOZERO)
    _, strokes = cv2.threshold(above_floor, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    counts = _histogram(contrast, np.asarray(strokes, np.uint8))
    n = counts.sum()
    if n == 0 or counts @ np.arange(256) / n < max(_VISIBLE_LEVELS, _VISIBLE_SIGMAS * noise):
        return None
    full = int(np.searchsorted(np.cumsum(counts), n * _FULL_INK_PERCENTILE / 100))
    levels = (np.arange(256) - floor) * (255 / max(1, full - floor))
    stretched = cv2.LUT(contrast, np.clip(np.rint(levels), 0, 255).astype(np.uint8))
    reach = 2 * _EDGE_WIDTH + 1
    strokes_and_edges = cv2.dilate(strokes, np.ones((reach, reach), np.uint8))
    return np.asarray(cv2.bitwise_and(stretched, strokes_and_edges), np.uint8)
