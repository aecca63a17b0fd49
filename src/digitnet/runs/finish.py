"""The end of a run: calibrate, write the model files, open the test set once, and write figures and reports."""

import csv
import io
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from digitnet.arrays import AnyArray
from digitnet.errors import RunFolderError
from digitnet.evaluation.evaluation import Evaluation
from digitnet.files import replaced_file
from digitnet.model_file.contract import ModelMetadata
from digitnet.network.backend import KerasModel, keras
from digitnet.network.mlp import layer_table
from digitnet.report import (
    confusion_matrix_figure,
    model_card,
    receptive_fields_figure,
    save_figure,
    training_curves,
    worst_mistakes_figure,
)
from digitnet.runs.data import Data
from digitnet.runs.digit_score import find_digit_score
from digitnet.runs.events import Listener, Outcome, Stage, StageStarted, ignore_events
from digitnet.runs.folder import RunFolder
from digitnet.runs.publishing import Publication, Published, fitted_temperature, publish, publish_int8
from digitnet.runs.training import PreparedRun
from digitnet.training.optimizers import make_optimizer
from digitnet.training.recipes import Recipe

__all__ = ["ALL_OUTPUTS", "RunOutputs", "finish"]


@dataclass(frozen=True)
class RunOutputs:
    """Which files a run writes into its folder.

    Attributes:
        everything: The model in both precisions, `model.keras`, figures, tables, the model card and `metrics.json`;
            else `model.onnx` alone.
        of_stopped_runs: Whether a run that was stopped leaves that too, as far as it came; its test images stay closed.
    """

    everything: bool = True
    of_stopped_runs: bool = False


_NOT_MEASURED = dict.fromkeys(("test", "validation"))  # entries of `metrics.json` for parts that the data lacks
ALL_OUTPUTS = RunOutputs()  # what `digitnet train` writes


def finish(
    folder: RunFolder,
    run: PreparedRun,
    history: Sequence[Mapping[str, float]],
    outputs: RunOutputs = ALL_OUTPUTS,
    listener: Listener = ignore_events,
) -> Outcome:
    """Write what a run leaves; `metrics.json` comes last.

    It may be called again after it was interrupted: every file is replaced whole.

    Args:
        folder: The run folder; for everything it needs its `run.json`.
        run: With the trained model. The test part of its data is opened here, once, by a finished run only.
        history: One dict of logs an epoch, at least one.
        outputs: What to write.
        listener: Called with an event for each stage.

    Returns:
        How the run ended.

    Raises:
        RunFolderError: A file cannot be written.
        ModelFileError: The exported model does not answer as the trained one.
    """
    is_finished = len(history) == run.recipe.epochs
    listener(StageStarted(Stage.CALIBRATING))
    publication = _publication(run, is_finished=is_finished)
    listener(StageStarted(Stage.MEASURING))
    published = publish(folder, run.model, publication)
    metrics = {
        **_NOT_MEASURED,
        **published.figures,
        "train_seconds": round(sum(row["seconds"] for row in history), 3),
        "epochs": len(history),
        "parameters": int(run.model.count_params()),
        **({"int8": _int8(folder, published, publication)} if outputs.everything else {}),
        "refuses_non_digits": publication.score_of is not None,
    }
    if outputs.everything:
        listener(StageStarted(Stage.REPORTING))
        _report(folder, run, history, published.measured, metrics)
    if is_finished:
        shutil.rmtree(folder.checkpoint, ignore_errors=True)  # the run is complete; what is left is of no use
    evaluation = published.measured.get("test", published.measured.get("validation"))
    return Outcome(folder, len(history), is_finished, metrics, evaluation)


def _int8(folder: RunFolder, published: Published, publication: Publication) -> dict[str, Any]:
    figures = publish_int8(folder, published, publication)
    return figures if "missing" in figures else {**_NOT_MEASURED, **figures}


def _publication(run: PreparedRun, *, is_finished: bool) -> Publication:
    data, recipe = run.data, run.recipe
    parts = {"test": data.test if is_finished else None, "validation": data.validation}
    temperature = recipe.temperature if data.validation is None else fitted_temperature(run.model, data.validation)
    return Publication(
        metadata=ModelMetadata(
            class_names=data.train.class_names,
            layers=tuple(layer_table(run.model)),
            recipe=recipe.to_dict(),
            data=data.describe(),
            calibration={"temperature": temperature},
        ),
        train_images=data.train.images,
        parts={name: part for name, part in parts.items() if part is not None},
        score_of=None if recipe.max_weights else find_digit_score(data.train),
        held_out=data.validation,
    )


def _report(
    folder: RunFolder,
    run: PreparedRun,
    history: Sequence[Mapping[str, float]],
    measured: Mapping[str, Evaluation],
    metrics: Mapping[str, Any],
) -> None:
    """All that is written for people and for further training."""
    _save_for_training(folder, run.model, run.recipe)
    _draw(folder, run.model, run.data, measured)
    _write_history(folder, history)
    folder.write(folder.card_file, model_card(folder.read_description(), metrics))
    folder.write_json(folder.metrics_file, dict(metrics))


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


def _draw(folder: RunFolder, model: KerasModel, data: Data, measured: Mapping[str, Evaluation]) -> None:
    save_figure(receptive_fields_figure(_first_kernel(model)), folder.path / "receptive_fields.png")
    for dataset, evaluation in ((data.test, measured.get("test")), (data.validation, measured.get("validation"))):
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
