"""A training run from its settings and data to its finished folder, reported to a listener."""

import dataclasses
import platform
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from digitnet.errors import ConfigurationError, RunFolderError, TrainingInterruptedError
from digitnet.parallel import allowed_cores
from digitnet.runs.data import Data, load_data
from digitnet.runs.events import CoresChanged, DevicesChanged, Listener, Outcome, RunFinished, RunStarted, ignore_events
from digitnet.runs.finish import ALL_OUTPUTS, RunOutputs, finish
from digitnet.runs.folder import RunFolder
from digitnet.runs.training import PreparedRun, difficulty_of, plan_of, prepare, train_with_events
from digitnet.training.checkpoint import Checkpoint, restore
from digitnet.training.recipes import Recipe
from digitnet.training.stopping import StopRequest

__all__ = [
    "described_inputs",
    "execute_run",
    "inputs_of",
    "new_folder",
    "own_versions",
    "report_changes",
    "require_finished",
    "resume_run",
    "start_run",
    "unfinished_folder",
]

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
    if stop is not None and stop.requested:
        raise TrainingInterruptedError("stopped before training began; nothing was written")
    folder = new_folder(run, path, command)
    return require_finished(execute_run(run, folder, listener=listener, stop=stop), recipe)


def new_folder(run: PreparedRun, path: Path | None, command: Sequence[str], num_devices: int = 1) -> RunFolder:
    """Make the folder of a new run, with its `run.json`.

    Args:
        run: From `prepare`.
        path: As for `start_run`.
        command: As for `start_run`.
        num_devices: How many train it.

    Returns:
        The folder.

    Raises:
        RunFolderError: It cannot be made, or has no room for the run.
    """
    started = datetime.now(UTC)
    default = Path("runs") / f"{run.recipe.preset}-{started:%Y%m%d-%H%M%S}"
    RunFolder.check_free_space(path or default, _COPIES_ON_DISK * 4 * run.model.count_params())
    folder = RunFolder.create_new(default) if path is None else RunFolder.create(path)
    devices = {"devices": num_devices} if num_devices > 1 else {}
    folder.write_json(folder.description_file, {**_description(run, command, started), **devices})
    return folder


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
    folder = unfinished_folder(path)
    recipe, data = inputs_of(folder)
    report_changes(folder, 1, listener)
    return require_finished(execute_run(prepare(recipe, data), folder, listener=listener, stop=stop), recipe)


def unfinished_folder(path: Path) -> RunFolder:
    """The folder of a run that can go on.

    Args:
        path: Where it is.

    Raises:
        RunFolderError: It is no run folder, or complete.
    """
    folder = RunFolder.open(path)
    if folder.is_complete:
        raise RunFolderError(f"{path} is complete: there is nothing to resume. Start a new run with another --out")
    return folder


def report_changes(folder: RunFolder, num_devices: int, listener: Listener) -> None:
    """Say with how many other cores or devices a run goes on, by which its bits will differ.

    Args:
        folder: Of the run.
        num_devices: How many train it from here on.
        listener: Gets `CoresChanged` and `DevicesChanged`.
    """
    description = folder.read_description()
    before = description.get("cores")  # older versions did not keep it
    if isinstance(before, int) and before != allowed_cores():
        listener(CoresChanged(before, allowed_cores()))
    before = description.get("devices", 1)
    if isinstance(before, int) and before != num_devices:
        listener(DevicesChanged(before, num_devices))


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
    return described_inputs(folder, folder.read_description())


def described_inputs(folder: RunFolder, description: Mapping[str, Any]) -> tuple[Recipe, Data]:
    """The same as `inputs_of`, where another process has read the `run.json`.

    Args:
        folder: Of the run; it need not be within reach.
        description: The content of its `run.json`.

    Returns:
        As `inputs_of`.

    Raises:
        RunFolderError: As `inputs_of`.
        DatasetError: As `inputs_of`.
    """
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
    mesh: Any = None,
) -> Outcome:
    """Train from the folder's last checkpoint on, or from the beginning, and write what the run leaves.

    Args:
        run: From `prepare`.
        folder: Exists; for complete outputs it has its `run.json`.
        outputs: What to leave in it.
        listener: Gets every event of the run.
        stop: Asked after every epoch, and while one runs whether to give it up.
        steps_too: Whether it is told of some steps inside each epoch as well.
        mesh: The devices to train on, as `train` takes them.

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
    plan = dataclasses.replace(plan_of(recipe, data.validation, len(checkpoint.history), difficulty), mesh=mesh)
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


def require_finished(outcome: Outcome, recipe: Recipe) -> Outcome:
    """The outcome of a finished run.

    Args:
        outcome: How a run ended.
        recipe: Its settings.

    Raises:
        TrainingInterruptedError: It was stopped.
    """
    if not outcome.is_finished:
        raise _interrupted_error(outcome.folder, outcome.epochs, recipe)
    return outcome


def _interrupted_error(folder: RunFolder, epochs: int, recipe: Recipe) -> TrainingInterruptedError:
    return TrainingInterruptedError(
        f"stopped; {epochs} of {recipe.epochs} epochs are finished and kept. "
        f"Go on with: digitnet train --resume {shlex.quote(str(folder.path))}"
    )


def own_versions() -> dict[str, str]:
    """The versions of Python and of the packages that decide what a run ends in."""
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in _RECORDED_PACKAGES}}


def _description(run: PreparedRun, command: Sequence[str], started: datetime) -> dict[str, Any]:
    """The content of `run.json`."""
    recipe, data = run.recipe, run.data
    return {
        "command": list(command),
        "settings": recipe.to_dict(),
        "seed": recipe.seed,
        "class_names": list(data.train.class_names),
        "data": data.describe(),
        "versions": own_versions(),
        "machine": f"{platform.system()} {platform.machine()}",
        "cores": allowed_cores(),
        "source_path": data.path,
        "on_bad_picture": data.on_bad_picture,
        "started": started.isoformat(timespec="seconds"),
    }
