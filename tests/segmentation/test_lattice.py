"""Groups, their costs, and the cheapest path, on segments whose shapes are known."""

from typing import Any

import numpy as np
import pytest

from digitnet.segmentation.components import Component
from digitnet.segmentation.cuts import Cut
from digitnet.segmentation.lattice import (
    GROUP_LIMITS,
    PATH_COSTS,
    Group,
    Segment,
    cheapest_path,
    likely_groups,
    segments_of,
    skip_cost,
)
from drawn_ink import block


def alone(component: Component) -> Segment:
    (segment,) = segments_of(component, [])
    return segment


def group(first: int, last: int, cost: float) -> Group:
    return Group(first, last, np.zeros((1, 1), np.uint8), 0, 0, cost, is_cut=False)


def test_the_cheapest_row_wins() -> None:
    groups = [group(0, 0, 0), group(1, 1, 0), group(2, 2, 0), group(0, 1, 0), group(1, 2, 0)]
    # 0 | 1-2: 1 + 2; 0-1 | 2: 4 + 1; 0 | 1 | 2: 1 + 3 + 1.
    assert cheapest_path(groups, [1, 3, 1, 4, 2], [9, 9, 9]) == [0, 4]
    assert cheapest_path(groups, [1, 3, 1, 2.5, 9], [9, 9, 9]) == [3, 2]
    assert cheapest_path(groups, [1, 3, 1, 9, 9], [9, 1, 9]) == [0, 2]  # the middle one is left out
    assert cheapest_path([], [], [1.0]) == []


def test_two_cuts_that_are_far_apart_leave_one_digit_whole_though_a_third_one_crosses_them() -> None:
    ink = np.full((40, 60), 255, np.uint8)
    upright = [Cut(np.full(40, column), 1.0) for column in (20, 40)]
    crossing = Cut(np.linspace(10, 50, 40).astype(np.int64), 1.0)
    segments = segments_of(Component(ink, 5, 3, 0), [upright[0], crossing, upright[1]])
    middle = next(each for each in likely_groups(segments, 40) if (each.first, each.last) == (1, 2))
    assert (middle.left, middle.top, middle.ink.shape) == (25, 3, (40, 20))
    assert middle.is_cut
    assert (middle.ink == 255).all()


def test_what_was_cut_off_is_no_digit_if_it_is_low_narrow_or_very_wide() -> None:
    ink = np.full((40, 110), 255, np.uint8)
    ink[:20, :30] = 0  # half as high as the line
    cuts = [Cut(np.full(40, column), 0.0) for column in (30, 33, 86)]
    groups = {(each.first, each.last) for each in likely_groups(segments_of(Component(ink, 0, 0, 0), cuts), 40)}
    assert groups == {(0, 1), (3, 3)}  # 0 is low, 1 is 3 wide, 2 is 53 wide, and 1.3 of 40 is 52


def test_segments_far_apart_are_never_one_digit() -> None:
    components = [Component(np.full((60, 10), 255, np.uint8), left, 0, k) for k, left in enumerate((0, 14, 80))]
    groups = likely_groups([alone(component) for component in components], 60)
    assert [(each.first, each.last) for each in groups] == [(0, 0), (0, 1), (1, 1), (2, 2)]
    single, joined = groups[0], groups[1]
    assert joined.ink.shape == (60, 24)
    assert joined.cost > single.cost + 1  # they never touched, and stand side by side


def test_components_that_never_touched_are_dearer_together_than_one_that_was_cut() -> None:
    def cost_together(*sources: int) -> float:
        components = [
            Component(np.full((30, 10), 255, np.uint8), 10 * k, 0, source) for k, source in enumerate(sources)
        ]
        return likely_groups([alone(component) for component in components], 60)[1].cost

    assert cost_together(0, 1) - cost_together(0, 0) == pytest.approx(0.75)  # 1.5 for what is as high as the line


def test_a_bar_above_a_body_is_joined_for_nothing() -> None:
    body = Component(np.full((52, 20), 255, np.uint8), 0, 8, 0)
    bar = Component(np.full((5, 20), 255, np.uint8), 8, 2, 1)
    groups = likely_groups([alone(body), alone(bar)], 60)
    assert groups[1].cost == pytest.approx(groups[0].cost, abs=0.01)


def cut_off(height: int, width: int, **limits: Any) -> bool:
    """Whether what is cut off from a stroke may be a digit, in a line of 100 pixels."""
    ink = np.zeros((100, width + 60), np.uint8)
    ink[100 - height :, :width] = 255
    ink[:, width:] = 255
    segments = segments_of(Component(ink, 0, 0, 0), [Cut(np.full(100, width), 0.0)])
    groups = likely_groups(segments, 100, GROUP_LIMITS._replace(**limits))
    return any((each.first, each.last) == (0, 0) for each in groups)


def test_a_lower_digit_may_be_cut_off_from_its_neighbour_but_half_a_digit_may_not() -> None:
    assert cut_off(65, 40)
    assert cut_off(58, 40)
    assert not cut_off(50, 40)
    assert not cut_off(65, 40, min_cut_height=0.75)
    assert cut_off(50, 40, min_cut_height=0.4)


def test_a_narrow_stroke_may_be_cut_off_and_so_may_a_wide_digit() -> None:
    assert cut_off(90, 12)
    assert not cut_off(90, 8)
    assert cut_off(90, 125)
    assert not cut_off(90, 140)
    assert not cut_off(90, 12, min_cut_width=0.2)
    assert not cut_off(90, 125, max_cut_width=1.0)


def together(*components: Component, **limits: Any) -> bool:
    """Whether all of these may be one digit, in a line of 60 pixels."""
    groups = likely_groups([alone(each) for each in components], 60, GROUP_LIMITS._replace(**limits))
    return any((each.first, each.last) == (0, len(components) - 1) for each in groups)


def test_limits_of_groups_decide_what_may_be_one_digit() -> None:
    apart = block(60, 10), block(60, 10, left=35, source=1)  # a gap of 25 in 60
    assert together(*apart)
    assert not together(*apart, max_gaps=0.3)
    assert not together(*apart, max_width=0.7)
    many = [block(60, 2, left=3 * k, source=k) for k in range(12)]
    assert together(*many)
    assert not together(*many, max_segments=10)


def cost(component: Component, **costs: Any) -> float:
    return likely_groups([alone(component)], 60, costs=PATH_COSTS._replace(**costs))[0].cost


def test_each_cost_of_a_path_counts() -> None:
    assert cost(block(60, 30)) == pytest.approx(-1.8)
    assert cost(block(60, 30), per_digit=0.0) == 0
    assert cost(block(30, 30)) == pytest.approx(-1.8 + 0.35 * 8.5 + 0.1 * 6.0)  # half as high as its line
    assert cost(block(30, 30), per_shortness=()) == pytest.approx(-1.8)
    assert skip_cost(alone(block(30, 6)), 60) == pytest.approx(3.3 + 2.5 / 2)
    assert skip_cost(alone(block(30, 6)), 60, PATH_COSTS._replace(per_skip=0.0, per_skipped_height=0.0)) == 0


@pytest.mark.parametrize(("name", "expected"), [("per_gap", 2.0), ("per_clearance", 1.6), ("per_joint", 1.5)])
def test_joining_two_strokes_a_tenth_of_their_line_apart_costs(name: str, expected: float) -> None:
    apart = [alone(block(60, 10)), alone(block(60, 10, left=16, source=1))]

    def joined(**costs: Any) -> float:
        return likely_groups(apart, 60, costs=PATH_COSTS._replace(**costs))[1].cost

    assert joined() - joined(**{name: 0.0}) == pytest.approx(expected)


def test_a_cut_costs_its_two_neighbours_half_each() -> None:
    segments = segments_of(block(60, 80), [Cut(np.full(60, 40), 3.0)])
    usual = likely_groups(segments, 60)[0].cost
    assert usual == pytest.approx(-1.8 + (2.5 + 0.1 * 3) / 2)
    assert likely_groups(segments, 60, costs=PATH_COSTS._replace(per_cut=0.0))[0].cost == pytest.approx(usual - 1.25)
    free = likely_groups(segments, 60, costs=PATH_COSTS._replace(per_stroke_cut=0.0))
    assert free[0].cost == pytest.approx(usual - 0.15)
