"""Measure a finished run, a committee, or the bundled model on all test images, through the public interface."""

import hashlib
import itertools
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.presets import differences
from benchmarks.accuracy.summary import PARTS, errors_in
from benchmarks.results import Row, Run, new_run
from digitnet import Classifier, evaluate, load_classifier, load_mnist
from digitnet.datasets import Dataset
from digitnet.errors import ModelFileError, RunFolderError
from digitnet.evaluation.evaluation import Evaluation
from digitnet.model_file.contract import DEFAULT_PRECISION, MODEL_FILE_NAMES, bundled_model_path

_CALLS = 200  # that the duration of an altered image is the median of
_CONFIDENCES = (0.0, 0.8, 0.9, 0.99, 0.999, 2.0)  # edges; nothing is surer than 1


def measure(path: Path, copies: int | None = None) -> list[Run]:
    """Everything about a network that the page shows.

    Returns A run of experiment `networks` or `committees`, and one of experiment `augmented` where copies were asked
    for. Raises RunFolderError where the run is not finished, not one of a preset as it is now, or not of MNIST;
    ModelFileError where the model file is missing, damaged or not of MNIST.
    """
    test_set = load_mnist()[1]
    run = _network(path, test_set) if path.is_dir() else _committee(path, test_set)
    run.settings["model_sha256"] = model_digest(path)
    run.rows += _answers(run.name, path, test_set)
    if not copies:
        return [run]
    name = f"{run.name}, {copies} copies"
    again = Run("augmented", name, f"{run.command} --augment-inference {copies}", run.date, run.machine, run.seed)
    again.settings = {**run.settings, "copies": copies}
    again.rows = _augmented(name, path, test_set, copies)
    return [run, again]


def model_digest(path: Path) -> str:
    """SHA-256 of the float32 model of a run folder, or of a model file."""
    file = path / MODEL_FILE_NAMES["float32"] if path.is_dir() else path
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelFileError(f"{file} cannot be read: {error.strerror}") from error


def _network(folder: Path, test_set: Dataset) -> Run:
    description, metrics = read_run(folder), _read_json(folder / "metrics.json")
    recipe, seed = description["settings"], description["seed"]
    if description["data"]["test_digest"] != test_set.digest:
        raise RunFolderError(f"{folder} was tested on {description['data']['source']}: expected mnist")
    command = f"python -m benchmarks.accuracy train --preset {recipe['preset']} --seeds {seed}"
    run = new_run("networks", command, recipe=recipe)
    run.name, run.seed, run.versions = f"{recipe['preset']}, seed {seed}", seed, description["versions"]
    run.rows = [
        Row(run.name, "training", metrics["train_seconds"], "s"),
        Row(run.name, "parameters", metrics["parameters"], "numbers"),
    ]
    if validation := metrics["validation"]:
        run.rows.append(Row(run.name, "validation errors", validation["errors"], "errors", validation["n"]))
    return run


def read_run(folder: Path) -> dict[str, Any]:
    """The content of `run.json`, of a run that was started as its preset says today.

    Raises RunFolderError where there is none, it is damaged, or the preset has changed since.
    """
    run = _read_json(folder / "run.json")
    if changed := differences(run["settings"]):
        raise RunFolderError(
            f"{folder} was not trained as its preset says now: {'; '.join(changed)}. Move it away, and train it again"
        )
    return run


def _committee(path: Path, test_set: Dataset) -> Run:
    members = load_classifier(path).metadata.committee
    if not members:
        raise ModelFileError(f"{path} is not a committee: expected a file of `digitnet committee`, or a run folder")
    for member in members:
        if member["data"].get("test_digest") != test_set.digest:
            source = member["data"].get("source")
            raise ModelFileError(f"{path}: {member['name']} was trained on {source}, not on mnist")
    recipes = [member["recipe"] for member in members]
    run = new_run("committees", "python -m benchmarks.accuracy record COMMITTEE.onnx", members=recipes)
    presets = " and ".join(sorted({str(recipe["preset"]) for recipe in recipes}))
    run.name = f"{presets}, committee of {len(members)}"
    run.rows = [Row(run.name, "parameters", sum(member["parameters"] for member in members), "numbers")]
    return run


def _answers(name: str, path: Path, test_set: Dataset) -> list[Row]:
    """What the model files answer to the test images."""
    rows = _figures(name, evaluate(load_classifier(path, precision="float32"), test_set), test_set)
    if path.is_dir() and (path / MODEL_FILE_NAMES["int8"]).exists():
        int8 = _figures(name, evaluate(load_classifier(path, precision="int8"), test_set), test_set)
        rows += [Row(name, f"int8 {row.measure}", row.value, row.unit, row.n) for row in int8]
    return rows


def _figures(name: str, evaluation: Evaluation, test_set: Dataset) -> list[Row]:
    wrong = np.flatnonzero(evaluation.predicted_labels != test_set.labels).tolist()
    mistakes = [[position, int(evaluation.predicted_labels[position])] for position in wrong]
    return [
        Row(name, "errors", evaluation.errors, "errors", evaluation.n, details=mistakes),
        Row(name, "log loss", round(evaluation.nll, 6), "nats", evaluation.n),
        Row(name, "calibration error", round(evaluation.ece, 6), "share", evaluation.n),
        Row(name, "temperature", evaluation.temperature, "temperature"),
    ]


def _augmented(name: str, path: Path, test_set: Dataset, copies: int) -> list[Row]:
    """The same network, asked about altered copies of the images of which it is not sure."""
    plain = load_classifier(path, precision="float32")
    patient = load_classifier(path, precision="float32", augment_inference=copies)
    began = time.perf_counter()
    probabilities = patient.predict_proba(test_set.images)
    seconds = time.perf_counter() - began
    altered = np.flatnonzero((probabilities != plain.predict_proba(test_set.images)).any(axis=1)).tolist()
    answers, n = probabilities.argmax(axis=1), len(test_set)
    mistakes = [[place, int(answers[place])] for place in np.flatnonzero(answers != test_set.labels).tolist()]
    return [
        Row(name, "errors", len(mistakes), "errors", n, details=mistakes),
        Row(name, "share", round(len(altered) / n, 4), "share", n),
        Row(name, "mean", round(1e3 * seconds / n, 4), "ms", n),
        Row(name, "altered", _milliseconds(patient, test_set, altered), "ms", min(_CALLS, len(altered))),
    ]


def _milliseconds(classifier: Classifier, test_set: Dataset, positions: list[int]) -> float:
    """Median duration of a call with one of these images; 0 where there are none."""
    seconds = [0.0] if not positions else []
    for position in positions[:: -(-len(positions) // _CALLS) or 1]:
        image = test_set.images[position : position + 1]
        began = time.perf_counter()
        classifier.predict(image)
        seconds.append(time.perf_counter() - began)
    return round(1e3 * statistics.median(seconds), 3)


def measure_bundled() -> list[Run]:
    """The model that a user gets who names none, in each precision, and how honest its probabilities are."""
    test_set, folder = load_mnist()[1], bundled_model_path().parent
    metadata, description = load_classifier().metadata, folder / "run.json"
    recipe = metadata.recipe
    run = new_run(
        "bundled",
        "python -m benchmarks.accuracy page",
        model_sha256=model_digest(bundled_model_path()),
        seed=recipe["seed"],
    )
    layers = "-".join(map(str, (784, *recipe["hidden_sizes"], 10)))
    fitted = "" if metadata.metrics.get("validation") else " by another run of the recipe"
    run.settings |= {
        "preset": recipe["preset"],
        "layers": layers,
        "temperature_from": f"held-out training images{fitted}",
    }
    if description.exists():
        run.settings["trained"] = " ".join(json.loads(description.read_text(encoding="utf-8"))["command"])
    for precision, name in MODEL_FILE_NAMES.items():
        if (folder / name).exists():
            evaluation = evaluate(load_classifier(precision=precision), test_set)
            subject = f"{precision}, the default" if precision == DEFAULT_PRECISION else precision
            run.rows += _figures(subject, evaluation, test_set)
            run.rows.append(Row(subject, "size", (folder / name).stat().st_size / 1e6, "MB"))
    mistakes = next(row.details for row in run.rows if row.subject.endswith("default") and row.measure == "errors")
    for part, positions in PARTS.items():
        run.rows.append(Row("mistakes", part, errors_in(mistakes, part), "errors", len(positions)))
    honesty = Run("confidence", command=run.command, date=run.date, machine=run.machine)
    honesty.rows = confidence_rows(evaluate(load_classifier(), test_set), test_set)
    return [run, honesty]


def confidence_rows(evaluation: Evaluation, test_set: Dataset) -> list[Row]:
    """Answers by their probability; it is honest where `wrong` and `expected` agree."""
    is_wrong = evaluation.predicted_labels != test_set.labels
    rows = []
    for low, high in itertools.pairwise(_CONFIDENCES):
        chosen = (evaluation.confidence >= low) & (evaluation.confidence < high)
        if n := int(chosen.sum()):
            upper = f"{100 * low:g} % or more" if high > 1 else f"{100 * low:g} to {100 * high:g} %"
            name = f"below {100 * high:g} %" if low == 0 else upper
            rows.append(Row(name, "answers", n, "answers"))
            rows.append(Row(name, "wrong", int(is_wrong[chosen].sum()), "answers", n))
            rows.append(Row(name, "expected", n - float(evaluation.confidence[chosen].sum()), "expected answers", n))
    return rows


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
