"""A run folder: what is in it, and how it comes to be."""

import itertools
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitnet.errors import RunFolderError
from digitnet.files import write_atomically
from digitnet.model_file.contract import MODEL_FILE_NAMES

__all__ = ["RunFolder"]

# What a run.json holds, for those who resume it and for the model card
_DESCRIPTION: dict[str, type] = {
    "class_names": list,
    "command": list,
    "data": dict,
    "on_bad_picture": str,
    "seed": int,
    "settings": dict,
    "source_path": str,
    "started": str,
    "versions": dict,
}


@dataclass(frozen=True)
class RunFolder:
    """The paths of one training run.

    Attributes:
        path: The folder itself.
    """

    path: Path

    @property
    def model_file(self) -> Path:
        """The finished model, to use."""
        return self.path / MODEL_FILE_NAMES["float32"]

    @property
    def int8_model_file(self) -> Path:
        """The same in 8-bit integers; missing where that would answer otherwise."""
        return self.path / MODEL_FILE_NAMES["int8"]

    @property
    def keras_file(self) -> Path:
        """The finished model, to go on training."""
        return self.path / "model.keras"

    @property
    def description_file(self) -> Path:
        """Everything needed to repeat the run."""
        return self.path / "run.json"

    @property
    def metrics_file(self) -> Path:
        """What the run achieved; written last, so a folder that has it is complete."""
        return self.path / "metrics.json"

    @property
    def history_file(self) -> Path:
        """Loss and metrics of every epoch."""
        return self.path / "history.csv"

    @property
    def card_file(self) -> Path:
        """The model card."""
        return self.path / "MODEL_CARD.md"

    @property
    def checkpoint(self) -> Path:
        """State after the last finished epoch, while the run is not complete."""
        return self.path / "checkpoint"

    @property
    def is_complete(self) -> bool:
        """Whether the run has ended."""
        return self.metrics_file.exists()

    @classmethod
    def create(cls, path: Path) -> "RunFolder":
        """Make a new run folder.

        Raises:
            RunFolderError: There is something at `path` already, or it cannot be written.
        """
        try:
            if path.is_dir() and not any(path.iterdir()):
                probe = path / ".writable"
                probe.touch()
                probe.unlink()
            else:
                path.mkdir(parents=True)
        except FileExistsError:
            kind = "a run folder" if (path / "run.json").exists() else "a folder or file"
            is_unfinished = (path / "run.json").exists() and not cls(path).is_complete
            hint = f", or go on with it by --resume {path}" if is_unfinished else ""
            raise RunFolderError(
                f"{path} is {kind} already and is never overwritten: choose another --out{hint}"
            ) from None
        except OSError as error:
            raise RunFolderError(f"{path} cannot be written ({error.strerror}): choose another --out") from error
        return cls(path)

    @classmethod
    def create_new(cls, path: Path) -> "RunFolder":
        """Make a run folder that nobody else has: `path`, or the first free of path-2, path-3, ...

        Raises:
            RunFolderError: It cannot be written.
        """
        for count in itertools.count(1):
            folder = cls(path if count == 1 else path.with_name(f"{path.name}-{count}"))
            try:
                folder.path.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise RunFolderError(f"{path} cannot be made ({error.strerror}): choose another --out") from error
            break
        return folder

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """An existing run folder.

        Raises:
            RunFolderError: There is none at `path`.
        """
        folder = cls(path)
        if not folder.description_file.is_file():
            raise RunFolderError(
                f"{path} is not a run folder: expected a folder with a run.json, as digitnet train makes it"
            )
        return folder

    @staticmethod
    def check_free_space(path: Path, needed: int) -> None:
        """Refuse a run that could not be saved.

        Args:
            path: Where the folder is going to be.
            needed: Bytes that the run is going to write.

        Raises:
            RunFolderError: Less is free.
        """
        existing = next(parent for parent in (path.absolute(), *path.absolute().parents) if parent.exists())
        free = shutil.disk_usage(existing).free
        if free < needed:
            raise RunFolderError(
                f"{path}: {needed / 1e6:.0f} MB are needed for checkpoints and model, but only "
                f"{free / 1e6:.0f} MB are free: make room or choose another --out"
            )

    def write_json(self, path: Path, content: dict[str, Any]) -> None:
        """Write one of the folder's JSON files, atomically.

        Raises:
            RunFolderError: The disk is full or the folder not writable.
        """
        self.write(path, json.dumps(content, indent=2, allow_nan=False) + "\n")

    def write(self, path: Path, content: str | bytes) -> None:
        """Write one of the folder's files, atomically.

        Raises:
            RunFolderError: The disk is full or the folder not writable.
        """
        try:
            write_atomically(path, content)
        except OSError as error:
            raise RunFolderError(f"{path} cannot be written: {error.strerror}") from error

    def read_description(self) -> dict[str, Any]:
        """The content of `run.json`.

        Raises:
            RunFolderError: It is damaged.
        """
        try:
            content = json.loads(self.description_file.read_bytes())
        except (OSError, ValueError, RecursionError) as error:  # RecursionError: brackets within brackets
            raise RunFolderError(f"{self.description_file} is damaged ({error}): start a new run") from error
        if not isinstance(content, dict):
            raise RunFolderError(f"{self.description_file} is damaged: expected a JSON object")
        for name, kind in _DESCRIPTION.items():
            if not isinstance(content.get(name), kind):
                raise RunFolderError(
                    f"{self.description_file} is damaged: {name} is {content.get(name)!r:.40}, "
                    f"expected {kind.__name__}. Start a new run"
                )
        return content
