"""Train what is missing, one network after the other, each as a person would: by `digitnet train`."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from benchmarks.accuracy.measure import measure, model_digest, read_run
from benchmarks.accuracy.measured import SINGLE, load_measured, replaced, save_measured
from digitnet.errors import RunFolderError

__all__ = ["record", "train_seeds"]


def train_seeds(preset: str, seeds: Iterable[int], runs: Path, measured: Path) -> None:
    """Train and record a preset with each of the seeds.

    A run that was interrupted goes on where it was; one that is finished and recorded is left alone.

    Args:
        preset: Its name.
        seeds: Of the runs.
        runs: Where the run folders `PRESET-SEED` are.
        measured: The file of rows.

    Raises:
        RunFolderError: A training failed, or a folder holds a run of settings that the preset no longer has.
    """
    for seed in seeds:
        folder = runs / f"{preset}-{seed}"
        if (folder / "run.json").exists():
            read_run(folder)
        if not (folder / "metrics.json").exists():
            _train(preset, seed, folder)
        rows = load_measured(measured)
        digest = model_digest(folder)
        if any(row.key == (SINGLE, preset, seed) and row.model_sha256 == digest for row in rows):
            sys.stderr.write(f"{folder}: recorded already\n")
        else:
            record(folder, measured)


def record(path: Path, measured: Path, copies: int | None = None) -> None:
    """Measure a run folder or a committee, and put its row into the file.

    Raises:
        DigitnetError: As `measure`.
    """
    row = measure(path, copies)
    save_measured(replaced(load_measured(measured), row), measured)
    sys.stderr.write(f"{path}: {row.name}: {row.errors} of {row.n:,} test images wrong\n")
    for entry in row.augmented:
        sys.stderr.write(f"{path}: {entry['errors']} with {entry['copies']} altered copies\n")


def _train(preset: str, seed: int, folder: Path) -> None:
    """Start, or go on with, one training, and wait for its end."""
    begin = ["--preset", preset, "--seed", str(seed), "--out", str(folder)]
    arguments = ["--resume", str(folder)] if (folder / "run.json").exists() else begin
    sys.stderr.write(f"digitnet train {' '.join(arguments)}\n")
    with subprocess.Popen([sys.executable, "-m", "digitnet", "train", *arguments]) as process:
        try:
            code = process.wait()
        except KeyboardInterrupt:  # the training heard it, too, and stops after the epoch that is running
            process.wait()
            raise
    if code:
        raise RunFolderError(f"{folder}: the training of {preset} with seed {seed} ended with exit code {code}")
