"""Train what is missing, one network after the other, each as a person would: by `digitnet train`."""

import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.accuracy.measure import measure, model_digest, read_run
from benchmarks.accuracy.summary import summarise
from benchmarks.results import Run, load_runs, save_runs
from digitnet.errors import RunFolderError


def train_seeds(preset: str, seeds: Iterable[int], runs: Path, measured: Path) -> None:
    """Train and record a preset with each of the seeds.

    A run that was interrupted goes on where it was; one that is finished and recorded is left alone. Raises
    RunFolderError where a training failed, or a folder holds a run of settings that the preset no longer has.
    """
    for seed in seeds:
        folder = runs / f"{preset}-{seed}"
        if (folder / "run.json").exists():
            read_run(folder)
        if not (folder / "metrics.json").exists():
            _train(preset, seed, folder)
        key, digest = ("networks", f"{preset}, seed {seed}"), model_digest(folder)
        if any(run.key == key and run.settings["model_sha256"] == digest for run in load_runs(measured)):
            sys.stderr.write(f"{folder}: recorded already\n")
        else:
            record_network(folder, measured)


def record_network(path: Path, measured: Path, copies: int | None = None) -> None:
    """Measure a run folder or a committee, and put it into the file; raises as `measure`."""
    found = measure(path, copies)
    keep(found, measured)
    for run in found:
        errors = next(row for row in run.rows if row.measure == "errors")
        sys.stderr.write(f"{path}: {run.name}: {errors.value} of {errors.n:,} test images wrong\n")


def keep(found: Sequence[Run], measured: Path) -> None:
    """Put runs in the place of those with the same key, and summarise all.

    What altered copies gave is kept as long as the model is the same one.
    """
    keys, digests = {run.key for run in found}, {run.name: run.settings.get("model_sha256") for run in found}
    kept = [
        run
        for run in load_runs(measured)
        if run.key not in keys
        and not (
            run.experiment == "augmented"
            and run.settings["model_sha256"] != digests.get(run.name.rpartition(", ")[0], run.settings["model_sha256"])
        )
    ]
    save_runs(summarise([*kept, *found]), measured)


def _train(preset: str, seed: int, folder: Path) -> None:
    """Start, or go on with, one training, and wait for its end."""
    begin = ["--preset", preset, "--seed", str(seed), "--out", str(folder)]
    arguments = ["--resume", str(folder)] if (folder / "run.json").exists() else begin
    sys.stderr.write(f"digitnet train {' '.join(arguments)}\n")
    with subprocess.Popen([sys.executable, "-m", "digitnet", "train", *arguments]) as process:
        try:
            code = process.wait()
        except KeyboardInterrupt:  # the training received it, too, and stops after the epoch that is running
            process.wait()
            raise
    if code:
        raise RunFolderError(f"{folder}: the training of {preset} with seed {seed} ended with exit code {code}")
