"""Which paper a picture has that is more than one plane of light: shadows, a curled sheet, a table around it."""

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
    "LOOK_SIDE",
    "SHEET_SIDE",
    "contrast_in_shade",
    "is_darker",
    "is_written",
    "paper_around",
    "paper_range",
    "paper_side",
]

SHEET_SIDE = 48  # pixels; a picture with a shorter side shows no table
_SHEET_SHARE = 0.04  # of the picture; a sheet with ink on it covers more
LOOK_SIDE = 400  # pixels of the copy on which polarity and thickness of the strokes are found
_PEN_SHARE = 0.12  # of the shorter side, which no pen is thicker than, ...
_MARKER_SHARE = 0.3  # ... which no marker is thicker than, ...
_PEN_AT_BORDER = 0.08  # ... while no more than this of the border is ink
_SHADE_AT_BORDER = 0.015  # of the border, which a shadow covers at least
_WHOLE_SIDE = 0.95  # of the pixels along one side of the picture
_THICKER = 1.5  # times as thick with plain paper as with local paper: that is a shadow
_PAPER_SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2)  # of the shorter side: what strokes may be thinner than
_STROKE_SHARE = 0.65  # of that, which strokes are thinner than; shadows and hollowed-out strokes are not
_EDGES_SHARE = 0.7  # of the most sharp edges is as good; then the paper that follows shadows most closely counts
_PAPER_DETAIL = 1200  # pixels; from there on, half of them show the edge of a shadow as sharp as it is
_DIM_PERCENTILE = 30  # of the light; in what has less, noise is brightened most, ...
_DIM = 0.8  # ... where that is so much less than usual
_LAG = 9  # pixels; noise that far apart has nothing in common, whatever its grain
_SIGMAS_OF_CHANGE = (
    1.0483  # a normal distribution has its median absolute value at 0.6745, and a difference twice its variance
)
_MUCH_NOISE = 12.0  # levels; more may be blurred lines or a sheet's edge, which is no noise
_GAIN_MAX = 5.0  # of what a shadow left; beyond, it would be noise that is brightened


def is_written(picture: AnyPicture, paper: AnyPicture) -> bool:
    """What deviates from this paper looks like strokes of a pen, and not like a shadow or a sheet.

    Args:
        picture: uint8 (height, width) or (height, width, 3), sides of 32 pixels or more.
        paper: uint8 of the same shape; one shade or a plane of light.

    Returns:
        True for strokes, and where nothing stands out.
    """
    small, small_paper = reduced(picture, LOOK_SIDE), reduced(paper, LOOK_SIDE)
    shorter = min(small.shape[:2])
    darker, lighter = (contrast_with(small, small_paper, is_ink_dark=side) for side in (True, False))
    is_ink_dark = energy(darker) > energy(lighter)
    contrast = darker if is_ink_dark else lighter
    strokes = strokes_in(contrast)
    if cv2.mean(contrast, strokes)[0] < max(VISIBLE_LEVELS, VISIBLE_SIGMAS * border_noise(contrast)):
        # Nothing is, if it is one shade and noise; a table's grain hides the sheet on it.
        return min(small.shape[:2]) < SHEET_SIDE or find_sheet(small) is None
    if (border(strokes) > 0).mean() > _PEN_AT_BORDER:
        unruled = without_ruled_lines(contrast, border_noise(contrast))
        contrast = contrast if unruled is None else unruled
        strokes = strokes_in(contrast)
    if _is_strip_at_side(strokes) or _is_shade_at_border(contrast, strokes):
        return False
    thickness = thickest(strokes)
    if _may_be_sheet(strokes) and find_sheet(small) is not None:
        return False
    if (border(strokes) > 0).mean() <= _PEN_AT_BORDER:
        if thickness <= _PEN_SHARE * shorter:
            return True
        if thickness <= _MARKER_SHARE * shorter and _is_thick_of_ink(contrast, strokes):
            return True
    everywhere = np.full(small.shape[:2], 255, np.uint8)
    side = paper_side(small, everywhere, is_ink_dark=is_ink_dark)
    other = strokes_in(contrast_with(small, local_paper(small, side, is_ink_dark=is_ink_dark), is_ink_dark=is_ink_dark))
    return thickness <= _THICKER * thickest(other)


def _is_thick_of_ink(contrast: GrayPicture, strokes: GrayPicture) -> bool:
    """Where strokes are thickest they are as dark as anywhere: a marker, and no shadow."""
    depth = cv2.distanceTransform(strokes, cv2.DIST_L2, 3)
    thick = contrast[depth > 0.8 * depth.max()]
    return bool(median(thick) >= MIN_COMPONENT_SHARE * typical_level(histogram(contrast, strokes)))


def _may_be_sheet(strokes: GrayPicture) -> bool:
    """What stands out is much, or one large convex piece: worth a look whether it is a sheet on a table."""
    if min(strokes.shape) < SHEET_SIDE:
        return False
    return cv2.countNonZero(strokes) > _SHEET_SHARE * strokes.size


def _is_strip_at_side(strokes: GrayPicture) -> bool:
    """Nearly all along one side of the picture is no ink, but something beside the sheet."""
    sides = (strokes[0], strokes[-1], strokes[:, 0], strokes[:, -1])
    return max(float((side > 0).mean()) for side in sides) >= _WHOLE_SIDE


def _is_shade_at_border(contrast: GrayPicture, strokes: GrayPicture) -> bool:
    """A piece of the border is darker than the paper, but far lighter than ink."""
    at_border = border(strokes) > 0
    if at_border.mean() < _SHADE_AT_BORDER:
        return False
    return bool(median(border(contrast)[at_border]) < MIN_COMPONENT_SHARE * typical_level(histogram(contrast, strokes)))


def is_darker(small: AnyPicture, inside: GrayPicture) -> bool:
    """The ink is darker than its paper.

    Strokes cover less than half of any larger neighbourhood, so its median is paper.

    Args:
        small: uint8 (height, width) or (height, width, 3), some hundred pixels.
        inside: uint8 (height, width), 255 on the sheet.

    Returns:
        True for dark ink.
    """
    side = 2 * (min(small.shape[:2]) // 6) + 1
    paper = np.asarray(cv2.medianBlur(small, side), np.uint8)
    energies = []
    for side_is_dark in (True, False):
        contrast = contrast_with(small, paper, is_ink_dark=side_is_dark)
        energies.append(float(histogram(contrast, inside) @ np.arange(256.0) ** 3))
    return energies[0] >= energies[1]


def paper_side(small: AnyPicture, inside: GrayPicture, *, is_ink_dark: bool) -> int:
    """How large the squares must be that hold more than a stroke's width, but not a shadow.

    Tried from small to large. A square that a stroke fills hollows it out, and its edges are missing; one that holds
    a shadow has thick dark places, but hardly more sharp edges.

    Args:
        small: uint8 (height, width) or (height, width, 3), some hundred pixels.
        inside: uint8 (height, width), 255 on the sheet.
        is_ink_dark: The ink is darker than its paper.

    Returns:
        The side in pixels of `small`, 3 or more.
    """
    shorter: int = min(small.shape[:2])
    edges = _edges(small)
    found: list[tuple[float, int]] = []
    for share in _PAPER_SHARES:
        side = max(3, round(shorter * share))
        paper = local_paper(small, side, is_ink_dark=is_ink_dark)
        # Light strokes that fill their square are in this paper too, but in less than a half of it.
        bright = paper_range(paper, inside, 90 if is_ink_dark else 50)[0]
        contrast, noise = contrast_in_shade(small, paper, bright, inside, is_ink_dark=is_ink_dark)
        if share == _PAPER_SHARES[0]:
            unruled = without_ruled_lines(contrast, noise, inside)
            edges[(unruled if unruled is not None else contrast) < contrast] = 0  # those of ruled lines say nothing
        strokes = strong_strokes_in(contrast)
        if thickest(strokes) <= _STROKE_SHARE * side:
            is_near = cv2.dilate(strokes, np.ones((3, 3), np.uint8)) > 0
            found.append((float((edges[is_near] * contrast[is_near]).sum()), side))
    if not found:
        return max(3, round(shorter * _PAPER_SHARES[1]))
    most = max(found)[0]
    return min(side for seen, side in found if seen >= _EDGES_SHARE * most)


def paper_range(paper: AnyPicture, inside: GrayPicture, bright_percentile: float = 90) -> tuple[float, float]:
    """Brightness of the paper where it is bright, and in its shadows.

    Args:
        paper: uint8 (height, width) or (height, width, 3), without ink.
        inside: uint8 (height, width), 255 on the sheet.
        bright_percentile: Where the paper counts as bright.

    Returns:
        The paper's level there, and at its 5 % point.
    """
    small = luma(reduced(paper, LOOK_SIDE))
    mask = cv2.resize(inside, small.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
    shade, bright = percentiles(small[mask], (5, bright_percentile))
    return bright, shade


def contrast_in_shade(
    picture: AnyPicture, paper: AnyPicture, bright: float, inside: GrayPicture, *, is_ink_dark: bool
) -> tuple[GrayPicture, float]:
    """Contrast as it would be if all the paper were as bright as its bright parts, and its noise.

    Light multiplies what paper and ink reflect, so the contrast is divided by the paper's own brightness: in all
    channels by the same, since the dark channel of coloured paper has as much noise as the others.

    Args:
        picture: uint8 (height, width) or (height, width, 3).
        paper: uint8 of the same shape, without ink.
        bright: The level of bright paper.
        inside: uint8 (height, width), 255 on the sheet.
        is_ink_dark: The ink is darker than its paper.

    Returns:
        uint8 (height, width), 0 outside the sheet; and the standard deviation of its noise in levels.
    """
    deviation = cv2.subtract(paper, picture) if is_ink_dark else cv2.subtract(picture, paper)
    floor = np.uint8(max(1, round(bright / _GAIN_MAX)))
    shine = np.maximum(luma(paper), floor)
    by = shine if picture.ndim == 2 else cv2.merge([shine, shine, shine])
    deviation = cv2.divide(deviation, by, scale=max(1.0, bright))
    contrast = one_contrast(np.asarray(deviation, np.uint8))
    # The filled-up paper is a little too far from the true one, by its noise: most of what is inside is paper.
    every = max(1, contrast.size // 100_000)
    is_inside, levels, lights = (plane.ravel()[::every] for plane in (inside, contrast, shine))
    levels, lights = levels[is_inside > 0], lights[is_inside > 0]
    low, middle = percentiles(levels, (16, 50))
    dim, usual = percentiles(lights, (_DIM_PERCENTILE, 50))
    if dim > _DIM * usual:
        dim = usual
    dim_low, dim_middle = percentiles(levels[lights <= dim], (16, 50))  # the same noise of the camera, brightened
    noise = max(middle - low, dim_middle - dim_low)
    if noise > _MUCH_NOISE:
        noise = min(noise, max(_MUCH_NOISE, _grain(contrast, inside, shine, dim)))
    above = cv2.subtract(contrast, np.full_like(contrast, round(middle)))
    return np.asarray(cv2.bitwise_and(above, inside), np.uint8), noise


def _grain(contrast: GrayPicture, inside: GrayPicture, shine: GrayPicture, dim: float) -> float:
    """Standard deviation of what changes from one pixel to another near it, as noise does and a soft edge does not."""
    if contrast.shape[1] <= 2 * _LAG:
        return float("inf")
    rows = slice(None, None, max(1, contrast.size // 400_000))
    ahead, behind = (rows, slice(_LAG, None)), (rows, slice(None, -_LAG))
    change = cv2.absdiff(np.ascontiguousarray(contrast[ahead]), np.ascontiguousarray(contrast[behind]))
    is_inside = (inside[ahead] > 0) & (inside[behind] > 0)
    parts = [change[is_inside], change[is_inside & (shine[ahead] <= dim)]]
    return max((median(part) * _SIGMAS_OF_CHANGE for part in parts if part.size), default=0.0)


def _edges(picture: AnyPicture) -> AnyArray:
    """How sharp each pixel is, float32 (height, width): much at the edge of a stroke, little at that of a shadow."""
    across, down = (cv2.Sobel(picture, cv2.CV_32F, *step) for step in ((1, 0), (0, 1)))
    steepness = across**2 + down**2
    return np.asarray(steepness if picture.ndim == 2 else steepness.max(axis=2), np.float32)


def paper_around(picture: AnyPicture, side: float, *, is_ink_dark: bool) -> AnyPicture:
    """The local paper, of a large picture found at a half of its size: paper has no detail.

    Args:
        picture: uint8 (height, width) or (height, width, 3).
        side: Pixels; strokes are thinner than this.
        is_ink_dark: The ink is darker than its paper.

    Returns:
        uint8 of the picture's shape.
    """
    longer = max(picture.shape[:2])
    small = reduced(picture, longer if longer < _PAPER_DETAIL else -(-longer // 2))
    paper = local_paper(small, max(3, round(side * max(small.shape[:2]) / longer)), is_ink_dark=is_ink_dark)
    if small.shape == picture.shape:
        return paper
    return np.asarray(cv2.resize(paper, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
