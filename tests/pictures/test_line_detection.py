"""straight_lines on marks whose lines are known."""

from typing import Any

import cv2
import numpy as np
import pytest

from digitnet.arrays import GrayPicture
from digitnet.pictures.line_detection import LINE_DETECTION_LIMITS, straight_lines

ENDS = ((20, 20), (60, 40), (100, 95))  # rows of three lines in the first and the last column


def marks() -> GrayPicture:
    drawn = np.zeros((120, 200), np.uint8)
    for left, right in ENDS:
        cv2.line(drawn, (0, left), (199, right), 255, 1)
    return drawn


def test_each_line_is_found_once_at_its_place() -> None:
    found = sorted(straight_lines(marks(), 60))
    assert len(found) == 3
    np.testing.assert_allclose(found, ENDS, atol=1.5)


def test_known_lines_and_steeper_ones_are_not_found() -> None:
    assert len(straight_lines(marks(), 60, known=ENDS[:2])) == 1
    assert len(straight_lines(marks(), 60, slopes=(-0.05, 0.05))) == 2  # the second one falls by 20 in 200
    assert straight_lines(marks(), 210) == []
    assert straight_lines(np.zeros((120, 200), np.uint8), 60) == []


@pytest.mark.parametrize(("limits", "count"), [({"max_lines": 2}, 2), ({"min_distance": 100.0}, 1)])
def test_limits_decide_how_many_lines_are_kept(limits: dict[str, Any], count: int) -> None:
    assert len(straight_lines(marks(), 60, limits=LINE_DETECTION_LIMITS._replace(**limits))) == count
