"""Cells of drawn tables, whose rows and columns are known."""

import time

import cv2
import numpy as np
import pytest

from digitnet.arrays import GrayPicture
from digitnet.segmentation.cells import CELL_LIMITS, find_cell_regions
from digitnet.segmentation.table_grid import NOWHERE, TableGrid, find_table_grid

DIGIT_HEIGHT = 40.0


def ruled(rows: list[int], columns: list[int], width: int = 3) -> GrayPicture:
    """Rules from the first to the last of the others' places."""
    rules = np.zeros((rows[-1] + 80, columns[-1] + 80), np.uint8)
    for y in rows:
        cv2.line(rules, (columns[0], y), (columns[-1], y), 255, width)
    for x in columns:
        cv2.line(rules, (x, rows[0]), (x, rows[-1]), 255, width)
    return rules


def grid_of(rules: GrayPicture) -> TableGrid:
    grid = find_table_grid(rules, DIGIT_HEIGHT)
    assert grid is not None
    return grid


def table(rows: int = 4, columns: int = 5) -> GrayPicture:
    return ruled([80 + 70 * k for k in range(rows + 1)], [80 + 110 * k for k in range(columns + 1)])


def centres(rows: int = 4, columns: int = 5) -> np.ndarray:
    """Of all cells, row by row."""
    return np.array([[135 + 110 * column, 115 + 70 * row] for row in range(rows) for column in range(columns)], float)


def every_place(rows: int = 4, columns: int = 5) -> list[list[int]]:
    return [[row, column] for row in range(rows) for column in range(columns)]


def test_each_cell_has_its_row_and_column() -> None:
    grid = grid_of(table())
    assert grid.shape == (4, 5)
    assert sorted(grid.positions.tolist()) == every_place()
    assert grid.place(centres()).tolist() == every_place()
    assert (grid.boxes == -1).all()


def test_corners_lie_on_the_rules() -> None:
    grid = grid_of(table(1, 2))
    first = grid.regions.corners[grid.positions[:, 1].argmin()]
    np.testing.assert_allclose(first, [[80, 80], [190, 80], [190, 150], [80, 150]], atol=14)


@pytest.mark.parametrize("turn", [-10.0, -4.0, 6.0, 10.0])
def test_a_page_may_be_turned(turn: float) -> None:
    rules = np.pad(table(), 120)
    matrix = cv2.getRotationMatrix2D((rules.shape[1] / 2, rules.shape[0] / 2), turn, 1.0)
    turned = np.asarray(cv2.warpAffine(rules, matrix, rules.shape[::-1]), np.uint8)
    points = np.asarray((centres() + 120) @ matrix[:, :2].T + matrix[:, 2], np.float64)
    assert grid_of(turned).place(points).tolist() == every_place()


def test_rules_may_converge_and_bend() -> None:
    rules = np.pad(table(8, 6), 100)
    height, width = rules.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    # From the warped picture back to the drawn one: narrower at its top, and its rules bent by 40 pixels.
    source_x = width / 2 + (x - width / 2) * (1.15 - 0.15 * y / height)
    source_y = y + 40 * np.square(2 * x / width - 1) * np.float32(0.6 + 0.4 * (y / height))
    warped = np.asarray(cv2.remap(rules, source_x, source_y, cv2.INTER_LINEAR), np.uint8)
    grid = grid_of(warped)
    assert grid.shape == (8, 6)
    assert sorted(grid.positions.tolist()) == every_place(8, 6)


def test_gaps_in_rules_are_closed() -> None:
    rules = table()
    rules[:, 140:165] = 0
    rules[170:195] = 0
    assert sorted(grid_of(rules).positions.tolist()) == every_place()


def test_a_wider_gap_joins_regions_but_not_places() -> None:
    rules = table()
    rules[85:145, 180:200] = 0  # the rule between the first two cells
    grid = grid_of(rules)
    assert len(grid.positions) == 19
    assert grid.grid_place(centres()).tolist() == every_place()
    assert grid.place(centres())[:2].tolist() == [[0, 0], [0, 0]]


def test_a_merged_cell_has_the_place_of_its_upper_left() -> None:
    rules = table()
    cv2.rectangle(rules, (195, 155), (405, 285), 0, -1)  # rows 1 to 2 and columns 1 to 2 are one cell
    grid = grid_of(rules)
    assert len(grid.positions) == 4 * 5 - 3
    assert grid.place(np.array([[300.0, 220.0], [250.0, 180.0], [390.0, 270.0]])).tolist() == [[1, 1]] * 3


def test_double_and_thick_rules_make_no_further_rows() -> None:
    doubled = np.maximum(table(), np.roll(table(), 9, axis=0))
    assert grid_of(np.asarray(doubled)).shape == (4, 5)
    thick = ruled([80 + 80 * k for k in range(5)], [80 + 80 * k for k in range(5)], width=15)
    assert grid_of(thick).shape == (4, 4)


def test_dust_among_rules_makes_no_cells() -> None:
    rules = table()
    for y in range(84, 150, 14):  # as far apart as the dashes of a rule
        rules[y : y + 2, 135:137] = 255
    assert sorted(grid_of(rules).positions.tolist()) == every_place()


@pytest.mark.parametrize(
    "rules",
    [
        np.zeros((300, 400), np.uint8),
        np.full((300, 400), 255, np.uint8),
        ruled([60, 130, 200, 270], [0, 500])[:, 5:495],  # lines to write on, from edge to edge
        ruled([60, 63], [100, 400])[:, 104:396],  # an underline
        ruled([10, 900], [10, 700]),  # the frame of a page
    ],
    ids=["nothing", "everything", "lines", "an underline", "an outer frame"],
)
def test_without_cells_there_is_no_grid(rules: GrayPicture) -> None:
    assert find_table_grid(rules, DIGIT_HEIGHT) is None


def test_one_box_is_a_cell() -> None:
    assert grid_of(ruled([80, 150], [80, 400])).positions.tolist() == [[0, 0]]


@pytest.mark.parametrize("gap", [0, 14], ids=["one row of boxes", "boxes apart"])
def test_a_comb_is_one_cell(gap: int) -> None:
    rules = np.zeros((220, 640), np.uint8)
    for box in range(8):
        left = 60 + box * (52 + gap)
        cv2.rectangle(rules, (left, 70), (left + 52, 140), 255, 3)
    grid = grid_of(rules)
    assert grid.shape == (1, 1)
    points = np.array([[60 + box * (52 + gap) + 26, 105] for box in range(8)], float)
    assert grid.place(points).tolist() == [[0, 0]] * 8
    assert grid.boxes[grid.region(points)].tolist() == list(range(8))


def test_squares_with_others_below_are_no_comb() -> None:
    grid = grid_of(ruled([80 + 55 * k for k in range(4)], [80 + 55 * k for k in range(4)]))
    assert (grid.boxes == -1).all()
    assert grid.shape == (3, 3)


def test_what_is_beside_the_table_and_what_is_far() -> None:
    points = np.array([[30.0, 115.0], [660.0, 185.0], [135.0, 390.0], [900.0, 185.0], [30.0, 390.0]])
    found = grid_of(table()).place(points)
    assert found.tolist() == [[0, -1], [1, 5], [4, 0], [NOWHERE] * 2, [NOWHERE] * 2]


def test_too_many_cells_are_hatching() -> None:
    assert find_cell_regions(table(), DIGIT_HEIGHT, CELL_LIMITS._replace(max_cells=19)) is None
    assert find_cell_regions(table(), DIGIT_HEIGHT, CELL_LIMITS._replace(max_cells=20)) is not None


def test_many_cells_take_little_time() -> None:
    rules = ruled([20 + 30 * k for k in range(101)], [20 + 30 * k for k in range(101)], width=2)
    start = time.process_time()
    find_cell_regions(rules, 28.0)  # 10,000
    assert time.process_time() - start < 2
