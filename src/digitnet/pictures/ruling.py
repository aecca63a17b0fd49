"""Ruled and squared paper: removal of its lines from the contrast without breaking strokes.

A ruled line runs from one side of the picture to the other, is nearly straight, and thin. Lines are detected by a Hough
transform on a reduced copy and followed through the full picture, where their contrast, as it is between the strokes,
is removed.
"""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.contrast import strokes_in
from digitnet.pictures.line_detection import LINE_DETECTION_LIMITS, straight_lines

__all__ = ["RULING_LIMITS", "RulingLimits", "without_ruled_lines"]


class RulingLimits(NamedTuple):
    """When a straight line is ruling of the paper and no stroke, and how it is followed and removed."""

    # Longer side in pixels of the copy on which lines are searched; chosen by hand.
    search_side: int = 480
    # Greatest thickness of a line as a share of the shorter side. With 1/40 ruling was missed, with 1/25 strokes were
    # taken for it; chosen on rendered pictures, docs/log.md 2026-11-28, "hard rendered pictures, looked at".
    max_thickness: float = 1 / 28
    # Greatest thickness in pixels, where that is more; chosen by hand.
    max_thickness_pixels: int = 5
    # Least contrast of a line in grey levels; chosen by hand.
    min_contrast: float = 4.0
    # Least contrast of a line in standard deviations of the noise; chosen by hand.
    min_contrast_sigmas: float = 3.0
    # Least contrast of a line as a share of ink: a threshold separates fainter lines from ink; chosen by hand.
    min_contrast_share: float = 0.3
    # Radians by which lines of one ruling may differ in slope, as a camera distorts them; chosen by hand.
    same_slope: float = 0.02
    # Least share of the picture's width that a line covers on the reduced copy; chosen by hand.
    min_votes: float = 0.5
    # Least share of its columns in which the line is found in the full picture; chosen by hand.
    min_coverage: float = 0.8
    # Least length of further lines once a ruling is known, as a share of the length otherwise required; chosen by hand.
    short_length: float = 0.3
    # Greatest number of those, which is more than fit into two corners; chosen by hand.
    max_short_lines: int = 40
    # Columns in which each section of a line is sampled; chosen by hand.
    samples: int = 32
    # Percentile, as a share, of the sampled columns that is taken for the line alone: strokes cross others; chosen by
    # hand.
    line_percentile: float = 0.4
    # Least share of a line that is not hidden by strokes; chosen by hand.
    min_visible: float = 0.3
    # Least share of its sections in which a line is found; chosen by hand.
    min_sections_found: float = 0.6
    # Pixels of the reduced copy by which a section may be off the straight line; chosen by hand.
    max_deviation: float = 1.5
    # Number of parallel lines that are ruling even if they are as thick and as dark as strokes; chosen on rendered
    # pictures, docs/log.md 2026-11-28, "hard rendered pictures, looked at".
    min_lines: int = 4
    # Fewer lines are ruling if their thickness is below this share of the strokes'; chosen by hand.
    thinner_than_strokes: float = 0.7
    # The same for their contrast; chosen by hand.
    fainter_than_strokes: float = 0.7
    # Share of a line's contrast at which its edge is; chosen by hand.
    edge_contrast: float = 0.25
    # Share of a line's contrast below which its profile ends; chosen by hand.
    profile_end: float = 0.1
    # Factor by which a section of a line may differ from the whole line's profile; chosen by hand.
    max_unevenness: float = 1.4
    # Contrast of a pixel on a line as a multiple of the line's own, above which it belongs to a stroke; chosen by hand.
    stroke_over_line: float = 1.35
    # Share of a connected component that lies on lines, above which it is a remnant of them; chosen by hand.
    remnant_share: float = 0.7


RULING_LIMITS = RulingLimits()

# Sections of a line that are followed separately, since paper curls and lenses distort; chosen by hand.
_SECTIONS = 12


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A line from left to right.

    Attributes:
        rows: int (width,), its row in each column.
        profiles: float (sections, 2 * reach + 1), its contrast across, for each of its sections.
        thickness: Pixels.
        contrast: Its greatest contrast in grey levels.
        slope: Radians.
    """

    rows: AnyArray
    profiles: AnyArray
    thickness: float
    contrast: float
    slope: float


def without_ruled_lines(
    contrast: GrayPicture, noise: float, inside: GrayPicture | None = None, limits: RulingLimits = RULING_LIMITS
) -> GrayPicture | None:
    """Remove ruled lines from the contrast of ink.

    Args:
        contrast: uint8 (height, width), 0 = paper, higher where something is drawn, written or printed.
        noise: Standard deviation of the paper's noise in grey levels.
        inside: uint8 (height, width), 255 on the sheet; None where it fills the picture.
        limits: What counts as ruling.

    Returns:
        The contrast without lines, uint8 of the same shape; None where there are no such lines, or they are so much
        fainter than the ink that a threshold separates them.
    """
    faint = max(
        limits.min_contrast,
        limits.min_contrast_sigmas * noise,
        limits.min_contrast_share * cv2.mean(contrast, strokes_in(contrast))[0],
    )
    level_lines = _detected_lines(contrast, faint, inside, limits)
    transposed = np.ascontiguousarray(contrast.T)
    transposed_inside = None if inside is None else np.ascontiguousarray(inside.T)
    upright_lines = _detected_lines(transposed, faint, transposed_inside, limits)
    n = _count(level_lines) + _count(upright_lines)
    level = _ruling(level_lines, contrast, noise, n, limits)
    upright = _ruling(upright_lines, transposed, noise, n, limits)
    if not level and not upright:
        return None
    level_contrast = _rendered(level, contrast.shape, limits)
    upright_contrast = _rendered(upright, transposed.shape, limits).T
    return _removed(contrast, level_contrast, upright_contrast, noise, limits)


def _detected_lines(
    contrast: GrayPicture, faint: float, inside: GrayPicture | None, limits: RulingLimits
) -> list[_Line]:
    """Thin straight lines that run from left to right; `faint` is their least contrast."""
    height, width = contrast.shape
    tall = max(limits.max_thickness_pixels, round(min(height, width) * limits.max_thickness)) | 1
    thick = np.asarray(cv2.morphologyEx(contrast, cv2.MORPH_OPEN, np.ones((tall, 1), np.uint8)), np.uint8)
    thin = cv2.subtract(contrast, thick)
    factor = max(1.0, max(height, width) / limits.search_side)
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    small = cv2.resize(thin, size, interpolation=cv2.INTER_AREA)
    marks = np.asarray(
        cv2.threshold(small, max(limits.min_contrast, faint / factor), 255, cv2.THRESH_BINARY)[1], np.uint8
    )
    share = 1.0 if inside is None else float((inside.max(axis=0) > 0).mean())
    votes = max(2, round(limits.min_votes * share * size[0]))
    follow = _LineFollower(np.asarray(thin, np.uint8), thick, inside, faint / 2, factor, tall // 2 + 1, limits)
    ends = straight_lines(marks, votes)
    lines = [follow(pair, limits.min_visible) for pair in ends]
    slopes = [line.slope for line in lines if line is not None]
    if len(slopes) >= limits.min_lines:  # a ruling may have shorter lines across the corners of the picture
        slope = float(np.median(slopes))
        alike = (slope - limits.same_slope, slope + limits.same_slope)
        short = straight_lines(marks, max(2, round(limits.short_length * votes)), alike, ends)
        lines += [follow(pair, limits.short_length * limits.min_visible) for pair in short[: limits.max_short_lines]]
    return [line for line in lines if line is not None]


def _count(lines: list[_Line]) -> int:
    """The number of printed lines: several straight lines may be detected in one of them."""
    kept: list[_Line] = []
    for line in lines:
        if all(
            np.abs(line.rows - other.rows).mean() > other.thickness + LINE_DETECTION_LIMITS.min_distance
            for other in kept
        ):
            kept.append(line)
    return len(kept)


@dataclass(frozen=True, slots=True, eq=False)
class _LineFollower:
    """Follows lines that were detected on the reduced copy through the full picture.

    Attributes:
        thin: uint8 (height, width), contrast of what is thin enough to be a line.
        thick: The contrast of everything else, strokes that hide a line.
        inside: uint8 (height, width), 255 on the sheet; None where it fills the picture.
        faint: Least contrast of a line in grey levels.
        factor: Pixels of the picture for each pixel of the reduced copy.
        reach: Half of a line's greatest thickness in pixels.
        limits: What counts as ruling.
    """

    thin: GrayPicture
    thick: GrayPicture
    inside: GrayPicture | None
    faint: float
    factor: float
    reach: int
    limits: RulingLimits

    def __call__(self, ends: tuple[float, float], min_visible: float) -> _Line | None:
        """The line through two rows of the reduced copy; None where it is missing for most of its length.

        At least the share `min_visible` of the picture's width must show it.
        """
        height, width = self.thin.shape
        straight = (np.linspace(*ends, width) + 0.5) * self.factor - 0.5
        columns = np.unique(np.linspace(0, width - 1, min(width, _SECTIONS * self.limits.samples)).astype(np.intp))
        middle = np.rint(straight[columns]).astype(np.intp)
        is_visible = (middle >= 0) & (middle < height)
        at = (np.clip(middle, 0, height - 1), columns)
        is_visible &= self.thick[at] <= self.faint
        if self.inside is not None:
            is_visible &= self.inside[at] > 0
        play = max(1, round(self.limits.max_deviation * self.factor)) + 1
        rows = middle[:, np.newaxis] + np.arange(-play - self.reach, play + self.reach + 1)
        samples = self.thin[np.clip(rows, 0, height - 1), columns[:, np.newaxis]]
        samples = np.where((rows >= 0) & (rows < height), samples, 0)
        n = len(columns)
        columns, samples = columns[is_visible], samples[is_visible]
        if len(columns) < max(_SECTIONS, min_visible * n):
            return None
        return self._line(straight, columns, samples, play)

    def _line(self, straight: AnyArray, columns: AnyArray, samples: AnyArray, play: int) -> _Line | None:
        """The line in `samples` (n, 2 * (play + reach) + 1), taken around the rows `straight` in these columns."""
        reach, width, limits = self.reach, len(straight), self.limits
        section_of = columns * _SECTIONS // width
        shift = self._shift(samples, section_of, play, width)
        if shift is None:
            return None
        around = reach + play + shift[columns][:, np.newaxis] + np.arange(-reach, reach + 1)
        near = np.take_along_axis(samples, around, axis=1)
        usual = self._profile(near)
        strongest = float(usual[reach - 1 : reach + 2].max())
        is_there = near[:, reach - 1 : reach + 2].max(axis=1) > self.faint
        if is_there.mean() < limits.min_coverage or strongest < self.faint:
            return None
        profiles = np.tile(usual, (_SECTIONS, 1))
        for section in np.unique(section_of):
            own = self._profile(near[section_of == section])
            profiles[section] = np.clip(own, usual / limits.max_unevenness, usual * limits.max_unevenness)
        rows = np.rint(straight).astype(np.intp) + shift
        thickness = float((usual > limits.edge_contrast * strongest).sum())
        slope = float(np.arctan2(straight[-1] - straight[0], max(1, width - 1)))
        return _Line(rows, profiles, thickness, strongest, slope)

    def _shift(self, samples: AnyArray, section_of: AnyArray, play: int, width: int) -> AnyArray | None:
        """Rows by which the line is off the straight one, int (width,); None where too few sections show it."""
        middles, shifts = [], []
        for section in range(_SECTIONS):
            own = samples[section_of == section]
            if len(own):
                across = np.convolve(self._profile(own), [0.25, 0.5, 0.25], "same")[self.reach : -self.reach]
                if across.max() > self.faint:
                    middles.append((section + 0.5) / _SECTIONS * width)
                    shifts.append(float(np.argmax(across)) - play)
        if len(shifts) < max(1, self.limits.min_sections_found * len(np.unique(section_of))):
            return None
        return np.asarray(np.rint(np.interp(np.arange(width), middles, shifts)), np.intp)

    def _profile(self, samples: AnyArray) -> AnyArray:
        """The contrast of a line alone, float (k,), of columns (n, k), some of which are crossed by strokes."""
        rank = int(self.limits.line_percentile * (len(samples) - 1))
        return np.asarray(np.partition(samples, rank, axis=0)[rank], np.float64)


def _ruling(lines: list[_Line], contrast: GrayPicture, noise: float, n_all: int, limits: RulingLimits) -> list[_Line]:
    """All of the lines, or only those that cannot be strokes; `n_all` counts those that cross them too."""
    n = _count(lines)
    if n == 0 or n >= limits.min_lines or (n > 1 and n_all >= limits.min_lines):
        return lines
    none = np.zeros(contrast.shape, np.float32)
    rest = _removed(contrast, _rendered(lines, contrast.shape, limits), none, noise, limits)
    level, strokes = cv2.threshold(rest, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if level < limits.min_contrast_sigmas * noise or not strokes.any():
        return []
    # In a stroke of width w, the distance to its edge is w / 4 on average.
    max_thickness = limits.thinner_than_strokes * (
        4 * cv2.mean(cv2.distanceTransform(strokes, cv2.DIST_L2, 3), strokes)[0]
    )
    max_contrast = limits.fainter_than_strokes * cv2.mean(rest, strokes)[0]
    return [line for line in lines if line.thickness < max_thickness or line.contrast < max_contrast]


def _rendered(lines: list[_Line], shape: tuple[int, ...], limits: RulingLimits) -> AnyArray:
    """The contrast of the lines alone, float32 of that shape."""
    height, width = shape
    level = np.zeros((height, width), np.float32)
    columns = np.arange(width)
    for line in lines:
        reach = line.profiles.shape[1] // 2
        profile = line.profiles[columns * _SECTIONS // width]
        offsets = np.flatnonzero(line.profiles.max(axis=0) > limits.profile_end * line.contrast) - reach
        for offset in range(offsets[0] - 1, offsets[-1] + 2):
            rows = line.rows + offset
            is_inside = (rows >= 0) & (rows < height)
            at = (rows[is_inside], columns[is_inside])
            level[at] = np.maximum(level[at], profile[is_inside, min(max(offset, -reach), reach) + reach])
    return level


def _removed(
    contrast: GrayPicture, level: AnyArray, upright: AnyArray, noise: float, limits: RulingLimits
) -> GrayPicture:
    """The contrast without lines of the contrast `level` and `upright`; strokes that cross them stay connected."""
    both = level + upright  # where two lines cross, their contrast adds up
    weak = limits.edge_contrast * max(float(both.max()), 1.0)
    is_line = cv2.dilate((both > weak).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    noticeable = limits.min_contrast_sigmas * noise
    darker = (contrast > limits.stroke_over_line * both + noticeable + limits.min_contrast).astype(np.uint8)
    is_stroke = np.asarray(cv2.medianBlur(darker, 3)) > 0  # single pixels are noise on the line
    kept = np.where(is_line & ~is_stroke, 0, contrast).astype(np.uint8)
    bridged = np.zeros_like(kept)
    for lines, is_upright in ((level, False), (upright, True)):
        # A line as dark as the ink leaves a gap in a stroke that crosses it: bridge it where there is ink on both
        # sides.
        gap = _thickness(lines if not is_upright else lines.T, weak)
        if gap:
            kernel = np.ones((3, gap + 4) if is_upright else (gap + 4, 3), np.uint8)
            bridged = np.maximum(bridged, cv2.morphologyEx(kept, cv2.MORPH_CLOSE, kernel))
    rest = np.where(is_line, np.maximum(kept, np.minimum(bridged, contrast)), contrast).astype(np.uint8)
    beside = 2 * (max(_thickness(level, weak), _thickness(upright.T, weak)) // 2) + 1
    is_near = cv2.dilate(is_line.astype(np.uint8), np.ones((beside, beside), np.uint8)) > 0
    return _without_remnants(rest, is_near, noticeable + limits.min_contrast, limits)


def _without_remnants(contrast: GrayPicture, is_line: AnyArray, faint: float, limits: RulingLimits) -> GrayPicture:
    """`contrast` without the connected components that lie on lines: crossings, and places where a line is darker."""
    marks = np.asarray(cv2.threshold(contrast, faint, 255, cv2.THRESH_BINARY)[1], np.uint8)
    n, labels, statistics, _ = cv2.connectedComponentsWithStats(marks, connectivity=8)
    marked = np.flatnonzero(marks)  # counting only these pixels is faster, since they are few
    marked_labels = np.asarray(labels, np.int32).ravel()[marked]
    on_lines = np.bincount(marked_labels[is_line.ravel()[marked]], minlength=n)
    is_remnant = on_lines > limits.remnant_share * statistics[:, cv2.CC_STAT_AREA]
    rest = contrast.copy()
    rest.ravel()[marked[is_remnant[marked_labels]]] = 0
    return rest


def _thickness(level: AnyArray, weak: float) -> int:
    """The greatest thickness of a line in pixels, 0 without lines."""
    dark = (level > weak).astype(np.uint8)
    if not dark.any():
        return 0
    return round(2 * float(cv2.distanceTransform(cv2.copyMakeBorder(dark, 1, 1, 1, 1, 0), cv2.DIST_L2, 3).max()))
