"""Workers that are killed at random moments, and whole runs that are killed and go on: is each row there once?"""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.results import Row, Run, new_run
from benchmarks.scale.batches import descendants, finished, page_folder, rows_in, start_batch
from benchmarks.settings import Settings

__all__ = ["compared", "measure_stops"]

_PAUSES = (0.5, 3.0)  # seconds between two kills, from the shortest to the longest; chosen by hand
_HALF = 0.5  # of the parts, after which a whole run is killed


def measure_stops(
    kills: int, resumes: int, pages: int, seed: int, settings: Settings, report: Callable[[str], None]
) -> Iterator[Run]:
    """Kill workers, then whole runs.

    Args:
        kills: How many workers.
        resumes: How many runs.
        pages: How many pictures each run reads.
        seed: Of the pictures, and of the moments.
        settings: Folders.
        report: Is told how far it is.
    """
    source, work, rng = page_folder(settings, pages, seed), settings.work / "scale", np.random.default_rng(seed)
    command = f"python -m benchmarks.scale stops --kills {kills} --resumes {resumes} --pages {pages}"
    shutil.rmtree(work, ignore_errors=True)
    finished(start_batch((source, "--out", work / "whole", "--workers", "1")))
    expected = rows_in(work / "whole")
    for name, rows in (
        ("workers killed", _killed_workers(source, work, kills, expected, rng, report)),
        ("runs killed", _killed_runs(source, work, resumes, expected, report)),
    ):
        run = new_run(name, command, quick=settings.quick, kills=kills, resumes=resumes, pages=pages)
        run.seed, run.rows = seed, rows
        yield run


def compared(rows: list[dict[str, Any]], expected: list[dict[str, Any]]) -> dict[str, int]:
    """How many rows are lost, are there twice, and are others than they should be."""
    names = [(row["file"], row["index"]) for row in rows]
    wanted = {(row["file"], row["index"]): row for row in expected}
    return {
        "lost": len(wanted.keys() - set(names)),
        "twice": len(names) - len(set(names)),
        "other": sum(wanted.get(name) != row for name, row in zip(names, rows, strict=True)),
    }


def _killed_workers(
    source: Path,
    work: Path,
    kills: int,
    expected: list[dict[str, Any]],
    rng: np.random.Generator,
    report: Callable[[str], None],
) -> list[Row]:
    killed, runs, counts = 0, 0, {"lost": 0, "twice": 0, "other": 0}
    while killed < kills:
        out = work / "killed"
        shutil.rmtree(out, ignore_errors=True)
        process = start_batch((source, "--out", out, "--workers", "2"))
        while process.poll() is None and killed < kills:
            time.sleep(rng.uniform(*_PAUSES))
            workers = descendants(process.pid) if (out / "_batch.json").exists() else []
            if workers:
                with suppress(ProcessLookupError):
                    os.kill(int(rng.choice(workers)), signal.SIGKILL)
                    killed += 1
        finished(process)
        runs += 1
        counts = {name: counts[name] + number for name, number in compared(rows_in(out), expected).items()}
        report(f"{killed} of {kills} workers killed in {runs} runs: {counts}")
    of = runs * len(expected)
    return [Row("2 workers", name, number, "rows", of) for name, number in counts.items()] + [
        Row("2 workers", "kills", killed, "kills", runs)
    ]


def _killed_runs(
    source: Path, work: Path, resumes: int, expected: list[dict[str, Any]], report: Callable[[str], None]
) -> list[Row]:
    counts = {"lost": 0, "twice": 0, "other": 0}
    again = 0
    parts = len(list((work / "whole").glob("part-*")))
    for number in range(resumes):
        out = work / "resumed"
        shutil.rmtree(out, ignore_errors=True)
        process = start_batch((source, "--out", out, "--workers", "2"))
        while process.poll() is None and len(list(out.glob("part-*"))) < _HALF * parts:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        before = {path: path.stat().st_mtime_ns for path in out.glob("part-*")}
        summary = finished(start_batch((source, "--out", out, "--workers", "2")))
        again += sum(path.stat().st_mtime_ns != moment for path, moment in before.items())
        again += summary["parts_read"] - (parts - len(before))
        counts = {name: counts[name] + found for name, found in compared(rows_in(out), expected).items()}
        report(f"{number + 1} of {resumes} runs killed and resumed: {counts}, finished parts read again {again}")
    of = resumes * len(expected)
    return [Row("2 workers", name, found, "rows", of) for name, found in counts.items()] + [
        Row("2 workers", "parts again", again, "parts", resumes * parts)
    ]
