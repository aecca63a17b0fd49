"""What the page hears of a run: the step of the moment, every epoch, and when the network is being saved."""

import time
from typing import Any

import pytest

from extras import HAS_TRAINING

if not HAS_TRAINING:
    pytest.skip("needs the training extra", allow_module_level=True)

from digitnet.errors import TrainingDivergedError
from digitnet.runs.events import EpochFinished, EpochStarted, Stage, StageStarted, StepsFinished
from digitnet.studio.teaching.page_listener import PageListener, figures_of_epoch, figures_of_measurement
from patience import wait_until

LOGS = {"loss": 1.23456789, "accuracy": 0.5, "val_loss": 2.0, "val_accuracy": 0.25, "seconds": 1.0}


class Heard:
    """A way to the page that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def emit(self, kind: str, **data: Any) -> None:
        self.events.append((kind, data))

    def steps(self) -> list[dict[str, Any]]:
        return [data for kind, data in self.events if kind == "step"]


def test_how_far_an_epoch_is_follows_from_the_one_before() -> None:
    heard = Heard()
    with PageListener(heard) as listener:  # type: ignore[arg-type] # no more of a control is needed
        listener(EpochStarted(1, 3))
        wait_until(lambda: bool(heard.steps()))
        assert heard.steps()[0] == {"epoch": 1, "fraction": None}
        listener(EpochFinished(1, 3, LOGS, seconds=1000.0))
        listener(EpochStarted(2, 3))
        wait_until(lambda: heard.steps()[-1]["epoch"] == 2)
        assert 0 <= heard.steps()[-1]["fraction"] < 0.2
        listener(EpochFinished(2, 3, LOGS, seconds=0.001))
        listener(EpochStarted(3, 3))
        wait_until(lambda: heard.steps()[-1] == {"epoch": 3, "fraction": 0.99})


def test_steps_that_are_told_take_the_place_of_an_estimate() -> None:
    heard = Heard()
    with PageListener(heard) as listener:  # type: ignore[arg-type] # no more of a control is needed
        listener(EpochStarted(1, 3))
        listener(StepsFinished(1, 10, 40, 2.345678))
        count = len(heard.events)
        assert heard.steps()[-1] == {"epoch": 1, "fraction": 0.25, "loss": 2.34568}
        time.sleep(0.6)  # two estimates
        assert len(heard.events) <= count + 1  # one may have been under way
        listener(StepsFinished(1, 20, 40, float("inf")))
        assert heard.steps()[-1] == {"epoch": 1, "fraction": 0.5, "loss": None}  # JSON knows no infinity


def test_while_the_network_is_saved_nothing_moves() -> None:
    heard = Heard()
    with PageListener(heard) as listener:  # type: ignore[arg-type] # no more of a control is needed
        for stage in Stage:
            listener(StageStarted(stage))
        count = len(heard.events)
        time.sleep(0.6)  # two steps
    assert heard.events[count - 1 :] == [("state", {"status": "running", "error": "", "saving": True})]
    assert [kind for kind, _ in heard.events].count("state") == 1


def test_figures_are_those_of_the_logs() -> None:
    expected = {"loss": 1.23457, "accuracy": 0.5, "validation_loss": 2.0, "validation_accuracy": 0.25}
    assert figures_of_epoch(4, LOGS) == {"epoch": 4, "seconds": 1.0, **expected}
    with pytest.raises(TrainingDivergedError, match="epoch 4 diverged"):
        figures_of_epoch(4, {**LOGS, "val_loss": float("nan")})
    assert figures_of_measurement({"n": 5, "errors": 1, "accuracy": 0.8, "nll": 1.0}) == {
        "n": 5,
        "errors": 1,
        "accuracy": 0.8,
    }
