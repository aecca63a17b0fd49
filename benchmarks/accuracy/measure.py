"""Measure a finished run, or a committee, on all test images, through the public interface."""

import csv
import hashlib
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.measured import SINGLE, Measurement
from benchmarks.accuracy.presets import differences
from benchmarks.machine import describe_machine
from digitnet import evaluate, load_classifier, load_mnist
from digitnet.datasets import Dataset
from digitnet.errors import ModelFileError, RunFolderError
from digitnet.evaluation.evaluation import Evaluation
from digitnet.inference.classifier import Classifier
from digitnet.model_file.contract import MODEL_FILE_NAMES

__all__ = ["measure", "model_digest", "read_run"]

_EPOCHS_KEPT = 60
_CALLS = 200  # that the duration of an altered image is the median of


def measure(path: Path, copies: int | None = None) -> Measurement:
    """Everything about a network that the page shows.

    Args:
        path: A finished run folder, or the `.onnx` file of a committee.
        copies: Measure with that many altered copies of an image, too.

    Returns:
        The row.

    Raises:
        RunFolderError: The run is not finished, not one of a preset as it is now, or not of MNIST.
        ModelFileError: The model file is missing, damaged or not of MNIST.
    """
    _, test_set = load_mnist()
    return _measure_run(path, test_set, copies) if path.is_dir() else _measure_committee(path, test_set, copies)


def model_digest(path: Path) -> str:
    """SHA-256 of the float32 model of a run folder, or of a model file."""
    file = path / MODEL_FILE_NAMES["float32"] if path.is_dir() else path
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelFileError(f"{file} cannot be read: {error.strerror}") from error


def _measure_run(folder: Path, test_set: Dataset, copies: int | None) -> Measurement:
    run, metrics = read_run(folder), _read_json(folder / "metrics.json")
    settings = run["settings"]
    if run["data"]["test_digest"] != test_set.digest:
        raise RunFolderError(f"{folder} was tested on {run['data']['source']}: expected mnist")
    return Measurement(
        kind=SINGLE,
        preset=settings["preset"],
        seed=run["seed"],
        validation=_counts(metrics["validation"]),
        train_seconds=metrics["train_seconds"],
        parameters=metrics["parameters"],
        versions=run["versions"],
        settings=settings,
        history=_history(folder / "history.csv"),
        **_answers(folder, test_set, copies),
    )


def read_run(folder: Path) -> dict[str, Any]:
    """The content of `run.json`, of a run that was started as its preset says today.

    Raises:
        RunFolderError: There is none, it is damaged, or the preset has changed since.
    """
    run = _read_json(folder / "run.json")
    if changed := differences(run["settings"]):
        raise RunFolderError(
            f"{folder} was not trained as its preset says now: {'; '.join(changed)}. Move it away, and train it again"
        )
    return run


def _measure_committee(path: Path, test_set: Dataset, copies: int | None) -> Measurement:
    members = load_classifier(path).metadata.committee
    if not members:
        raise ModelFileError(f"{path} is not a committee: expected a file of `digitnet committee`, or a run folder")
    for member in members:
        if member["data"].get("test_digest") != test_set.digest:
            raise ModelFileError(
                f"{path}: {member['name']} was trained on {member['data'].get('source')}, not on mnist"
            )
    recipes = [member["recipe"] for member in members]
    return Measurement(
        kind=f"committee of {len(members)}",
        preset=" and ".join(sorted({str(recipe["preset"]) for recipe in recipes})),
        seed=None,
        validation=None,
        train_seconds=None,
        parameters=sum(member["parameters"] for member in members),
        versions={},
        settings={"members": recipes},
        history={},
        **_answers(path, test_set, copies),
    )


def _answers(path: Path, test_set: Dataset, copies: int | None) -> dict[str, Any]:
    """What the model files say to the test images, and what they ran on."""
    evaluation = evaluate(load_classifier(path, precision="float32"), test_set)
    has_int8 = path.is_dir() and (path / MODEL_FILE_NAMES["int8"]).exists()
    int8 = evaluate(load_classifier(path, precision="int8"), test_set) if has_int8 else None
    machine = describe_machine()
    return {
        **_figures(evaluation),
        "n": evaluation.n,
        "temperature": evaluation.temperature,
        "mistakes": _mistakes(evaluation, test_set),
        "int8": _figures(int8) if int8 else None,
        "augmented": [_augmented(path, test_set, copies)] if copies else [],
        "machine": {name: machine[name] for name in ("processor", "cores")},
        "model_sha256": model_digest(path),
    }


def _figures(evaluation: Evaluation) -> dict[str, Any]:
    return {"errors": evaluation.errors, "nll": round(evaluation.nll, 6), "ece": round(evaluation.ece, 6)}


def _mistakes(evaluation: Evaluation, test_set: Dataset) -> list[list[int]]:
    positions = np.flatnonzero(evaluation.predicted_labels != test_set.labels)
    return [[int(position), int(evaluation.predicted_labels[position])] for position in positions]


def _augmented(path: Path, test_set: Dataset, copies: int) -> dict[str, Any]:
    """The same network, asked about altered copies of the images of which it is not sure."""
    plain = load_classifier(path, precision="float32")
    patient = load_classifier(path, precision="float32", augment_inference=copies)
    began = time.perf_counter()
    probabilities = patient.predict_proba(test_set.images)
    seconds = time.perf_counter() - began
    altered = np.flatnonzero((probabilities != plain.predict_proba(test_set.images)).any(axis=1))
    answers = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answers != test_set.labels)
    return {
        "copies": copies,
        "errors": len(wrong),
        "share": round(len(altered) / len(test_set), 4),
        "ms_mean": round(1e3 * seconds / len(test_set), 4),
        "ms_altered": _milliseconds(patient, test_set, altered.tolist()),
        "mistakes": [[int(position), int(answers[position])] for position in wrong],
    }


def _milliseconds(classifier: Classifier, test_set: Dataset, positions: list[int]) -> float | None:
    """Median duration of a call with one of these images; None where there are none."""
    if not positions:
        return None
    spread = positions[:: -(-len(positions) // _CALLS)]
    seconds = []
    for position in spread:
        image = test_set.images[position : position + 1]
        began = time.perf_counter()
        classifier.predict(image)
        seconds.append(time.perf_counter() - began)
    return round(1e3 * statistics.median(seconds), 3)


def _counts(evaluation: dict[str, Any] | None) -> dict[str, int] | None:
    return {name: evaluation[name] for name in ("n", "errors")} if evaluation else None


def _history(path: Path) -> dict[str, list[float]]:
    """Errors against epochs and seconds: every epoch, or as many as are worth drawing, the last one among them."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    seconds = np.cumsum([row["seconds"] for row in rows])
    kept = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _EPOCHS_KEPT)).round().astype(int)).tolist()
    history: dict[str, list[float]] = {
        "epoch": [int(rows[index]["epoch"]) for index in kept],
        "seconds": [round(float(seconds[index]), 1) for index in kept],
    }
    for name, column in (("training_error", "accuracy"), ("validation_error", "val_accuracy")):
        if column in rows[0]:
            history[name] = [round(1 - rows[index][column], 5) for index in kept]
    return history


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise RunFolderError(f"{path.parent} is not a finished run folder: it has no {path.name}") from error
    except (OSError, ValueError) as error:
        raise RunFolderError(f"{path} is damaged ({error})") from error
    if not isinstance(content, dict):
        raise RunFolderError(f"{path} is damaged: expected a JSON object")
    return content
