"""A sweep that is killed and goes on: is its table the same, and is no finished run trained again?"""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.results import Row, Run, new_run
from benchmarks.scale.batches import finished, start_command
from benchmarks.settings import Settings

__all__ = ["measure_sweeps"]

_RATES = "0.01,0.02,0.03,0.05"  # around that of `quick`
_WORKERS = 2


def measure_sweeps(resumes: int, settings: Settings, report: Callable[[str], None]) -> Iterator[Run]:
    """Sweep 12 runs of `quick` with two workers, once as a whole, and then killed after half of them and resumed.

    Args:
        resumes: How many sweeps are killed.
        settings: Folders.
        report: Is told how far it is.
    """
    work = settings.work / "scale"
    words = ["sweep", "--preset", "quick", "--dial", f"learning_rate={_RATES}", "--seeds", "0-2", "--json"]
    words += ["--workers", str(_WORKERS)]
    run = new_run("sweeps killed", f"python -m benchmarks.scale sweep --resumes {resumes}", resumes=resumes)
    whole, began = work / "sweep-whole", time.monotonic()
    shutil.rmtree(whole, ignore_errors=True)
    summary = finished(start_command((*words, "--out", whole)))
    seconds = time.monotonic() - began
    count = sum(len(one["runs"]) for one in summary["settings"])
    report(f"{count} runs in {seconds:.0f} s")
    differing, again = 0, 0
    for number in range(resumes):
        out = work / "sweep-killed"
        shutil.rmtree(out, ignore_errors=True)
        again += _killed_and_resumed((*words, "--out", out), out, count // 2)
        differing += (out / "sweep.csv").read_bytes() != (whole / "sweep.csv").read_bytes()
        report(f"{number + 1} of {resumes} sweeps killed and resumed: {differing} other tables, {again} runs again")
    run.rows = [
        Row("two workers", "other tables", differing, "tables", resumes),
        Row("two workers", "runs again", again, "runs", resumes * (count // 2)),
        Row("two workers", "seconds", seconds, "s", count),
    ]
    yield run


def _killed_and_resumed(words: tuple[str | Path, ...], out: Path, kill_after: int) -> int:
    """How many runs that were finished before the kill were trained again."""
    process = start_command(words)
    while process.poll() is None and len(_ended(out)) < kill_after:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    before = _ended(out)
    finished(start_command(words))
    return sum(_ended(out)[path] != moment for path, moment in before.items())


def _ended(out: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in out.glob("*/metrics.json")}
