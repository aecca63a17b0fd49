"""Binarization of a contrast: noise and components that are no strokes are removed, the rest is stretched to 255."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.notes import Note
from digitnet.pictures.contrast import (
    MIN_COMPONENT_SHARE,
    VISIBLE_LEVELS,
    VISIBLE_SIGMAS,
    histogram,
    luma,
    mean_level,
    typical_level,
)
from digitnet.pictures.paper import AnyPicture
from digitnet.pictures.shading import MEASURING_SIDE

__all__ = ["CLEANING_LIMITS", "CleaningLimits", "Contrast", "binarize", "without_lines_across"]

# Pixels of soft edge that are kept around a stroke; chosen by hand.
_EDGE_WIDTH = 2
# Percentile of the strokes' contrast that becomes 255: the darkest pixel may be a speck of dirt; chosen by hand.
_FULL_INK_PERCENTILE = 99.9


class CleaningLimits(NamedTuple):
    """Which connected components of the binarized contrast are strokes."""

    # Contrast in standard deviations of the noise below which a pixel is paper; chosen by hand.
    floor_sigmas: float = 3.0
    # Mean contrast in standard deviations of the noise from which strokes are no noise, whatever their shape; chosen on
    # rendered pictures, docs/log.md 2026-11-28, "hard rendered pictures, looked at".
    certain_sigmas: float = 9.0
    # Least length in pixels of other strokes; chosen by hand.
    long_pixels: int = 12
    # The same as a share of the picture's shorter side; chosen by hand.
    long_share: float = 1 / 24
    # Least share of all ink that long components make up; chosen by hand.
    min_long_ink: float = 0.5
    # Number of the largest long components that must make up that share, ...; chosen by hand.
    few_components: int = 3
    # ... unless the mean contrast reaches this many standard deviations of the noise; chosen by hand.
    few_sigmas: float = 6.0
    # Least mean contrast of a component as a share of typical ink, where there are shadows; chosen by hand.
    min_component_share: float = MIN_COMPONENT_SHARE
    # Length of a line across, as a share of the picture's width or height; chosen by hand.
    across_length: float = 0.6
    # Greatest area of such a line as a share of the square of its length; chosen by hand.
    across_area: float = 0.15
    # Least area of the largest other component as a share of the largest of all; chosen by hand.
    across_min_rest: float = 0.1
    # Width of the rim along the sheet's edge, as a share of the picture's longer side; chosen by hand.
    rim_width: float = 0.03
    # Distance in pixels from the sheet's edge within which its blur begins; chosen by hand.
    rim_begins: float = 2.5
    # Share of a component within the rim above which it is removed; chosen by hand.
    rim_share: float = 0.5
    # Distances in pixels of the reduced copy between which the surroundings of a stroke lie, beyond its soft edge;
    # chosen on rendered pictures, docs/log.md 2026-11-28, "edges that are no ink".
    beside_distances: tuple[int, int] = (3, 6)
    # Share of a component's contrast by which its surroundings may be brighter and still count as dark as the ink
    # itself; same source.
    beside_contrast: float = 0.3
    # Share of its surroundings as dark as the ink above which a component is the edge of something; same source.
    max_beside_share: float = 0.35


CLEANING_LIMITS = CleaningLimits()


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """The contrast between a picture and its paper, and what is needed to binarize it.

    Attributes:
        levels: uint8 (height, width), 0 = paper.
        noise: Standard deviation of the paper's noise in grey levels.
        is_ink_dark: Whether the ink is darker than its paper.
        notes: What was done.
        steps: Name and picture of each step so far.
        inside: uint8 (height, width), 255 on the sheet; None where it fills the picture.
        shadow_share: Greatest contrast of the tip of a shadow, as a share of typical ink; 0 where there are no shadows.
        visible_sigmas: Least mean contrast of strokes in standard deviations of the noise.
        original: The picture before its light was evened out; None where it was even.
    """

    levels: GrayPicture
    noise: float
    is_ink_dark: bool
    notes: tuple[Note, ...]
    steps: tuple[tuple[str, AnyPicture], ...]
    inside: GrayPicture | None = None
    shadow_share: float = 0.0
    visible_sigmas: float = VISIBLE_SIGMAS
    original: AnyPicture | None = None


def binarize(contrast: Contrast, limits: CleaningLimits = CLEANING_LIMITS) -> GrayPicture | None:
    """Remove everything but strokes from a contrast, and bring the strokes to 255; their soft edges stay.

    Args:
        contrast: The contrast, with at least one pixel.
        limits: What counts as a stroke.

    Returns:
        The ink, uint8 (height, width), 0 = paper, 255 = ink; None where there are no strokes.

    Source:
        N. Otsu, IEEE Transactions on Systems, Man, and Cybernetics 9 (1979), 62-66.
    """
    levels, noise = contrast.levels, contrast.noise
    floor = round(limits.floor_sigmas * noise)
    _, above_floor = cv2.threshold(levels, floor, 0, cv2.THRESH_TOZERO)
    threshold, mask = cv2.threshold(above_floor, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    strokes = _without_noise(np.asarray(mask, np.uint8), levels, noise, limits)
    counts = histogram(levels, strokes)
    if not counts.any() or mean_level(counts) < max(VISIBLE_LEVELS, contrast.visible_sigmas * noise):
        return None
    if contrast.shadow_share:
        typical = typical_level(counts)
        threshold = max(threshold, contrast.shadow_share * typical)
        _, certain = cv2.threshold(above_floor, threshold, 255, cv2.THRESH_BINARY)
        strokes = np.asarray(cv2.bitwise_and(certain, strokes), np.uint8)
        strokes = _without_faint_components(strokes, levels, limits.min_component_share * typical)
        counts = histogram(levels, strokes)
    if contrast.inside is not None:
        strokes = _without_sheet_edges(strokes, contrast.inside, limits)
        counts = histogram(levels, strokes) if strokes.any() else counts
    if contrast.original is not None:
        strokes = _without_region_edges(strokes, contrast, contrast.original, limits)
        counts = histogram(levels, strokes) if strokes.any() else counts
    return _stretched(levels, strokes, counts, floor)


def _stretched(levels: GrayPicture, strokes: GrayPicture, counts: AnyArray, floor: int) -> GrayPicture:
    """The contrast of the strokes and their edges, stretched from `floor` to the darkest ink of the histogram."""
    full = int(np.searchsorted(np.cumsum(counts), counts.sum() * _FULL_INK_PERCENTILE / 100))
    table = (np.arange(256) - floor) * (255 / max(1, full - floor))
    stretched = cv2.LUT(levels, np.clip(np.rint(table), 0, 255).astype(np.uint8))
    reach = 2 * _EDGE_WIDTH + 1
    strokes_and_edges = cv2.dilate(strokes, np.ones((reach, reach), np.uint8))
    return np.asarray(cv2.bitwise_and(stretched, strokes_and_edges), np.uint8)


def _without_noise(strokes: GrayPicture, contrast: GrayPicture, noise: float, limits: CleaningLimits) -> GrayPicture:
    """All strokes if their contrast is clear; else only long components, or nothing if those have little of the ink."""
    counts = histogram(contrast, strokes)
    if not counts.any() or mean_level(counts) >= limits.certain_sigmas * noise:
        return strokes
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    is_long = statistics[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) >= max(
        limits.long_pixels, limits.long_share * min(strokes.shape)
    )
    is_long[0] = False  # the paper
    area = statistics[:, cv2.CC_STAT_AREA]
    least = limits.min_long_ink * area[1:].sum()
    long_areas = np.sort(area[is_long])
    are_few = long_areas[-limits.few_components :].sum() >= least
    if long_areas.sum() < least or (not are_few and mean_level(counts) < limits.few_sigmas * noise):
        return np.zeros_like(strokes)
    return np.asarray(cv2.bitwise_and(strokes, np.where(is_long, 255, 0).astype(np.uint8)[labels]), np.uint8)


def without_lines_across(ink: GrayPicture, limits: CleaningLimits = CLEANING_LIMITS) -> GrayPicture:
    """Remove thin components that go from one side of the picture to another: edges of the sheet, creases.

    Args:
        ink: uint8 (height, width), 0 = paper, 255 = ink.
        limits: What counts as such a line.

    Returns:
        The ink without them; unchanged where there is hardly any other ink.
    """
    height, width = ink.shape
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    left, top, wide, high, area = statistics[1:].T
    sides_touched = (left == 0).astype(int) + (top == 0) + (left + wide == width) + (top + high == height)
    longest = np.maximum(wide, high)
    is_long = (wide >= limits.across_length * width) | (high >= limits.across_length * height)
    is_line = is_long & (sides_touched >= 2) & (area < limits.across_area * longest.astype(np.float64) ** 2)
    rest = (area * ~is_line).max(initial=0)
    if not is_line.any() or rest < limits.across_min_rest * area.max():
        return ink
    keep = np.r_[True, ~is_line]
    return np.asarray(cv2.bitwise_and(np.where(keep, 255, 0).astype(np.uint8)[labels], ink), np.uint8)


def _without_sheet_edges(strokes: GrayPicture, inside: GrayPicture, limits: CleaningLimits) -> GrayPicture:
    """`strokes` without components that begin at the edge of the sheet and run along it: its blur and its shadow."""
    padded = cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_REPLICATE)  # the sheet continues outside the picture
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1]
    rim = limits.rim_width * max(strokes.shape)
    n, labels = cv2.connectedComponents(strokes, connectivity=8)
    inked = np.flatnonzero(strokes)
    inked_labels, depths = np.asarray(labels, np.int32).ravel()[inked], depth.ravel()[inked]
    area = np.bincount(inked_labels, minlength=n)
    begins = np.bincount(inked_labels, depths <= limits.rim_begins, minlength=n) > 0
    along = np.bincount(inked_labels, depths <= rim, minlength=n) > limits.rim_share * area
    kept = strokes.copy()
    kept.ravel()[inked[(begins & along)[inked_labels]]] = 0
    return kept


def _without_region_edges(
    strokes: GrayPicture, contrast: Contrast, picture: AnyPicture, limits: CleaningLimits
) -> GrayPicture:
    """`strokes` without components that are the edge of a dark region, such as a shadow or a table.

    Ink is darker than its surroundings on all sides (light ink is lighter); an edge is so on one side only.
    """
    n, labels = cv2.connectedComponents(strokes, connectivity=8)
    if n == 1:
        return strokes
    label_of = np.asarray(labels, np.int32).ravel()
    mean_contrast = _means(label_of, contrast.levels.ravel(), n)
    scale = max(1.0, max(strokes.shape) / MEASURING_SIDE)
    size = (max(1, round(strokes.shape[1] / scale)), max(1, round(strokes.shape[0] / scale)))
    small_labels, gray = (
        cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST) for plane in (labels.astype(np.float32), luma(picture))
    )
    gray = gray if contrast.is_ink_dark else cv2.bitwise_not(gray)
    near, far = (np.ones((2 * reach + 1, 2 * reach + 1), np.uint8) for reach in limits.beside_distances)
    nearest = cv2.dilate(small_labels, far)
    is_beside = (nearest > 0) & (cv2.dilate(small_labels, near) == 0)
    owners = nearest[is_beside].astype(np.intp)  # the component whose surroundings a pixel belongs to
    ink_nearby = cv2.erode(np.where(small_labels > 0, gray, 255).astype(np.uint8), far)[is_beside]
    is_as_dark = gray[is_beside] < ink_nearby + limits.beside_contrast * mean_contrast[owners]
    is_edge = _means(owners, is_as_dark, n) > limits.max_beside_share
    if not is_edge[1:].any():
        return strokes
    kept = strokes.copy()
    kept.ravel()[is_edge[label_of]] = 0
    return kept


def _means(labels: AnyArray, values: AnyArray, n: int) -> AnyArray:
    """The mean of `values` for each of `n` labels, 0 for those that do not occur."""
    return np.asarray(np.bincount(labels, values, minlength=n) / np.maximum(np.bincount(labels, minlength=n), 1))


def _without_faint_components(strokes: GrayPicture, contrast: GrayPicture, least: float) -> GrayPicture:
    """`strokes` without components whose mean contrast is below `least`: tips of shadows, creases, noise."""
    n, labels, statistics, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    inked = np.flatnonzero(strokes)  # counting only these pixels is faster, since they are few
    inked_labels = np.asarray(labels, np.int32).ravel()[inked]
    sums = np.bincount(inked_labels, contrast.ravel()[inked], minlength=n)
    is_faint = sums < least * statistics[:, cv2.CC_STAT_AREA]
    kept = strokes.copy()
    kept.ravel()[inked[is_faint[inked_labels]]] = 0
    return kept
