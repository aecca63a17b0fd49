"""The end of a run: calibrate, export in both precisions, open the test set once, and write down what came out."""

import csv
import dataclasses
import io
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from digitnet.arrays import AnyArray
from digitnet.datasets import Dataset
from digitnet.errors import ModelFileError, RunFolderError
from digitnet.evaluation.calibration import fit_temperature
from digitnet.evaluation.evaluation import Evaluation, evaluate
from digitnet.evaluation.quantiles import Quantiles
from digitnet.files import replaced_file
from digitnet.inference.classifier import Classifier
from digitnet.model_file.contract import ModelMetadata, open_model
from digitnet.model_file.graph import with_metadata
from digitnet.model_file.quantization import quantize
from digitnet.network.backend import KerasModel, keras
from digitnet.network.mlp import KerasPredictor, layer_table
from digitnet.report import (
    confusion_matrix_figure,
    model_card,
    receptive_fields_figure,
    save_figure,
    training_curves,
    worst_mistakes_figure,
)
from digitnet.runs.data import Data
from digitnet.runs.digit_score import digit_score_for, with_score
from digitnet.runs.folder import RunFolder
from digitnet.training.export import encode_model
from digitnet.training.optimizers import make_optimizer
from digitnet.training.recipes import Recipe

__all__ = ["finish"]

_Measured: TypeAlias = dict[str, Evaluation | None]  # by the part of the data

_IN_THE_MODEL_FILE = ("n", "errors", "accuracy", "nll", "ece")
_IMAGES_TO_COMPARE = 512  # of the training images, on which the exported file must answer as the model does


def finish(
    folder: RunFolder, model: KerasModel, data: Data, history: Sequence[Mapping[str, float]]
) -> tuple[dict[str, Any], Evaluation | None]:
    """Write everything that a complete run folder has; `metrics.json` comes last.

    It may be called again after it was interrupted: every file is replaced whole.

    Args:
        folder: The run folder, with its `run.json`.
        model: The trained model.
        data: What it was trained on; its test part is opened here, once.
        history: One dict of logs an epoch.

    Returns:
        The content of `metrics.json`, and the evaluation on the test images (on the validation images, where
        there are no test images, and None where there are neither).

    Raises:
        RunFolderError: A file cannot be written.
        ModelFileError: The exported model does not answer as the trained one.
    """
    run = folder.read_description()
    temperature = run["settings"]["temperature"]
    if data.validation is not None:
        logits = KerasPredictor(model).predict_logits(data.validation.images)
        temperature = fit_temperature(logits, data.validation.labels)
    metadata = ModelMetadata(
        class_names=data.train.class_names,
        layers=tuple(layer_table(model)),
        recipe=run["settings"],
        data=run["data"],
        calibration={"temperature": temperature},
    )
    content = encode_model(model, metadata, data.train.images[:_IMAGES_TO_COMPARE])
    score_of = digit_score_for(data.train)
    measured, figures = _publish(folder, folder.model_file, content, data, score_of)
    metrics = {
        **figures,
        "train_seconds": round(sum(row["seconds"] for row in history), 3),
        "epochs": len(history),
        "parameters": int(model.count_params()),
        "int8": _publish_int8(folder, content, data, score_of),
        "refuses_non_digits": score_of is not None,
    }
    _save_for_training(folder, model, Recipe.from_dict(run["settings"]))
    _draw(folder, model, data, measured)
    _write_history(folder, history)
    folder.write(folder.card_file, model_card(run, metrics))
    folder.write_json(folder.metrics_file, metrics)
    shutil.rmtree(folder.checkpoint, ignore_errors=True)  # the run is complete; what is left is of no use
    return metrics, measured["test"] or measured["validation"]


def _publish(
    folder: RunFolder, path: Path, content: bytes, data: Data, score_of: bytes | None
) -> tuple[_Measured, dict[str, Any]]:
    """Measure a model and write its file, the figures inside; what was measured, and the same for `metrics.json`."""
    session, metadata = open_model(content)
    classifier = Classifier(session, metadata)
    if data.validation is not None:
        known = {"probability": _of_right_labels(classifier, data.validation).to_dict()}
        metadata = dataclasses.replace(metadata, thresholds={**metadata.thresholds, **known})
    parts = {"test": data.test, "validation": data.validation}
    measured = {name: None if part is None else evaluate(classifier, part) for name, part in parts.items()}
    figures = {name: part.to_dict() if part else None for name, part in measured.items()}
    summary = {name: {key: part[key] for key in _IN_THE_MODEL_FILE} for name, part in figures.items() if part}
    described = with_score(with_metadata(content, dataclasses.replace(metadata, metrics=summary)), score_of)
    folder.write(path, described)
    return measured, {**figures, "bytes": len(described)}


def _of_right_labels(classifier: Classifier, dataset: Dataset) -> Quantiles:
    """How probable the right labels of images are that were held out: from this, candidates are chosen.

    The temperature was fitted on the same images; one number, fitted on thousands, moves the quantiles by less than
    they differ from one choice of images to the next.
    """
    probabilities = classifier.predict_proba(dataset.images)
    return Quantiles.of(probabilities[np.arange(len(dataset)), dataset.labels])


def _publish_int8(folder: RunFolder, content: bytes, data: Data, score_of: bytes | None) -> dict[str, Any]:
    """The same for the model in 8-bit integers; where those would answer otherwise, why there is no such file."""
    try:
        quantized = quantize(content, data.train.images)
    except ModelFileError as error:
        return {"missing": str(error)}
    return _publish(folder, folder.int8_model_file, quantized, data, score_of)[1]


def _save_for_training(folder: RunFolder, model: KerasModel, recipe: Recipe) -> None:
    """Write `model.keras`, compiled to be trained further.

    The schedule has ended at a learning rate of 0, at which nothing would move; and a schedule of our own could not
    be loaded without digitnet. So the optimiser starts afresh, at a constant tenth of the run's highest rate.
    """
    model.compile(
        optimizer=make_optimizer(recipe.optimizer, recipe.learning_rate / 10, recipe.weight_decay),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],
    )
    model.optimizer.build(model.trainable_variables)  # what is loaded finds a state for every weight
    try:
        with replaced_file(folder.keras_file) as temporary:
            model.save(temporary)
    except OSError as error:
        raise RunFolderError(f"{folder.keras_file} cannot be written: {error.strerror or error}") from error


def _draw(folder: RunFolder, model: KerasModel, data: Data, measured: _Measured) -> None:
    save_figure(receptive_fields_figure(_first_kernel(model)), folder.path / "receptive_fields.png")
    for dataset, evaluation in ((data.test, measured["test"]), (data.validation, measured["validation"])):
        if dataset is not None and evaluation is not None:
            save_figure(confusion_matrix_figure(evaluation, dataset.class_names), folder.path / "confusion_matrix.png")
            save_figure(worst_mistakes_figure(dataset, evaluation), folder.path / "mistakes.png")
            break


def _first_kernel(model: KerasModel) -> AnyArray:
    """The weights of the first dense layer, (784, units): one 28 x 28 field for each unit."""
    return next(np.asarray(layer.kernel.value) for layer in model.layers if hasattr(layer, "kernel"))


def _write_history(folder: RunFolder, history: Sequence[Mapping[str, float]]) -> None:
    columns = {name: [row[name] for row in history] for name in history[0]}
    save_figure(training_curves(columns), folder.path / "training_curves.png")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *columns])
    writer.writerows([epoch, *row] for epoch, row in enumerate(zip(*columns.values(), strict=True), start=1))
    folder.write(folder.history_file, text.getvalue())
