"""What people write: contents against what they must be as text."""

import re
from typing import Any

import numpy as np
import pytest

from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout


def drawn(kind: str, count: int = 60) -> list[Any]:
    draw = load("pictures.contents").drawn_content
    return [draw(kind, np.random.default_rng([seed, 9])) for seed in range(count)]


def content(*rows: Any, shape: str = "lines") -> Any:
    return load("pictures.contents").Content(rows, shape)


@pytest.mark.parametrize(
    ("signs", "text", "written"),
    [
        ("12 + 34 = 46", "123446", "12+34=46"),
        ("7 x 8", "78", "7x8"),
        ("1.234,56 €", "123456", "1.234,56€"),
        ("12 34", "1234", "12 34"),
    ],
)
def test_what_is_written_keeps_marks_and_sets_numbers_apart(signs: str, text: str, written: str) -> None:
    one = content((tuple(signs),))
    assert (one.text, one.written) == (text, written)


def test_words_are_left_out_and_set_numbers_apart() -> None:
    one = content((("Total:", " ", "1", "2", "kg", "3"),), (("Name",),))
    assert (one.text, one.written) == ("123", "12 3")
    assert one.values == (("12 3",), ("",))


def test_cells_are_separate_numbers_but_boxes_of_a_comb_are_one() -> None:
    cells = (("1", "0"), (), ("5", ".", "5"))
    table = content(cells, ((), (), ()), shape="table")
    assert (table.text, table.written) == ("1055", "10 5.5")
    assert table.values == (("10", "", "5.5"), ("", "", ""))
    comb = content(((), ("1",), ("2",), (), ("3",), ()), shape="comb")
    assert (comb.text, comb.written) == ("123", "12 3")


@pytest.mark.parametrize("kind", ["comb", "box", "table", "sudoku", "sum", "date", "amount", "words", "small", "lines"])
def test_contents_follow_from_the_generator_and_hold_digits(kind: str) -> None:
    first, again = drawn(kind), drawn(kind)
    assert first == again
    assert len({one.text for one in first}) > 30
    for one in first:
        assert re.fullmatch(r"\d+(\n\d+)*", one.text)
        assert re.sub(r"[^\d\n]", "", one.written).split() == one.text.split()


def test_tables_and_sudokus_have_the_sizes_that_people_have() -> None:
    tables = drawn("table", 200)
    assert {len(one.cells) for one in tables} == set(range(2, 15))
    assert {len(one.cells[0]) for one in tables} == set(range(2, 10))
    cells = [cell for one in tables for row in one.values for cell in row]
    assert all(re.fullmatch(r"(\d{1,3}([.,]\d)?)?", cell) for cell in cells)
    assert "" in cells
    assert any("." in cell for cell in cells)
    for one in drawn("sudoku", 20):
        grid = one.values
        assert [len(row) for row in grid] == [9] * 9
        places = [(at, line, at // 3 * 3 + line // 3) for at in range(9) for line in range(9)]
        for which in range(3):  # no digit twice in a row, a column or a square
            found = [(place[which], grid[place[0]][place[1]]) for place in places if grid[place[0]][place[1]]]
            assert len(set(found)) == len(found)


def test_sums_are_right_and_dates_and_amounts_are_of_their_forms() -> None:
    for one in drawn("sum", 100):
        line = one.written
        if "=" in line:
            first, operator, second, result = re.fullmatch(r"(\d+)([-+x÷])(\d+)=(\d+)", line).groups()  # type: ignore[union-attr]
            values = {"+": int(first) + int(second), "-": int(first) - int(second), "x": int(first) * int(second)}
            values["÷"] = int(first) // int(second)
            assert int(result) == values[operator]
    assert any(one.shape == "column sum" for one in drawn("sum"))
    for one in drawn("date"):
        assert re.fullmatch(r"(\d\d?)([./-])(\d\d?)\2(\d{4}|\d\d)", one.written)
    number = r"(\d{1,3}([.,]\d{3})*|\d+)([.,]\d{1,2})?"
    for one in drawn("amount"):
        assert re.fullmatch(rf"[€$]{number}|{number}[€%]", one.written)
    assert {mark for one in drawn("amount") for mark in "€$%" if mark in one.written} == set("€$%")
