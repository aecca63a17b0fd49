"""What a person sees of a run, event by event."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from extras import HAS_TRAINING

if not HAS_TRAINING:
    pytest.skip("needs the training extra", allow_module_level=True)

from digitnet.augmentation.distortion import Distortion
from digitnet.cli.progress import ProgressDisplay
from digitnet.datasets import Dataset
from digitnet.runs import Data, RunFolder
from digitnet.runs.events import CoresChanged, EpochFinished, EpochStarted, RunEvent, RunStarted, Stage, StageStarted
from digitnet.training.recipes import Recipe

IMAGES = Dataset(np.zeros((20, 28, 28), np.uint8), (np.arange(20) % 10).astype(np.uint8))
RECIPE = Recipe(hidden_sizes=(12, 8), epochs=2, batch_size=5, augmentation=Distortion(rotation=15))
LOGS = {"loss": 0.5, "accuracy": 0.25, "val_loss": 0.75, "val_accuracy": 0.125}


def started(history: tuple[dict[str, float], ...] = (), model: Any = None) -> RunStarted:
    data = Data("mnist", "mnist", "fail", IMAGES, None, IMAGES)
    return RunStarted(RunFolder(Path("runs/mine")), RECIPE, data, 25, history, model)


def shown(*events: RunEvent, terminal: bool = False) -> list[str]:
    out = io.StringIO()
    with ProgressDisplay(Console(file=out, width=100, force_terminal=terminal, color_system=None)) as display:
        for event in events:
            display(event)
    return out.getvalue().splitlines()


def test_a_new_run_says_what_it_is_about_to_do() -> None:
    lines = {line.split()[0]: line.split(maxsplit=1)[1] for line in shown(started())}
    assert lines["load"] == "mnist: 20 to train, 20 to test"
    assert lines["hands"] == "5 digits as they are written elsewhere"
    assert lines["augment"].startswith("rotation 15")
    assert lines["build"] == "784-12-8-10, relu, softmax"
    assert lines["compile"] == "adamw, learning rate 0.01 (cosine), cross-entropy"
    assert lines["train"] == "epochs: 2, in batches of 5, into runs/mine"


def test_a_resumed_run_does_not_say_it_again() -> None:
    assert shown(started(history=(LOGS,))) == []


def test_a_run_on_other_cores_says_in_one_line_that_its_bits_will_differ() -> None:
    assert shown(CoresChanged(2, 1), started(history=(LOGS,))) == [
        "digitnet: this run was begun on 2 cores and goes on with 1 core: its bits will differ from those of a run "
        "that was not interrupted"
    ]


def test_every_epoch_is_a_row_below_one_header() -> None:
    before = shown(started())
    epochs = [event for n in (1, 2) for event in (EpochStarted(n, 2), EpochFinished(n, 2, LOGS, seconds=0.5))]
    rows = shown(started(), *epochs, StageStarted(Stage.CALIBRATING))[len(before) :]
    assert rows[0].split() == ["epoch", "loss", "val", "loss", "accuracy", "val", "accuracy", "images/s"]
    assert [row.split() for row in rows[1:]] == [
        [f"{n}/2", "0.5000", "0.7500", "25.00", "%", "12.50", "%", "50"] for n in (1, 2)
    ]


def test_on_a_terminal_a_bar_moves_below_until_the_last_epoch_is_over() -> None:
    events = (started(), EpochStarted(1, 2), EpochFinished(1, 2, LOGS, seconds=60.0), EpochStarted(2, 2))
    text = "\n".join(shown(*events, terminal=True))
    assert "epoch 2 of 2" in text
    assert "1:00 left" in text
