"""The state of a run after each epoch, so that it can go on after any interruption.

A checkpoint is one `.npz` file without pickles: every variable of the model and of its optimiser in float32 as it
is, the history so far as JSON, and the difficulty of each image where that decides what is shown. It is replaced
atomically, so at any moment one whole checkpoint exists.
"""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from digitnet.errors import RunFolderError
from digitnet.files import write_atomically
from digitnet.network.backend import KerasModel, keras
from digitnet.training.example_difficulty import ExampleDifficulty

__all__ = ["CHECKPOINT_FILE", "Checkpoint", "restore"]

HistoryRows: TypeAlias = list[dict[str, float]]

CHECKPOINT_FILE = "state.npz"

_FORMAT_VERSION = 1
_DIFFICULTIES = "doubts"  # the name of the array in files of format 1


class Checkpoint(keras.callbacks.Callback):  # type: ignore[misc] # Keras ships no type information
    """A callback that writes the whole state of training after each epoch; give it last.

    Args:
        folder: Where the checkpoint is kept; made when needed.
        history: One dict an epoch of what was logged before this start, from `restore`.
        difficulty: What `train` was given as `hard_examples`.
    """

    def __init__(
        self, folder: Path, history: HistoryRows | None = None, difficulty: ExampleDifficulty | None = None
    ) -> None:
        super().__init__()
        self._difficulty = difficulty
        self.history: HistoryRows = list(history or [])
        self._path = folder / CHECKPOINT_FILE

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write the state; called by the training loop.

        Raises:
            RunFolderError: The disk is full or the folder unwritable; the checkpoint before is still whole.
        """
        history = [*self.history, dict(logs or {})]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, _encode(self.model, history, self._difficulty))
        except OSError as error:
            raise RunFolderError(
                f"{self._path}: epoch {epoch + 1} could not be saved ({error.strerror or error}); "
                f"{epoch} finished epochs are kept. Make room or mend the folder, then resume the run"
            ) from error
        self.history = history  # only now: what it lists is on disk


def restore(model: KerasModel, folder: Path, difficulty: ExampleDifficulty | None = None) -> HistoryRows:
    """Set a model and its optimiser to the last checkpoint, bit for bit.

    Args:
        model: Compiled and built as the one that wrote the checkpoint.
        folder: The folder that was given to `Checkpoint`.
        difficulty: What `train` will be given as `hard_examples`; set, like the model, to where it was.

    Returns:
        One dict an epoch of what was logged; its length is the number of finished epochs. Empty, with the model
        unchanged, where no epoch was finished.

    Raises:
        RunFolderError: The checkpoint is damaged, or belongs to another network.
    """
    path = folder / CHECKPOINT_FILE
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            described = json.loads(arrays["description"].tobytes())
            values = [arrays[f"variable_{number}"] for number in range(described["variables"])]
            if difficulty is not None:
                difficulties = arrays[_DIFFICULTIES].reshape(difficulty.difficulties.shape)
        history: HistoryRows = described["history"]
        version = described["format_version"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise RunFolderError(f"{path} is damaged ({error}): this run cannot go on, start a new one") from error
    _assign(model, values, f"{path} (format {version})")
    if difficulty is not None:
        difficulty.difficulties = difficulties
    return history


def _encode(model: KerasModel, history: HistoryRows, difficulty: ExampleDifficulty | None) -> bytes:
    variables = _variables(model)
    description = {"format_version": _FORMAT_VERSION, "variables": len(variables), "history": history}
    arrays = {f"variable_{number}": np.asarray(variable.value) for number, variable in enumerate(variables)}
    if difficulty is not None:
        arrays[_DIFFICULTIES] = difficulty.difficulties
    arrays["description"] = np.frombuffer(json.dumps(description).encode(), np.uint8)
    buffer = io.BytesIO()
    save: Callable[..., None] = np.savez  # some of its stubs take the names for keyword arguments
    save(buffer, **arrays)
    return buffer.getvalue()


def _variables(model: KerasModel) -> list[Any]:
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


def _assign(model: KerasModel, values: list[np.ndarray[Any, Any]], where: str) -> None:
    variables = _variables(model)
    expected = [(tuple(variable.shape), np.dtype(variable.dtype)) for variable in variables]
    found = [(value.shape, value.dtype) for value in values]
    if expected != found:
        raise RunFolderError(
            f"{where} holds {len(found)} variables of another network or optimiser: expected {len(expected)} "
            "of this one. Resume with the settings the run was started with"
        )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
