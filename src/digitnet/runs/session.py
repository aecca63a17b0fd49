"""A training run from its settings and data to its finished folder, reported to a listener."""

import dataclasses
import platform
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from digitnet.errors import ConfigurationError, RunFolderError, TrainingInterruptedError
from digitnet.parallel import allowed_cores
from digitnet.runs.data import Data, load_data
from digitnet.runs.events import CoresChanged, Listener, Outcome, RunFinished, RunStarted, ignore_events
from digitnet.runs.finish import ALL_OUTPUTS, RunOutputs, finish
from digitnet.runs.folder import RunFolder
from digitnet.runs.training import PreparedRun, difficulty_of, plan_of, prepare, train_with_events
from digitnet.training.checkpoint import Checkpoint, restore
from digitnet.training.recipes import Recipe
from digitnet.training.stopping import StopRequest

__all__ = ["execute_run", "inputs_of", "resume_run", "start_run"]

_RECORDED_PACKAGES = ("digitnet", "keras", "jax", "jaxlib", "numpy", "onnx", "onnxruntime", "opencv-python-headless")
# Disk space that a run needs, in copies of its float32 weights: a checkpoint has the weights and two moments, and
# exists twice while it is replaced (6); then model.keras and two model files (3).
_COPIES_ON_DISK = 9


def start_run(
    recipe: Recipe,
    data: Data,
    path: Path | None,
    *,
    command: Sequence[str],
    listener: Listener = ignore_events,
    stop: StopRequest | None = None,
) -> Outcome:
    """Train from the beginning, in a new folder.

    Args:
        recipe: All settings.
        data: From `load_data`.
        path: The folder to make; None makes a new one below `runs`.
        command: What the user typed, for `run.json`.
        listener: Gets every event of the run.
        stop: Asked after every epoch; the run then ends there, ready to be resumed.

    Returns:
        How it ended: finished.

    Raises:
        TrainingInterruptedError: It was stopped.
        DigitnetError: The settings, the folder, or the training itself failed.
    """
    run = prepare(recipe, data)  # before the folder, so that a wrong setting leaves nothing behind
    started = datetime.now(UTC)
    default = Path("runs") / f"{recipe.preset}-{started:%Y%m%d-%H%M%S}"
    RunFolder.check_free_space(path or default, _COPIES_ON_DISK * 4 * run.model.count_params())
    if stop is not None and stop.requested:
        raise TrainingInterruptedError("stopped before training began; nothing was written")
    folder = RunFolder.create_new(default) if path is None else RunFolder.create(path)
    folder.write_json(folder.description_file, _description(run, command, started))
    return _require_finished(execute_run(run, folder, listener=listener, stop=stop), recipe)


def resume_run(path: Path, *, listener: Listener = ignore_events, stop: StopRequest | None = None) -> Outcome:
    """Go on with a run that was interrupted, on as many cores to the same bits that it would have reached.

    Args:
        path: Its folder.
        listener: As for `start_run`; where the number of cores is another one, the first event says so.
        stop: As for `start_run`.

    Returns:
        How it ended: finished.

    Raises:
        RunFolderError: Not a run folder, complete already, or its data is no longer the same.
        DigitnetError: As `start_run`.
    """
    folder = RunFolder.open(path)
    if folder.is_complete:
        raise RunFolderError(f"{path} is complete: there is nothing to resume. Start a new run with another --out")
    recipe, data = inputs_of(folder)
    before = folder.read_description().get("cores")  # older versions did not keep it
    if isinstance(before, int) and before != allowed_cores():
        listener(CoresChanged(before, allowed_cores()))
    return _require_finished(execute_run(prepare(recipe, data), folder, listener=listener, stop=stop), recipe)


def inputs_of(folder: RunFolder) -> tuple[Recipe, Data]:
    """The settings and the data that a run was started with, as its `run.json` tells.

    Args:
        folder: An existing run folder.

    Returns:
        The recipe, and the data, which are loaded and compared with their digests.

    Raises:
        RunFolderError: `run.json` is damaged, or the data is no longer the same.
        DatasetError: The data cannot be loaded.
    """
    description = folder.read_description()
    try:
        recipe = Recipe.from_dict(description["settings"])
    except ConfigurationError as error:
        raise RunFolderError(f"{folder.description_file} is damaged: {error}") from error
    data = load_data(description["source_path"], recipe, description["on_bad_picture"])
    if data.describe() != description["data"] | {"source": data.source}:
        raise RunFolderError(
            f"{folder.path}: the data at {data.source} is no longer what this run was started with "
            "(see the digests in run.json): restore it, or start a new run"
        )
    # Named as it was then, maybe from another working directory: the model files say so too.
    return recipe, dataclasses.replace(data, source=str(description["data"].get("source", data.source)))


def execute_run(
    run: PreparedRun,
    folder: RunFolder,
    outputs: RunOutputs = ALL_OUTPUTS,
    *,
    listener: Listener = ignore_events,
    stop: StopRequest | None = None,
    steps_too: bool = False,
) -> Outcome:
    """Train from the folder's last checkpoint on, or from the beginning, and write what the run leaves.

    Args:
        run: From `prepare`.
        folder: Exists; for complete outputs it has its `run.json`.
        outputs: What to leave in it.
        listener: Gets every event of the run.
        stop: Asked after every epoch, and while one runs whether to give it up.
        steps_too: Whether it is told of some steps inside each epoch as well.

    Returns:
        How it ended, finished or stopped.

    Raises:
        TrainingInterruptedError: By a KeyboardInterrupt, whenever it comes.
        DigitnetError: The folder or the training itself failed.
    """
    stop = stop or StopRequest()
    recipe, data, model = run.recipe, run.data, run.model
    difficulty = difficulty_of(recipe, run.train_set)
    checkpoint = Checkpoint(folder.checkpoint, restore(model, folder.checkpoint, difficulty), difficulty)
    plan = plan_of(recipe, data.validation, len(checkpoint.history), difficulty)
    try:
        listener(RunStarted(folder, recipe, data, len(run.train_set), tuple(checkpoint.history), model))
        if not stop.requested:
            train_with_events(model, run.train_set, plan, listener, stop, checkpoint, steps_too=steps_too)
        epochs = len(checkpoint.history)
        is_finished = epochs == recipe.epochs
        if is_finished or (outputs.of_stopped_runs and epochs):
            outcome = finish(folder, run, checkpoint.history, outputs, listener)
        else:
            outcome = Outcome(folder, epochs, is_finished, {}, None)
    except KeyboardInterrupt:
        raise _interrupted_error(folder, len(checkpoint.history), recipe) from None
    listener(RunFinished(outcome))
    return outcome


def _require_finished(outcome: Outcome, recipe: Recipe) -> Outcome:
    if not outcome.is_finished:
        raise _interrupted_error(outcome.folder, outcome.epochs, recipe)
    return outcome


def _interrupted_error(folder: RunFolder, epochs: int, recipe: Recipe) -> TrainingInterruptedError:
    return TrainingInterruptedError(
        f"stopped; {epochs} of {recipe.epochs} epochs are finished and kept. "
        f"Go on with: digitnet train --resume {shlex.quote(str(folder.path))}"
    )


def _description(run: PreparedRun, command: Sequence[str], started: datetime) -> dict[str, Any]:
    """The content of `run.json`."""
    recipe, data = run.recipe, run.data
    return {
        "command": list(command),
        "settings": recipe.to_dict(),
        "seed": recipe.seed,
        "class_names": list(data.train.class_names),
        "data": data.describe(),
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in _RECORDED_PACKAGES},
        },
        "machine": f"{platform.system()} {platform.machine()}",
        "cores": allowed_cores(),
        "source_path": data.path,
        "on_bad_picture": data.on_bad_picture,
        "started": started.isoformat(timespec="seconds"),
    }
