"""A training run from the page, in a process of its own: `python -m digitnet.studio.teaching.live_training FOLDER`.

The folder has a `job.json` with the settings. Where it has a checkpoint too, the run goes on from there, to the same
bits that it would have reached without a break. After every epoch the page gets what it draws; at the end, also of a
run that was stopped, the network is written as `model.onnx`.
"""

import json
import math
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from digitnet.arrays import AnyArray
from digitnet.augmentation.augmenter import make_augmentation
from digitnet.datasets import Dataset, load_mnist, train_validation_split
from digitnet.errors import TrainingDivergedError
from digitnet.evaluation.calibration import fit_temperature
from digitnet.evaluation.metrics import confusion_matrix
from digitnet.model_file.contract import bundled_model_path
from digitnet.model_file.metadata import ModelMetadata
from digitnet.network.backend import KerasModel, keras
from digitnet.network.mlp import KerasPredictor, layer_table
from digitnet.runs import Data, RunFolder
from digitnet.runs.session import compiled_model
from digitnet.studio.teaching.encoding import encoded_bytes, encoded_fields
from digitnet.studio.teaching.publishing import measure_of, publish
from digitnet.studio.teaching.reporting import Control, run_as_child
from digitnet.studio.teaching.settings import HELD_OUT, RunSettings
from digitnet.training.checkpoint import Checkpoint, restore
from digitnet.training.compilation_cache import compilation_cache
from digitnet.training.loop import train
from digitnet.training.recipes import Recipe

__all__ = ["ProgressClock", "choose_data", "figures_of", "train_live"]

_SHOWN_UNITS = 16
_SECONDS_BETWEEN_STEPS = 0.25
# What the training engine and the page call the same.
_FIGURES = {
    "loss": "loss",
    "accuracy": "accuracy",
    "val_loss": "validation_loss",
    "val_accuracy": "validation_accuracy",
}
_ALMOST = 0.99  # an epoch is over when it says so itself


def train_live(folder: Path, control: Control) -> None:
    """Train as `job.json` says, and tell what happens.

    Args:
        folder: The folder of the run.
        control: Where to tell.

    Raises:
        KeyboardInterrupt: Stopped; what was finished is in the checkpoint and, as a model, in `model.onnx`.
        DigitnetError: The settings, the folder or the training itself failed.
    """
    job = json.loads((folder / "job.json").read_bytes())
    recipe = RunSettings.from_dict(job["settings"]).to_recipe()
    data = choose_data(load_mnist(), job["settings"]["images"])
    model = compiled_model(recipe, data.train)
    run = RunFolder(folder)
    checkpoint = Checkpoint(run.checkpoint, restore(model, run.checkpoint))
    for epoch in range(job["epochs_reported"], len(checkpoint.history)):  # a crash came between saving and telling
        control.emit("epoch", **figures_of(epoch + 1, checkpoint.history[epoch]))
    try:
        control.listen()
        _train(model, recipe, data, checkpoint, control)
    except KeyboardInterrupt:
        checkpoint.history = restore(model, run.checkpoint)  # an epoch that was interrupted never was
    control.ignore_stops()
    if checkpoint.history:
        control.emit("state", status="running", error="", saving=True)
        is_finished = len(checkpoint.history) == recipe.epochs
        control.emit("result", **_publish(run, model, recipe, data, is_finished=is_finished))
        if is_finished:
            shutil.rmtree(run.checkpoint, ignore_errors=True)
    if len(checkpoint.history) < recipe.epochs:
        raise KeyboardInterrupt


def choose_data(mnist: tuple[Dataset, Dataset], images: int = 60_000) -> Data:
    """The images of a run; those held out are the same for every run, whatever its seed and size.

    Args:
        mnist: Training and test set.
        images: How many of the training set to use, those held out included; all of them or fewer.

    Returns:
        Training, validation and test images.
    """
    everything, test_set = mnist
    train_set, validation_set = train_validation_split(everything, HELD_OUT / len(everything), seed=0)
    wanted = images - len(validation_set)
    if wanted < len(train_set):
        _, train_set = train_validation_split(train_set, wanted / len(train_set), seed=0)
    return Data("mnist", "mnist", "fail", train_set, validation_set, test_set)


def _train(model: KerasModel, recipe: Recipe, data: Data, checkpoint: Checkpoint, control: Control) -> None:
    clock = ProgressClock(control, len(checkpoint.history))
    try:
        train(
            model,
            data.train,
            epochs=recipe.epochs,
            batch_size=recipe.batch_size,
            seed=recipe.seed,
            validation_set=data.validation,
            initial_epoch=len(checkpoint.history),
            callbacks=[clock, checkpoint, _Teller(data, control)],
            augmentation=make_augmentation(recipe.augmentation),
        )
    finally:
        clock.close()


class ProgressClock(keras.callbacks.Callback):  # type: ignore[misc] # Keras ships no type information
    """Adds the seconds of each epoch to its log, and tells while it runs how far it is.

    An epoch is one compiled program that nothing looks into, so how far it is can only be told from how long the one
    before took; of the first, which is compiled first, nothing is known.

    Args:
        control: Where to tell.
        epoch: Epochs that are done already.
    """

    def __init__(self, control: Control, epoch: int = 0) -> None:
        super().__init__()
        self._control = control
        self._epoch = epoch
        self._began = time.perf_counter()
        self._last_seconds: float | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._tell, daemon=True)
        self._thread.start()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Remember when it began."""
        self._epoch, self._began = epoch, time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:  # noqa: ARG002 - Keras's signature
        """Add the seconds; and end the run where a stop was asked for that did not interrupt it."""
        logs["seconds"] = self._last_seconds = time.perf_counter() - self._began
        if self._control.stop_requested:
            self.model.stop_training = True

    def close(self) -> None:
        """Tell no more."""
        self._closed.set()
        self._thread.join()

    def _tell(self) -> None:
        while not self._closed.wait(_SECONDS_BETWEEN_STEPS):
            fraction = None
            if self._last_seconds is not None:
                fraction = round(min(_ALMOST, (time.perf_counter() - self._began) / self._last_seconds), 3)
            self._control.emit("step", epoch=self._epoch + 1, fraction=fraction)


class _Teller(keras.callbacks.Callback):  # type: ignore[misc] # Keras ships no type information
    """Tells what an epoch came to; give it behind the checkpoint, so that what is told is safe."""

    def __init__(self, data: Data, control: Control) -> None:
        super().__init__()
        self._validation = data.validation
        self._control = control
        self._predictor: KerasPredictor | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Send figures, receptive fields and confusion matrix."""
        if self._validation is None:
            return
        self._predictor = self._predictor or KerasPredictor(self.model)  # compiled once
        predicted = self._predictor.predict_logits(self._validation.images).argmax(axis=1)
        confusion = confusion_matrix(self._validation.labels, predicted, self._validation.num_classes)
        kernel = _first_kernel(self.model)[:, :_SHOWN_UNITS]
        fields = [encoded_bytes(field) for field in encoded_fields(kernel.T)]
        figures = figures_of(epoch + 1, logs)
        self._control.emit("epoch", **figures, fields=fields, confusion=confusion.tolist())


def figures_of(epoch: int, row: dict[str, float]) -> dict[str, Any]:
    """What the page is told of an epoch.

    Args:
        epoch: Counted from 1.
        row: What the training engine logged, and `seconds`.

    Returns:
        JSON-ready.

    Raises:
        TrainingDivergedError: A figure is not finite.
    """
    figures = {told: round(float(row[name]), 5) for name, told in _FIGURES.items()}
    if not all(map(math.isfinite, figures.values())):
        raise TrainingDivergedError(f"epoch {epoch} diverged: its figures are not finite. Lower the learning rate")
    return {"epoch": epoch, **figures, "seconds": round(row["seconds"], 3)}


def _first_kernel(model: KerasModel) -> AnyArray:
    return next(np.asarray(layer.kernel.value) for layer in model.layers if hasattr(layer, "kernel"))


def _publish(run: RunFolder, model: KerasModel, recipe: Recipe, data: Data, *, is_finished: bool) -> dict[str, Any]:
    """Write `model.onnx`, calibrated on the images held out; the test images are opened by a finished run only."""
    parts = {name: part for name, part in (("validation", data.validation), ("test", data.test)) if part is not None}
    if not is_finished:
        parts.pop("test", None)
    logits = KerasPredictor(model).predict_logits(parts["validation"].images)
    metadata = ModelMetadata(
        class_names=data.train.class_names,
        layers=tuple(layer_table(model)),
        recipe=recipe.to_dict(),
        data=data.describe(),
        calibration={"temperature": fit_temperature(logits, parts["validation"].labels)},
    )
    score_of = bundled_model_path("float32").read_bytes()  # what is no digit does not depend on who reads digits
    measured = publish(run, model, metadata, parts, score_of)
    figures = {name: measure_of(evaluation) for name, evaluation in measured.items()}
    return {"parameters": int(model.count_params()), **figures}


def _main(folder: Path, control: Control) -> None:
    with compilation_cache(lambda line: print(line, file=sys.stderr)):  # noqa: T201 - into the log of the run
        train_live(folder, control)


if __name__ == "__main__":
    run_as_child(_main)
