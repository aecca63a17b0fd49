"""What happens in a run, as values: whoever starts one hands in a listener, which gets them one after the other."""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from digitnet.evaluation.evaluation import Evaluation
from digitnet.network.backend import KerasModel
from digitnet.runs.data import Data
from digitnet.runs.folder import RunFolder
from digitnet.training.recipes import Recipe

__all__ = [
    "CoresChanged",
    "DevicesChanged",
    "EpochFinished",
    "EpochStarted",
    "Listener",
    "Outcome",
    "RunEvent",
    "RunFinished",
    "RunStarted",
    "Stage",
    "StageStarted",
    "StepsFinished",
    "ignore_events",
]


@dataclass(frozen=True)
class RunStarted:
    """Everything is ready, and the first epoch follows.

    Attributes:
        folder: Where the run is kept.
        recipe: Its settings.
        data: What it learns from and is measured on.
        num_images: Images of an epoch; more than training images where digits were added to them.
        history: Logs of the epochs that are finished already, one dict each; empty unless the run is resumed.
        model: The network, to look into between epochs and not to be changed.
    """

    folder: RunFolder
    recipe: Recipe
    data: Data
    num_images: int
    history: Sequence[Mapping[str, float]]
    model: KerasModel


@dataclass(frozen=True)
class CoresChanged:
    """A run goes on with another number of cores than it was begun with, so it will not end in the same bits.

    Attributes:
        before: Cores that its process could run on when it was begun.
        now: Cores of this process.
    """

    before: int
    now: int


@dataclass(frozen=True)
class DevicesChanged:
    """A run goes on with another number of devices than it was begun with, so it will not end in the same bits.

    Attributes:
        before: Devices that trained it when it was begun.
        now: Devices that train it from here on.
    """

    before: int
    now: int


@dataclass(frozen=True)
class EpochStarted:
    """An epoch begins; the first one of a process is compiled first.

    Attributes:
        epoch: Counted from 1.
        epochs: Of the whole run.
    """

    epoch: int
    epochs: int


@dataclass(frozen=True)
class StepsFinished:
    """Some steps of an epoch are over, in runs that are asked to report them.

    Attributes:
        epoch: Counted from 1.
        steps: Of this epoch that are over.
        of: Steps of the whole epoch.
        loss: Mean over the steps since the last report.
        weights: The trainable weights as they are now, in Keras's order: arrays that NumPy can read.
    """

    epoch: int
    steps: int
    of: int
    loss: float
    weights: Sequence[Any] = ()


@dataclass(frozen=True)
class EpochFinished:
    """An epoch is over and, where the run keeps checkpoints, safe on the disk.

    Attributes:
        epoch: Counted from 1.
        epochs: Of the whole run.
        logs: Loss and metrics, those of the validation images with `val_` in front, learning_rate, and the seconds
            since the end of the epoch before.
        seconds: Of this epoch alone.
    """

    epoch: int
    epochs: int
    logs: Mapping[str, float]
    seconds: float


class Stage(enum.Enum):
    """What follows the last epoch."""

    CALIBRATING = "calibrating"
    MEASURING = "measuring"
    REPORTING = "reporting"


@dataclass(frozen=True)
class StageStarted:
    """One of the steps after the last epoch begins.

    Attributes:
        stage: Which.
    """

    stage: Stage


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        folder: Where everything is.
        epochs: How many are finished.
        is_finished: Whether these are all; False for a run that was stopped and can be resumed.
        metrics: The content of `metrics.json`; of a stopped run what was measured, {} where nothing was.
        evaluation: On the test images; on the validation images where there are no test images, and None where there
            are neither, or nothing was measured.
    """

    folder: RunFolder
    epochs: int
    is_finished: bool
    metrics: dict[str, Any]
    evaluation: Evaluation | None


@dataclass(frozen=True)
class RunFinished:
    """The run is over; nothing follows.

    Attributes:
        outcome: How it ended.
    """

    outcome: Outcome


RunEvent: TypeAlias = (
    CoresChanged
    | DevicesChanged
    | RunStarted
    | EpochStarted
    | StepsFinished
    | EpochFinished
    | StageStarted
    | RunFinished
)
Listener: TypeAlias = Callable[[RunEvent], None]


def ignore_events(event: RunEvent) -> None:
    """A listener for runs that nobody watches."""
