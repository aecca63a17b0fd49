"""The slope of a page and its lines, on boxes whose lines are known."""

from typing import Any

import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.segmentation.lines import LINE_LIMITS, group_into_lines, page_slope


def boxes_along(slope: float, count: int, rows: int = 1) -> AnyArray:
    """Squares of side 20 on sloping lines, 40 apart, lines 50 asegment."""
    tangent = np.tan(np.radians(slope))
    return np.array([[40 * k, 50 * row + 40 * k * tangent, 20, 20] for row in range(rows) for k in range(count)])


@pytest.mark.parametrize("slope", [-20.0, -8.0, 0.0, 5.0, 15.0])
def test_the_slope_of_long_lines_is_found(slope: float) -> None:
    assert page_slope(boxes_along(slope, 8, rows=3), 20) == pytest.approx(slope, abs=0.5)


def test_a_single_digit_and_a_pair_say_little_about_the_slope() -> None:
    assert page_slope(boxes_along(15, 1), 20) == 0
    assert 0 <= page_slope(np.array([[0, 0, 20, 20], [30, 4, 20, 20]]), 20) < 4  # seen: 7.6 degrees


@pytest.mark.parametrize("slope", [-12.0, 0.0, 12.0])
def test_lines_are_followed_from_the_top_down_and_from_left_to_right(slope: float) -> None:
    boxes = boxes_along(slope, 6, rows=3)
    order = np.random.default_rng(0).permutation(len(boxes))
    lines = group_into_lines(boxes[order], 20, slope)
    assert [[int(order[component]) for component in line] for line in lines] == [
        list(range(6 * k, 6 * k + 6)) for k in range(3)
    ]


def test_low_components_belong_to_the_line_they_are_in_and_dust_is_no_line() -> None:
    boxes = np.array([[0, 0, 20, 40], [30, 20, 20, 20], [25, 2, 8, 4], [0, 100, 20, 40], [60, 70, 5, 4]], float)
    assert group_into_lines(boxes, 40, 0) == [[0, 2, 1], [3]]


def test_a_low_component_far_from_all_digits_is_in_no_line() -> None:
    tall, tall_too, near, far = (0, 0, 20, 60), (40, 0, 20, 60), (70, 25, 20, 10), (300, 25, 20, 10)
    assert group_into_lines(np.array([tall, tall_too, near, far], np.float64), 60, 0.0) == [[0, 1, 2]]


def test_limits_of_lines_decide_which_components_belong_together() -> None:
    boxes = np.array([[0, 0, 20, 40], [40, 24, 20, 40], [70, 70, 8, 7], [200, 0, 20, 10]], float)

    def lines(**limits: Any) -> list[list[int]]:
        return group_into_lines(boxes, 40, 0.0, LINE_LIMITS._replace(**limits))

    assert lines() == [[0], [1, 2]]  # neighbours share 16 of 40 rows; the dot is 10 of 40 below the second
    assert lines(min_overlap=0.3) == [[0, 1, 2]]
    assert lines(slack=0.1) == [[0], [1]]
    assert lines(min_height=0.2) == [[0, 3], [1, 2]]


def test_limits_of_the_slope_decide_how_far_few_digits_are_trusted() -> None:
    pair = np.array([[0, 0, 20, 20], [30, 4, 20, 20]], float)
    assert page_slope(pair, 20) < 4
    assert page_slope(pair, 20, LINE_LIMITS._replace(offset_deviation=0.01)) > 7  # seen: 7.6 degrees
    steep = boxes_along(20.0, 8, rows=3)
    assert page_slope(steep, 20, LINE_LIMITS._replace(max_slope=5)) < 15
