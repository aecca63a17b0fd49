"""What was measured of each trained network: a row each in `benchmarks/measured/accuracy.json`, one on a line."""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.accuracy.presets import ON_THE_PAGE
from benchmarks.rows import load_rows, save_rows
from benchmarks.settings import REPOSITORY

__all__ = ["MEASURED", "SINGLE", "Measurement", "load_measured", "replaced", "save_measured"]

MEASURED = REPOSITORY / "benchmarks" / "measured" / "accuracy.json"
SINGLE = "single"  # the kind of one network; others are a "committee of 5", and so on


@dataclass(frozen=True)
class Measurement:
    """One network, or one committee, on all of MNIST's test images.

    Attributes:
        kind: `single`, or `committee of k`.
        preset: What it was trained with.
        seed: What everything random started from; None of a committee.
        errors: Test images that the float32 model gets wrong.
        n: Test images.
        nll: Mean negative log-likelihood of the true class, in nats.
        ece: Expected calibration error, in [0, 1].
        temperature: What its logits are divided by.
        int8: `errors`, `nll` and `ece` of the model in 8-bit integers; None where there is none.
        augmented: For each number of altered copies that was tried: `copies`, `errors`, `mistakes` (as below), the
            `share` of the images that were altered, `ms_mean` an image over all images in one call, and `ms_altered`,
            the median duration of a call with a single image that is altered.
        validation: `n` and `errors` of the held-out images; None where none were.
        train_seconds: Duration of all epochs; None of a committee.
        parameters: Numbers that were learned.
        machine: `processor` and `cores` of what it was measured on.
        versions: Of what it was trained with.
        model_sha256: Digest of the float32 model file.
        settings: Its recipe.
        mistakes: `[position, answer]` of each error, in the order of the positions in the test set.
        history: At most 60 epochs, each series a list: `epoch`, `seconds` since the start, `training_error` and
            `validation_error` (where images were held out), both in [0, 1]. Training images are distorted ones.
    """

    kind: str
    preset: str
    seed: int | None
    errors: int
    n: int
    nll: float
    ece: float
    temperature: float
    int8: dict[str, Any] | None
    augmented: list[dict[str, Any]]
    validation: dict[str, int] | None
    train_seconds: float | None
    parameters: int
    machine: dict[str, Any]
    versions: dict[str, str]
    model_sha256: str
    settings: dict[str, Any]
    mistakes: list[list[int]]
    history: dict[str, list[float]]

    def __post_init__(self) -> None:
        if self.errors != len(self.mistakes):
            raise ValueError(f"{self.name}: {self.errors} errors, but {len(self.mistakes)} mistakes are listed")

    @property
    def is_single(self) -> bool:
        """Whether it is one network."""
        return self.kind == SINGLE

    @property
    def members(self) -> int:
        """Networks in it."""
        return 1 if self.is_single else int(self.kind.rpartition(" ")[2])

    @property
    def name(self) -> str:
        """`record, seed 3`."""
        return f"{self.preset}, {self.kind if self.seed is None else f'seed {self.seed}'}"

    @property
    def key(self) -> tuple[str, str, int | None]:
        """What another row of the same thing has in common with this one."""
        return self.kind, self.preset, self.seed

    @property
    def wrong(self) -> frozenset[int]:
        """Positions of the test images that it gets wrong."""
        return frozenset(position for position, _ in self.mistakes)


def load_measured(path: Path = MEASURED) -> list[Measurement]:
    """All rows; none where there is no file yet.

    Raises:
        ValueError: The file is damaged.
    """
    return load_rows(Measurement, path)


def save_measured(rows: Iterable[Measurement], path: Path = MEASURED) -> None:
    """Write all rows, sorted, in place of those before."""
    save_rows(sorted(rows, key=_place), path)


def replaced(rows: Sequence[Measurement], row: Measurement) -> list[Measurement]:
    """The rows with this one in the place of the one with the same key, or added.

    What was measured with altered copies is kept as long as the model is the same one.
    """
    (before,) = [other for other in rows if other.key == row.key] or [None]
    if before is not None and before.model_sha256 == row.model_sha256:
        new = {entry["copies"] for entry in row.augmented}
        kept = [entry for entry in before.augmented if entry["copies"] not in new]
        row = dataclasses.replace(row, augmented=sorted([*kept, *row.augmented], key=lambda entry: entry["copies"]))
    return [*(other for other in rows if other.key != row.key), row]


def _place(row: Measurement) -> tuple[int, int, str, int]:
    """Single networks first, in the order of the presets and then of the seeds."""
    order = list(ON_THE_PAGE)
    preset = order.index(row.preset) if row.preset in order else len(order)
    return row.members, preset, row.preset, -1 if row.seed is None else row.seed
