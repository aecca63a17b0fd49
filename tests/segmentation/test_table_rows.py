"""Components of drawn tables, in the row that holds their ink."""

import cv2
import numpy as np
import pytest

from digitnet.arrays import GrayPicture
from digitnet.segmentation.components import WorkingInk, find_components
from digitnet.segmentation.page import segment_written
from digitnet.segmentation.table_grid import find_table_grid
from digitnet.segmentation.table_rows import TableRows, find_table, table_rows

DIGIT_HEIGHT = 40.0
SAME = np.eye(2, 3)
ROW, COLUMN, START = 56, 100, 60


def ruled(rows: int = 4, columns: int = 4) -> GrayPicture:
    rules = np.zeros((START + ROW * rows + 60, START + COLUMN * columns + 60), np.uint8)
    for y in range(rows + 1):
        cv2.line(rules, (START, START + ROW * y), (START + COLUMN * columns, START + ROW * y), 255, 3)
    for x in range(columns + 1):
        cv2.line(rules, (START + COLUMN * x, START), (START + COLUMN * x, START + ROW * rows), 255, 3)
    return rules


def rows_of(rules: GrayPicture) -> TableRows:
    rows = table_rows(find_table_grid(rules, DIGIT_HEIGHT), DIGIT_HEIGHT, rules)
    assert rows is not None
    return rows


def stroke(ink: GrayPicture, x: int, top: int, bottom: int) -> None:
    cv2.line(ink, (x, top), (x, bottom), 255, 5)


def written(rows: int = 4, columns: int = 4) -> GrayPicture:
    """A stroke in each cell."""
    ink = np.zeros_like(ruled(rows, columns))
    for row in range(rows):
        for column in range(columns):
            top = START + ROW * row + 10
            stroke(ink, START + COLUMN * column + 50, top, top + 36)
    return ink


def sizes_of_lines(ink: GrayPicture) -> list[int]:
    page = segment_written(ink, DIGIT_HEIGHT, SAME, (ink.shape[0], ink.shape[1]), rows_of(ruled()))
    return [len(line.segments) for line in page.lines]


def test_each_row_is_a_line() -> None:
    assert sizes_of_lines(written()) == [4, 4, 4, 4]


def test_digits_of_two_rows_that_overlap_join_no_rows() -> None:
    ink = written()
    stroke(ink, START + 70, START + 20, START + 66)
    stroke(ink, START + 85, START + 44, START + 90)
    assert sizes_of_lines(ink) == [5, 5, 4, 4]


def test_digits_of_two_rows_that_touch_are_parted_at_the_rule() -> None:
    ink = written()
    stroke(ink, START + 50, START + 10, START + ROW + 46)
    rows = rows_of(ruled())
    components = find_components(WorkingInk(ink, 1.0, DIGIT_HEIGHT))
    parted, crossing = rows.parted(components, SAME)
    assert len(parted) == len(components) + 1
    upper, lower = sorted((c for c in parted if c.source in crossing), key=lambda c: c.top)
    assert upper.top + upper.height == lower.top == pytest.approx(START + ROW, abs=6)
    assert int(upper.ink.sum()) + int(lower.ink.sum()) == int(components[0].ink.sum())
    assert sizes_of_lines(ink) == [4, 4, 4, 4]


def test_the_path_between_two_rows_goes_where_there_is_least_ink() -> None:
    ink = np.zeros_like(ruled())
    cv2.rectangle(ink, (START + 30, START + 15), (START + 70, START + 2 * ROW - 12), 255, -1)
    ink[START + ROW + 10, START + 33 : START + 71] = 0  # all but a bridge of three pixels
    parted, _ = rows_of(ruled()).parted(find_components(WorkingInk(ink, 1.0, DIGIT_HEIGHT)), SAME)
    assert START + ROW + 4 < sorted(c.top for c in parted)[1] <= START + ROW + 10


def test_what_reaches_over_a_rule_is_known() -> None:
    ink = written()
    stroke(ink, START + 80, START + 16, START + 64)
    components = find_components(WorkingInk(ink, 1.0, DIGIT_HEIGHT))
    parted, crossing = rows_of(ruled()).parted(components, SAME)
    assert len(parted) == len(components)
    assert [c.left for c in parted if c.source in crossing] == [START + 77]


def test_few_squares_of_squared_paper_and_high_cells_are_no_table() -> None:
    rules = ruled(6, 6)
    for row in range(6):
        for column in range(6):
            if (row, column) not in {(0, 0), (2, 3), (5, 5), (5, 1), (3, 5)}:
                top, left = START + ROW * row, START + COLUMN * column
                rules[top : top + 40, left + 20 : left + 24] = 0
                rules[top - 4 : top + 5, left + 20 : left + 80] = 0
    grid = find_table_grid(rules, DIGIT_HEIGHT)
    assert table_rows(grid, DIGIT_HEIGHT, rules) is None
    assert table_rows(find_table_grid(ruled(), 15.0), 15.0, ruled()) is None
    assert table_rows(None, DIGIT_HEIGHT, ruled()) is None


def squared(step: int, dash: int, gap: int) -> GrayPicture:
    """The same table on squared paper, whose lines have gaps."""
    rules = ruled()
    height, width = rules.shape
    for y in range(START + step, height - 60, step):
        for x in range(START, width - 60, dash + gap):
            cv2.line(rules, (x, y), (x + dash, y), 255, 1)
    for x in range(START + step, width - 60, step):
        for y in range(START, height - 60, dash + gap):
            cv2.line(rules, (x, y), (x, y + dash), 255, 1)
    return rules


def test_the_squares_of_the_paper_are_no_cells_of_the_table() -> None:
    rules = squared(35, 20, 22)
    every = find_table_grid(rules, DIGIT_HEIGHT)
    assert every is None or every.shape != (4, 4)
    grid, rows = find_table(rules, DIGIT_HEIGHT)
    assert grid is not None
    assert rows is not None
    assert (grid.shape, rows.grid.shape) == ((4, 4), (4, 4))


def test_a_full_table_counts_as_it_is() -> None:
    rules = ruled()
    grid, rows = find_table(rules, DIGIT_HEIGHT)
    assert grid is not None
    assert rows is not None
    assert grid.shape == (4, 4)
    assert grid.found_share == 1
    assert find_table(np.zeros_like(rules), DIGIT_HEIGHT) == (None, None)
