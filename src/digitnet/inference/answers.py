"""What was read in a picture: as an object, and as the JSON that the command line and the server give."""

import csv
import io
import math
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from digitnet.errors import DigitnetError
from digitnet.errors.escaping import spreadsheet_cell
from digitnet.inference.notebook import digit_html, reading_html, table_html

if TYPE_CHECKING:
    from digitnet.pictures.mnist_frame import Box  # imports OpenCV, which the answer does without

__all__ = ["Digit", "Number", "Reading", "Status", "Table", "error_outcome", "outcome", "unsure"]

Status: TypeAlias = Literal["ok", "unsure", "not_a_digit"]


@dataclass(frozen=True, slots=True, repr=False)
class Digit:
    """One digit, and how sure the classifier is of it.

    Attributes:
        label: The most probable class, also when it is unsure; None for what is not a digit.
        text: The name of that class; "" for what is not a digit.
        confidence: Its calibrated probability, in [0, 1]; 0 for what is not a digit.
        candidates: The most probable classes in falling order, as many as it takes to hold the right one as often as
            was asked for, usually 0.99; none for what is not a digit.
        probabilities: Of every class, in the order of the labels; none for what is not a digit.
        box: x, y, width and height of its ink, in pixels of the upright picture; the whole picture where nothing is
            written.
        line: The line of the picture it stands in, from 0.
        status: "ok", "unsure" (less confidence than the model's threshold, or several candidates; in a number also what
            hardly looks like a digit), or "not_a_digit".
        notes: What was done to the picture, in plain words.
        others: How many digits more seem to stand in a picture that was read as one digit; then it is unsure.
    """

    label: int | None
    text: str
    confidence: float
    candidates: tuple[int, ...]
    probabilities: tuple[float, ...]
    box: "Box"
    line: int
    status: Status
    notes: tuple[str, ...] = ()
    others: int = 0

    def __repr__(self) -> str:
        several = f", candidates={self.candidates}" if len(self.candidates) > 1 else ""
        return f"Digit(label={self.label}, confidence={self.confidence:.4f}, status={self.status!r}{several})"

    def _repr_html_(self) -> str:
        return digit_html(self.text, self.confidence, self.status, self.candidates, self.probabilities, self.notes)


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a page, and how sure the classifier is of all of it.

    Attributes:
        text: Its digits and the marks between them, as written.
        box: x, y, width and height of its ink, in pixels of the upright picture.
        line: The line of the picture it stands in, from 0.
        cell: Row and column of the table it stands in, from 0; None outside of ruled cells. A comb, which is a row of
            boxes with a digit in each, is one cell; a number that stands in several cells' width has the first.
        confidence: The chance that all of it is right, in [0, 1].
        status: "ok" or "unsure".
    """

    text: str
    box: "Box"
    line: int
    cell: tuple[int, int] | None
    confidence: float
    status: Status


@dataclass(frozen=True, slots=True, repr=False)
class Reading:
    """All that is written in a picture, and how sure the classifier is of it.

    Attributes:
        lines: The digits of each line from left to right, the lines from the top down; no line is empty.
        notes: What was done to the picture, in plain words; what was done to a digit is in its own notes.
        numbers: In reading order.
        written: What is written, with its marks, a space between separate numbers, and a line for each line.
    """

    lines: tuple[tuple[Digit, ...], ...]
    notes: tuple[str, ...] = ()
    numbers: tuple[Number, ...] = ()
    written: str = ""

    @property
    def digits(self) -> tuple[Digit, ...]:
        """All digits in reading order."""
        return tuple(digit for line in self.lines for digit in line)

    @property
    def text(self) -> str:
        """What is written, with a line of digits for each line of the picture.

        What is not a digit leaves no trace. Names of classes that are longer than a letter stand apart.
        """
        lines = ([digit.text for digit in line if digit.text] for line in self.lines)
        return "\n".join((" " if any(len(text) > 1 for text in line) else "").join(line) for line in lines if line)

    @property
    def status(self) -> Status:
        """That of all digits: "ok" if every one is, "not_a_digit" if there is none at all, and "unsure" between."""
        statuses = {digit.status for digit in self.digits}
        if statuses == {"ok"}:
            return "ok"
        return "unsure" if statuses & {"ok", "unsure"} else "not_a_digit"

    def __repr__(self) -> str:
        return f"Reading({self.text!r}, status={self.status!r}: {len(self.digits)} digits in {len(self.lines)} lines)"

    def _repr_html_(self) -> str:
        lines = [[(digit.text, digit.status) for digit in line] for line in self.lines]
        if self.numbers:
            by_line = groupby(self.numbers, key=lambda number: number.line)
            lines = [[(number.text, number.status) for number in group] for _, group in by_line]
        numbers = [(number.text, number.confidence, number.status) for number in self.numbers]
        return reading_html(lines, self.status, numbers, self.notes)


def unsure(reading: Reading) -> Reading:
    """The same, but nothing of it is sure; each of its lines is a number."""
    lines = tuple(
        tuple(replace(digit, status="unsure") if digit.status == "ok" else digit for digit in line)
        for line in reading.lines
    )
    numbers = tuple(_number_of(line) for line in lines if any(digit.text for digit in line))
    return Reading(lines, reading.notes, numbers, "\n".join(number.text for number in numbers))


def _number_of(line: tuple[Digit, ...]) -> Number:
    """A line as one number, which is unsure."""
    digits = [digit for digit in line if digit.text]
    left, top = min(digit.box[0] for digit in digits), min(digit.box[1] for digit in digits)
    right = max(digit.box[0] + digit.box[2] for digit in digits)
    foot = max(digit.box[1] + digit.box[3] for digit in digits)
    confidence = math.prod(digit.confidence for digit in digits)
    text = "".join(digit.text for digit in digits)
    return Number(text, (left, top, right - left, foot - top), digits[0].line, None, confidence, "unsure")


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """The numbers of a picture in rows and columns.

    Attributes:
        cells: Rows of cells, all rows of one length; None where no number stands. Several numbers of one cell are one,
            with spaces between.
        outside: Numbers that stand outside of the table's rules.
        notes: What was done to the picture, in plain words.
    """

    cells: tuple[tuple[Number | None, ...], ...]
    outside: tuple[Number, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def texts(self) -> list[list[str]]:
        """What stands in each cell; "" in one without a number."""
        return [["" if number is None else number.text for number in row] for row in self.cells]

    @property
    def unsure(self) -> list[tuple[int, int]]:
        """Row and column, from 0, of each cell whose number is unsure."""
        return [
            (place, column)
            for place, row in enumerate(self.cells)
            for column, number in enumerate(row)
            if number is not None and number.status != "ok"
        ]

    @property
    def csv(self) -> str:
        """The texts as CSV after RFC 4180, but with a mere newline after each row.

        A text that a spreadsheet would take for a formula has an apostrophe in front; numbers such as -12.50 have none.
        """
        return _rows_as_csv([[spreadsheet_cell(text) for text in row] for row in self.texts])

    @property
    def raw_csv(self) -> str:
        """As `csv`, with every text as it was read; a spreadsheet may take `=1+2` for a formula."""
        return _rows_as_csv(self.texts)

    def __repr__(self) -> str:
        columns = len(self.cells[0]) if self.cells else 0
        return f"Table({len(self.cells)} rows, {columns} columns, {len(self.unsure)} cells unsure)"

    def _repr_html_(self) -> str:
        cells = [
            [None if cell is None else (cell.text, cell.confidence, cell.status) for cell in row] for row in self.cells
        ]
        return table_html(cells, [number.text for number in self.outside], self.notes)


def _rows_as_csv(rows: list[list[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def outcome(file: str, answer: Digit | Reading, index: int | None = None) -> dict[str, Any]:
    """The answer for one picture, JSON-ready.

    Args:
        file: The picture's name, as the user gave it.
        answer: What was read: one digit, or all that there is.
        index: In a file of many images, the number of this one, from 0.

    Returns:
        A dict with file, status, text, digits, notes and error (None); index, where there is one; and of all that
        there is, written and numbers.
    """
    digits = answer.digits if isinstance(answer, Reading) else (answer,)
    return {
        "file": file,
        **_place(index),
        "status": answer.status,
        "text": answer.text,
        "digits": [
            {
                "label": digit.label,
                "confidence": digit.confidence,
                "candidates": list(digit.candidates),
                "probabilities": list(digit.probabilities),
                "box": list(digit.box),
                "line": digit.line,
                "status": digit.status,
            }
            for digit in digits
        ],
        **(_numbers(answer) if isinstance(answer, Reading) else {}),
        "notes": list(answer.notes),
        "error": None,
    }


def _numbers(answer: Reading) -> dict[str, Any]:
    return {
        "written": answer.written or answer.text,
        "numbers": [
            {
                "text": number.text,
                "box": list(number.box),
                "line": number.line,
                "cell": None if number.cell is None else list(number.cell),
                "confidence": number.confidence,
                "status": number.status,
            }
            for number in answer.numbers
        ],
    }


def error_outcome(file: str, error: DigitnetError, index: int | None = None) -> dict[str, Any]:
    """The answer for a picture that could not be read, in the form of `outcome`.

    Args:
        file: The picture's name, as the user gave it.
        error: Why.
        index: In a file of many images, the number of the first one that has no answer.

    Returns:
        A dict with the keys of `outcome`; its status is "error" and its error a line of text.
    """
    empty = {"status": "error", "text": "", "digits": [], "notes": [], "error": str(error)}
    return {"file": file, **_place(index), **empty}


def _place(index: int | None) -> dict[str, int]:
    return {} if index is None else {"index": index}
