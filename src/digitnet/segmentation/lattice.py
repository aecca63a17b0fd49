"""The segmentation lattice of a line, whose edges are groups of segments, and the cheapest path through it.

The cost of a group is the sum of its recognition cost (`group_costs`) and of the costs of its shape, its cuts and its
place in the line. The costs are the energies of a conditional random field over all paths.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.segmentation.components import INK_FROM, Component
from digitnet.segmentation.cuts import Cut, between

__all__ = [
    "GROUP_LIMITS",
    "PATH_COSTS",
    "CutComponent",
    "Group",
    "GroupLimits",
    "PathCosts",
    "Segment",
    "cheapest_path",
    "likely_groups",
    "segments_of",
    "skip_cost",
]


class GroupLimits(NamedTuple):
    """Which groups of segments may be one digit. Lengths are shares of the line's height."""

    # Greatest number of segments of one digit; chosen by hand. Ten were too few once there were more cuts (docs/log.md
    # 2026-11-28, "whole numbers").
    max_segments: int = 20
    # Greatest width of several segments together; chosen by hand.
    max_width: float = 1.5
    # Greatest sum of the gaps between the segments of one digit; chosen by hand.
    max_gaps: float = 0.5
    # Least height of a group that was cut off. With the next two limits a quarter of all groups is left out, and none
    # of 483 rendered lines changed; docs/log.md 2026-11-28, "whole numbers".
    min_cut_height: float = 0.55
    # Least width of a group that was cut off; same log entry.
    min_cut_width: float = 0.1
    # Greatest width of a group that was cut off: 1.15 would lose digits that a picture stretched; same log entry.
    max_cut_width: float = 1.3
    # Share of the lower segment's rows above which two segments stand side by side; chosen by hand.
    side_by_side: float = 0.25


class PathCosts(NamedTuple):
    """Costs of a path through the lattice, by the shape of its groups and their place in the line.

    Fitted together with those of `group_costs`, as a conditional random field: for the greatest likelihood of the true
    digits of rendered lines of MNIST's training digits, among all paths (docs/log.md 2026-11-28, "whole numbers").
    Costs of lengths are for the height of the line.
    """

    # Cost of each digit; negative, or the path that skips everything would be the cheapest; fitted.
    per_digit: float = -1.8
    # Cost of each cut that is used; fitted.
    per_cut: float = 2.5
    # Cost of each stroke that such a cut crosses; fitted.
    per_stroke_cut: float = 0.1
    # Cost of a gap inside a digit that goes from top to bottom; fitted.
    per_gap: float = 20.0
    # Cost of the distance between segments of a digit that stand side by side; fitted.
    per_clearance: float = 16.0
    # Cost of joining two components that stand side by side, for the lower one's height; fitted.
    per_joint: float = 1.5
    # Heights, chosen by hand, and the cost of what a digit is lower than each; fitted.
    per_shortness: tuple[tuple[float, float], ...] = ((0.85, 8.5), (0.6, 6.0))
    # Cost of skipping a segment, which then is dirt or punctuation; fitted.
    per_skip: float = 3.3
    # Cost of skipping it for its longer side; fitted.
    per_skipped_height: float = 2.5


GROUP_LIMITS = GroupLimits()
PATH_COSTS = PathCosts()


@dataclass(frozen=True, slots=True, eq=False)
class CutComponent:
    """A component of a line, and where it may be cut.

    Attributes:
        component: Its ink.
        cuts: From left to right; none of them at its edges.
    """

    component: Component
    cuts: tuple[Cut, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """The ink between two neighbouring cuts of a component, or all of one that has no cut.

    Attributes:
        component: Its ink.
        whole: The component it was cut from.
        place: Number of cuts to its left.
    """

    component: Component
    whole: CutComponent
    place: int


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Neighbouring segments that may be one digit.

    Attributes:
        first: Number of its first segment in the line.
        last: Number of its last segment.
        ink: uint8 (height, width), the ink of all of its segments.
        left: Column of its left edge in the picture.
        top: Row of its upper edge.
        cost: Cost of its shape, its cuts and its place in the line, without that of recognition.
        is_cut: Whether a cut separates it from ink that it touches.
    """

    first: int
    last: int
    ink: GrayPicture
    left: int
    top: int
    cost: float
    is_cut: bool


def segments_of(component: Component, cuts: Sequence[Cut]) -> list[Segment]:
    """Split a component at all of its cuts.

    Args:
        component: Connected ink.
        cuts: From left to right; one without ink between it and the one before is dropped.

    Returns:
        Segments from left to right, at least one.
    """
    kept: list[Cut] = []
    for cut in cuts:
        before = kept[-1] if kept else None
        if between(component, before, cut) is not None and between(component, cut, None) is not None:
            kept.append(cut)
    whole = CutComponent(component, tuple(kept))
    inks = [between(component, before, after) for before, after in itertools.pairwise([None, *kept, None])]
    return [Segment(ink, whole, place) for place, ink in enumerate(inks) if ink is not None]


def likely_groups(
    segments: Sequence[Segment],
    line_height: float,
    limits: GroupLimits = GROUP_LIMITS,
    costs: PathCosts = PATH_COSTS,
) -> list[Group]:
    """All groups of neighbouring segments that may be one digit.

    Args:
        segments: Those of one line from left to right, those of one component in their order.
        line_height: Pixels.
        limits: Which groups may be a digit.
        costs: What their shape, their cuts and their place cost.

    Returns:
        At most twenty groups for each segment.
    """
    lattice = _Lattice(segments, line_height, limits, costs)
    groups = []
    for first in range(len(segments)):
        for last, gap in lattice.extents(first):
            group = lattice.group(first, last, gap)
            if group is not None:
                groups.append(group)
    return groups


class _Lattice:
    """The segments of a line, and what it costs to join neighbours."""

    def __init__(self, segments: Sequence[Segment], line_height: float, limits: GroupLimits, costs: PathCosts) -> None:
        """Compute the cost of each joint once."""
        self.segments, self.line_height, self.limits, self.costs = segments, line_height, limits, costs
        pairs = itertools.pairwise(segments)
        self.joints = [self._joint_cost(before.component, after.component) for before, after in pairs]

    def extents(self, first: int) -> Iterator[tuple[int, float]]:
        """The last segment of each group that may begin with `first`, and its gaps as a share of the line's height."""
        gap, limits = 0.0, self.limits
        left = right = self.segments[first].component.left
        for last in range(first, min(first + limits.max_segments, len(self.segments))):
            component = self.segments[last].component
            if last > first:
                gap += max(0, component.left - right) / self.line_height
            left, right = min(left, component.left), max(right, component.left + component.width)
            if last > first and (right - left > limits.max_width * self.line_height or gap > limits.max_gaps):
                return
            yield last, gap

    def group(self, first: int, last: int, gap: float) -> Group | None:
        """The segments as one digit; None without ink, or if they were cut off and have no digit's size."""
        limits, costs = self.limits, self.costs
        inks, cuts = _inks_and_cuts(self.segments[first : last + 1])
        if not inks:
            return None
        ink, left, top = _merged(inks)
        height, width = ink.shape[0] / self.line_height, ink.shape[1] / self.line_height
        if cuts and (height < limits.min_cut_height or not limits.min_cut_width <= width <= limits.max_cut_width):
            return None
        joints = costs.per_gap * gap + sum(self.joints[first:last])
        # Each cut lies between two digits, and each of them pays half of its cost.
        cost = costs.per_digit + joints + sum(costs.per_cut + costs.per_stroke_cut * cut.cost for cut in cuts) / 2
        cost += sum(per_height * max(0.0, limit - height) for limit, per_height in costs.per_shortness)
        return Group(first, last, ink, left, top, cost, bool(cuts))

    def _joint_cost(self, before: Component, after: Component) -> float:
        """The cost of two neighbouring segments being parts of one digit, if they stand side by side, and apart."""
        top, bottom = max(before.top, after.top) - 1, min(before.top + before.height, after.top + after.height) + 1
        if bottom - top < 3:  # above one another, as the bar of a 5
            return 0.0
        ends = _edge(before, top, bottom, is_right=True)
        starts = _edge(after, top, bottom, is_right=False)
        is_shared = np.isfinite(ends) & np.isfinite(starts)
        lower = min(before.height, after.height)
        if is_shared.sum() <= self.limits.side_by_side * lower:
            return 0.0
        clearance = float((starts - ends)[is_shared].min())
        cost = self.costs.per_clearance * max(0.0, clearance) / self.line_height
        is_cut = before.source == after.source
        return cost + (0.0 if is_cut else self.costs.per_joint * lower / self.line_height)


def _inks_and_cuts(segments: Sequence[Segment]) -> tuple[list[Component], list[Cut]]:
    """The ink of neighbouring segments, one for each component; and the cuts at their outer edges."""
    inks: list[Component] = []
    cuts: list[Cut] = []
    own: dict[CutComponent, list[Segment]] = {}
    for segment in segments:
        own.setdefault(segment.whole, []).append(segment)
    for whole, of_one in own.items():
        first, last = of_one[0].place, of_one[-1].place
        before = whole.cuts[first - 1] if first else None
        after = whole.cuts[last] if last < len(whole.cuts) else None
        cuts += [cut for cut in (before, after) if cut is not None]
        ink = between(whole.component, before, after)
        if ink is not None:
            inks.append(ink)
    return inks, cuts


def skip_cost(segment: Segment, line_height: float, costs: PathCosts = PATH_COSTS) -> float:
    """The cost of skipping a segment as dirt or punctuation.

    Args:
        segment: Of a line.
        line_height: Pixels.
        costs: What skipping costs.
    """
    longer = max(segment.component.width, segment.component.height)
    return costs.per_skip + costs.per_skipped_height * longer / line_height


def cheapest_path(groups: Sequence[Group], group_costs: Sequence[float], skip_costs: Sequence[float]) -> list[int]:
    """The cheapest path through the lattice by dynamic programming: groups one after another, and skipped segments.

    Args:
        groups: As `likely_groups` returns them.
        group_costs: The total cost of each group.
        skip_costs: The cost of skipping each segment.

    Returns:
        Numbers of the groups on the path, from left to right.
    """
    ends: list[list[int]] = [[] for _ in skip_costs]
    for number, group in enumerate(groups):
        ends[group.last].append(number)
    costs = [0.0]
    choices: list[int | None] = []
    for segment, skipped in enumerate(skip_costs):
        cost, choice = costs[segment] + skipped, None
        for number in ends[segment]:
            total = costs[groups[number].first] + group_costs[number]
            if total < cost:
                cost, choice = total, number
        costs.append(cost)
        choices.append(choice)
    path = []
    segment = len(skip_costs) - 1
    while segment >= 0:
        chosen = choices[segment]
        if chosen is None:
            segment -= 1
        else:
            path.append(chosen)
            segment = groups[chosen].first - 1
    return path[::-1]


def _edge(component: Component, top: int, bottom: int, *, is_right: bool) -> NDArray[np.float32]:
    """The column where a component ends, or begins, in each row or one next to it; not finite without ink."""
    ink = component.ink >= INK_FROM
    inward = ink[:, ::-1].argmax(axis=1) if is_right else ink.argmax(axis=1)
    columns = (component.left + component.width - inward if is_right else component.left + inward).astype(np.float32)
    nowhere = -np.inf if is_right else np.inf
    columns[~ink.any(axis=1)] = nowhere
    rows = np.full(bottom - top, nowhere, np.float32)
    inside = slice(max(0, component.top - top), component.top + component.height - top)
    rows[inside] = columns[max(0, top - component.top) : bottom - component.top]
    spread = (cv2.dilate if is_right else cv2.erode)(rows.reshape(-1, 1), np.ones((3, 1), np.uint8))
    return np.asarray(spread, np.float32).ravel()


def _merged(components: Sequence[Component]) -> tuple[GrayPicture, int, int]:
    """The ink of several components, and its upper left corner."""
    if len(components) == 1:
        return components[0].ink, components[0].left, components[0].top
    left, top = min(component.left for component in components), min(component.top for component in components)
    right = max(component.left + component.width for component in components)
    bottom = max(component.top + component.height for component in components)
    ink = np.zeros((bottom - top, right - left), np.uint8)
    for component in components:
        window = ink[component.top - top :, component.left - left :][: component.height, : component.width]
        np.maximum(window, component.ink, out=window)
    return ink, left, top
