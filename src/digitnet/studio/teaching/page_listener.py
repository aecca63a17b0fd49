"""A listener that turns the events of a run or a lesson into events for the page."""

import math
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import numpy as np

from digitnet.datasets import Dataset
from digitnet.errors import TrainingDivergedError
from digitnet.evaluation.evaluation import Evaluation
from digitnet.evaluation.metrics import confusion_matrix
from digitnet.network.backend import KerasModel
from digitnet.network.mlp import KerasPredictor
from digitnet.runs.events import EpochFinished, EpochStarted, RunEvent, RunStarted, StageStarted, StepsFinished
from digitnet.studio.teaching.encoding import encoded_bytes, encoded_fields
from digitnet.studio.teaching.process_control import Control

__all__ = ["PageListener", "figures_of_epoch", "figures_of_measurement"]

_SHOWN_UNITS = 16  # of the first hidden layer: as many as the page has room for
_SECONDS_BETWEEN_STEPS = 0.25
# Names in the logs of the training engine and on the page.
_FIGURES = {
    "loss": "loss",
    "accuracy": "accuracy",
    "val_loss": "validation_loss",
    "val_accuracy": "validation_accuracy",
}
_MAX_FRACTION = 0.99  # of an epoch whose end has not been reported


class PageListener:
    """Reports the events of a run to the page; a context, at whose end nothing more is reported.

    Runs tell of some steps inside an epoch. In lessons, and until the first of them, how far an epoch is is estimated
    from the time that the epoch before took; for the first epoch, which includes the compilation, there is no estimate.

    Args:
        control: The way to the page.
        epochs_reported: Epochs that the page knows of already. Those finished beyond them are reported when the run
            starts: a crash came between saving and reporting them.
    """

    def __init__(self, control: Control, epochs_reported: int = 0) -> None:
        self._control = control
        self._epochs_reported = epochs_reported
        self._validation: Dataset | None = None
        self._model: KerasModel | None = None
        self._predictor: KerasPredictor | None = None
        self._epoch = 0
        self._began = 0.0
        self._last_seconds: float | None = None
        self._tells_steps = False  # then no estimate is needed in this epoch
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._report_steps, daemon=True)

    def __enter__(self) -> "PageListener":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()

    def __call__(self, event: RunEvent) -> None:
        """Report an event.

        Args:
            event: The next one of the run.

        Raises:
            TrainingDivergedError: A figure of an epoch is not finite.
        """
        if isinstance(event, RunStarted):
            self._validation, self._model = event.data.validation, event.model
            for number, row in enumerate(event.history[self._epochs_reported :], start=self._epochs_reported + 1):
                self._control.emit("epoch", **figures_of_epoch(number, row))
        elif isinstance(event, EpochStarted):
            self._epoch, self._began = event.epoch, time.perf_counter()
        elif isinstance(event, StepsFinished):
            self._tells_steps = True
            figures = {"fraction": round(event.steps / event.of, 3), "loss": _rounded(event.loss)}
            self._control.emit("step", epoch=event.epoch, **figures)
        elif isinstance(event, EpochFinished):
            self._tells_steps = False
            self._last_seconds = event.seconds
            self._control.emit("epoch", **figures_of_epoch(event.epoch, event.logs), **self._pictures())
        elif isinstance(event, StageStarted) and not self._closed.is_set():
            self._close()
            self._control.emit("state", status="running", error="", saving=True)

    def _pictures(self) -> dict[str, Any]:
        """Receptive fields, and the confusion matrix of the validation images; none of a lesson."""
        if self._model is None or self._validation is None:
            return {}
        self._predictor = self._predictor or KerasPredictor(self._model)  # compiled once
        predicted = self._predictor.predict_logits(self._validation.images).argmax(axis=1)
        confusion = confusion_matrix(self._validation.labels, predicted, self._validation.num_classes)
        kernel = next(np.asarray(layer.kernel.value) for layer in self._model.layers if hasattr(layer, "kernel"))
        fields = [encoded_bytes(field) for field in encoded_fields(kernel[:, :_SHOWN_UNITS].T)]
        return {"fields": fields, "confusion": confusion.tolist()}

    def _close(self) -> None:
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    def _report_steps(self) -> None:
        while not self._closed.wait(_SECONDS_BETWEEN_STEPS):
            if self._tells_steps:
                continue
            fraction = None
            if self._last_seconds is not None:
                fraction = round(min(_MAX_FRACTION, (time.perf_counter() - self._began) / self._last_seconds), 3)
            self._control.emit("step", epoch=max(1, self._epoch), fraction=fraction)


def _rounded(loss: float) -> float | None:
    """A loss for JSON, which knows no infinity; None where it is none, as the end of the epoch will say."""
    return round(loss, 5) if math.isfinite(loss) else None


def figures_of_epoch(epoch: int, row: Mapping[str, float]) -> dict[str, Any]:
    """The figures of an epoch for the page.

    Args:
        epoch: Counted from 1.
        row: The logs of the training engine, with `seconds`.

    Returns:
        JSON-ready.

    Raises:
        TrainingDivergedError: A figure is not finite.
    """
    figures = {name: round(float(row[log]), 5) for log, name in _FIGURES.items()}
    if not all(map(math.isfinite, figures.values())):
        raise TrainingDivergedError(f"epoch {epoch} diverged: its figures are not finite. Lower the learning rate")
    return {"epoch": epoch, **figures, "seconds": round(row["seconds"], 3)}


def figures_of_measurement(measured: Evaluation | Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a measurement for the page: n, errors and accuracy.

    Args:
        measured: An evaluation, or what its `to_dict` gives.
    """
    figures = measured.to_dict() if isinstance(measured, Evaluation) else measured
    return {name: figures[name] for name in ("n", "errors", "accuracy")}
