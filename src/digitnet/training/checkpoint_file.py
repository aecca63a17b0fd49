"""The file of a checkpoint: one `.npz` without pickles. Reading it needs no Keras.

It holds every variable of a model and its optimiser in float32 as `variable_0`, `variable_1`, ..., the history so far
as JSON, and the difficulty of each image where that decides what is shown.
"""

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from digitnet.arrays import AnyArray
from digitnet.datasets.npz import ZIP_DAMAGE
from digitnet.errors import RunFolderError, reason_of

__all__ = ["CHECKPOINT_FILE", "CheckpointContent", "HistoryRows", "encode_checkpoint", "read_checkpoint"]

HistoryRows: TypeAlias = list[dict[str, float]]

CHECKPOINT_FILE = "state.npz"

_FORMAT_VERSION = 1
_DIFFICULTIES = "doubts"  # the name of the array in files of format 1


@dataclass(frozen=True)
class CheckpointContent:
    """What is in a checkpoint.

    Attributes:
        variables: Of the model and its optimiser, in their order.
        history: One dict an epoch of what was logged.
        difficulties: Of each training image, float32 (n,); None where nothing depends on them.
        format_version: Of the file.
    """

    variables: Sequence[AnyArray]
    history: HistoryRows
    difficulties: AnyArray | None = None
    format_version: int = _FORMAT_VERSION


def encode_checkpoint(content: CheckpointContent) -> bytes:
    """The bytes of a checkpoint file."""
    description = {
        "format_version": content.format_version,
        "variables": len(content.variables),
        "history": content.history,
    }
    arrays = {f"variable_{number}": variable for number, variable in enumerate(content.variables)}
    if content.difficulties is not None:
        arrays[_DIFFICULTIES] = content.difficulties
    arrays["description"] = np.frombuffer(json.dumps(description).encode(), np.uint8)
    buffer = io.BytesIO()
    save: Callable[..., None] = np.savez  # some of its stubs take the names for keyword arguments
    save(buffer, **arrays)
    return buffer.getvalue()


def read_checkpoint(path: Path) -> CheckpointContent:
    """Read a checkpoint, each array of which is compared with its CRC-32.

    Args:
        path: The file.

    Returns:
        What is in it.

    Raises:
        FileNotFoundError: No epoch was finished.
        RunFolderError: It is damaged.
    """
    data = path.read_bytes()
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            described: dict[str, Any] = json.loads(arrays["description"].tobytes())
            variables = [arrays[f"variable_{number}"] for number in range(described["variables"])]
            difficulties = arrays[_DIFFICULTIES] if _DIFFICULTIES in arrays.files else None
        history, version = described["history"], described["format_version"]
        if not isinstance(history, list) or not all(isinstance(row, dict) for row in history):
            raise ValueError(f"the history is {history!r:.40}")
    except (*ZIP_DAMAGE, MemoryError) as error:  # MemoryError: an array whose header promises more than there is
        raise RunFolderError(
            f"{path} is damaged ({reason_of(error)}): this run cannot go on, start a new one"
        ) from error
    return CheckpointContent(variables, history, difficulties, version)
