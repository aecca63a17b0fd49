"""One training on one device, on two of one process, and on those of two processes: the same bits, and how fast?"""

import csv
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx

from benchmarks.processes import BenchmarkError
from benchmarks.results import Row, Run, new_run
from benchmarks.scale.free_port import free_port
from benchmarks.settings import Settings
from digitnet import load_mnist
from digitnet.datasets.idx import write_idx
from digitnet.runs import compare_runs

__all__ = ["largest_difference", "measure_training"]

_LIMIT = 3600.0  # seconds for one training; chosen by hand
_BATCH = 128
_TEST_IMAGES = 500  # they decide nothing here
# Processes and devices of each; none of either is `digitnet train` without --distributed.
_LAYOUTS: Mapping[str, tuple[int, int]] = {
    "1 device": (0, 0),
    "1 process x 2 devices": (1, 2),
    "2 processes x 1 device": (2, 1),
}


def measure_training(
    images: int, epochs: int, seed: int, settings: Settings, report: Callable[[str], None]
) -> Iterator[Run]:
    """Train with dropout and augmentation in every layout, and compare what is left.

    Args:
        images: How many of MNIST's training images.
        epochs: How many.
        seed: Of the runs.
        settings: Folders.
        report: Is told how far it is.
    """
    command = f"python -m benchmarks.scale training --images {images} --epochs {epochs}"
    run = new_run("training together", command, quick=settings.quick, images=images, epochs=epochs, batch_size=_BATCH)
    run.seed = seed
    work = settings.work / "scale" / "training"
    shutil.rmtree(work, ignore_errors=True)
    for name, n, count in (("step", _BATCH, 1), ("whole", images, epochs)):
        options = ("--data", _data_folder(work / f"{name}-data", n), "--epochs", count, "--seed", seed)
        for layout in _LAYOUTS:
            report(f"{layout}, {n:,} images, epochs: {count}")
            _train(layout, work / f"{name} {layout}", (*options, "--validation-fraction", 0))
    together, alone = "2 processes x 1 device", "1 process x 2 devices"
    for name in ("step", "whole"):
        is_same = compare_runs(work / f"{name} {together}", work / f"{name} {alone}").is_same
        run.rows.append(Row(together, f"other bits, {name}", int(not is_same), "runs", 1))
        difference = largest_difference(work / f"{name} {together}", work / f"{name} 1 device")
        run.rows.append(Row(together, f"difference from 1 device, {name}", difference, "of the largest weight"))
    run.rows += [Row(layout, "rate", _rate(work / f"whole {layout}", images), "images/s") for layout in _LAYOUTS]
    yield run


def largest_difference(first: Path, second: Path) -> float:
    """The largest difference between two weights of two runs, as a part of the largest weight of their tensor."""
    before, now = _weights(first), _weights(second)
    return max(float(np.abs(before[name] - now[name]).max() / np.abs(before[name]).max()) for name in before)


def _weights(folder: Path) -> dict[str, np.ndarray]:
    tensors = onnx.load(folder / "model.onnx").graph.initializer
    found = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in tensors}
    return {
        name: array.astype(np.float64) for name, array in found.items() if array.dtype == np.float32 and array.any()
    }


def _data_folder(folder: Path, n: int) -> Path:
    folder.mkdir(parents=True)
    for part, dataset, count in zip(("train", "t10k"), load_mnist(), (n, _TEST_IMAGES), strict=True):
        write_idx(folder / f"{part}-images-idx3-ubyte", dataset.images[:count])
        write_idx(folder / f"{part}-labels-idx1-ubyte", dataset.labels[:count])
    return folder


def _train(layout: str, out: Path, options: Sequence[object]) -> None:
    processes, devices = _LAYOUTS[layout]
    command = [sys.executable, "-m", "digitnet", "train", "--batch-size", str(_BATCH), *map(str, options), "--out", out]
    together = {
        "JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{free_port()}",
        "JAX_NUM_PROCESSES": str(processes),
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
    }
    started = [
        subprocess.Popen(
            [*command, "--distributed"] if processes else command,
            env={**os.environ, **({**together, "JAX_PROCESS_ID": str(number)} if processes else {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(max(1, processes))
    ]
    for process in started:
        _, messages = process.communicate(timeout=_LIMIT)
        if process.returncode:
            raise BenchmarkError(f"{layout}: {messages.strip().splitlines()[-1]}")


def _rate(folder: Path, images: int) -> float:
    """Images a second in the median epoch; the first one, which is compiled, does not count."""
    with (folder / "history.csv").open(encoding="utf-8") as file:
        seconds = [float(row["seconds"]) for row in csv.DictReader(file)]
    return images / statistics.median(seconds[1:])
