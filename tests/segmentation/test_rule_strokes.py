"""Strokes that were taken for rules, in drawn tables."""

import cv2
import numpy as np
import pytest

from digitnet.arrays import GrayPicture
from digitnet.segmentation.rule_strokes import RULE_STROKE_LIMITS, strokes_among_rules
from digitnet.segmentation.table_grid import find_table_grid

HEIGHT = 40.0
TOP, LEFT, ROW, COLUMN = 60, 60, 60, 120


def table() -> GrayPicture:
    rules = np.zeros((400, 600), np.uint8)
    for y in range(6):
        cv2.line(rules, (LEFT, TOP + ROW * y), (LEFT + 4 * COLUMN, TOP + ROW * y), 255, 3)
    for x in range(5):
        cv2.line(rules, (LEFT + COLUMN * x, TOP), (LEFT + COLUMN * x, TOP + 5 * ROW), 255, 3)
    return rules


def found(rules: GrayPicture) -> list[list[int]]:
    """Left, top, width and height of each stroke."""
    grid = find_table_grid(rules, HEIGHT)
    assert grid is not None
    strokes = strokes_among_rules(rules, grid, HEIGHT)
    assert not (strokes & ~rules).any()
    _, _, statistics, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    return [list(map(int, box[:4])) for box in statistics[1:].tolist()]


def test_rules_alone_have_no_strokes() -> None:
    assert found(table()) == []
    assert found(np.asarray(cv2.warpAffine(table(), cv2.getRotationMatrix2D((300, 200), 2, 1), (600, 400)))) == []


@pytest.mark.parametrize("gap", [7, 12, 40])
def test_a_one_beside_a_rule_is_a_stroke(gap: int) -> None:
    rules = table()
    cv2.line(rules, (LEFT + COLUMN + gap, TOP + 74), (LEFT + COLUMN + gap, TOP + 104), 255, 5)
    (box,) = found(rules)
    assert box[0] == pytest.approx(LEFT + COLUMN + gap - 2, abs=3)
    assert 26 <= box[3] <= 40


def test_a_digit_inside_a_cell_is_a_stroke() -> None:
    rules = table()
    cv2.ellipse(rules, (LEFT + 60, TOP + 30), (10, 17), 0, 0, 360, 255, 4)
    (box,) = found(rules)
    assert box[2:] == pytest.approx([24, 38], abs=3)


def test_a_rule_with_a_bulge_is_none() -> None:
    rules = table()
    rules[TOP + 70 : TOP + 105, LEFT + COLUMN - 2 : LEFT + COLUMN + 3] = 0
    cv2.line(rules, (LEFT + COLUMN + 7, TOP + 70), (LEFT + COLUMN + 7, TOP + 105), 255, 3)
    assert found(rules) == []


def test_a_rule_that_divides_a_cell_is_none() -> None:
    rules = table()
    cv2.line(rules, (LEFT + 60, TOP), (LEFT + 60, TOP + ROW), 255, 3)
    assert found(rules) == []


def test_specks_and_level_dashes_are_none() -> None:
    rules = table()
    cv2.line(rules, (LEFT + 30, TOP + 30), (LEFT + 70, TOP + 30), 255, 3)
    cv2.circle(rules, (LEFT + 170, TOP + 90), 5, 255, -1)
    assert found(rules) == []
    assert RULE_STROKE_LIMITS.min_height * HEIGHT > 11


@pytest.mark.parametrize(("thickness", "count"), [(2, 0), (5, 1)])
def test_what_is_as_thin_as_a_square_of_the_paper_is_no_stroke(thickness: int, count: int) -> None:
    rules = table()
    rules[TOP + 16 : TOP + 44, LEFT + 46 : LEFT + 74] = 255
    rules[TOP + 16 + thickness : TOP + 44 - thickness, LEFT + 46 + thickness : LEFT + 74 - thickness] = 0
    assert len(found(rules)) == count
