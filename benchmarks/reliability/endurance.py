"""Hundreds of thousands of answers from one process: how much more memory it has at the end than after a tenth."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from benchmarks.processes import BenchmarkError
from benchmarks.results import Row, Run, new_run
from benchmarks.settings import REPOSITORY
from digitnet import load_classifier, load_mnist

__all__ = ["CALLS", "LEAST", "measure_endurance", "memory_over"]

CALLS = {"predict": 200_000, "read_digit": 20_000, "read_number": 5_000}
LEAST = 20  # calls, so that a tenth of them is something
_MARGIN = 4  # pixels of paper around a digit: small pictures take a tenth of the time of usual ones
_PICTURES = 200  # different ones, again and again


def measure_endurance(n: int) -> Run:
    """Each kind of call in a process of its own.

    Args:
        n: Calls of `predict`; of the others in proportion.

    Returns:
        The run; its rows have a subject for each kind.
    """
    run = new_run("endurance", f"python -m benchmarks.reliability endurance --n {n}", n=n)
    for kind, usual in CALLS.items():
        count = max(LEAST, usual * n // CALLS["predict"])
        command = [sys.executable, "-m", "benchmarks.reliability.endurance", kind, str(count)]
        finished = subprocess.run(command, check=False, capture_output=True, text=True, cwd=REPOSITORY)
        if finished.returncode:
            raise BenchmarkError(f"{kind}: {finished.stderr.strip()[-300:]}")
        early, late, seconds = json.loads(finished.stdout)
        run.rows += [
            Row(kind, "after a tenth", early, "MB", count),
            Row(kind, "at the end", late, "MB", count),
            Row(kind, "growth", late / early - 1, "share", count),
            Row(kind, "duration", seconds, "s", count),
        ]
    return run


def memory_over(call: Callable[[int], object], count: int) -> tuple[float, float]:
    """Memory after a tenth of the calls and after all of them, in units of 1,000,000 bytes.

    Args:
        call: Gets the number of the call.
        count: How many.
    """
    early = 0.0
    for number in range(count):
        call(number)
        if number == count // 10:
            early = _resident_mb()
    return early, _resident_mb()


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _main(kind: str, count: int) -> None:
    classifier = load_classifier()
    images = load_mnist()[0].images[:_PICTURES]
    if kind == "predict":
        calls = [lambda image=image: classifier.predict(image[np.newaxis]) for image in images]
    else:
        width = 1 if kind == "read_digit" else 3
        rows = (np.hstack(list(islice(cycle(images), start, start + width))) for start in range(_PICTURES))
        papers = [255 - np.pad(row, _MARGIN) for row in rows]
        read = classifier.read_digit if kind == "read_digit" else classifier.read_number
        calls = [lambda paper=paper: read(paper) for paper in papers]
    began = time.perf_counter()
    early, late = memory_over(lambda number: calls[number % len(calls)](), count)
    sys.stdout.write(json.dumps([early, late, time.perf_counter() - began]))


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
