"""Rows: the same as what `digitnet read --json` prints, in each of three formats."""

import csv
import io
import json

import pytest

from digitnet.inference.answers import Digit, Number, Reading, Table
from digitnet.scale.rows import COLUMNS, FORMATS, Row, count_rows, encode, error_row, row_of, table_row
from extras import needs_scale

DIGIT = Digit(7, "7", 0.1 + 0.2, (7,), (0.0,) * 10, (1, 2, 3, 4), 0, "ok", ("inverted",))
NUMBER = Number("-7", (1, 2, 3, 4), 0, (2, 3), 1 / 3, "ok")


def rows() -> list[Row]:
    reading = Reading(((DIGIT,),), ("a note", "another"), (NUMBER,), "-7")
    found = [
        row_of("a.png", reading, None, 0.5),
        error_row("\udcff.png", "\udcff.png is damaged"),
        row_of("x.npz", DIGIT, 4, 0.25),
    ]
    return [{**row, "model": "f" * 64} for row in found]


def test_a_row_of_a_table_has_its_cells() -> None:
    unsure = Number("=1", (0, 0, 1, 1), 1, None, 0.5, "unsure")
    row = table_row("t.png", Table(((NUMBER, None), (None, unsure)), ()), None, 1.0)
    assert (row["status"], row["text"]) == ("unsure", "-7,\n,=1\n")
    assert [number["cell"] for number in row["numbers"]] == [[0, 0], [1, 1]]
    assert table_row("t.png", Table(()), None, 1.0)["status"] == "not_a_digit"


@needs_scale
def test_parquet_keeps_every_bit() -> None:
    import pyarrow.parquet  # noqa: PLC0415 - comes with an extra

    found = pyarrow.parquet.read_table(io.BytesIO(encode(rows(), "parquet"))).to_pylist()
    assert tuple(found[0]) == COLUMNS
    assert found[0] == {name: rows()[0][name] for name in COLUMNS}
    assert found[0]["confidences"] == [0.1 + 0.2]
    assert found[1]["file"] == r"\udcff.png"
    assert (found[1]["status"], found[1]["error"]) == ("error", r"\udcff.png is damaged")
    assert found[2]["index"] == 4


def test_json_lines_keep_every_bit() -> None:
    found = [json.loads(line) for line in encode(rows(), "jsonl").splitlines()]
    assert found == [{name: row[name] for name in COLUMNS} for row in rows()]


def test_cells_of_csv_are_no_formulas() -> None:
    reading = Reading((), (), (), "=1+2\n3")
    found = list(
        csv.DictReader(io.StringIO(encode([{**row_of("a.png", reading, None, 0.0), "model": ""}], "csv").decode()))
    )
    assert found[0]["written"] == "'=1+2\n3"
    assert found[0]["error"] == ""


@needs_scale
@pytest.mark.parametrize("kind", FORMATS)
def test_rows_and_errors_of_a_file_are_counted(kind: str) -> None:
    assert kind in FORMATS
    assert count_rows(io.BytesIO(encode(rows(), kind)), kind) == (3, 1)
