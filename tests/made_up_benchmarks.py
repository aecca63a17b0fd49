"""Made-up results of the benchmarks, as each comparison would give them, for tests of their page."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

__all__ = [
    "REPOSITORY",
    "all_results",
    "answers_result",
    "augmentation_result",
    "cold_start_result",
    "epoch_result",
    "growth_result",
    "load",
    "profile_result",
    "start_up_result",
]

REPOSITORY = Path(__file__).parents[1]
MACHINE = {
    "processor": "Imagined CPU",
    "cores": 2,
    "instructions": ["AVX2", "AVX-512"],
    "memory_gb": 24.0,
    "system": "Imagined OS, Kernel 1",
    "python": "3.11.7",
    "load": 0.25,
}


def load(name: str) -> ModuleType:
    """A module of the benchmarks, which are not installed."""
    if str(REPOSITORY) not in sys.path:
        sys.path.append(str(REPOSITORY))
    return importlib.import_module(f"benchmarks.{name}")


def in_rounds(key: str, values: Sequence[float], **others: Any) -> list[dict[str, Any]]:
    return [{"round": number, key: value, "peak_mb": 500.0, **others} for number, value in enumerate(values)]


def result_of(comparison: str, measured: Mapping[str, Any], **others: Any) -> Any:
    fields = {"quick": False, "machine": MACHINE, "when": "2026-11-22T20:00:00+00:00", "settings": {}}
    return load("results").Result(comparison, measured=dict(measured), **{**fields, **others})


def epoch_result(**skipped: str) -> Any:
    seconds = {
        "digitnet": 1.0,
        "Keras fit, TensorFlow": 6.0,
        "Keras fit, JAX": 3.0,
        "Keras fit, PyTorch": 8.0,
        "PyTorch loop": 3.2,
        "PyTorch loop, compiled": 2.9,
        "scikit-learn": 9.0,
    }
    drift = np.array([1.0, 1.5, 0.9])  # the machine's, in each round
    measured = {
        name: in_rounds("seconds", list(drift * value), accuracy=0.975)
        for name, value in seconds.items()
        if name not in skipped
    }
    for engine, rate in {"NumPy": 2e11, "JAX": 3e11, "PyTorch": 1e11}.items():
        measured[f"rate, {engine}"] = in_rounds("value", list(rate / drift))
    measured["eight products, JAX"] = in_rounds("value", [0.8, 0.8, 0.8])
    versions = {"digitnet": {"jax": "0.1", "numpy": "2.0"}, "PyTorch loop": {"torch": "9.9", "numpy": "2.1"}}
    settings = {"images": 60_000, "epochs": 3, "rounds": 3}
    return result_of("epoch", measured, settings=settings, skipped=skipped, versions=versions)


def cold_start_result(accuracies: Sequence[float] = (0.984, 0.985, 0.983, 0.984, 0.986)) -> Any:
    def runs(seconds: Sequence[float]) -> list[dict[str, Any]]:
        rounds = in_rounds("seconds", seconds)
        return [{**row, "accuracy": part} for row, part in zip(rounds, accuracies, strict=False)]

    peer = [{"round": number, "seconds": s, "accuracy": 0.985, "peak_mb": 1200.0} for number, s in ((0, 90), (3, 120))]
    measured = {
        "digitnet, nothing compiled": runs([10.0, 10.0, 10.0, 10.0, 10.0]),
        "digitnet, compiled before": runs([6.0, 6.0, 6.0, 6.0, 6.0]),
        "Keras example, TensorFlow": peer,
    }
    return result_of("cold_start", measured, settings={"peer_epochs": 20, "rounds": 5})


def answers_result(int8_is_default: bool = True) -> Any:
    one_and_many = {
        "digitnet, float32": (60e-6, 0.070),
        "digitnet, int8": (40e-6, 0.025),
        "ONNX Runtime, defaults": (50e-6, 0.060),
        "ONNX Runtime, one thread": (30e-6, 0.110),
        "Keras predict, TensorFlow": (0.080, 0.400),
        "Keras model(x), TensorFlow": (0.002, 0.200),
        "Keras predict, JAX": (0.0008, 0.200),
        "Keras model(x), JAX": (0.001, 0.150),
        "PyTorch": (45e-6, 0.080),
        "scikit-learn": (100e-6, 0.090),
    }
    measured = {}
    for name, (one, many) in one_and_many.items():
        measured[f"1 x {name}"] = in_rounds("seconds", [one, 2 * one, one])
        measured[f"10,000 x {name}"] = in_rounds("seconds", [many, 2 * many, many])
    said: dict[str, dict[str, Any]] = {name: {"accuracy": 0.98} for name in one_and_many}
    said["digitnet, int8"]["is_default"] = int8_is_default
    return result_of("answers", measured, said=said, settings={"rounds": 3})


def start_up_result() -> Any:
    seconds = {
        "python -c pass": 0.012,
        "import digitnet": 0.02,
        "digitnet --help": 0.08,
        "digitnet predict one.png": 0.4,
    }
    return result_of(
        "start_up",
        {name: in_rounds("seconds", [value, value]) for name, value in seconds.items()},
        settings={"rounds": 2},
    )


def growth_result() -> Any:
    def line(xs: Sequence[int], images: Mapping[int, int], per_image: Mapping[int, float]) -> list[dict[str, Any]]:
        return [
            {"x": x, "images": images[x], "seconds": images[x] * per_image[x], "peak_mb": 500.0 + x / 1000} for x in xs
        ]

    widths, batches, images = (128, 512, 4096), (32, 128, 512, 4096), (6_000, 60_000, 240_000)
    calls = (1, 10, 100, 1000, 10_000, 100_000)
    measured = {
        "width": line(widths, {128: 60_000, 512: 60_000, 4096: 2_560}, {128: 3e-6, 512: 1.5e-5, 4096: 7e-4}),
        "batch size": line(batches, dict.fromkeys(batches, 60_000), {32: 4e-5, 128: 1.5e-5, 512: 1.2e-5, 4096: 9e-6}),
        "images": line(images, {n: n for n in images}, dict.fromkeys(images, 1.5e-5)),
        "answers, float32": line(calls, {n: n for n in calls}, {n: 7e-6 + 4e-5 / n for n in calls}),
        "answers, int8": line(calls, {n: n for n in calls}, {n: 3e-6 + 3e-5 / n for n in calls}),
        "rate, NumPy": in_rounds("value", [2e11, 2e11]),
    }
    return result_of("growth", measured)


def profile_result() -> Any:
    seconds = {
        "everything": 1.0,
        "without dropout": 0.9,
        "SGD in place of Adam": 0.8,
        "without metrics": 1.01,
        "matrix products alone": 0.5,
        "shuffling and gathering alone": 0.1,
    }
    return result_of("profile", {name: in_rounds("seconds", [value] * 3) for name, value in seconds.items()})


def augmentation_result() -> Any:
    measured = {
        "with augmentation": in_rounds("seconds", [5.0, 10.0, 5.2]),
        "images as they are": in_rounds("seconds", [4.0, 8.0, 4.5]),
    }
    return result_of("augmentation", measured)


def all_results() -> dict[str, Any]:
    results = [
        epoch_result(),
        cold_start_result(),
        answers_result(),
        start_up_result(),
        growth_result(),
        profile_result(),
        augmentation_result(),
    ]
    return {result.comparison: result for result in results}
