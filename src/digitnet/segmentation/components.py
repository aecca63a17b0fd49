"""Connected components of ink, without specks, at a size that later steps can afford."""

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture

__all__ = [
    "COMPONENT_LIMITS",
    "INK_FROM",
    "SEPARATE_MARK_LIMITS",
    "Component",
    "ComponentLimits",
    "SeparateMarkLimits",
    "WorkingInk",
    "cropped",
    "find_components",
    "separate_marks",
    "to_working_size",
    "typical_height",
]

# Grey levels of ink from which a pixel is part of a stroke: fainter ones are a soft edge, and must not join two digits;
# chosen by hand.
INK_FROM = 64


class ComponentLimits(NamedTuple):
    """At which size ink is segmented, and which connected components may be digits or parts of digits."""

    # Height of a digit in pixels to which larger ones are reduced: the frame shows it at 20, and a thin pen is still a
    # pixel wide; chosen by hand.
    working_height: float = 96.0
    # Least longer side of a component as a share of the typical height; smaller ones are dirt or full stops; chosen by
    # hand.
    min_side: float = 0.14
    # Half of the widest gap in a stroke that is bridged, as a share of the typical height; chosen by hand.
    bridged_gap: float = 0.04
    # Greatest number of components, the largest first; a page of numbers has hundreds; chosen by hand.
    max_components: int = 1500


class SeparateMarkLimits(NamedTuple):
    """Which groups of components are separate marks, one of which may be the digit of a picture."""

    # Longer side in pixels of the copy on which groups are formed; chosen by hand.
    copy_side: int = 400
    # Half of the least distance between two groups, as a share of the copy's longer side; chosen by hand.
    half_distance: float = 0.02
    # Greatest number of groups, the largest first; chosen by hand.
    max_groups: int = 4
    # Least height or width of a group as a share of the picture's shorter side; chosen by hand.
    min_side: float = 0.08


COMPONENT_LIMITS = ComponentLimits()
SEPARATE_MARK_LIMITS = SeparateMarkLimits()


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """A connected component of ink, or what was cut from one.

    Attributes:
        ink: uint8 (height, width), 0 = paper, 255 = ink; without the ink of any other component.
        left: Column of its left edge in the picture.
        top: Row of its upper edge.
        source: Number of the component it was cut from; its own number where nothing was cut.
    """

    ink: GrayPicture
    left: int
    top: int
    source: int

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.ink.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.ink.shape[0])

    @property
    def centre(self) -> float:
        """Column of its centre in the picture."""
        return self.left + self.width / 2


@dataclass(frozen=True, slots=True, eq=False)
class WorkingInk:
    """A picture's ink at the size at which it is segmented.

    Attributes:
        ink: uint8 (height, width).
        scale: Working pixels for each pixel of the picture, at most 1.
        digit_height: Typical height of a digit in working pixels.
    """

    ink: GrayPicture
    scale: float
    digit_height: float


def typical_height(heights: AnyArray) -> float:
    """Estimate the height of a picture's digits from the heights of all of its components.

    The median weighted by the cube of the height: thousands of specks weigh less than one digit.

    Args:
        heights: (n,) pixels, n at least 1.

    Returns:
        Pixels.
    """
    ordered = np.sort(heights).astype(np.float64)
    weights = np.cumsum(ordered**3)
    return float(ordered[np.searchsorted(weights, weights[-1] / 2)])


def to_working_size(ink: GrayPicture, limits: ComponentLimits = COMPONENT_LIMITS) -> WorkingInk | None:
    """Shrink a picture whose digits are larger than they need to be.

    Args:
        ink: uint8 (height, width), 0 = paper, 255 = ink.
        limits: The height to which digits are reduced.

    Returns:
        The ink, its scale, and the height of its digits; None where nothing is written.
    """
    _, strokes = cv2.threshold(ink, INK_FROM - 1, 255, cv2.THRESH_BINARY)
    count, _, statistics, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    if count < 2:
        return None
    height = typical_height(statistics[1:, cv2.CC_STAT_HEIGHT])
    scale = min(1.0, limits.working_height / height)
    if scale < 1:
        size = tuple(max(1, round(side * scale)) for side in ink.shape[::-1])
        ink = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)
    return WorkingInk(ink, scale, height * scale)


def find_components(working: WorkingInk, limits: ComponentLimits = COMPONENT_LIMITS) -> list[Component]:
    """The connected components of ink that may be digits, or parts of digits.

    Args:
        working: As `to_working_size` returns it.
        limits: Which gaps are bridged, and what is a speck.

    Returns:
        Components without specks, the largest first; a stroke with short gaps is one component.
    """
    strokes = _without_specks(working, limits)
    reach = 2 * max(1, round(limits.bridged_gap * working.digit_height)) + 1
    bridged = cv2.dilate(strokes, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(bridged, connectivity=8)
    order = np.argsort(-statistics[1:, cv2.CC_STAT_AREA], kind="stable")[: limits.max_components] + 1
    components: list[Component] = []
    for label in order.tolist():
        left, top, width, height = statistics[label, :4].tolist()
        window = (slice(top, top + height), slice(left, left + width))
        own = cv2.bitwise_and(working.ink[window], 255 * (labels[window] == label).astype(np.uint8))
        component = cropped(np.asarray(own, np.uint8), left, top, len(components))
        if component is not None:
            components.append(component)
    return components


def separate_marks(ink: GrayPicture, limits: SeparateMarkLimits = SEPARATE_MARK_LIMITS) -> list[Component]:
    """The largest groups of components that stand apart from the others, such as a digit and a stain beside it.

    Args:
        ink: uint8 (height, width), 0 = paper, 255 = ink.
        limits: What stands apart, and how many there may be.

    Returns:
        Up to four groups, the one with most ink first; none where all ink is one group.
    """
    height, width = ink.shape
    scale = min(1.0, limits.copy_side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = ink if scale == 1 else cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    strokes = cv2.threshold(small, INK_FROM, 1, cv2.THRESH_BINARY)[1]
    reach = 2 * max(1, round(limits.half_distance * max(strokes.shape))) + 1
    count, labels = cv2.connectedComponents(cv2.dilate(strokes, np.ones((reach, reach), np.uint8)))
    inked = np.bincount(np.asarray(labels, np.int32).ravel(), strokes.ravel(), minlength=count)
    if (inked[1:] > 0).sum() < 2:
        return []
    groups = np.argsort(-inked[1:], kind="stable")[: limits.max_groups] + 1
    large_labels = cv2.resize(labels.astype(np.int16), (width, height), interpolation=cv2.INTER_NEAREST)
    marks = [
        cropped(np.asarray(cv2.bitwise_and(ink, cv2.inRange(large_labels, label, label)), np.uint8), 0, 0, label)
        for label in groups.tolist()
    ]
    least = limits.min_side * min(height, width)
    return [mark for mark in marks if mark is not None and max(mark.width, mark.height) >= least]


def cropped(ink: GrayPicture, left: int, top: int, source: int) -> Component | None:
    """A component without the empty rows and columns around it; None where there is no ink.

    Args:
        ink: uint8 (height, width).
        left: Column of its left edge in the picture.
        top: Row of its upper edge.
        source: Number of the component it comes from.
    """
    _, strokes = cv2.threshold(ink, INK_FROM - 1, 255, cv2.THRESH_BINARY)
    x, y, width, height = cv2.boundingRect(strokes)
    if not width:
        return None
    return Component(ink[y : y + height, x : x + width], left + x, top + y, source)


def _without_specks(working: WorkingInk, limits: ComponentLimits) -> GrayPicture:
    """A mask of the ink without specks, uint8 (height, width), 0 or 255."""
    _, strokes = cv2.threshold(working.ink, INK_FROM - 1, 255, cv2.THRESH_BINARY)
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    sides = statistics[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    is_kept = sides >= limits.min_side * working.digit_height
    is_kept[0] = False  # the paper
    if is_kept[1:].all():
        return np.asarray(strokes, np.uint8)
    return np.asarray(np.where(is_kept, 255, 0).astype(np.uint8)[labels], np.uint8)
