"""The state of a run after each epoch, so that it can go on after any interruption.

A checkpoint, see `checkpoint_file`, is every variable of the model and of its optimiser as it is, the history so far,
and the difficulty of each image where that decides what is shown. It is replaced atomically, so at any moment one whole
checkpoint exists.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from digitnet.arrays import AnyArray
from digitnet.errors import RunFolderError
from digitnet.files import write_atomically
from digitnet.network.backend import KerasModel, keras
from digitnet.training.checkpoint_file import (
    CHECKPOINT_FILE,
    CheckpointContent,
    HistoryRows,
    encode_checkpoint,
    read_checkpoint,
)
from digitnet.training.example_difficulty import ExampleDifficulty

__all__ = ["CHECKPOINT_FILE", "Checkpoint", "restore"]


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
        content = read_checkpoint(path)
    except FileNotFoundError:
        return []
    difficulties = None if difficulty is None else _difficulties(content, difficulty, path)
    _assign(model, content.variables, f"{path} (format {content.format_version})")
    if difficulty is not None and difficulties is not None:
        difficulty.difficulties = difficulties
    return content.history


def _encode(model: KerasModel, history: HistoryRows, difficulty: ExampleDifficulty | None) -> bytes:
    variables = [np.asarray(variable.value) for variable in _variables(model)]
    return encode_checkpoint(
        CheckpointContent(variables, history, None if difficulty is None else difficulty.difficulties)
    )


def _difficulties(content: CheckpointContent, difficulty: ExampleDifficulty, path: Path) -> AnyArray:
    found, expected = content.difficulties, difficulty.difficulties.shape
    if found is None or found.size != difficulty.difficulties.size:
        shape = "none" if found is None else f"those of {found.size} images"
        raise RunFolderError(
            f"{path} is damaged (the difficulty of images: {shape}, expected {expected}): this run cannot go on, start "
            "a new one"
        )
    return found.reshape(expected)


def _variables(model: KerasModel) -> list[Any]:
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


def _assign(model: KerasModel, values: Sequence[AnyArray], where: str) -> None:
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
