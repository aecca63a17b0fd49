"""Rows of what was measured, kept in the repository: JSON with one row on a line, so that changes can be read."""

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from digitnet.files import write_atomically

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["load_rows", "save_rows"]

Row = TypeVar("Row", bound="DataclassInstance")


def load_rows(kind: type[Row], path: Path) -> list[Row]:
    """All rows, each a dataclass of that kind; none where there is no file yet.

    Raises:
        ValueError: The file is damaged.
    """
    if not path.exists():
        return []
    return [kind(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def save_rows(rows: Iterable["DataclassInstance"], path: Path) -> None:
    """Write rows, in the order given, in place of those before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(dataclasses.asdict(row), allow_nan=False) for row in rows]
    write_atomically(path, "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n")
