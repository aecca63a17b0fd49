"""A run that several processes train together: process 0 keeps its folder, the others have nothing on the disk.

Every process calls the same function. Each prepares the run for itself, then all compare what they have; what only
process 0 can read, a folder to go on with, it tells the others, so that no file system needs to be shared.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from digitnet.errors import TrainingInterruptedError
from digitnet.runs.data import Data
from digitnet.runs.events import Listener, Outcome, ignore_events
from digitnet.runs.folder import RunFolder
from digitnet.runs.session import (
    described_inputs,
    execute_run,
    new_folder,
    own_versions,
    report_changes,
    require_finished,
    unfinished_folder,
)
from digitnet.runs.training import PreparedRun, difficulty_of, plan_of, prepare
from digitnet.training.checkpoint import CHECKPOINT_FILE, restore
from digitnet.training.data_parallel import DataParallel
from digitnet.training.loop import train_by_plan
from digitnet.training.processes import agreed, is_leader, shared, watched
from digitnet.training.recipes import Recipe
from digitnet.training.stopping import StopRequest

__all__ = [
    "all_devices",
    "facts_of",
    "follow_run",
    "prepare_shared",
    "resume_distributed_run",
    "start_distributed_run",
]


def start_distributed_run(
    recipe: Recipe,
    data: Data,
    path: Path | None,
    *,
    command: Sequence[str],
    listener: Listener = ignore_events,
    stop: StopRequest | None = None,
) -> Outcome | None:
    """Train from the beginning, on all devices of all processes that `join` has joined.

    Args:
        recipe: As for `start_run`, like the others; equal in all processes.
        data: Equal in all processes.
        path: The folder that process 0 makes.
        command: For `run.json`.
        listener: Gets the events of the run, in process 0.
        stop: Asked after every epoch; whichever process is asked to stop, all do.

    Returns:
        How it ended, in process 0; None in the others.

    Raises:
        TrainingInterruptedError: It was stopped.
        TrainingProcessError: The processes differ, or one of them is lost.
        DigitnetError: As `start_run`.
    """
    mesh = all_devices()
    with watched():
        run = agreed(lambda: prepare_shared(recipe, data, mesh), facts_of)
        folder = agreed(lambda: new_folder(run, path, command, mesh.devices.size) if is_leader() else None)
        return _train(run, folder, b"", mesh, listener, stop or StopRequest())


def resume_distributed_run(
    path: Path, *, listener: Listener = ignore_events, stop: StopRequest | None = None
) -> Outcome | None:
    """Go on with a run that was interrupted, on all devices of all processes that `join` has joined.

    Args:
        path: Its folder, which process 0 alone needs to reach. Any number of processes and devices may have begun the
            run; as many devices as then lead to the same bits.
        listener: As for `start_distributed_run`.
        stop: As for `start_distributed_run`.

    Returns:
        As `start_distributed_run`.

    Raises:
        DigitnetError: As `start_distributed_run` and `resume_run`.
    """
    mesh = all_devices()
    with watched():
        opened = agreed(lambda: _opened(path) if is_leader() else None)
        description = json.loads(shared(None if opened is None else json.dumps(opened[1]).encode()))
        where = RunFolder(path)
        run = agreed(lambda: prepare_shared(*described_inputs(where, description), mesh), facts_of)
        checkpoint = shared(None if opened is None else _checkpoint_of(where))
        if opened is not None:
            report_changes(where, mesh.devices.size, listener)
        return _train(run, None if opened is None else where, checkpoint, mesh, listener, stop or StopRequest())


def all_devices() -> Mesh:
    """The devices of all processes, in one row."""
    return Mesh(np.array(jax.devices()), ("batch",))


def prepare_shared(recipe: Recipe, data: Data, mesh: Mesh) -> PreparedRun:
    """The same as `prepare`, for a run that the devices of a mesh share.

    Args:
        recipe: All settings.
        data: What it is going to learn from.
        mesh: Its devices.

    Raises:
        ConfigurationError: A setting does not fit the data, or the number of devices.
    """
    DataParallel(mesh).check_batch_size(recipe.batch_size)
    return prepare(recipe, data)


def facts_of(run: PreparedRun) -> dict[str, Any]:
    """What must be equal in all processes, so that they train one network.

    Args:
        run: Of this process.

    Returns:
        Versions, settings and digests of data, JSON-ready.
    """
    data = {name: value for name, value in run.data.describe().items() if name != "source"}  # a path may differ
    settings = {name: value for name, value in run.recipe.to_dict().items() if name != "preset"}
    return {**{f"version {name}": version for name, version in own_versions().items()}, **settings, **data}


def _opened(path: Path) -> tuple[RunFolder, Mapping[str, Any]]:
    folder = unfinished_folder(path)
    return folder, folder.read_description()


def _checkpoint_of(folder: RunFolder) -> bytes:
    """The bytes of the last checkpoint; none where no epoch was finished."""
    try:
        return (folder.checkpoint / CHECKPOINT_FILE).read_bytes()
    except FileNotFoundError:
        return b""


def _train(
    run: PreparedRun, folder: RunFolder | None, checkpoint: bytes, mesh: Mesh, listener: Listener, stop: StopRequest
) -> Outcome | None:
    """Train, with the run folder in process 0 and without one elsewhere."""
    if folder is None:
        epochs = follow_run(run, checkpoint, mesh, stop)
        agreed(lambda: None)  # process 0 still measures and writes: JAX takes a process that leaves for lost
        if epochs < run.recipe.epochs:
            raise TrainingInterruptedError(
                f"stopped after {epochs} of {run.recipe.epochs} epochs; process 0 keeps them"
            )
        return None
    outcome = execute_run(run, folder, listener=listener, stop=stop, mesh=mesh)
    agreed(lambda: None)
    return require_finished(outcome, run.recipe)


def follow_run(run: PreparedRun, checkpoint: bytes, mesh: Mesh, stop: StopRequest) -> int:
    """Train without a folder, as the processes do that do not lead.

    Args:
        run: As process 0 has it.
        checkpoint: The bytes of the file that process 0 goes on from; none for a new run.
        mesh: The devices of all processes.
        stop: Asked after every epoch.

    Returns:
        How many epochs are finished, those of the checkpoint among them.
    """
    recipe = run.recipe
    difficulty = difficulty_of(recipe, run.train_set)
    with TemporaryDirectory() as temporary:
        if checkpoint:
            (Path(temporary) / CHECKPOINT_FILE).write_bytes(checkpoint)
        done = len(restore(run.model, Path(temporary), difficulty))
    plan = dataclasses.replace(plan_of(recipe, run.data.validation, done, difficulty), mesh=mesh)
    return done + len(train_by_plan(run.model, run.train_set, plan, stop=stop).epoch)
