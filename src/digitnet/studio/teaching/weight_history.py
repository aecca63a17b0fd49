"""A listener of a run that keeps its weights at some moments, in the process of the run."""

from pathlib import Path
from typing import Any

from digitnet.runs.events import EpochFinished, RunEvent, RunStarted, StepsFinished
from digitnet.studio.teaching.weight_moments import forget_after, keep_moment

__all__ = ["WeightHistory"]


class WeightHistory:
    """Keeps the weights before the first step, some times in the first epoch, and after each epoch.

    Args:
        folder: Of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._model: Any = None

    def __call__(self, event: RunEvent) -> None:
        """Keep the weights where the event is one of those at which they are looked at.

        Args:
            event: The next one of the run.
        """
        if isinstance(event, RunStarted):
            self._model = event.model
            forget_after(self._folder, len(event.history))  # those of an epoch that was given up
            if not event.history:
                self._keep(0)
        elif isinstance(event, StepsFinished) and event.epoch == 1:  # later ones change less from step to step
            keep_moment(self._folder, event.steps / event.of, event.weights)
        elif isinstance(event, EpochFinished):
            self._keep(event.epoch)

    def _keep(self, at: float) -> None:
        keep_moment(self._folder, at, [variable.value for variable in self._model.trainable_variables])
