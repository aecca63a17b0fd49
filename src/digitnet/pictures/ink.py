"""Picture -> ink: finds the paper, subtracts it, cuts the noise, stretches the contrast.

Pure array work, in the textbook's order:

1. the paper is what the border shows, since a digit sits inside its picture: one shade, or under uneven light a
   slope fitted through the border. Where the picture does not agree, the paper is what is left when everything
   thinner than a few strokes is filled up, its shadows are divided out, and what lies beyond the sheet is ignored;
2. what deviates from the paper more strongly, its darker or its lighter pixels, is the ink, in any colour;
3. long straight lines all across are the paper's own, and where nothing else stands out, the sheet is blank;
4. what is within the paper's own noise is cut; of the rest, Otsu's threshold finds the strokes, and their
   soft edges stay;
5. the strokes are stretched to 255.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

import cv2
import numpy as np

from digitnet.arrays import GrayPicture
from digitnet.pictures.blank import is_blank
from digitnet.pictures.contrast import (
    PIECE_SHARE,
    VISIBLE_LEVELS,
    VISIBLE_SIGMAS,
    border_noise,
    contrast_with,
    energy,
    histogram,
    luma,
    mean_level,
    typical_level,
)
from digitnet.pictures.paper import AnyPicture, PlainPaper, plain_paper, reduced
from digitnet.pictures.ruling import without_ruled_lines
from digitnet.pictures.shading import (
    LOOK_SIDE,
    SHEET_SIDE,
    contrast_in_shade,
    is_darker,
    is_written,
    paper_around,
    paper_range,
    paper_side,
)
from digitnet.pictures.sheet import find_sheet, spread_over_table

__all__ = ["Steps", "extract_ink"]

Steps: TypeAlias = list[tuple[str, AnyPicture]]  # what was done, and the picture after it

_TINY = 32  # pixels; a picture with a shorter side has no room for shadows beside its digit ...
_SMALL = 100  # ... and one with such a side shows no ruled lines
_NOISE_CLEAN = 1.0  # levels; with less, smoothing could only blur
_SMOOTHING_SIDE = 300  # one pixel of smoothing radius for this many pixels of picture ...
_SMOOTHING_RADIUS_MAX = 2  # ... and no more than this, for digits that are small in a large picture
_CLEAR_SIGMAS = 7.5  # strokes that a plane of light did not show stand out this far on average, or are none
_CERTAIN_SIGMAS = 9.0  # strokes that stand out this far are no noise, whatever they look like; others must be long: ...
_LONG = 12  # pixels, ...
_LONG_SHARE = 1 / 24  # and this much of the picture's shorter side, ...
_MOST = 0.5  # for half of the ink, ...
_FEW = 3  # which is in so few pieces, ...
_FEW_SIGMAS = 6.0  # unless it stands out this far
_COARSER = 3  # times more is smoothed where nothing was seen
_COARSE_SIGMAS = 5.5  # since noise that was looked at four times has four chances
_FLOOR_SIGMAS = 3.0  # within this many standard deviations of noise, a pixel is paper
_EDGE_WIDTH = 2  # pixels of soft edge kept around a stroke
_FULL_INK_PERCENTILE = 99.9  # of the strokes' pixels; the darkest one may be a speck of dirt
_SHADE_SHARE = 0.45  # of typical ink, which the tip of a shadow may reach
_ACROSS = 0.6  # of the picture's width or height is as long as what goes across it ...
_SLENDER = 0.15  # ... and covers less than this of a square of its length
_LEAST_REST = 0.1  # of the largest piece's area, has the largest of those that stay
_RIM = 0.03  # of the longer side, from the edge of the sheet inwards ...
_AT_EDGE = 2.5  # ... which begins with so many pixels
_BESIDE = (3, 6)  # pixels from a stroke, of the reduced picture: beyond its soft edge, and not far
_AS_DARK = 0.3  # of what a piece stands out by, brighter than it is, is still as dark
_BORDER_SHARE = 0.35  # of what lies beside a piece may be as dark, at its crossings with others
_SHADOW_DEPTH = 0.75  # of the bright paper's level; darker is called a shadow


def extract_ink(picture: AnyPicture, steps: Steps | None = None) -> tuple[GrayPicture, tuple[str, ...]]:
    """Separate ink from paper, whichever of them is brighter.

    Args:
        picture: uint8 (height, width) grey, or (height, width, 3) RGB; at least one pixel.
        steps: A list to which the picture after each step is appended.

    Returns:
        The ink, uint8 (height, width), 0 = paper, 255 = ink, all 0 when nothing is written; and what was
        done, in plain words.

    Source:
        N. Otsu, IEEE Transactions on Systems, Man, and Cybernetics 9 (1979), 62-66.
    """
    paper = plain_paper(picture)
    if min(picture.shape[:2]) < _TINY:
        ink, notes = _finished(_on_plain_paper(picture, paper), steps)
    elif paper.fits and is_written(picture, paper.levels):
        ink, notes = _finished(_without_ruling(_on_plain_paper(picture, paper)), steps)
        if ink is None or not ink.any():  # corners in the dark look like noise to a plane of light
            shaded = replace(_on_shaded_paper(picture), visible_sigmas=_CLEAR_SIGMAS)
            ink, notes = _finished(_without_ruling(shaded), steps)
    else:
        ink, notes = _finished(_without_ruling(_on_shaded_paper(picture)), steps)
    if ink is None and min(picture.shape[:2]) >= _TINY:  # coarse grain hides what a coarser look shows
        for radius in range(_smoothing_radius(picture) + 1, _smoothing_radius(picture) + 1 + _COARSER):
            coarse = replace(_on_shaded_paper(picture, radius), visible_sigmas=_COARSE_SIGMAS)
            ink, notes = _finished(_without_ruling(coarse), steps)
            if ink is not None:
                break
    if ink is None and min(picture.shape[:2]) < _SMALL:  # a tight crop, whose strokes pass for the paper's noise
        ink, notes = _finished(_on_plain_paper(picture, paper), steps)
    if ink is None or not ink.any():
        return np.zeros(picture.shape[:2], np.uint8), ("nothing written",)
    return _without_lines_across(ink), notes


@dataclass(frozen=True, slots=True, eq=False)
class _Contrast:
    """How far each pixel is from its paper, on the way to ink.

    Attributes:
        levels: uint8 (height, width), 0 = paper.
        noise: Standard deviation of the paper, in levels.
        is_ink_dark: Darker than the paper.
        notes: What was done, in plain words.
        steps: What it looked like, by name.
        inside: uint8 (height, width), 255 on the sheet; None where it fills the picture.
        shade_share: Of typical ink, what the tip of a shadow may have.
        visible_sigmas: How far strokes must stand out of the noise on average.
        seen: The picture before its light was evened out; None where it was even.
    """

    levels: GrayPicture
    noise: float
    is_ink_dark: bool
    notes: tuple[str, ...]
    steps: tuple[tuple[str, AnyPicture], ...]
    inside: GrayPicture | None = None
    shade_share: float = 0.0
    visible_sigmas: float = VISIBLE_SIGMAS
    seen: AnyPicture | None = None


def _finished(contrast: _Contrast, steps: Steps | None) -> tuple[GrayPicture | None, tuple[str, ...]]:
    ink = _cut_and_stretch(contrast)
    if ink is None:
        return None, ()
    if min(ink.shape) >= _TINY and is_blank(ink, contrast.inside):
        return np.zeros_like(ink), ()
    if steps is not None:
        steps.extend((*contrast.steps, ("ink", ink)))
    return ink, ("inverted: dark ink on light paper", *contrast.notes) if contrast.is_ink_dark else contrast.notes


def _without_ruling(contrast: _Contrast) -> _Contrast:
    if min(contrast.levels.shape) < _SMALL:
        return contrast
    levels = without_ruled_lines(contrast.levels, contrast.noise, contrast.inside)
    if levels is None:
        return contrast
    notes, steps = (*contrast.notes, "ruled lines removed"), (*contrast.steps, ("without ruled lines", levels))
    return replace(contrast, levels=levels, notes=notes, steps=steps)


def _on_plain_paper(picture: AnyPicture, paper: PlainPaper) -> _Contrast:
    darker, lighter = (contrast_with(picture, paper.levels, is_ink_dark=side) for side in (True, False))
    is_ink_dark = energy(darker) > energy(lighter)
    levels = darker if is_ink_dark else lighter
    noise = border_noise(levels)
    radius = _smoothing_radius(picture)
    if radius and noise > _NOISE_CLEAN:
        smooth = np.asarray(cv2.blur(picture, (2 * radius + 1, 2 * radius + 1)), np.uint8)
        levels = contrast_with(smooth, paper.levels, is_ink_dark=is_ink_dark)
        noise = border_noise(levels)
    notes = () if paper.is_even else ("uneven light evened out",)
    return _Contrast(levels, noise, is_ink_dark, notes, (("contrast with the paper", levels),))


def _on_shaded_paper(picture: AnyPicture, radius: int | None = None) -> _Contrast:
    seen, small = picture, reduced(picture, LOOK_SIDE)
    sheet = find_sheet(small) if min(picture.shape[:2]) >= SHEET_SIDE else None
    if sheet is None:
        inside = np.full(picture.shape[:2], 255, np.uint8)
        small_inside = np.full(small.shape[:2], 255, np.uint8)
    else:
        inside = np.asarray(cv2.resize(sheet, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
        picture = spread_over_table(picture, inside)
        small, small_inside = reduced(picture, LOOK_SIDE), sheet
    is_ink_dark = is_darker(small, small_inside)
    side = paper_side(small, small_inside, is_ink_dark=is_ink_dark)
    factor = max(picture.shape[:2]) / max(small.shape[:2])
    calm = np.asarray(cv2.medianBlur(picture, 3), np.uint8)
    paper = paper_around(calm, side * factor, is_ink_dark=is_ink_dark)
    bright, shade = paper_range(paper, inside)
    levels, noise = contrast_in_shade(calm, paper, bright, inside, is_ink_dark=is_ink_dark)
    radius = _smoothing_radius(picture) if radius is None else radius
    if radius and noise > _NOISE_CLEAN:
        smooth = np.asarray(cv2.blur(picture, (2 * radius + 1, 2 * radius + 1)), np.uint8)
        levels, noise = contrast_in_shade(smooth, paper, bright, inside, is_ink_dark=is_ink_dark)
    notes = ["edge of the sheet ignored"] if sheet is not None else []
    notes.append("shadow removed" if shade < _SHADOW_DEPTH * bright else "uneven light evened out")
    steps: list[tuple[str, AnyPicture]] = [("the sheet alone", picture)] if sheet is not None else []
    steps += [("paper without ink", paper), ("contrast with the paper", levels)]
    outline = inside if sheet is not None else None
    return _Contrast(levels, noise, is_ink_dark, tuple(notes), tuple(steps), outline, _SHADE_SHARE, seen=seen)


def _smoothing_radius(picture: AnyPicture) -> int:
    longer: int = max(picture.shape[:2])
    return min(round(longer / _SMOOTHING_SIDE), _SMOOTHING_RADIUS_MAX)


def _cut_and_stretch(found: _Contrast) -> GrayPicture | None:
    """Remove the noise from a contrast and bring its strokes to 255; None when there are no strokes."""
    contrast, noise, shade_share = found.levels, found.noise, found.shade_share
    floor = round(_FLOOR_SIGMAS * noise)
    _, above_floor = cv2.threshold(contrast, floor, 0, cv2.THRESH_TOZERO)
    level, found_strokes = cv2.threshold(above_floor, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    strokes = _without_grain(np.asarray(found_strokes, np.uint8), contrast, noise)
    counts = histogram(contrast, strokes)
    if not counts.any() or mean_level(counts) < max(VISIBLE_LEVELS, found.visible_sigmas * noise):
        return None
    if shade_share:
        typical = typical_level(counts)
        _, certain = cv2.threshold(above_floor, max(level, shade_share * typical), 255, cv2.THRESH_BINARY)
        strokes = _without_shades(np.asarray(cv2.bitwise_and(certain, strokes), np.uint8), contrast, typical)
        counts = histogram(contrast, strokes)
    if found.inside is not None:
        strokes = _without_rim(strokes, found.inside)
        counts = histogram(contrast, strokes) if strokes.any() else counts
    if found.seen is not None:
        strokes = _without_borders(strokes, contrast, found.seen, is_ink_dark=found.is_ink_dark)
        counts = histogram(contrast, strokes) if strokes.any() else counts
    full = int(np.searchsorted(np.cumsum(counts), counts.sum() * _FULL_INK_PERCENTILE / 100))
    levels = (np.arange(256) - floor) * (255 / max(1, full - floor))
    stretched = cv2.LUT(contrast, np.clip(np.rint(levels), 0, 255).astype(np.uint8))
    reach = 2 * _EDGE_WIDTH + 1
    strokes_and_edges = cv2.dilate(strokes, np.ones((reach, reach), np.uint8))
    return np.asarray(cv2.bitwise_and(stretched, strokes_and_edges), np.uint8)


def _without_grain(strokes: GrayPicture, contrast: GrayPicture, noise: float) -> GrayPicture:
    """`strokes` that stand out clearly, as they are; else their long pieces, or none where these are the fewer."""
    counts = histogram(contrast, strokes)
    if not counts.any() or mean_level(counts) >= _CERTAIN_SIGMAS * noise:
        return strokes
    _, piece_of, statistics, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    is_long = statistics[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) >= max(
        _LONG, _LONG_SHARE * min(strokes.shape)
    )
    is_long[0] = False  # the paper
    area = statistics[:, cv2.CC_STAT_AREA]
    inked = area[1:].sum()
    long_pieces = np.sort(area[is_long])
    is_few = long_pieces[-_FEW:].sum() >= _MOST * inked
    if long_pieces.sum() < _MOST * inked or (not is_few and mean_level(counts) < _FEW_SIGMAS * noise):
        return np.zeros_like(strokes)
    return np.asarray(cv2.bitwise_and(strokes, np.where(is_long, 255, 0).astype(np.uint8)[piece_of]), np.uint8)


def _without_lines_across(ink: GrayPicture) -> GrayPicture:
    """`ink` without thin pieces that go from one side of the picture to another: edges of the sheet, creases."""
    if min(ink.shape) < _TINY:
        return ink
    height, width = ink.shape
    _, piece_of, statistics, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    left, top, wide, high, area = statistics[1:].T
    at_sides = (left == 0).astype(int) + (top == 0) + (left + wide == width) + (top + high == height)
    longest = np.maximum(wide, high)
    is_long = (wide >= _ACROSS * width) | (high >= _ACROSS * height)
    is_line = is_long & (at_sides >= 2) & (area < _SLENDER * longest.astype(np.float64) ** 2)
    rest = (area * ~is_line).max(initial=0)
    if not is_line.any() or rest < _LEAST_REST * area.max():
        return ink
    keep = np.r_[True, ~is_line]
    return np.asarray(cv2.bitwise_and(np.where(keep, 255, 0).astype(np.uint8)[piece_of], ink), np.uint8)


def _without_rim(strokes: GrayPicture, inside: GrayPicture) -> GrayPicture:
    """`strokes` without the pieces that begin at the edge of the sheet and run along it: its blur and its shadow."""
    padded = cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_REPLICATE)  # beyond the picture the sheet goes on
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1]
    rim = _RIM * max(strokes.shape)
    n, piece_of = cv2.connectedComponents(strokes, connectivity=8)
    inked = np.flatnonzero(strokes)
    pieces, depths = piece_of.ravel()[inked], depth.ravel()[inked]
    area = np.bincount(pieces, minlength=n)
    begins = np.bincount(pieces, depths <= _AT_EDGE, minlength=n) > 0
    along = np.bincount(pieces, depths <= rim, minlength=n) > _MOST * area
    kept = strokes.copy()
    kept.ravel()[inked[(begins & along)[pieces]]] = 0
    return kept


def _without_borders(
    strokes: GrayPicture, contrast: GrayPicture, picture: AnyPicture, *, is_ink_dark: bool
) -> GrayPicture:
    """`strokes` without the pieces beside which it is as dark as they are: there ends a shadow, or the sheet.

    Ink is darker than what lies around it, on all sides; light ink is lighter.
    """
    n, piece_of = cv2.connectedComponents(strokes, connectivity=8)
    if n == 1:
        return strokes
    ink = piece_of.ravel()
    stands_out = np.bincount(ink, contrast.ravel(), minlength=n) / np.maximum(np.bincount(ink, minlength=n), 1)
    scale = max(1.0, max(strokes.shape) / LOOK_SIDE)
    size = (round(strokes.shape[1] / scale), round(strokes.shape[0] / scale))
    pieces_of, gray = (
        cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST)
        for plane in (piece_of.astype(np.float32), luma(picture))
    )
    gray = gray if is_ink_dark else cv2.bitwise_not(gray)
    near, far = (np.ones((2 * reach + 1, 2 * reach + 1), np.uint8) for reach in _BESIDE)
    beside = cv2.dilate(pieces_of, far)
    ring = (beside > 0) & (cv2.dilate(pieces_of, near) == 0)
    pieces = beside[ring].astype(np.intp)
    ink_nearby = cv2.erode(np.where(pieces_of > 0, gray, 255).astype(np.uint8), far)[ring]
    is_as_dark = gray[ring] < ink_nearby + _AS_DARK * stands_out[pieces]
    as_dark = np.bincount(pieces, is_as_dark, minlength=n) / np.maximum(np.bincount(pieces, minlength=n), 1)
    gone = as_dark > _BORDER_SHARE
    if not gone[1:].any():
        return strokes
    kept = strokes.copy()
    kept.ravel()[gone[ink]] = 0
    return kept


def _without_shades(strokes: GrayPicture, contrast: GrayPicture, typical: float) -> GrayPicture:
    """`strokes` without the pieces that are far fainter than typical ink: tips of shadows, creases, grain."""
    n, piece_of, statistics, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    inked = np.flatnonzero(strokes)  # few of all pixels, so that only these are counted
    pieces = piece_of.ravel()[inked]
    sums = np.bincount(pieces, contrast.ravel()[inked], minlength=n)
    is_faint = sums < PIECE_SHARE * typical * statistics[:, cv2.CC_STAT_AREA]
    kept = strokes.copy()
    kept.ravel()[inked[is_faint[pieces]]] = 0
    return kept
