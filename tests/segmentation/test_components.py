"""Connected components on ink whose parts are known."""

from typing import Any

import numpy as np
import pytest

from digitnet.segmentation.components import (
    COMPONENT_LIMITS,
    SEPARATE_MARK_LIMITS,
    find_components,
    separate_marks,
    to_working_size,
    typical_height,
)
from drawn_ink import bars


def test_thousands_of_specks_do_not_tell_how_high_digits_are() -> None:
    assert typical_height(np.array([3] * 5000 + [60] * 4)) == 60
    assert typical_height(np.array([40, 44, 48])) == 44  # 64,000, 85,184 and 110,592: half of it is within the second


@pytest.mark.parametrize("scale", [1, 4, 20])
def test_large_digits_are_worked_on_at_a_common_size(scale: int) -> None:
    working = to_working_size(np.kron(bars((20, 50, 10, 80)), np.ones((scale, scale), np.uint8)))
    assert working is not None
    assert working.digit_height == pytest.approx(min(80 * scale, 96), abs=1)
    assert working.scale == pytest.approx(working.digit_height / (80 * scale))


def test_specks_are_no_components_and_short_gaps_are_bridged() -> None:
    # Bars 80 high: a gap of 4 is bridged, one of 30 is not; what is less than 0.14 of 80 = 11 both ways is dirt.
    ink = bars((20, 50, 10, 40), (20, 94, 10, 36), (60, 50, 10, 80), (100, 60, 10, 10), (130, 60, 5, 30))
    working = to_working_size(ink)
    assert working is not None
    boxes = sorted(
        (component.left, component.top, component.width, component.height) for component in find_components(working)
    )
    assert boxes == [(20, 50, 10, 80), (60, 50, 10, 80), (130, 60, 5, 30)]


@pytest.mark.parametrize("scale", [1, 5])
def test_components_that_stand_apart(scale: int) -> None:
    ink = np.zeros((100, 200), np.uint8)
    ink[20:80, 20:30] = 255  # two strokes of one digit, ...
    ink[20:80, 34:40] = 200
    ink[10:90, 120:160] = 255  # ... more ink far away, ...
    ink[95:98, 90:93] = 255  # ... and a speck
    ink = np.repeat(np.repeat(ink, scale, axis=0), scale, axis=1)
    found = [(component.left, component.top, component.width, component.height) for component in separate_marks(ink)]
    assert found == [tuple(scale * side for side in box) for box in ((120, 10, 40, 80), (20, 20, 20, 60))]
    assert separate_marks(ink)[1].ink.max() == 255
    ink[:, : 90 * scale] = 0
    ink[95 * scale :] = 0
    assert separate_marks(ink) == []  # one alone stands apart from nothing
    assert separate_marks(np.zeros_like(ink)) == []


def test_limits_of_components_decide_what_is_a_speck_and_which_gap_is_bridged() -> None:
    working = to_working_size(bars((20, 50, 10, 40), (20, 94, 10, 36), (60, 50, 10, 80), (100, 60, 10, 10)))
    assert working is not None

    def count(**limits: Any) -> int:
        return len(find_components(working, COMPONENT_LIMITS._replace(**limits)))

    assert count() == 2
    assert count(min_side=0.1) == 3  # the speck of 10 pixels is more than a tenth of 80
    assert count(bridged_gap=0.01) == 3  # a gap of 4 pixels is no longer bridged
    assert count(max_components=1) == 1


def test_limits_of_separate_marks_decide_what_stands_apart() -> None:
    ink = bars((20, 50, 20, 80), (60, 50, 30, 80), (200, 50, 40, 80), (300, 100, 10, 10))

    def count(**limits: Any) -> int:
        return len(separate_marks(ink, SEPARATE_MARK_LIMITS._replace(**limits)))

    assert count() == 3
    assert count(min_side=0.01) == 4
    assert count(half_distance=0.06) == 2  # gaps of 20 columns are within one mark
    assert count(max_groups=2) == 2
