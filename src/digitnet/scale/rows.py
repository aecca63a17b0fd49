"""A row for each picture: what is in it, and rows as Parquet, CSV or JSON lines."""

import csv
import io
import json
from collections.abc import Sequence
from typing import IO, Any, Literal, TypeAlias

from digitnet.errors import DigitnetError
from digitnet.errors.escaping import spreadsheet_cell
from digitnet.inference.answers import Digit, Reading, Table, outcome

__all__ = ["COLUMNS", "FORMATS", "Format", "Row", "count_rows", "encode", "error_row", "row_of", "table_row"]

Row: TypeAlias = dict[str, Any]
Format: TypeAlias = Literal["parquet", "csv", "jsonl"]
FORMATS: tuple[Format, ...] = ("parquet", "csv", "jsonl")

COLUMNS = (
    *("file", "index", "status", "text", "written", "numbers", "confidences", "notes", "error", "seconds", "model"),
)
_ERRORS_KEY = b"digitnet_errors"  # in the metadata of a Parquet file: how many of its rows have an error


def row_of(name: str, answer: Digit | Reading, index: int | None, seconds: float) -> Row:
    """The row of a picture that was read.

    Args:
        name: Of the file.
        answer: What was read.
        index: The number of the image in a file of many, or of the page in a document, from 0; None for one picture.
        seconds: How long it took.

    Returns:
        A value for each of `COLUMNS` but the model. Status, text, written, numbers and notes are those of
        `digitnet read --json`, and confidences those of its digits.
    """
    found = outcome(name, answer, index)
    return {
        "file": name,
        "index": index,
        "status": found["status"],
        "text": found["text"],
        "written": found.get("written", found["text"]),
        "numbers": found.get("numbers", []),
        "confidences": [digit["confidence"] for digit in found["digits"]],
        "notes": found["notes"],
        "error": None,
        "seconds": seconds,
    }


def table_row(name: str, table: Table, index: int | None, seconds: float) -> Row:
    """The row of a picture of a table: its text is the table as CSV, its numbers know their cells.

    Args:
        name: Of the file.
        table: What was read.
        index: As for `row_of`.
        seconds: How long it took.
    """
    inside = [
        (number, (place, column))
        for place, row in enumerate(table.cells)
        for column, number in enumerate(row)
        if number is not None
    ]
    numbers = [*inside, *((number, None) for number in table.outside)]
    is_sure = all(number.status == "ok" for number, _ in numbers)
    return {
        "file": name,
        "index": index,
        "status": ("ok" if is_sure else "unsure") if numbers else "not_a_digit",
        "text": table.raw_csv,
        "written": table.raw_csv,
        "numbers": [
            {
                "text": number.text,
                "box": list(number.box),
                "line": number.line,
                "cell": None if cell is None else list(cell),
                "confidence": number.confidence,
                "status": number.status,
            }
            for number, cell in numbers
        ],
        "confidences": [number.confidence for number, _ in numbers],
        "notes": list(table.notes),
        "error": None,
        "seconds": seconds,
    }


def error_row(name: str, error: DigitnetError | str, index: int | None = None, seconds: float = 0.0) -> Row:
    """The row of a picture that could not be read.

    Args:
        name: Of the file.
        error: Why.
        index: As for `row_of`; in a file of many images the first that has no answer.
        seconds: How long it took.
    """
    return {
        "file": name,
        "index": index,
        "status": "error",
        "text": "",
        "written": "",
        "numbers": [],
        "confidences": [],
        "notes": [],
        "error": str(error),
        "seconds": seconds,
    }


def encode(rows: Sequence[Row], kind: Format) -> bytes:
    """The content of a file with these rows.

    Args:
        rows: Each with a value for each of `COLUMNS`.
        kind: Of file.
    """
    if kind == "parquet":
        return _parquet(rows)
    if kind == "jsonl":
        return "".join(f"{json.dumps({name: row[name] for name in COLUMNS})}\n" for row in rows).encode()
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(row[name]) for name in COLUMNS] for row in rows)
    return stream.getvalue().encode(errors="backslashreplace")


def count_rows(file: IO[bytes], kind: Format) -> tuple[int, int]:
    """How many rows a file of `encode` has, and how many of them have an error; of Parquet only its end is read."""
    if kind == "parquet":
        import pyarrow.parquet  # noqa: PLC0415 - comes with an extra

        metadata = pyarrow.parquet.read_metadata(file)
        return metadata.num_rows, int((metadata.metadata or {}).get(_ERRORS_KEY, b"0"))
    text = file.read().decode()
    if kind == "jsonl":
        statuses = [json.loads(line)["status"] for line in text.splitlines()]
    else:
        statuses = [row["status"] for row in csv.DictReader(io.StringIO(text))]
    return len(statuses), statuses.count("error")


def _cell(value: Any) -> str:
    if isinstance(value, list):
        value = "; ".join(value) if all(isinstance(each, str) for each in value) else json.dumps(value)
    return "" if value is None else spreadsheet_cell(str(value))


def _parquet(rows: Sequence[Row]) -> bytes:
    import pyarrow as pa  # noqa: PLC0415 - comes with an extra
    import pyarrow.parquet as pq  # noqa: PLC0415

    number = pa.struct(
        [
            ("text", pa.string()),
            ("box", pa.list_(pa.int32())),
            ("line", pa.int32()),
            ("cell", pa.list_(pa.int32())),
            ("confidence", pa.float64()),
            ("status", pa.string()),
        ]
    )
    types = (
        *(pa.string(), pa.int64(), pa.string(), pa.string(), pa.string(), pa.list_(number), pa.list_(pa.float64())),
        *(pa.list_(pa.string()), pa.string(), pa.float64(), pa.string()),
    )
    errors = sum(row["error"] is not None for row in rows)
    schema = pa.schema(zip(COLUMNS, types, strict=True), metadata={_ERRORS_KEY: str(errors).encode()})
    columns = [
        pa.array([_text(row[name]) for row in rows], field.type) for name, field in zip(COLUMNS, schema, strict=True)
    ]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), sink)
    return bytes(sink.getvalue())


def _text(value: Any) -> Any:
    """Text that UTF-8 can hold: a file name may be none."""
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value
