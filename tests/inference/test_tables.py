"""Numbers in cells: joined, without rules, beside the table."""

import re
from pathlib import Path

import numpy as np
import pytest

from digitnet.inference.answers import Number
from digitnet.inference.classifier import Classifier
from digitnet.inference.tables import CharacterPlace, is_parted, numbers_in_cells, table_of
from digitnet.segmentation.table_grid import find_table_grid

ROOT = Path(__file__).resolve().parents[2]


def number(text: str, left: int, line: int, top: int | None = None) -> Number:
    box = (left, 100 * line if top is None else top, 20 * len(text), 40)
    return Number(text, box, line, None, 0.9, "ok")


def test_without_rules_lines_are_rows_and_numbers_below_one_another_columns() -> None:
    numbers = [number("12", 0, 0), number("345", 100, 0), number("6", 20, 1), number("7", 240, 1), number("88", 90, 2)]
    table = table_of(numbers, None)
    assert table.texts == [["12", "345", ""], ["6", "", "7"], ["", "88", ""]]
    assert table.csv == table.raw_csv == "12,345,\n6,,7\n,88,\n"


def test_without_rules_columns_of_wide_numbers_stay_apart() -> None:
    numbers = [number("1234567", 0, 0), number("8", 150, 0), number("9", 60, 1), number("88888", 100, 1)]
    assert table_of(numbers, None).texts == [["1234567", "8"], ["9", "88888"]]


@pytest.mark.parametrize("drop", [-0.15, 0.15])
def test_without_rules_a_page_may_be_turned(drop: float) -> None:
    places = [(row, column) for row in range(6) for column in range(4)]
    numbers = [
        number(
            str(column), round(60 * column - drop * 100 * row) + 200, row, round(100 * row + drop * 60 * column) + 50
        )
        for row, column in places
    ]
    assert table_of(numbers, None).texts == [["0", "1", "2", "3"]] * 6


def test_two_numbers_of_a_cell_are_one_and_unsure_ones_are_named() -> None:
    first = Number("12", (0, 0, 40, 40), 0, (0, 1), 0.5, "unsure")
    second = Number("7", (60, 5, 20, 40), 0, (0, 1), 0.5, "ok")
    outside = Number("9", (600, 0, 20, 40), 0, None, 0.9, "ok")
    table = table_of([first, second, outside], (1, 3))
    assert table.texts == [["", "12 7", ""]]
    joined = table.cells[0][1]
    assert joined is not None
    assert (joined.box, joined.confidence, table.unsure) == ((0, 0, 80, 45), 0.25, [(0, 1)])
    assert table.outside == (outside,)


def test_open_columns_and_stray_ones() -> None:
    rules = np.zeros((360, 480), np.uint8)
    for y in range(40, 330, 70):
        rules[y : y + 3, 120:363] = 255
    for x in (120, 200, 360):
        rules[40:323, x : x + 3] = 255
    rules[40:110, 280:283] = 255  # one cell only: a stray rule
    grid = find_table_grid(rules, 40.0)
    assert grid is not None
    assert grid.shape == (4, 3)
    points = np.array([[60, 75], [60, 145], [160, 75], [280, 215], [440, 75]], float)
    numbers = [number(str(k), 0, 0) for k in range(5)]
    placed = numbers_in_cells(numbers, points, grid)
    assert placed.shape == (4, 3)
    assert [n.cell for n in placed.numbers] == [(0, 0), (1, 0), (0, 1), (2, 2), None]


def test_rules_part_neighbours_but_not_in_a_comb() -> None:
    cell, box = CharacterPlace(0, 0, -1), CharacterPlace(0, 0, 2)
    assert is_parted(cell, CharacterPlace(0, 1, -1)) is True
    assert is_parted(cell, CharacterPlace(1, 0, -1)) is None
    assert is_parted(box, CharacterPlace(0, 0, 3)) is False
    assert is_parted(box, CharacterPlace(0, 0, 4)) is True


@pytest.mark.skipif(not (ROOT / "README.md").exists(), reason="documents are in a checkout alone")
def test_the_sheet_of_the_readme_is_read_as_it_says(classifier: Classifier) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (row,) = [line for line in readme.splitlines() if "](docs/figures/pictures_mark_sheet.png)" in line]
    shown = [line.split(",") for line in re.findall(r"`([^`]+)`", row)]
    table = classifier.read_table(ROOT / "docs" / "figures" / "pictures_mark_sheet.png")
    assert table.texts == shown
    written = ["39 675 51 4", "87 905 34 9", "64 913 81 0", "79 428 43 1", "58 157 77 0", "- 357 48 6"]
    wrong = {
        (place, column)
        for place, line in enumerate(written)
        for column, text in enumerate(line.split())
        if shown[place][column] != text.strip("-")
    }
    assert len(wrong) == 2
    assert wrong < set(table.unsure)
    assert len(table.unsure) == 10
