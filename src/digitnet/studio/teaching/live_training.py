"""A training run from the page, in a process of its own: `python -m digitnet.studio.teaching.live_training FOLDER`.

The folder has a `job.json` with the settings. Where it has a checkpoint too, the run goes on from there, to the same
bits that it would have reached without a break. It is the run that `digitnet train` starts, with fewer outputs: at its
end, also when it was stopped, the network is written as `model.onnx`.
"""

import json
import sys
from pathlib import Path

from digitnet.datasets import Dataset, load_mnist, train_validation_split
from digitnet.runs import Data, RunFolder
from digitnet.runs.events import RunEvent
from digitnet.runs.finish import RunOutputs
from digitnet.runs.session import execute_run
from digitnet.runs.training import prepare
from digitnet.studio.teaching.held_out import split_held_out
from digitnet.studio.teaching.page_listener import PageListener, figures_of_measurement
from digitnet.studio.teaching.process_control import Control, run_as_child
from digitnet.studio.teaching.settings import HELD_OUT, RunSettings
from digitnet.studio.teaching.weight_history import WeightHistory
from digitnet.training.compilation_cache import compilation_cache

__all__ = ["choose_data", "train_live"]

_OUTPUTS = RunOutputs(everything=False, of_stopped_runs=True)


def train_live(folder: Path, control: Control) -> bool:
    """Train as `job.json` says, and report what happens.

    Args:
        folder: The folder of the run.
        control: The way to the page, and its request to stop.

    Returns:
        Whether it finished; False where it was stopped. What was finished then is in the checkpoint and, as a model, in
        `model.onnx`.

    Raises:
        DigitnetError: The settings, the folder or the training itself failed.
    """
    job = json.loads((folder / "job.json").read_bytes())
    settings = RunSettings.from_dict(job["settings"])
    run = prepare(settings.to_recipe(), choose_data(load_mnist(), settings.training_images))
    history = WeightHistory(folder)
    with PageListener(control, job["epochs_reported"]) as page:

        def listener(event: RunEvent) -> None:
            history(event)  # first: what the page is told of is there when it asks
            page(event)

        outcome = execute_run(run, RunFolder(folder), _OUTPUTS, listener=listener, stop=control.stop, steps_too=True)
    if outcome.metrics:
        measured = {name: outcome.metrics[name] for name in ("validation", "test") if outcome.metrics[name]}
        figures = {name: figures_of_measurement(part) for name, part in measured.items()}
        control.emit("result", parameters=outcome.metrics["parameters"], **figures)
    return outcome.is_finished


def choose_data(mnist: tuple[Dataset, Dataset], training_images: int = 60_000 - HELD_OUT) -> Data:
    """The images of a run; those held out are the same for every run, whatever its seed and size.

    Args:
        mnist: Training and test set.
        training_images: How many to learn from; all that are not held out, or fewer.

    Returns:
        Training, validation and test images.
    """
    everything, test_set = mnist
    train_set, validation_set = split_held_out(everything)
    if training_images < len(train_set):
        _, train_set = train_validation_split(train_set, training_images / len(train_set), seed=0)
    return Data("mnist", "mnist", "fail", train_set, validation_set, test_set)


def _main(folder: Path, control: Control) -> bool:
    with compilation_cache(lambda line: print(line, file=sys.stderr)):  # noqa: T201 - into the log of the run
        return train_live(folder, control)


if __name__ == "__main__":
    run_as_child(_main)
