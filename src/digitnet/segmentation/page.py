"""Segmentation of a page of ink into all candidates for digits, and the choice among them by a network's outputs."""

import bisect
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from digitnet.arrays import IMAGE_SIDE, AnyArray, GrayPicture, Images
from digitnet.notes import Note, NoteKind
from digitnet.pictures.mnist_frame import Box, FramedDigit, to_mnist_frame
from digitnet.segmentation.character_views import NUM_FEATURES, character_features, line_centres
from digitnet.segmentation.components import (
    COMPONENT_LIMITS,
    INK_FROM,
    Component,
    ComponentLimits,
    WorkingInk,
    find_components,
    to_working_size,
)
from digitnet.segmentation.cuts import find_cuts
from digitnet.segmentation.group_costs import recognition_costs
from digitnet.segmentation.lattice import Group, Segment, cheapest_path, likely_groups, segments_of, skip_cost
from digitnet.segmentation.lines import Boxes, group_into_lines, page_slope
from digitnet.segmentation.table_rows import TableRows

__all__ = [
    "PAGE_LIMITS",
    "CharacterLine",
    "DigitInk",
    "Page",
    "PageLimits",
    "chained",
    "segment_page",
    "segment_written",
]


class PageLimits(NamedTuple):
    """When a page is turned, and when its components are sampled before all of them are segmented."""

    # Slope in degrees below which lines are read as they are; chosen by hand.
    level: float = 3.0
    # Number of components from which a sample is examined first; docs/log.md 2026-11-29, "numbers that are none".
    crowd: int = 400
    # Number of the largest components in that sample, and about as many of all sizes; same log entry.
    sample: int = 100
    # Greatest number of components that may be writing; more are noise, and take seconds. Chosen by hand: a page of 120
    # cells has 250.
    most_written: int = 900
    # Greatest number of digits, one for each height of a digit that a component is wide, whose components are cut where
    # they may touch: what is cut takes most of the time, 8 s for 1,400 digits (docs/log.md 2026-11-30, "hostile and
    # large pages"). Chosen by hand: a page of 120 cells has 300.
    most_cut: int = 1000
    # Share of the highest component's height from which a component counts for the height of its line; chosen by hand.
    tall: float = 0.5
    # Pixels by which the corner of a box may be off after rounding; chosen by hand.
    box_rounding: float = 0.01


PAGE_LIMITS = PageLimits()
# In ink without dust, dots and commas are kept; chosen by hand.
WRITTEN_COMPONENTS = COMPONENT_LIMITS._replace(min_side=0.06)


@dataclass(frozen=True, slots=True, eq=False)
class CharacterLine:
    """The lattice of a line, for those who name its edges.

    Attributes:
        groups: Its edges.
        num_segments: How many segments there are.
        candidates: Number of the first edge among the page's images, and of the one behind the last.
        height: Pixels of the working picture.
        ink_of_segments: Inked pixels of each segment.
        is_crossing: Whether each segment is of a component that reaches over a rule into another row of a table.
        centres: The x and y of the middle of each segment's box, in pixels of the working picture.
    """

    groups: list[Group]
    num_segments: int
    candidates: tuple[int, int]
    height: float
    ink_of_segments: tuple[int, ...] = ()
    is_crossing: tuple[bool, ...] = ()
    centres: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class DigitInk:
    """A digit found on a page.

    Attributes:
        image: uint8 (28, 28), in MNIST's frame.
        box: Where it is in the picture.
        line: Its line, from 0.
        candidate: Which of the page's images it is.
        notes: What was done to it.
    """

    image: GrayPicture
    box: Box
    line: int
    candidate: int
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """The segments of a line, the groups of them that may be digits with their images, and its height in pixels.

    Its height comes from the tall components, whose boxes are kept.
    """

    segments: list[Segment]
    groups: list[Group]
    frames: list[FramedDigit]
    height: float
    tall: Boxes


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """Everything that may be a digit on a page.

    Attributes:
        lines: The candidates of each line.
        slope: Degrees by which the picture was turned to make its lines level.
        to_picture: float64 (2, 3), affine map from the working picture to the picture itself.
        shape: Height and width of the picture.
        left_out: Number of components that were left out, since nothing in a sample of them looks like a digit.
        ink: uint8 (height, width), that of the working picture; None where there are no lines.
        crossing: The sources of components that reach over a rule into another row of the table.
    """

    lines: tuple[_Line, ...]
    slope: float
    to_picture: np.ndarray
    shape: tuple[int, int]
    left_out: int = 0
    ink: GrayPicture | None = None
    crossing: frozenset[int] = frozenset()

    @property
    def images(self) -> Images:
        """All candidates in MNIST's frame, uint8 (n, 28, 28)."""
        images = [frame.image for line in self.lines for frame in line.frames]
        return np.stack(images) if images else np.zeros((0, IMAGE_SIDE, IMAGE_SIDE), np.uint8)

    @property
    def character_lines(self) -> list[CharacterLine]:
        """The lattice of each line, those without an edge left out."""
        found, start = [], 0
        for line in self.lines:
            end = start + len(line.groups)
            if line.groups:
                inks = tuple(int((segment.component.ink >= INK_FROM).sum()) for segment in line.segments)
                crossing = tuple(segment.component.source in self.crossing for segment in line.segments)
                centres = tuple((s.component.centre, s.component.top + s.component.height / 2) for s in line.segments)
                of_segments = (inks, crossing, centres)
                found.append(CharacterLine(line.groups, len(line.segments), (start, end), line.height, *of_segments))
            start = end
        return found

    def character_features(self) -> np.ndarray:
        """What the character network sees of each candidate, uint8 (n, features)."""
        found = [
            character_features(
                line.groups,
                [frame.image for frame in line.frames],
                self.ink,
                line_centres(line.tall, np.array([group.left + group.ink.shape[1] / 2 for group in line.groups])),
                line.height,
            )
            for line in self.lines
            if line.groups and self.ink is not None
        ]
        return np.concatenate(found) if found else np.zeros((0, NUM_FEATURES), np.uint8)

    def digit_inks(self, chosen: Sequence[tuple[int, int]]) -> list[DigitInk]:
        """Candidates as digits.

        Args:
            chosen: The number of each among the page's images, and the line that it is to have.
        """
        starts = list(itertools.accumulate((len(line.groups) for line in self.lines), initial=0))
        found = []
        for candidate, row in chosen:
            line = bisect.bisect_right(starts, candidate) - 1
            found.append(self._digit(self.lines[line], candidate - starts[line], row, candidate))
        return found

    def choose(
        self, logits: AnyArray, class_names: Sequence[str], outlier_scores: AnyArray | None = None
    ) -> list[DigitInk]:
        """The digits on the cheapest path through the lattice of each line.

        Args:
            logits: float (n, classes), the network's outputs for `images`, divided by its temperature.
            class_names: The text of each label.
            outlier_scores: (n,), as for `recognition_costs`; None without a network that computes them.

        Returns:
            Digits in reading order.
        """
        groups = [group for line in self.lines for group in line.groups]
        if not groups:
            return []
        aspects = np.array([group.ink.shape[1] / group.ink.shape[0] for group in groups])
        costs = recognition_costs(logits, outlier_scores, aspects, class_names) + [group.cost for group in groups]
        digits: list[DigitInk] = []
        start = row = 0
        for line in self.lines:
            own = costs[start : start + len(line.groups)].tolist()
            first, start = start, start + len(line.groups)
            skip_costs = [skip_cost(segment, line.height) for segment in line.segments]
            chosen = cheapest_path(line.groups, own, skip_costs)
            digits += [self._digit(line, number, row, first + number) for number in chosen]
            row += bool(chosen)
        return digits

    def _digit(self, line: _Line, number: int, row: int, candidate: int) -> DigitInk:
        group, frame = line.groups[number], line.frames[number]
        box = self._box_in_picture(group.left + frame.box[0], group.top + frame.box[1], *frame.box[2:])
        return DigitInk(frame.image, box, row, candidate, (*_notes(line.segments, group), *frame.notes))

    def _box_in_picture(self, left: int, top: int, width: int, height: int) -> Box:
        """The box in the picture that holds a box of the working picture."""
        corners = np.array([[left, top, 1], [left + width, top, 1], [left, top + height, 1]])
        corners = np.vstack([corners, [[left + width, top + height, 1]]]) @ self.to_picture.T
        sides, rounding = (self.shape[1], self.shape[0]), PAGE_LIMITS.box_rounding
        starts = [
            min(max(math.floor(low + rounding), 0), side - 1)
            for low, side in zip(corners.min(axis=0), sides, strict=True)
        ]
        ends = [
            min(max(math.ceil(high - rounding), 1), side) for high, side in zip(corners.max(axis=0), sides, strict=True)
        ]
        return (starts[0], starts[1], max(1, ends[0] - starts[0]), max(1, ends[1] - starts[1]))


def segment_page(
    ink: GrayPicture, has_digits: Callable[[Images], bool] | None = None, limits: PageLimits = PAGE_LIMITS
) -> Page:
    """Find everything on a page that may be a digit.

    Args:
        ink: uint8 (height, width), any size, 0 = paper, 255 = ink.
        has_digits: Whether any of these images, uint8 (n, 28, 28), looks like a digit; None if nothing can decide that.
            Called with a sample where there are hundreds of components, since segmenting thousands of specks takes
            seconds.
        limits: When the page is turned or sampled.

    Returns:
        A page; without lines where nothing is written.
    """
    working = to_working_size(ink)
    if working is None:
        return Page((), 0.0, np.eye(2, 3), ink.shape)
    components = find_components(working)
    back = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]) / working.scale
    if (
        has_digits is not None
        and len(components) >= limits.crowd
        and not has_digits(_sample(components, limits.sample))
    ):
        return Page((), 0.0, np.eye(2, 3), ink.shape, len(components))
    return _segmented(working, components, back, (ink.shape[0], ink.shape[1]), COMPONENT_LIMITS, None, limits)


def segment_written(
    ink: GrayPicture,
    digit_height: float,
    to_picture: np.ndarray,
    shape: tuple[int, int],
    rows: TableRows | None = None,
    limits: PageLimits = PAGE_LIMITS,
) -> Page:
    """Find everything that may be a character in ink that holds characters alone, however small they are.

    Args:
        ink: uint8 (height, width), at the working size, 0 = paper, 255 = ink.
        digit_height: Typical height of a digit in its pixels.
        to_picture: float64 (2, 3), affine map from there to the picture.
        shape: Height and width of the picture.
        rows: Those of its table, each of which is a line; None where there is no table.
        limits: When the page is turned.

    Returns:
        A page; without lines where nothing is written.
    """
    working = WorkingInk(ink, 1.0, digit_height)
    components = find_components(working, WRITTEN_COMPONENTS)
    if not 0 < len(components) <= limits.most_written:
        return Page((), 0.0, to_picture, shape)
    return _segmented(working, components, to_picture, shape, WRITTEN_COMPONENTS, rows, limits)


def _segmented(
    working: WorkingInk,
    components: list[Component],
    back: np.ndarray,
    shape: tuple[int, int],
    component_limits: ComponentLimits,
    rows: TableRows | None,
    limits: PageLimits,
) -> Page:
    """The page, turned where its lines slope."""
    to_page, crossing = np.eye(2, 3), frozenset[int]()
    boxes = _boxes(components)
    slope = page_slope(boxes, working.digit_height)
    if abs(slope) >= limits.level:
        working, to_page = _turned(working, slope)
        back = chained(back, to_page)
        components = find_components(working, component_limits)
        boxes = _boxes(components)
        rest = page_slope(boxes, working.digit_height)
    else:
        slope, rest = 0.0, slope
    if rows is None:
        lines = group_into_lines(boxes, working.digit_height, rest)
    else:
        components, crossing = rows.parted(components, to_page)
        lines = rows.lines(components, _boxes(components), rest, to_page)
    num_digits = np.ceil(_boxes(components)[:, 2] / working.digit_height).sum()
    is_cut = bool(num_digits <= limits.most_cut)
    found = tuple(_line([components[number] for number in line], limits.tall, is_cut=is_cut) for line in lines)
    return Page(found, slope, back, shape, ink=working.ink, crossing=crossing)


def _sample(components: Sequence[Component], size: int) -> Images:
    """The first `size` of the components, which are the largest, and about as many of all others, as single digits."""
    chosen = [*components[:size], *components[size :: max(1, len(components) // size)]]
    frames = [to_mnist_frame(component.ink) for component in chosen]
    return np.stack([frame.image for frame in frames if frame is not None])


def _boxes(components: Sequence[Component]) -> Boxes:
    return np.array([[c.left, c.top, c.width, c.height] for c in components], np.float64).reshape(-1, 4)


def _turned(working: WorkingInk, slope: float) -> tuple[WorkingInk, np.ndarray]:
    """The ink rotated so that its lines are level, on a canvas that holds all of it; and the inverse map, (2, 3)."""
    height, width = working.ink.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), slope, 1.0)
    cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
    new_width, new_height = math.ceil(width * cosine + height * sine), math.ceil(width * sine + height * cosine)
    turn[:, 2] += ((new_width - width) / 2, (new_height - height) / 2)
    ink = cv2.warpAffine(working.ink, turn, (new_width, new_height), flags=cv2.INTER_LINEAR)
    return WorkingInk(np.asarray(ink, np.uint8), working.scale, working.digit_height), cv2.invertAffineTransform(turn)


def chained(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """The affine map `inner` followed by `outer`, (2, 3)."""
    return np.asarray(outer @ np.vstack([inner, [0, 0, 1]]))


def _line(components: Sequence[Component], tall: float, *, is_cut: bool) -> _Line:
    """The candidates of a line, whose components are cut where they may touch, or left whole.

    Its height is the mean of the components that are at least `tall` of the highest.
    """
    heights = np.array([component.height for component in components])
    height = float(np.sort(heights[heights >= tall * heights.max()]).mean())
    cuts = [find_cuts(component, height) if is_cut else [] for component in components]
    segments = _left_to_right([segments_of(own, of_one) for own, of_one in zip(components, cuts, strict=True)])
    boxes = _boxes([component for component in components if component.height >= tall * heights.max()])
    groups, frames = [], []
    for group in likely_groups(segments, height):
        frame = to_mnist_frame(group.ink)
        if frame is not None:
            groups.append(group)
            frames.append(frame)
    return _Line(segments, groups, frames, height, boxes)


def _left_to_right(segments_of_each: Sequence[Sequence[Segment]]) -> list[Segment]:
    """All segments from left to right by their centres; those of one component stay in their order."""
    keys: list[float] = []
    for segments in segments_of_each:
        keys += itertools.accumulate((segment.component.centre for segment in segments), max)
    every = list(itertools.chain.from_iterable(segments_of_each))
    return [every[number] for number in sorted(range(len(every)), key=keys.__getitem__)]


def _notes(segments: Sequence[Segment], group: Group) -> tuple[Note, ...]:
    """How a digit was put together."""
    notes = []
    pieces = len({segment.component.source for segment in segments[group.first : group.last + 1]})
    if pieces > 1:
        notes.append(Note(NoteKind.PIECES_JOINED, (pieces,)))
    if group.is_cut:
        notes.append(Note(NoteKind.SEPARATED))
    return tuple(notes)
