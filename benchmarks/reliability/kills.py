"""Trainings that are killed at random moments and resumed: do they end in the same bits as one that was left alone?"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.processes import BenchmarkError
from benchmarks.results import Row, Run, new_run
from benchmarks.settings import Settings
from digitnet import load_mnist

__all__ = [
    "Training",
    "digitnet_command",
    "fingerprint",
    "kill_after",
    "kill_moment",
    "measure_kills",
    "quick",
    "small",
    "start_training",
]

_RESULTS = ("model.onnx", "model_int8.onnx")
_LIMIT = 900.0  # seconds for one command; chosen by hand
_KILLS = (1, 1, 1, 2, 3)  # how often one run is killed


@dataclass(frozen=True)
class Training:
    """A run that can be repeated.

    Attributes:
        name: For people.
        options: Of `digitnet train`, without the folder.
    """

    name: str
    options: tuple[str, ...]


def small(folder: Path) -> Training:
    """A small network with augmentation and hard examples on 2,000 images, 12 epochs of a few milliseconds.

    Args:
        folder: Where its data set is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "digits.npz"
    train_set, test_set = (part.subset(np.arange(2_000)) for part in load_mnist())
    np.savez(
        data,
        x_train=train_set.images,
        y_train=train_set.labels,
        x_test=test_set.images[:500],
        y_test=test_set.labels[:500],
    )
    options = ("--data", str(data), "--hidden-sizes", "32", "--epochs", "12", "--batch-size", "50")
    return Training("small network", (*options, "--hard-examples", "0.5", "--augment", "rotation=10", "--seed", "0"))


def quick() -> Training:
    """The preset `quick` on all of MNIST."""
    return Training("preset quick", ("--preset", "quick", "--seed", "0"))


def measure_kills(n: int, n_quick: int, seed: int, settings: Settings, report: Callable[[str], None]) -> Iterator[Run]:
    """Kill trainings, again and again: each of the two is a run of its own in the results.

    Args:
        n: Runs of the small network that are killed, each once to three times.
        n_quick: Runs of `quick`.
        seed: Decides when.
        settings: Where to write; a folder for the time of the experiment.
        report: Gets a line now and then.

    Yields:
        The run of each training, unless none of it was asked for.
    """
    folder = settings.work / "kills"
    shutil.rmtree(folder, ignore_errors=True)
    for training, counts in ((small(folder), (n, 0)), (quick(), (0, n_quick))):
        if sum(counts):
            command = f"python -m benchmarks.reliability kills --n {counts[0]} --n-quick {counts[1]} --seed {seed}"
            run = new_run(f"kills of {training.name}", command, n=sum(counts))
            run.seed = seed
            run.rows = _rows_of(training, sum(counts), np.random.default_rng(seed), folder, report)
            yield run
    shutil.rmtree(folder)


def _rows_of(
    training: Training, count: int, rng: np.random.Generator, folder: Path, report: Callable[[str], None]
) -> list[Row]:
    whole = folder / "whole"
    shutil.rmtree(whole, ignore_errors=True)
    _finish(training, whole)  # compiles what later ones find compiled
    shutil.rmtree(whole)
    began = time.perf_counter()
    _finish(training, whole)
    seconds = time.perf_counter() - began
    expected = fingerprint(whole)
    kills = same = lines = 0
    for number in range(1, count + 1):
        run = folder / "run"
        shutil.rmtree(run, ignore_errors=True)
        for _ in range(_KILLS[int(rng.integers(len(_KILLS)))]):
            kills += kill_after(training, run, kill_moment(rng, seconds))
        lines = max(lines, _finish(training, run))
        same += fingerprint(run) == expected and not list(run.rglob(".unfinished-*"))
        report(f"{training.name}: {same} of {number} as the one that was left alone")
    return [
        Row(training.name, "identical", same, "runs", count),
        Row(training.name, "other", count - same, "runs", count),
        Row(training.name, "kills", kills, "kills", count),
        Row(training.name, "whole run", seconds, "s", 1),
        Row(training.name, "lines of a resumed run at most", lines, "lines", count),
    ]


def kill_moment(rng: np.random.Generator, seconds: float) -> float:
    """Any moment of a run that takes so many seconds, with the same chance."""
    return float(rng.uniform(0.0, seconds))


def digitnet_command(*arguments: str) -> list[str]:
    """`digitnet` with these arguments, in this interpreter's environment."""
    return [sys.executable, "-m", "digitnet", *arguments]


def start_training(
    training: Training, run: Path, through: Sequence[str] = (), **options: object
) -> "subprocess.Popen[str]":
    """Begin a run, or go on with it where there is something to go on with.

    Args:
        training: What to train.
        run: Its folder; one in which nothing was kept is removed first.
        through: A command that becomes the training, which is given to it as arguments.
        options: More arguments of `subprocess.Popen`.
    """
    if (run / "run.json").exists():
        command = digitnet_command("train", "-q", "--resume", str(run))
    else:  # killed before anything was there to go on with
        shutil.rmtree(run, ignore_errors=True)
        command = digitnet_command("train", "-q", *training.options, "--out", str(run))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*through, *command], **{**pipes, **options})  # type: ignore[call-overload,no-any-return]


def kill_after(training: Training, run: Path, seconds: float) -> bool:
    """Kill a run after so many seconds; False where it had ended by itself before."""
    if (run / "metrics.json").exists():
        return False
    process = start_training(training, run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def _finish(training: Training, run: Path) -> int:
    """Let it go on to its end; gives the number of lines on stderr. One that is complete stays as it is."""
    if (run / "metrics.json").exists():
        return 0
    process = start_training(training, run)
    _, errors = process.communicate(timeout=_LIMIT)
    if process.returncode:
        raise BenchmarkError(f"{training.name} ended with {process.returncode}: {errors.strip()[-300:]}")
    return len(errors.splitlines())


def fingerprint(run: Path) -> Sequence[object]:
    """What has to be the same: the bytes of both model files, and what the run achieved but for times."""
    digests = [hashlib.sha256((run / name).read_bytes()).hexdigest() for name in _RESULTS if (run / name).exists()]
    metrics = json.loads((run / "metrics.json").read_bytes())
    epochs = [line.rpartition(",")[0] for line in (run / "history.csv").read_text(encoding="utf-8").splitlines()]
    return [*digests, metrics["test"], epochs]  # the last column is how long an epoch took
