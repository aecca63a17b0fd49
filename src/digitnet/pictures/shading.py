"""Background and contrast of paper that is no plane of light: shadows, a curled sheet, a table around it."""

from typing import NamedTuple

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.contrast import (
    MIN_COMPONENT_SHARE,
    VISIBLE_LEVELS,
    VISIBLE_SIGMAS,
    border_noise,
    contrast_with,
    energy,
    histogram,
    luma,
    one_contrast,
    strokes_in,
    strong_strokes_in,
    thickest,
    typical_level,
)
from digitnet.pictures.grays import percentiles
from digitnet.pictures.paper import AnyPicture, border, local_paper, median, reduced
from digitnet.pictures.ruling import without_ruled_lines
from digitnet.pictures.sheet import find_sheet

__all__ = [
    "MEASURING_SIDE",
    "SHADE_LIMITS",
    "SHEET_SIDE",
    "STROKE_SHAPE_LIMITS",
    "ShadeLimits",
    "StrokeShapeLimits",
    "contrast_in_shade",
    "is_darker",
    "is_written",
    "paper_around",
    "paper_range",
    "paper_side",
]

# Shorter side in pixels from which a picture may show a table; chosen by hand.
SHEET_SIDE = 48
# Longer side in pixels of the copy on which polarity and stroke thickness are measured; chosen by hand.
MEASURING_SIDE = 400
# Longer side in pixels from which paper is estimated on a copy of half the size: the edges of shadows stay as sharp as
# they are; chosen by hand.
_HALF_SIZE_FROM = 1200
# Factor from the median absolute difference of two normal variables to their standard deviation: the median absolute
# value of one is at 0.6745, and a difference has twice the variance.
_SIGMA_PER_MEDIAN_CHANGE = 1.0483
# The shorter side over this is half of the median filter's window for the polarity of ink; chosen by hand.
_POLARITY_WINDOW_DIVISOR = 6
# Percentiles of the contrast whose distance is one standard deviation of normal noise.
_ONE_SIGMA_PERCENTILES = (16, 50)
# Percentiles of the paper's brightness that count as bright and as shadow; chosen by hand.
_BRIGHT_PERCENTILE, _SHADOW_PERCENTILE = 90, 5


class StrokeShapeLimits(NamedTuple):
    """When dark regions are strokes, and neither a shadow nor a sheet. Shares are of the reduced copy."""

    # Share of the picture above which the strokes may be a sheet; chosen by hand.
    sheet_area: float = 0.04
    # Greatest thickness of a pen's stroke as a share of the shorter side; chosen by hand.
    pen_thickness: float = 0.12
    # Greatest thickness of a marker's stroke as a share of the shorter side; chosen by hand.
    marker_thickness: float = 0.3
    # Share of the deepest point's distance from the paper beyond which a pixel is in the middle of a stroke; chosen by
    # hand.
    marker_core: float = 0.8
    # Greatest share of the border that is strokes; chosen by hand.
    max_border_share: float = 0.08
    # Least share of the border that a shadow covers; chosen by hand.
    min_shadow_border: float = 0.015
    # Share of one side of the picture from which a dark strip along it lies beside the sheet; chosen by hand.
    strip_share: float = 0.95
    # Ratio of thickness on plain paper to that on local paper above which the difference is a shadow; chosen by hand.
    shadow_thickness_ratio: float = 1.5


class ShadeLimits(NamedTuple):
    """How paper under shadows is estimated, and how its noise is measured."""

    # Sides of the morphological square as shares of the shorter side, tried from small to large; chosen by hand.
    square_sides: tuple[float, ...] = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
    # Greatest thickness of strokes as a share of the square's side; chosen by hand.
    max_stroke_share: float = 0.65
    # Share of the greatest sum of sharp edges from which a smaller square is preferred, which follows shadows more
    # closely; chosen by hand.
    min_edge_share: float = 0.7
    # Percentile of the light below which a pixel is dim, since noise is amplified most there; chosen by hand.
    dim_percentile: int = 30
    # Greatest level of dim light as a share of the median; chosen by hand.
    dim_light: float = 0.8
    # Distance in pixels between which noise is uncorrelated, whatever its grain; chosen by hand.
    noise_lag: int = 9
    # Noise in grey levels above which it may be blurred lines or a sheet's edge, and is measured again; chosen by hand.
    doubtful_noise: float = 12.0
    # Greatest amplification of contrast in a shadow; beyond, noise would be amplified; chosen by hand.
    max_gain: float = 5.0


STROKE_SHAPE_LIMITS = StrokeShapeLimits()
SHADE_LIMITS = ShadeLimits()


def is_written(picture: AnyPicture, paper: AnyPicture, limits: StrokeShapeLimits = STROKE_SHAPE_LIMITS) -> bool:
    """Whether what deviates from this paper has the shape of strokes, and not of a shadow or a sheet.

    Args:
        picture: uint8 (height, width) or (height, width, 3), sides of 32 pixels or more.
        paper: uint8 of the same shape; one shade or a plane of light.
        limits: What shapes strokes have.

    Returns:
        True for strokes, and where nothing is visible.
    """
    small, small_paper = reduced(picture, MEASURING_SIDE), reduced(paper, MEASURING_SIDE)
    shorter = min(small.shape[:2])
    darker, lighter = (contrast_with(small, small_paper, is_ink_dark=side) for side in (True, False))
    is_ink_dark = energy(darker) > energy(lighter)
    contrast = darker if is_ink_dark else lighter
    strokes = strokes_in(contrast)
    if cv2.mean(contrast, strokes)[0] < max(VISIBLE_LEVELS, VISIBLE_SIGMAS * border_noise(contrast)):
        # Nothing is visible, unless the texture of a table hides the sheet on it.
        return shorter < SHEET_SIDE or find_sheet(small) is None
    if (border(strokes) > 0).mean() > limits.max_border_share:
        unruled = without_ruled_lines(contrast, border_noise(contrast))
        contrast = contrast if unruled is None else unruled
        strokes = strokes_in(contrast)
    if _is_strip_at_side(strokes, limits) or _is_shadow_at_border(contrast, strokes, limits):
        return False
    thickness = thickest(strokes)
    if _may_be_sheet(strokes, limits) and find_sheet(small) is not None:
        return False
    if (border(strokes) > 0).mean() <= limits.max_border_share:
        if thickness <= limits.pen_thickness * shorter:
            return True
        if thickness <= limits.marker_thickness * shorter and _is_marker(contrast, strokes, limits):
            return True
    everywhere = np.full(small.shape[:2], 255, np.uint8)
    side = paper_side(small, everywhere, is_ink_dark=is_ink_dark)
    paper_nearby = local_paper(small, side, is_ink_dark=is_ink_dark)
    strokes_nearby = strokes_in(contrast_with(small, paper_nearby, is_ink_dark=is_ink_dark))
    return thickness <= limits.shadow_thickness_ratio * thickest(strokes_nearby)


def _is_marker(contrast: GrayPicture, strokes: GrayPicture, limits: StrokeShapeLimits) -> bool:
    """Whether strokes are as dark as anywhere where they are thickest, unlike a shadow."""
    depth = cv2.distanceTransform(strokes, cv2.DIST_L2, 3)
    thick = contrast[depth > limits.marker_core * depth.max()]
    return bool(median(thick) >= MIN_COMPONENT_SHARE * typical_level(histogram(contrast, strokes)))


def _may_be_sheet(strokes: GrayPicture, limits: StrokeShapeLimits) -> bool:
    """Whether the strokes cover so much that they may be a sheet on a table."""
    if min(strokes.shape) < SHEET_SIDE:
        return False
    return cv2.countNonZero(strokes) > limits.sheet_area * strokes.size


def _is_strip_at_side(strokes: GrayPicture, limits: StrokeShapeLimits) -> bool:
    """Whether strokes fill nearly all of one side of the picture, as what lies beside a sheet does."""
    sides = (strokes[0], strokes[-1], strokes[:, 0], strokes[:, -1])
    return max(float((side > 0).mean()) for side in sides) >= limits.strip_share


def _is_shadow_at_border(contrast: GrayPicture, strokes: GrayPicture, limits: StrokeShapeLimits) -> bool:
    """Whether a part of the border is darker than the paper, but far lighter than ink."""
    at_border = border(strokes) > 0
    if at_border.mean() < limits.min_shadow_border:
        return False
    return bool(median(border(contrast)[at_border]) < MIN_COMPONENT_SHARE * typical_level(histogram(contrast, strokes)))


def is_darker(small: AnyPicture, inside: GrayPicture) -> bool:
    """Whether the ink is darker than its paper.

    Strokes cover less than half of any larger neighbourhood, so that its median is paper.

    Args:
        small: uint8 (height, width) or (height, width, 3), some hundred pixels.
        inside: uint8 (height, width), 255 on the sheet.

    Returns:
        True for dark ink.
    """
    side = 2 * (min(small.shape[:2]) // _POLARITY_WINDOW_DIVISOR) + 1
    paper = np.asarray(cv2.medianBlur(small, side), np.uint8)
    energies = []
    for side_is_dark in (True, False):
        contrast = contrast_with(small, paper, is_ink_dark=side_is_dark)
        energies.append(float(histogram(contrast, inside) @ np.arange(256.0) ** 3))
    return energies[0] >= energies[1]


def paper_side(small: AnyPicture, inside: GrayPicture, *, is_ink_dark: bool, limits: ShadeLimits = SHADE_LIMITS) -> int:
    """Choose the side of the morphological square: wider than any stroke, and narrower than shadows.

    Sides are tried from small to large. With a square that fits into a stroke, the stroke's middle passes for paper and
    its sharp edges are lost; with one that is larger than needed, the edges of shadows add hardly any sharp edges.

    Args:
        small: uint8 (height, width) or (height, width, 3), some hundred pixels.
        inside: uint8 (height, width), 255 on the sheet.
        is_ink_dark: Whether the ink is darker than its paper.
        limits: The sides that are tried, and how they are compared.

    Returns:
        The side in pixels of `small`, 3 or more.
    """
    shorter: int = min(small.shape[:2])
    edges = _squared_gradient(small)
    candidates: list[tuple[float, int]] = []
    for share in limits.square_sides:
        side = max(3, round(shorter * share))
        paper = local_paper(small, side, is_ink_dark=is_ink_dark)
        # Light strokes wider than the square are left in this paper, but cover less than half of it.
        bright = paper_range(paper, inside, _BRIGHT_PERCENTILE if is_ink_dark else 50)[0]
        contrast, noise = contrast_in_shade(small, paper, bright, inside, is_ink_dark=is_ink_dark)
        if share == limits.square_sides[0]:
            unruled = without_ruled_lines(contrast, noise, inside)
            edges[(unruled if unruled is not None else contrast) < contrast] = 0  # without those of ruled lines
        strokes = strong_strokes_in(contrast)
        if thickest(strokes) <= limits.max_stroke_share * side:
            is_near = cv2.dilate(strokes, np.ones((3, 3), np.uint8)) > 0
            candidates.append((float((edges[is_near] * contrast[is_near]).sum()), side))
    if not candidates:
        return max(3, round(shorter * limits.square_sides[1]))
    most = max(candidates)[0]
    return min(side for sharpness, side in candidates if sharpness >= limits.min_edge_share * most)


def paper_range(
    paper: AnyPicture, inside: GrayPicture, bright_percentile: float = _BRIGHT_PERCENTILE
) -> tuple[float, float]:
    """Brightness of the paper where it is bright, and in its shadows.

    Args:
        paper: uint8 (height, width) or (height, width, 3), without ink.
        inside: uint8 (height, width), 255 on the sheet.
        bright_percentile: Percentile of its brightness that counts as bright.

    Returns:
        The paper's grey level at that percentile, and at its 5 % point.
    """
    small = luma(reduced(paper, MEASURING_SIDE))
    mask = cv2.resize(inside, small.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
    shade, bright = percentiles(small[mask], (_SHADOW_PERCENTILE, bright_percentile))
    return bright, shade


def contrast_in_shade(
    picture: AnyPicture,
    paper: AnyPicture,
    bright: float,
    inside: GrayPicture,
    *,
    is_ink_dark: bool,
    limits: ShadeLimits = SHADE_LIMITS,
) -> tuple[GrayPicture, float]:
    """Contrast as it would be if all the paper were as bright as its bright parts, and its noise.

    Light multiplies what paper and ink reflect, so the contrast is divided by the paper's brightness. All channels are
    divided by the same, since the dark channel of coloured paper has as much noise as the others.

    Args:
        picture: uint8 (height, width) or (height, width, 3).
        paper: uint8 of the same shape, without ink.
        bright: The grey level of bright paper.
        inside: uint8 (height, width), 255 on the sheet.
        is_ink_dark: Whether the ink is darker than its paper.
        limits: How far contrast is amplified, and how noise is measured.

    Returns:
        uint8 (height, width), 0 outside the sheet; and the standard deviation of its noise in grey levels.
    """
    deviation = cv2.subtract(paper, picture) if is_ink_dark else cv2.subtract(picture, paper)
    floor = np.uint8(max(1, round(bright / limits.max_gain)))
    brightness = np.maximum(luma(paper), floor)
    divisor = brightness if picture.ndim == 2 else cv2.merge([brightness, brightness, brightness])
    deviation = cv2.divide(deviation, divisor, scale=max(1.0, bright))
    contrast = one_contrast(np.asarray(deviation, np.uint8))
    middle, noise = _middle_and_noise(contrast, inside, brightness, limits)
    # A closing or opening estimates the paper too bright or too dark by its noise; most of the inside is paper, so its
    # median corrects that.
    above = cv2.subtract(contrast, np.full_like(contrast, round(middle)))
    return np.asarray(cv2.bitwise_and(above, inside), np.uint8), noise


def _middle_and_noise(
    contrast: GrayPicture, inside: GrayPicture, brightness: GrayPicture, limits: ShadeLimits
) -> tuple[float, float]:
    """The median of the contrast on the sheet, and the standard deviation of its noise, in grey levels."""
    every = max(1, contrast.size // 100_000)
    is_inside, levels, lights = (plane.ravel()[::every] for plane in (inside, contrast, brightness))
    levels, lights = levels[is_inside > 0], lights[is_inside > 0]
    low, middle = percentiles(levels, _ONE_SIGMA_PERCENTILES)
    dim, usual = percentiles(lights, (limits.dim_percentile, 50))
    if dim > limits.dim_light * usual:
        dim = usual
    dim_low, dim_middle = percentiles(levels[lights <= dim], _ONE_SIGMA_PERCENTILES)  # where noise is amplified most
    noise = max(middle - low, dim_middle - dim_low)
    if noise > limits.doubtful_noise:
        noise = min(
            noise, max(limits.doubtful_noise, _noise_by_change(contrast, inside, brightness, dim, limits.noise_lag))
        )
    return middle, noise


def _noise_by_change(
    contrast: GrayPicture, inside: GrayPicture, brightness: GrayPicture, dim: float, lag: int
) -> float:
    """Standard deviation of the noise in grey levels, by the change between pixels `lag` columns apart.

    Soft edges, unlike noise, change little over such a distance.
    """
    if contrast.shape[1] <= 2 * lag:
        return float("inf")
    rows = slice(None, None, max(1, contrast.size // 400_000))
    ahead, behind = (rows, slice(lag, None)), (rows, slice(None, -lag))
    change = cv2.absdiff(np.ascontiguousarray(contrast[ahead]), np.ascontiguousarray(contrast[behind]))
    is_inside = (inside[ahead] > 0) & (inside[behind] > 0)
    parts = [change[is_inside], change[is_inside & (brightness[ahead] <= dim)]]
    return max((median(part) * _SIGMA_PER_MEDIAN_CHANGE for part in parts if part.size), default=0.0)


def _squared_gradient(picture: AnyPicture) -> AnyArray:
    """Squared gradient of each pixel, float32 (height, width): large at edges of strokes, small at those of shadows."""
    across, down = (cv2.Sobel(picture, cv2.CV_32F, *step) for step in ((1, 0), (0, 1)))
    squared = across**2 + down**2
    return np.asarray(squared if picture.ndim == 2 else squared.max(axis=2), np.float32)


def paper_around(picture: AnyPicture, side: float, *, is_ink_dark: bool) -> AnyPicture:
    """The local background estimate, made at half the size for large pictures, since paper has no detail.

    Args:
        picture: uint8 (height, width) or (height, width, 3).
        side: Pixels; strokes are thinner than this.
        is_ink_dark: Whether the ink is darker than its paper.

    Returns:
        uint8 of the picture's shape.
    """
    longer = max(picture.shape[:2])
    small = reduced(picture, longer if longer < _HALF_SIZE_FROM else -(-longer // 2))
    paper = local_paper(small, max(3, round(side * max(small.shape[:2]) / longer)), is_ink_dark=is_ink_dark)
    if small.shape == picture.shape:
        return paper
    return np.asarray(cv2.resize(paper, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
