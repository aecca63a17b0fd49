"""Contrast -> ink: what is within the paper's noise is cut, what is no stroke left out, the rest stretched to 255."""

from dataclasses import dataclass

import cv2
import numpy as np

from digitnet.arrays import GrayPicture
from digitnet.notes import Note
from digitnet.pictures.contrast import (
    PIECE_SHARE,
    VISIBLE_LEVELS,
    VISIBLE_SIGMAS,
    histogram,
    luma,
    mean_level,
    typical_level,
)
from digitnet.pictures.paper import AnyPicture
from digitnet.pictures.shading import LOOK_SIDE

__all__ = ["Contrast", "cut_and_stretch", "without_lines_across"]

_CERTAIN_SIGMAS = 9.0  # strokes that stand out this far are no noise, whatever they look like; others must be long: ...
_LONG = 12  # pixels, ...
_LONG_SHARE = 1 / 24  # and this much of the picture's shorter side, ...
_MOST = 0.5  # for half of the ink, ...
_FEW = 3  # which is in so few pieces, ...
_FEW_SIGMAS = 6.0  # unless it stands out this far
_FLOOR_SIGMAS = 3.0  # within this many standard deviations of noise, a pixel is paper
_EDGE_WIDTH = 2  # pixels of soft edge kept around a stroke
_FULL_INK_PERCENTILE = 99.9  # of the strokes' pixels; the darkest one may be a speck of dirt
_ACROSS = 0.6  # of the picture's width or height is as long as what goes across it ...
_SLENDER = 0.15  # ... and covers less than this of a square of its length
_LEAST_REST = 0.1  # of the largest piece's area, has the largest of those that stay
_RIM = 0.03  # of the longer side, from the edge of the sheet inwards ...
_AT_EDGE = 2.5  # ... which begins with so many pixels
_BESIDE = (3, 6)  # pixels from a stroke, of the reduced picture: beyond its soft edge, and not far
_AS_DARK = 0.3  # of what a piece stands out by, brighter than it is, is still as dark
_BORDER_SHARE = 0.35  # of what lies beside a piece may be as dark, at its crossings with others


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """How far each pixel is from its paper, on the way to ink.

    Attributes:
        levels: uint8 (height, width), 0 = paper.
        noise: Standard deviation of the paper, in levels.
        is_ink_dark: Darker than the paper.
        notes: What was done.
        steps: What it looked like, by name.
        inside: uint8 (height, width), 255 on the sheet; None where it fills the picture.
        shade_share: Of typical ink, what the tip of a shadow may have.
        visible_sigmas: How far strokes must stand out of the noise on average.
        seen: The picture before its light was evened out; None where it was even.
    """

    levels: GrayPicture
    noise: float
    is_ink_dark: bool
    notes: tuple[Note, ...]
    steps: tuple[tuple[str, AnyPicture], ...]
    inside: GrayPicture | None = None
    shade_share: float = 0.0
    visible_sigmas: float = VISIBLE_SIGMAS
    seen: AnyPicture | None = None


def cut_and_stretch(found: Contrast) -> GrayPicture | None:
    """Remove the noise from a contrast and bring its strokes to 255.

    Args:
        found: The contrast, with at least one pixel.

    Returns:
        The ink, uint8 (height, width), 0 = paper, 255 = ink; None when there are no strokes.

    Source:
        N. Otsu, IEEE Transactions on Systems, Man, and Cybernetics 9 (1979), 62-66.
    """
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


def without_lines_across(ink: GrayPicture) -> GrayPicture:
    """Leave out thin pieces that go from one side of the picture to another: edges of the sheet, creases.

    Args:
        ink: uint8 (height, width), 0 = paper, 255 = ink.

    Returns:
        The same without them; as it is where hardly anything else is written.
    """
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
