"""Straight runs of dark pixels, by lines drawn here."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from digitnet.pictures.straight_runs import RUN_REDUCTION, straight_runs

SHAPE = (160, 240)


def line(begin: tuple[int, int], end: tuple[int, int], width: int = 3) -> NDArray[np.bool_]:
    picture = np.zeros(SHAPE, np.uint8)
    cv2.line(picture, begin, end, 255, width)
    return picture > 0


def at(runs: NDArray[np.uint8], row: int, column: int) -> int:
    return int(runs[row // RUN_REDUCTION, column // RUN_REDUCTION])


def test_a_level_line_is_long_one_way_and_thin_the_other() -> None:
    level, upright = straight_runs(line((20, 80), (119, 80)))
    assert at(level, 80, 70) == pytest.approx(100, abs=6)
    assert at(upright, 80, 70) <= 8
    assert at(level, 60, 70) == at(upright, 60, 70) == 0


@pytest.mark.parametrize("tilt", [-24, -11, 0, 7, 24])
def test_a_line_that_leans_is_followed(tilt: int) -> None:
    level, _ = straight_runs(line((70, 80), (169, 80 + tilt)))
    assert at(level, 80 + tilt // 2, 119) > 60
    _, upright = straight_runs(line((70, 80), (169, 80 + tilt)).T)
    assert at(upright, 119, 80 + tilt // 2) > 60


def test_a_gap_of_a_stroke_ends_a_run_and_a_scratch_does_not() -> None:
    scratched, broken = line((20, 80), (139, 80)), line((20, 80), (139, 80))
    scratched[:, 80:83] = False
    broken[:, 80:92] = False
    assert at(straight_runs(scratched)[0], 80, 60) > 100
    assert at(straight_runs(broken)[0], 80, 60) == pytest.approx(60, abs=6)


def test_a_ring_has_no_long_run() -> None:
    picture = np.zeros(SHAPE, np.uint8)
    cv2.circle(picture, (120, 80), 25, 255, 4)
    for runs in straight_runs(picture > 0):
        assert 0 < runs.max() <= 50


def test_the_longest_runs_fit_into_a_byte_and_odd_sides_are_rounded_up() -> None:
    level, upright = straight_runs(np.ones((301, 5), np.bool_))
    assert level.shape == upright.shape == (151, 3)
    assert upright.dtype == np.uint8
    assert upright.max() == 255


def test_nothing_dark_has_no_run() -> None:
    for runs in straight_runs(np.zeros((7, 9), np.bool_)):
        assert not runs.any()
