"""Cuts through touching digits whose gap is known."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from digitnet.segmentation.components import Component
from digitnet.segmentation.cuts import CUT_LIMITS, Cut, between, find_cuts
from digitnet.segmentation.lattice import segments_of
from drawn_ink import touching


def cut(component: Component, line_height: float) -> tuple[list[Component], list[float]]:
    """What is between all likely cuts, and the costs of these."""
    segments = segments_of(component, find_cuts(component, line_height))
    return [segment.component for segment in segments], [each.cost for each in segments[0].whole.cuts]


def test_touching_rings_can_be_cut_where_they_touch() -> None:
    segments, costs = cut(touching(0), 45)
    assert len(costs) == len(segments) - 1
    assert all(segment.source == 7 for segment in segments)
    ends = [segment.left + segment.width for segment in segments[:-1]]
    assert min(abs(end - 46) for end in ends) <= 2


def test_of_two_gaps_side_by_side_the_one_with_less_ink_is_cut() -> None:
    """The middle row, at which the two halves of a path meet, counts once."""
    ink = np.full((40, 61), 255, np.uint8)
    ink[:, 25:29] = ink[:, 31:35] = 0
    ink[20, 25:29] = 255  # one row of ink
    ink[5:7, 31:35] = 191  # one and a half
    segments, _ = cut(Component(ink, 0, 0, 0), 100)
    edges = [segment.left + segment.width for segment in segments[:-1]]
    assert any(25 <= edge < 29 for edge in edges)
    assert not any(31 <= edge < 35 for edge in edges)


def test_a_narrow_component_is_not_cut() -> None:
    component = Component(np.full((60, 12), 255, np.uint8), 0, 0, 0)
    assert find_cuts(component, 60) == []


def test_what_is_longer_than_any_number_is_not_cut() -> None:
    """A band of noise along a picture of 187 x 32,000 pixels had ten thousand cuts, which took a minute."""
    ink = np.random.default_rng(0).integers(0, 2, (20, 1300), np.uint8) * np.uint8(255)
    ink[10] = 255
    assert find_cuts(Component(ink, 0, 0, 0), 20) == []
    assert len(find_cuts(Component(ink[:, :1200], 0, 0, 0), 20)) > 100


def test_nothing_is_lost_by_cutting() -> None:
    """Where two cuts cross, what is between them belongs to both sides."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        ink = np.zeros((60, 150), np.uint8)
        points = rng.integers((0, 0), (150, 60), (8, 2))
        cv2.polylines(ink, [points.reshape(-1, 1, 2).astype(np.int32)], isClosed=False, color=255, thickness=3)
        segments, _ = cut(Component(ink, 0, 0, 0), 60)
        together = np.zeros(ink.shape, int)
        for segment in segments:
            window = together[segment.top : segment.top + segment.height, segment.left : segment.left + segment.width]
            np.maximum(window, segment.ink, out=window)
        np.testing.assert_array_equal(together, ink)


def test_between_two_cuts_without_ink_there_is_nothing() -> None:
    ink = np.full((10, 30), 255, np.uint8)
    ink[:, 10:20] = 0
    first, second = (Cut(np.full(10, column), 0.0) for column in (10, 20))
    component = Component(ink, 0, 0, 0)
    assert between(component, first, second) is None
    segments = segments_of(component, [first, second])
    assert [segment.component.left for segment in segments] == [0, 20]
    assert len(segments[0].whole.cuts) == 1


def test_a_leaning_cut_segments_each_row_at_its_own_column() -> None:
    component = Component(np.full((10, 30), 255, np.uint8), 2, 4, 0)
    leaning = Cut(np.arange(10, 20), 0.0)
    left, right = between(component, None, leaning), between(component, leaning, None)
    assert left is not None
    assert right is not None
    assert (left.left, right.left) == (2, 12)
    np.testing.assert_array_equal((left.ink > 0).sum(axis=1), np.arange(10, 20))
    np.testing.assert_array_equal((right.ink > 0).sum(axis=1), np.arange(20, 10, -1))


def test_limits_of_cuts_decide_what_is_cut() -> None:
    rings = touching(0)

    def count(line_height: float = 45, **limits: Any) -> int:
        return len(find_cuts(rings, line_height, CUT_LIMITS._replace(**limits)))

    assert count() > 0
    assert count(min_width=3.0) == 0  # the rings are 2 heights wide
    assert count(max_cost=0.01) == 0  # all paths cross some ink
    several = CUT_LIMITS.several_digits
    assert count(several_digits=replace(several, max_cuts=1)) == 2  # one for each height of width
    assert count(several_digits=replace(several, min_distance=0.5)) < count()


def test_with_relief_a_cut_goes_down_between_two_strokes_that_lie_side_by_side() -> None:
    ink = np.zeros((40, 60), np.uint8)
    ink[:4, 2:58] = ink[36:, 2:58] = 255  # level strokes of 4 rows, ...
    ink[:, 26:38] = 255  # ... and two upright ones that touch all the way down

    def is_cut_in_the_middle(**limits: Any) -> bool:
        cuts = find_cuts(Component(ink, 0, 0, 0), 40, CUT_LIMITS._replace(**limits))
        return any(np.abs(cut.edge - 32).max() <= 1 for cut in cuts)

    assert is_cut_in_the_middle()
    assert not is_cut_in_the_middle(relief=0.0)
    assert not is_cut_in_the_middle(relief_from=10.0)
