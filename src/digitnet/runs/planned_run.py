"""One run of a sweep, trained in a process of its own that ends with whoever started it.

A process for each run gives back all memory that it took, trains what `digitnet train` would, and costs a row of the
table and not a worker where the system kills it.
"""

import json
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from digitnet.errors import RunFolderError
from digitnet.runs.search import PlannedRun

__all__ = ["LOCKS", "METRICS", "SweepJob", "TrainedRun", "train_planned"]

METRICS = "metrics.json"  # of a run folder, which is finished when it has it; `RunFolder` would import Keras
LOCKS = ".locks"  # folder of a sweep: a file for each run that has begun, locked by the process that trains it
_TRIES = 2  # of a run whose process dies; it goes on from its last epoch


class SweepJob(NamedTuple):
    """What all runs of a sweep share.

    Attributes:
        folder: Of the sweep, the same on all machines.
        source: The data, as `load_source` takes it from any folder.
        on_bad_picture: `fail` or `skip`.
    """

    folder: str
    source: str
    on_bad_picture: str = "fail"


class TrainedRun(NamedTuple):
    """A run that has ended.

    Attributes:
        name: Of its folder.
        error: Why it has no result; "" where it has one.
    """

    name: str
    error: str = ""


def train_planned(job: SweepJob, run: PlannedRun) -> TrainedRun:
    """Train a run to its end, or go on with it; one that another process is training is waited for.

    Args:
        job: Where to, and on what.
        run: Which.

    Returns:
        How it ended. Settings that do not fit the data, a loss that is not finite and a process that dies twice are
        results of the run.

    Raises:
        RunFolderError: The folder cannot be written, or the data cannot be used: all runs would fail alike.
    """
    died = ""
    for _ in range(_TRIES):
        answer = _answer(job, run)
        if isinstance(answer, dict):
            if answer["ends_sweep"]:
                raise RunFolderError(f"{run.name}: {answer['error']}")
            return TrainedRun(run.name, str(answer["error"]))
        died = answer
    return TrainedRun(run.name, f"its process died {_TRIES} times ({died}): does the network need more memory?")


def _answer(job: SweepJob, run: PlannedRun) -> dict[str, Any] | str:
    """What the process says at its end, or how it died."""
    process = subprocess.Popen(
        [sys.executable, "-m", "digitnet.runs.training_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what libraries say; its own errors are in the answer
        start_new_session=True,  # Ctrl-C is for the process that started the sweep
    )
    try:
        command = run.command(job.source, str(Path(job.folder) / run.name))
        line = b""
        if process.stdin is not None and process.stdout is not None:
            with suppress(OSError):  # it has died already
                process.stdin.write(f"{json.dumps([*job, run.name, run.recipe.to_dict(), command])}\n".encode())
                process.stdin.flush()  # and stays open: its end is the end of the process
            line = process.stdout.readline()
    finally:
        process.kill()
        process.communicate()
    if line.endswith(b"\n"):
        answer: dict[str, Any] = json.loads(line)
        return answer
    code = process.returncode
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
