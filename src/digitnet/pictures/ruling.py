"""Ruled and squared paper: its own lines are taken out of the contrast, the strokes that cross them stay.

A ruled line runs from one side of the picture to the other, straight or nearly so, and is thin. It is found as such
on a reduced copy, followed through the full picture, and its contrast, as it is between the strokes, subtracted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.pictures.contrast import strokes_in

__all__ = ["straight_lines", "without_ruled_lines"]

_SIDE = 480  # pixels of the copy on which lines are looked for
_THIN = 1 / 28  # of the shorter side; a line is thinner, and wide strokes do not count
_THIN_MIN = 5  # pixels
_FAINT = 4.0  # levels; what is fainter disturbs nobody, ...
_FAINT_SIGMAS = 3.0  # ... nor does what is within the noise, ...
_FAINT_SHARE = 0.3  # ... or so much fainter than ink that a threshold parts them
_SLOPE = 0.3  # radians to either side, 17 degrees
_ANGLE_STEP = np.pi / 720  # a quarter of a degree: over 480 pixels a line drifts by two
_SAME_SLOPE = 0.02  # radians; between lines of one ruling, where a camera looks at them aslant
_SHORT = 0.3  # of the way that a line goes at least is enough for one of many
_SHORT_MAX = 40  # more do not fit into two corners
_VOTES = 0.5  # of the way across has a line's pixel in the reduced copy, ...
_COVERAGE = 0.8  # ... and this much in the full picture
_LINES_MAX = 120  # more than any paper has in one direction
_APART = 3.0  # pixels of the reduced copy between two lines
_PARTS = 12  # of a line, each followed by itself; paper curls and lenses bend
_SAMPLES = 32  # columns of each part that are looked at
_BETWEEN = 0.4  # of a part's columns show the line alone at least; the others may show strokes
_SEEN = 0.3  # of a line is not hidden by strokes
_PARTS_SEEN = 0.6  # of the parts show the line
_WANDER = 1.5  # pixels of the reduced copy that a part may be off the straight line
_MANY = 4  # parallel lines are the paper's own whatever they look like; fewer must be unlike the strokes: ...
_THINNER = 0.7  # ... this much thinner than they are, ...
_FAINTER = 0.7  # ... or this much fainter
_REMAINS = 0.7  # of a piece of ink lies on lines, or more: then it is no stroke
_EDGE = 0.25  # of a line's contrast, at which it ends
_PAINTED = 0.1  # of a line's contrast; less is not taken from its surroundings
_UNEVEN = 1.4  # times a line's usual contrast, which it has at most somewhere
_STRONGER = 1.35  # times the line: that is a stroke


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A line from left to right: its row in each column, its contrast across, and how thick that is."""

    rows: AnyArray  # int (width,)
    profiles: AnyArray  # float (parts, 2 * reach + 1)
    thickness: float
    strength: float
    slope: float


def without_ruled_lines(contrast: GrayPicture, noise: float, inside: GrayPicture | None = None) -> GrayPicture | None:
    """Remove the paper's own lines from the contrast of ink.

    Args:
        contrast: uint8 (height, width), 0 = paper, higher where something is drawn, written or printed.
        noise: Standard deviation of the paper's noise in levels.
        inside: uint8 (height, width), 255 on the sheet; None where it fills the picture.

    Returns:
        The contrast without lines, uint8 of the same shape; None when there are no such lines, or they are so much
        fainter than the ink that a threshold parts them.
    """
    faint = max(_FAINT, _FAINT_SIGMAS * noise, _FAINT_SHARE * cv2.mean(contrast, strokes_in(contrast))[0])
    level_lines = _level_lines(contrast, faint, inside)
    turned = np.ascontiguousarray(contrast.T)
    upright_lines = _level_lines(turned, faint, None if inside is None else np.ascontiguousarray(inside.T))
    together = _count(level_lines) + _count(upright_lines)
    level = _of_the_paper(level_lines, contrast, noise, together)
    upright = _of_the_paper(upright_lines, turned, noise, together)
    if not level and not upright:
        return None
    return _removed(contrast, _painted(level, contrast.shape), _painted(upright, turned.shape).T, noise)


def _level_lines(contrast: GrayPicture, faint: float, inside: GrayPicture | None) -> list[_Line]:
    """The paper's lines that run from left to right."""
    height, width = contrast.shape
    tall = max(_THIN_MIN, round(min(height, width) * _THIN)) | 1
    thick = np.asarray(cv2.morphologyEx(contrast, cv2.MORPH_OPEN, np.ones((tall, 1), np.uint8)), np.uint8)
    thin = cv2.subtract(contrast, thick)
    factor = max(1.0, max(height, width) / _SIDE)
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    small = cv2.resize(thin, size, interpolation=cv2.INTER_AREA)
    marks = np.asarray(cv2.threshold(small, max(_FAINT, faint / factor), 255, cv2.THRESH_BINARY)[1], np.uint8)
    share = 1.0 if inside is None else float((inside.max(axis=0) > 0).mean())
    votes = max(2, round(_VOTES * share * size[0]))
    follow = _Follower(np.asarray(thin, np.uint8), thick, inside, faint / 2, factor, tall // 2 + 1)
    ends = straight_lines(marks, votes)
    lines = [follow(places, _SEEN) for places in ends]
    slopes = [line.slope for line in lines if line is not None]
    if len(slopes) >= _MANY:  # then there may be more across the corners, as long as their way is there
        slope = float(np.median(slopes))
        alike = (slope - _SAME_SLOPE, slope + _SAME_SLOPE)
        short = straight_lines(marks, max(2, round(_SHORT * votes)), alike, ends)
        lines += [follow(places, _SHORT * _SEEN) for places in short[:_SHORT_MAX]]
    return [line for line in lines if line is not None]


def _count(lines: list[_Line]) -> int:
    """How many were printed: several straight lines may be seen in one of them."""
    kept: list[_Line] = []
    for line in lines:
        if all(np.abs(line.rows - other.rows).mean() > other.thickness + _APART for other in kept):
            kept.append(line)
    return len(kept)


def straight_lines(
    marks: GrayPicture,
    votes: int,
    slopes: tuple[float, float] = (-_SLOPE, _SLOPE),
    known: Sequence[tuple[float, float]] = (),
) -> list[tuple[float, float]]:
    """Lines from left to right that many marks lie on.

    Args:
        marks: uint8 (height, width), not 0 where something is.
        votes: Pixels of a line that are marked, at least.
        slopes: Radians between which lines may slope.
        known: Lines that are not wanted again.

    Returns:
        Rows of each line in the first and the last column, best lines first, each line once, and none of the known.

    Source:
        R. O. Duda, P. E. Hart, Communications of the ACM 15 (1972), 11-15.
    """
    low, high = (np.pi / 2 + slope for slope in slopes)
    found = cv2.HoughLines(marks, 1, _ANGLE_STEP, votes, min_theta=low, max_theta=high)
    kept: list[tuple[float, float]] = []
    for rho, theta in [] if found is None else found.reshape(-1, found.shape[-1])[:, :2].tolist():
        left, right = rho / np.sin(theta), (rho - (marks.shape[1] - 1) * np.cos(theta)) / np.sin(theta)
        if all(abs(left - a) + abs(right - b) > 2 * _APART for a, b in (*known, *kept)):
            kept.append((left, right))
            if len(kept) == _LINES_MAX:
                break
    return kept


@dataclass(frozen=True, slots=True, eq=False)
class _Follower:
    """Follows lines that were found on the reduced copy through the full picture."""

    thin: GrayPicture
    thick: GrayPicture  # strokes that hide a line
    inside: GrayPicture | None
    faint: float
    factor: float
    reach: int

    def __call__(self, ends: tuple[float, float], seen: float) -> _Line | None:
        """The line through two rows of the reduced copy; None where it is not there for most of its way.

        At least the part `seen` of the picture's width must show it.
        """
        height, width = self.thin.shape
        straight = (np.linspace(*ends, width) + 0.5) * self.factor - 0.5
        columns = np.unique(np.linspace(0, width - 1, min(width, _PARTS * _SAMPLES)).astype(np.intp))
        middle = np.rint(straight[columns]).astype(np.intp)
        is_seen = (middle >= 0) & (middle < height)
        at = (np.clip(middle, 0, height - 1), columns)
        is_seen &= self.thick[at] <= self.faint
        if self.inside is not None:
            is_seen &= self.inside[at] > 0
        wander = max(1, round(_WANDER * self.factor)) + 1
        places = middle[:, np.newaxis] + np.arange(-wander - self.reach, wander + self.reach + 1)
        samples = self.thin[np.clip(places, 0, height - 1), columns[:, np.newaxis]]
        samples = np.where((places >= 0) & (places < height), samples, 0)
        n = len(columns)
        columns, samples = columns[is_seen], samples[is_seen]
        if len(columns) < max(_PARTS, seen * n):
            return None
        return self._line(straight, columns, samples, wander)

    def _line(self, straight: AnyArray, columns: AnyArray, samples: AnyArray, wander: int) -> _Line | None:
        reach, width = self.reach, len(straight)
        part_of = columns * _PARTS // width
        middles, shifts = [], []
        for part in range(_PARTS):
            own = samples[part_of == part]
            if len(own):
                across = np.convolve(_between_strokes(own), [0.25, 0.5, 0.25], "same")[reach:-reach]
                if across.max() > self.faint:
                    middles.append((part + 0.5) / _PARTS * width)
                    shifts.append(float(np.argmax(across)) - wander)
        if len(shifts) < max(1, _PARTS_SEEN * len(np.unique(part_of))):
            return None
        shift = np.rint(np.interp(np.arange(width), middles, shifts)).astype(np.intp)
        around = reach + wander + shift[columns][:, np.newaxis] + np.arange(-reach, reach + 1)
        near = np.take_along_axis(samples, around, axis=1)
        usual = _between_strokes(near)
        strength = float(usual[reach - 1 : reach + 2].max())
        is_there = near[:, reach - 1 : reach + 2].max(axis=1) > self.faint
        if is_there.mean() < _COVERAGE or strength < self.faint:
            return None
        profiles = np.tile(usual, (_PARTS, 1))
        for part in np.unique(part_of):
            own = _between_strokes(near[part_of == part])
            profiles[part] = np.clip(own, usual / _UNEVEN, usual * _UNEVEN)
        rows = np.rint(straight).astype(np.intp) + shift
        thickness = float((usual > _EDGE * strength).sum())
        slope = float(np.arctan2(straight[-1] - straight[0], max(1, width - 1)))
        return _Line(rows, profiles, thickness, strength, slope)


def _between_strokes(samples: AnyArray) -> AnyArray:
    """What most columns (n, reach) have at least, float (reach,): strokes cross in the others."""
    place = int(_BETWEEN * (len(samples) - 1))
    return np.asarray(np.partition(samples, place, axis=0)[place], np.float64)


def _of_the_paper(lines: list[_Line], contrast: GrayPicture, noise: float, together: int) -> list[_Line]:
    """All of the lines, or only those that cannot be strokes; `together` with those that cross them."""
    n = _count(lines)
    if n == 0 or n >= _MANY or (n > 1 and together >= _MANY):
        return lines
    none = np.zeros(contrast.shape, np.float32)
    rest = _removed(contrast, _painted(lines, contrast.shape), none, noise)
    level, strokes = cv2.threshold(rest, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if level < _FAINT_SIGMAS * noise or not strokes.any():
        return []
    strength = cv2.mean(rest, strokes)[0]
    # In a stroke of width w, the distance to its edge is w / 4 on average.
    thickness = 4 * cv2.mean(cv2.distanceTransform(strokes, cv2.DIST_L2, 3), strokes)[0]
    return [line for line in lines if line.thickness < _THINNER * thickness or line.strength < _FAINTER * strength]


def _painted(lines: list[_Line], shape: tuple[int, ...]) -> AnyArray:
    """The contrast of the lines alone, float32 of that shape."""
    height, width = shape
    level = np.zeros((height, width), np.float32)
    columns = np.arange(width)
    for line in lines:
        reach = line.profiles.shape[1] // 2
        profile = line.profiles[columns * _PARTS // width]
        seen = np.flatnonzero(line.profiles.max(axis=0) > _PAINTED * line.strength) - reach
        for offset in range(seen[0] - 1, seen[-1] + 2):
            rows = line.rows + offset
            is_seen = (rows >= 0) & (rows < height)
            at = (rows[is_seen], columns[is_seen])
            level[at] = np.maximum(level[at], profile[is_seen, min(max(offset, -reach), reach) + reach])
    return level


def _removed(contrast: GrayPicture, level: AnyArray, upright: AnyArray, noise: float) -> GrayPicture:
    """The contrast without these lines; where a stroke crosses one, it goes on."""
    both = level + upright  # where they cross, as dark as both together
    weak = _EDGE * max(float(both.max()), 1.0)
    is_line = cv2.dilate((both > weak).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    darker = (contrast > _STRONGER * both + _FAINT_SIGMAS * noise + _FAINT).astype(np.uint8)
    is_stroke = np.asarray(cv2.medianBlur(darker, 3)) > 0  # single pixels are noise on the line
    kept = np.where(is_line & ~is_stroke, 0, contrast).astype(np.uint8)
    bridged = np.zeros_like(kept)
    for lines, is_upright in ((level, False), (upright, True)):
        # A line as dark as the ink leaves a gap in the stroke that crosses it: where there is ink above and below.
        gap = _thickness(lines if not is_upright else lines.T, weak)
        if gap:
            kernel = np.ones((3, gap + 4) if is_upright else (gap + 4, 3), np.uint8)
            bridged = np.maximum(bridged, cv2.morphologyEx(kept, cv2.MORPH_CLOSE, kernel))
    rest = np.where(is_line, np.maximum(kept, np.minimum(bridged, contrast)), contrast).astype(np.uint8)
    beside = 2 * (max(_thickness(level, weak), _thickness(upright.T, weak)) // 2) + 1
    is_near = cv2.dilate(is_line.astype(np.uint8), np.ones((beside, beside), np.uint8)) > 0
    return _without_remains(rest, is_near, _FAINT_SIGMAS * noise + _FAINT)


def _without_remains(contrast: GrayPicture, is_line: AnyArray, faint: float) -> GrayPicture:
    """`contrast` without the pieces that lie on lines: where two cross, or the pen of the printer pressed."""
    marks = np.asarray(cv2.threshold(contrast, faint, 255, cv2.THRESH_BINARY)[1], np.uint8)
    n, piece_of, statistics, _ = cv2.connectedComponentsWithStats(marks, connectivity=8)
    marked = np.flatnonzero(marks)  # few of all pixels, so that only these are counted
    pieces = np.asarray(piece_of, np.int32).ravel()[marked]
    on_lines = np.bincount(pieces[is_line.ravel()[marked]], minlength=n)
    is_remains = on_lines > _REMAINS * statistics[:, cv2.CC_STAT_AREA]
    rest = contrast.copy()
    rest.ravel()[marked[is_remains[pieces]]] = 0
    return rest


def _thickness(level: AnyArray, weak: float) -> int:
    """The most pixels of one column's line in a row, 0 without lines."""
    dark = (level > weak).astype(np.uint8)
    if not dark.any():
        return 0
    return round(2 * float(cv2.distanceTransform(cv2.copyMakeBorder(dark, 1, 1, 1, 1, 0), cv2.DIST_L2, 3).max()))
