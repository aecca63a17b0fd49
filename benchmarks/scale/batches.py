"""`digitnet batch` and other commands as processes: what they read, how they start, and the rows that are left."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.pictures.page_sets import page_sets
from benchmarks.processes import BenchmarkError
from benchmarks.settings import Settings
from digitnet import load_mnist
from digitnet.datasets.idx import write_idx

_LIMIT = 1800.0  # seconds for one command; chosen by hand
_PAGE_KINDS = ("date", "sum", "box", "amount")  # that take a few tenths of a second each; chosen by hand


def image_file(settings: Settings, n: int) -> Path:
    """An IDX file of `n` of MNIST's training images, over and over where there are not so many."""
    path = settings.work / "data" / f"{n}-images-idx3-ubyte"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        write_idx(path, np.resize(load_mnist()[0].images, (n, 28, 28)))
    return path


def page_folder(settings: Settings, n: int, seed: int) -> Path:
    """A folder of `n` rendered pictures of dates, sums, boxes and amounts, of training digits."""
    folder = settings.work / "data" / f"{n}-pages-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    if len(list(folder.iterdir())) < n:
        share = -(-n // len(_PAGE_KINDS))
        for kind in _PAGE_KINDS:
            (pages,) = page_sets(kind, "mild", share, seed, of_training=True)
            for place in range(share):
                Image.fromarray(pages.example(place).picture).save(folder / f"{kind}-{place:05d}.png")
    return folder


def start_batch(options: Sequence[str | Path], *, cores: set[int] | None = None) -> "subprocess.Popen[str]":
    """Start `digitnet batch`, in a session of its own.

    Args:
        options: All but the name of the command.
        cores: On which it may run; None for all.
    """
    return start_command(("batch", *options, "--json"), cores=cores)


def start_command(words: Sequence[str | Path], *, cores: set[int] | None = None) -> "subprocess.Popen[str]":
    """Start a command of `digitnet`, in a session of its own.

    Args:
        words: Its name, and what follows.
        cores: On which it may run; None for all.
    """
    pinned = "" if cores is None else f"import os; os.sched_setaffinity(0, {cores}); "
    program = f"{pinned}from digitnet.cli import main; main()"
    command = [sys.executable, "-c", program, *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def finished(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """What a command said at its end, as JSON.

    Raises:
        BenchmarkError: It failed, or did not end.
    """
    try:
        output, errors = process.communicate(timeout=_LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise BenchmarkError(f"digitnet did not end within {_LIMIT:g} s") from None
    if process.returncode:
        raise BenchmarkError(f"digitnet failed: {(errors.splitlines() or ['without a word'])[-1]}")
    summary: dict[str, Any] = json.loads(output)
    return summary


def rows_in(folder: Path) -> list[dict[str, Any]]:
    """All rows of a folder in the order of their pictures, without what is another each time."""
    import pyarrow.parquet  # noqa: PLC0415 - comes with an extra

    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(folder).drop(["seconds"]).to_pylist()
    return sorted(rows, key=lambda row: (row["file"], row["index"] or 0))


def descendants(pid: int) -> list[int]:
    """The processes of Dask's workers below a process."""
    found = []
    for child in _children(pid):
        found += descendants(child)
        command = Path(f"/proc/{child}/cmdline")
        if command.exists() and b"spawn_main" in command.read_bytes():
            found.append(child)
    return found


def processor_seconds(pid: int, *, below: bool = False) -> float:
    """Of a process, and on request of all below it that live."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has just ended
        return 0.0
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # user and system, proc(5)
    return own + sum(processor_seconds(child, below=True) for child in (_children(pid) if below else ()))


def resident_megabytes(pid: int) -> float:
    """What a process has in memory; 0 where it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _children(pid: int) -> list[int]:
    try:
        texts = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # it has just ended
        return []
    return [int(word) for text in texts for word in text.split()]
