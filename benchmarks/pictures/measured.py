"""What was measured of each set of pictures: a row each in `benchmarks/measured/pictures.json`, one on a line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from benchmarks.pictures.hardships import HARDSHIPS
from benchmarks.rows import load_rows, save_rows
from benchmarks.settings import REPOSITORY

__all__ = ["KINDS", "MEASURED", "Kind", "Measurement", "load_measured", "replaced", "save_measured"]

Kind: TypeAlias = Literal["digits", "lines", "not digits"]

MEASURED = REPOSITORY / "benchmarks" / "measured" / "pictures.json"
KINDS: tuple[Kind, ...] = ("digits", "lines", "not digits")


@dataclass(frozen=True)
class Measurement:
    """One set of pictures, read by one model.

    Attributes:
        name: Of the set: `hard`, `blur 0.50`, or as a set of files is called.
        kind: What counts: the one digit of each picture, lines of digits, or pictures that hold none.
        is_rendered: It can be rendered again by anyone; otherwise its pictures are not shipped.
        seed: What the choice of pictures, and all that is random in rendered ones, started from.
        pictures: How many there were.
        n: How many digits, lines or non-digits they held.
        errors: Digits with another answer or none, lines that are not exactly right, non-digits called digits.
        unsure: Pictures whose status is `unsure`.
        refused: Pictures whose status is `not_a_digit`.
        failed: Pictures that were answered by an error.
        covered: Digits that are among the candidates of their answer; None where that does not apply.
        candidates: Of all these answers together; None likewise.
        median_ms: Median duration of reading a picture, decoding it included.
        model_sha256: Digest of the model file.
        preset: That the model was trained with.
        machine: `processor` and `cores` of what it was measured on.
    """

    name: str
    kind: Kind
    is_rendered: bool
    seed: int
    pictures: int
    n: int
    errors: int
    unsure: int
    refused: int
    failed: int
    covered: int | None
    candidates: int | None
    median_ms: float
    model_sha256: str
    preset: str
    machine: dict[str, Any]

    def __post_init__(self) -> None:
        if not 0 <= self.errors <= self.n:
            raise ValueError(f"{self.name}: {self.errors} errors in {self.n}")

    @property
    def key(self) -> tuple[bool, Kind, str]:
        """What another row of the same set has in common with this one."""
        return self.is_rendered, self.kind, self.name

    @property
    def rate(self) -> float:
        """Error rate in [0, 1]."""
        return self.errors / self.n

    @property
    def severity(self) -> float | None:
        """0.5 of `blur 0.50`; None of a level, and of a set of files."""
        hardship, _, number = self.name.rpartition(" ")
        return float(number) if self.is_rendered and hardship in HARDSHIPS else None


def load_measured(path: Path = MEASURED) -> list[Measurement]:
    """All rows; none where there is no file yet.

    Raises:
        ValueError: The file is damaged.
    """
    return load_rows(Measurement, path)


def save_measured(rows: Iterable[Measurement], path: Path = MEASURED) -> None:
    """Write all rows, sorted, in place of those before."""
    save_rows(sorted(rows, key=lambda row: row.key), path)


def replaced(rows: Sequence[Measurement], new: Sequence[Measurement]) -> list[Measurement]:
    """The rows with each new one in the place of the one of the same set, or added."""
    keys = {row.key for row in new}
    return [*(row for row in rows if row.key not in keys), *new]
