"""Where a run of the benchmarks reads and writes, how much it measures, and arguments that several commands take."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digitnet import load_mnist

REPOSITORY = Path(__file__).resolve().parents[1]
DOCS = REPOSITORY / "docs"
_ROOT = REPOSITORY / ".bench"


@dataclass(frozen=True)
class Settings:
    """What the comparisons share."""

    environments: Path  # folder of the peers' virtual environments
    rounds: int | None = None  # how often everything has its turn; None leaves it to each comparison
    quick: bool = False  # only see that everything runs: what is measured means nothing
    root: Path = _ROOT  # folder that everything is written into, but the published pages and their results

    @property
    def work(self) -> Path:
        """Folder of what this run writes; a quick one has its own."""
        return self.root / "quick" if self.quick else self.root

    @property
    def training_data(self) -> Path:
        """All of MNIST, as `.npz`."""
        return self.work / "data" / "mnist.npz"

    @property
    def test_data(self) -> Path:
        """MNIST's test images alone, as `.npz`."""
        return self.work / "data" / "test.npz"

    def rounds_or(self, usual: int) -> int:
        """How many rounds to run where `usual` are usual."""
        if self.rounds is not None:
            return self.rounds
        return 1 if self.quick else usual


def default_environments() -> Path:
    """Where the peers' environments are, unless an option gives another folder."""
    return Path(os.environ.get("DIGITNET_BENCH_ENVIRONMENTS") or _ROOT / "environments")


def write_data(settings: Settings) -> None:
    """Write MNIST where contestants of any environment can read it, unless it is there."""
    if settings.training_data.exists() and settings.test_data.exists():
        return
    settings.training_data.parent.mkdir(parents=True, exist_ok=True)
    train_set, test_set = load_mnist()
    x_test, y_test = test_set.images, test_set.labels
    np.savez(settings.training_data, x_train=train_set.images, y_train=train_set.labels, x_test=x_test, y_test=y_test)
    np.savez(settings.test_data, x_test=x_test, y_test=y_test)


def positive(text: str) -> int:
    """A whole number, 1 or more, for `type=` of an argument."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def seeds(text: str) -> list[int]:
    """`0-4`, `3` or `0,2,5-7`, for `type=` of an argument; at least one seed, each once and in that order."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        try:
            numbers = range(int(first), int(last if dash else first) + 1)
        except ValueError:
            numbers = range(0)
        if not numbers:
            raise argparse.ArgumentTypeError(f"{text!r} is not of the form 0-4 or 0,2,3")
        found += numbers
    return list(dict.fromkeys(found))
