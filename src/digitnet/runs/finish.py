"""The end of a run: calibrate, export, open the test set once, and write down what came out."""

import csv
import io
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from digitnet.arrays import AnyArray
from digitnet.backend import KerasModel
from digitnet.calibration import fit_temperature
from digitnet.classifier import load_classifier
from digitnet.datasets import Dataset
from digitnet.errors import RunFolderError
from digitnet.evaluation import Evaluation, evaluate
from digitnet.export import save_model
from digitnet.files import replaced_file
from digitnet.model import KerasPredictor, layer_table
from digitnet.model_file import ModelMetadata
from digitnet.report import (
    confusion_matrix_figure,
    model_card,
    receptive_fields_figure,
    save_figure,
    training_curves,
    worst_mistakes_figure,
)
from digitnet.runs.data import Data
from digitnet.runs.folder import RunFolder

__all__ = ["finish"]


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
    temperature = 1.0
    if data.validation is not None:
        logits = KerasPredictor(model).predict_logits(data.validation.images)
        temperature = fit_temperature(logits, data.validation.labels)
    _save_models(folder, model, data, run, temperature)
    classifier = load_classifier(folder.model_file)
    validation = None if data.validation is None else evaluate(classifier, data.validation)
    test = None if data.test is None else evaluate(classifier, data.test)
    metrics = {
        "test": test.to_dict() if test else None,
        "validation": validation.to_dict() if validation else None,
        "train_seconds": round(sum(row["seconds"] for row in history), 3),
        "epochs": len(history),
        "parameters": int(model.count_params()),
    }
    _write_history(folder, history)
    save_figure(receptive_fields_figure(_first_kernel(model)), folder.path / "receptive_fields.png")
    for dataset, evaluation in ((data.test, test), (data.validation, validation)):
        if dataset is not None and evaluation is not None:
            _draw_mistakes(folder, dataset, evaluation)
            break
    folder.write(folder.card_file, model_card(run, metrics))
    folder.write_json(folder.metrics_file, metrics)
    shutil.rmtree(folder.checkpoint, ignore_errors=True)  # the run is complete; what is left is of no use
    return metrics, test or validation


def _save_models(folder: RunFolder, model: KerasModel, data: Data, run: Mapping[str, Any], temperature: float) -> None:
    metadata = ModelMetadata(
        class_names=data.train.class_names,
        layers=tuple(layer_table(model)),
        recipe=run["settings"],
        data=run["data"],
        calibration={"temperature": temperature},
    )
    try:
        save_model(model, folder.model_file, metadata=metadata, images=data.train.images[:_IMAGES_TO_COMPARE])
        with replaced_file(folder.keras_file) as temporary:
            model.save(temporary)
    except OSError as error:
        raise RunFolderError(
            f"{folder.path}: the trained model cannot be written ({error.strerror or error}). Every epoch is kept: "
            f"make room, then digitnet train --resume {folder.path}"
        ) from error


def _first_kernel(model: KerasModel) -> AnyArray:
    """The weights of the first dense layer, (784, units): one 28 x 28 field for each unit."""
    return next(np.asarray(layer.kernel.value) for layer in model.layers if hasattr(layer, "kernel"))


def _draw_mistakes(folder: RunFolder, dataset: Dataset, evaluation: Evaluation) -> None:
    save_figure(confusion_matrix_figure(evaluation, dataset.class_names), folder.path / "confusion_matrix.png")
    save_figure(worst_mistakes_figure(dataset, evaluation), folder.path / "mistakes.png")


def _write_history(folder: RunFolder, history: Sequence[Mapping[str, float]]) -> None:
    columns = {name: [row[name] for row in history] for name in history[0]}
    save_figure(training_curves(columns), folder.path / "training_curves.png")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *columns])
    writer.writerows([epoch, *row] for epoch, row in enumerate(zip(*columns.values(), strict=True), start=1))
    folder.write(folder.history_file, text.getvalue())
