"""`digitnet train` in whole processes: cold, warm, and without a place for what it compiles."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from digitnet.datasets.idx import write_idx
from extras import skip_where_nothing_is_kept


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for part, count in (("train", 200), ("t10k", 100)):
        images = np.random.default_rng(count).integers(0, 256, (count, 28, 28), dtype=np.uint8)
        write_idx(folder / f"{part}-images-idx3-ubyte", images)
        write_idx(folder / f"{part}-labels-idx1-ubyte", (np.arange(count) % 10).astype(np.uint8))
    return folder


def start(data: Path, out: Path, cache: Path) -> "subprocess.Popen[str]":
    """`digitnet train` in a process that says in its last line how often JAX found and missed a program."""
    code = (
        "import atexit, jax.monitoring\n"
        "from digitnet.cli import main\n"
        "events = []\n"
        "jax.monitoring.register_event_listener(lambda event, **_: events.append(event.rpartition('/')[2]))\n"
        "atexit.register(lambda: print(events.count('cache_hits'), events.count('cache_misses')))\n"
        "main()\n"
    )
    options = ["--data", str(data), "--out", str(out), "--hidden-sizes", "8", "--epochs", "2", "--batch-size", "50"]
    return subprocess.Popen(
        [sys.executable, "-c", code, "train", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **{name: os.environ[name] for name in os.environ if not name.startswith("JAX_")},
            "DIGITNET_CACHE_DIR": str(cache),
        },
    )


def end(process: "subprocess.Popen[str]") -> tuple[int, int, list[str]]:
    """Hits, misses, and whatever sounds like trouble on stderr."""
    output, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors
    hits, misses = map(int, output.splitlines()[-1].split())
    return hits, misses, [line for line in errors.splitlines() if re.search("^digitnet:|XLA|Warning", line)]


def results(run: Path) -> tuple[list[bytes], list[dict[str, str]], Any]:
    """All that a run comes to, apart from seconds: weights, history and metrics."""
    weights = [tensor.SerializeToString() for tensor in onnx.load(run / "model.onnx").graph.initializer]
    with (run / "history.csv").open(newline="") as file:
        history = [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]
    metrics = json.loads((run / "metrics.json").read_text())
    del metrics["train_seconds"]
    return weights, history, metrics


def test_a_compilation_cache_changes_no_bit(data: Path, tmp_path: Path) -> None:
    skip_where_nothing_is_kept()
    in_the_way = tmp_path / "in the way"
    in_the_way.write_text("a file")
    processes = [start(data, tmp_path / "a", in_the_way), start(data, tmp_path / "b", tmp_path / "cache")]
    without, cold = (end(process) for process in processes)
    assert without[:2] == (0, 0)
    (line,) = without[2]
    assert line.startswith(f"digitnet: the compilation cache {in_the_way} is ignored: ")
    hits, misses, lines = cold
    assert misses > 0
    assert lines == []
    assert end(start(data, tmp_path / "c", tmp_path / "cache")) == (hits + misses, 0, [])
    assert results(tmp_path / "a") == results(tmp_path / "b") == results(tmp_path / "c")
