"""A CSV file with a row for each answer, whole or not there."""

import csv
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from digitnet.errors.escaping import spreadsheet_cell
from digitnet.files import replaced_file

__all__ = ["TableFile"]

_COLUMNS = ("file", "index", "status", "text", "confidence", "notes", "error")


class TableFile:
    """Collects answers in a file beside its place; at the end of a `with` block without an error it takes that place.

    Columns: file; index, the number of an image in a file of many, else empty; status, text, notes and error as in the
    JSON, notes with a semicolon between; and confidence, of the least certain digit.

    Args:
        path: The file to make or to replace.
        is_raw: Whether texts stay as they are, even where a spreadsheet takes them for formulas.
    """

    def __init__(self, path: Path, *, is_raw: bool = False) -> None:
        self._path = path
        self._is_raw = is_raw
        self._stack = ExitStack()

    def __enter__(self) -> "TableFile":
        """Start the file.

        Raises:
            OSError: Its folder cannot be written.
        """
        with ExitStack() as opened:
            temporary = opened.enter_context(replaced_file(self._path))
            stream = temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="")
            self._rows = csv.writer(opened.enter_context(stream))
            self._rows.writerow(_COLUMNS)
            self._stack = opened.pop_all()
        return self

    def __exit__(self, *exception: Any) -> None:
        """Put the file in its place, or take it away after an error."""
        self._stack.__exit__(*exception)

    def add(self, found: dict[str, Any]) -> None:
        """Write a row.

        Args:
            found: An answer in the form of `outcome`.
        """
        confidences = [digit["confidence"] for digit in found["digits"]]
        texts = (
            found["file"],
            str(found.get("index", "")),
            found["status"],
            found["text"],
            f"{min(confidences):.6f}" if confidences else "",
            "; ".join(found["notes"]),
            found["error"] or "",
        )
        self._rows.writerow(texts if self._is_raw else [spreadsheet_cell(text) for text in texts])
