"""Workshop: the one interface to runs, lessons, corrections and the choice of the network that answers."""

import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.files import write_atomically
from digitnet.model_file.contract import MODEL_FILE_NAMES, bundled_model_path, open_model
from digitnet.studio.teaching.corrections import Corrections
from digitnet.studio.teaching.errors import BusyError, NotFoundError, StorageError
from digitnet.studio.teaching.jobs import Job, Summary
from digitnet.studio.teaching.private_folder import make_private_folder, missing_for_training
from digitnet.studio.teaching.rate_process import searched_rates
from digitnet.studio.teaching.runs import Runs
from digitnet.studio.teaching.settings import RunSettings

__all__ = ["LESSON_SETTINGS", "LOADED", "Workshop"]

LOADED = ""  # id of the network that the server was started with

# Settings of every lesson. With smaller steps or fewer copies of each correction the network learns too few of them
# (docs/log.md, 2026-11-28, "serving, and teaching a copy").
LESSON_SETTINGS: dict[str, Any] = {"epochs": 2, "batch_size": 100, "learning_rate": 1e-4, "seed": 0}

_NAME_MAX = 60  # characters of a run's name: what a row of the page has room for
_ANSWERING_FILE = "answering.json"
_OFF = "Training is off at this server: it was started with --no-training, or with several workers."


class Workshop:
    """Runs, lessons and corrections in one folder that only its owner can read; safe to call from any thread.

    Args:
        folder: Where all of it is kept; made where it is missing.
        model: The model file or run folder that the server was started with; None is the bundled one.
        training: Whether anything may be trained here.
        num_classes: Of the loaded model: corrections have labels below this.

    Attributes:
        reason: Why nothing can be trained here, as a sentence; empty where it can.
        runs: Runs and lessons.
        corrections: The corrected pictures.

    Raises:
        StorageError: The folder cannot be used.
    """

    def __init__(self, folder: Path, model: Path | None, training: bool = True, num_classes: int = 10) -> None:
        self._folder = make_private_folder(folder)
        self._model = model
        self.reason = missing_for_training() if training else _OFF
        self.runs = Runs(self._folder)
        self.runs.withdraw_approvals()
        self.corrections = Corrections.in_folder(self._folder, num_classes)
        with suppress(StorageError, BusyError):  # the endpoints of corrections say so, and all others go on
            self.corrections.check()

    def models(self) -> list[dict[str, str]]:
        """The networks that can answer besides the loaded one: `id` and `name` of each, the newest first."""
        return [
            {"id": job.id, "name": _name_of_model(job)}
            for job, summary in self.runs.all()
            if self._may_answer(job, summary)
        ]

    def resolve(self, model_id: str) -> Path:
        """The model file of a network; a run that goes on writes a new one in its place.

        Args:
            model_id: An id of `models`; "" is the loaded one.

        Returns:
            The path of a model file; of the loaded one maybe a run folder.

        Raises:
            NotFoundError: No network of that id, or none yet.
            BusyError: A taught copy that was refused.
        """
        if model_id == LOADED:
            return self._model or bundled_model_path()
        job, summary = self.runs.get(model_id)
        path = self.runs.path(job.id) / MODEL_FILE_NAMES["float32"]
        if not path.is_file():
            raise NotFoundError(f"{job.name} has no network yet: wait for its end, or stop it")
        if not self._may_answer(job, summary):
            result = summary.result or {}
            raise BusyError(f"{job.name} may not answer. {result.get('reason', '')}".strip())
        return path

    def start_training(self, settings: object, name: str = "") -> str:
        """Start a training run.

        Args:
            settings: A JSON object for `RunSettings.from_dict`.
            name: For people; "" is the sizes of its layers.

        Returns:
            Its id.

        Raises:
            BusyError: Training is off, or a run is under way.
            ConfigurationError: A setting or the name is not what it may be.
            FullError: The disk is nearly full.
            StorageError: It cannot be written or started.
        """
        self._check_training()
        checked = RunSettings.from_dict(settings)
        name = _checked_name(name) if name.strip() else "-".join(map(str, checked.hidden_sizes))
        return self.runs.start("run", checked.to_dict(), name, keep={self.answering})

    def search_rates(self, settings: object) -> dict[str, Any]:
        """Find out which learning rate a run may begin with.

        Args:
            settings: As for `start_training`; the learning rate and the epochs do not count.

        Returns:
            `rates`, the `losses` at them, and the `suggestion`.

        Raises:
            BusyError: Training is off, or a run is under way.
            ConfigurationError: A setting is not what it may be, or the search broke off.
        """
        self._check_training()
        checked = RunSettings.from_dict(settings)
        with self.runs.exclusively():
            return searched_rates(checked.to_dict())

    def rename(self, job_id: str, name: str) -> None:
        """Give a run another name.

        Raises:
            NotFoundError: There is none of that id.
            ConfigurationError: The name is empty, too long, or more than one line.
            StorageError: It cannot be written.
        """
        self.runs.rename(job_id, _checked_name(name))

    def resume_training(self, job_id: str) -> None:
        """Go on with a run; see `Runs.resume`.

        Raises:
            BusyError: As `Runs.resume`, or training is off.
        """
        self._check_training()
        self.runs.resume(job_id)

    def teach(self, model_id: str) -> str:
        """Start a lesson: a copy of a network learns the corrections.

        Args:
            model_id: The network, as for `resolve`.

        Returns:
            The id of the lesson.

        Raises:
            NotFoundError: No such network, or no corrections.
            BusyError: Training is off, or a run is under way.
            ModelFileError: Its file cannot be read.
            FullError: The disk is nearly full.
            StorageError: It cannot be written or started.
        """
        self._check_training()
        images, labels = self.corrections.arrays()
        if not len(labels):
            raise NotFoundError("there is no corrected digit to learn from: correct a wrong answer first")
        content = _read_most_precise(self.resolve(model_id))
        buffer = io.BytesIO()
        np.savez(buffer, images=images, labels=labels)
        base_name = "the loaded network" if model_id == LOADED else self.runs.get(model_id)[0].name
        return self.runs.start(
            "lesson",
            LESSON_SETTINGS,
            f"a copy of {base_name}",
            base=model_id,
            files={"base.onnx": content, "corrections.npz": buffer.getvalue()},
            keep={self.answering},
        )

    @property
    def answering(self) -> str:
        """Id of the network that was last chosen to answer and still can; "" for the loaded one."""
        with suppress(OSError, ValueError, KeyError, TypeError, RecursionError, NotFoundError, BusyError):
            chosen = json.loads((self._folder / _ANSWERING_FILE).read_bytes())["id"]
            self.resolve(chosen)
            return str(chosen)
        return LOADED

    def use(self, model_id: str) -> str:
        """Choose the network that answers, also after the next start.

        Args:
            model_id: As for `resolve`.

        Returns:
            Id of the one that answered before, to go back to.

        Raises:
            NotFoundError: As `resolve`.
            BusyError: As `resolve`.
            ModelFileError: The file is damaged.
            StorageError: The choice cannot be written.
        """
        before = self.answering
        open_model(self.resolve(model_id))
        try:
            write_atomically(self._folder / _ANSWERING_FILE, json.dumps({"id": model_id}))
        except OSError as error:
            raise StorageError(f"the choice cannot be written: {error.strerror}") from error
        return before

    def close(self) -> None:
        """Stop a run that is under way; it can be resumed."""
        self.runs.close()

    def _check_training(self) -> None:
        if self.reason:
            raise BusyError(self.reason)

    def _may_answer(self, job: Job, summary: Summary) -> bool:
        has_network = (self.runs.path(job.id) / MODEL_FILE_NAMES["float32"]).is_file()
        accepted = job.kind == "run" or bool(summary.result and summary.result["accepted"])
        return has_network and accepted


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > _NAME_MAX or not name.isprintable():
        raise ConfigurationError(f"the name is {name!r:.60}: expected one line of 1 to {_NAME_MAX} characters")
    return name


def _name_of_model(job: Job) -> str:
    return job.name if job.kind == "run" else f"Taught copy {job.number}"


def _read_most_precise(path: Path) -> bytes:
    """The bytes of a network's float32 model file, or of its int8 file where there is no other."""
    folder = path if path.is_dir() else path.parent
    names = MODEL_FILE_NAMES.values() if path.is_dir() or path.name == MODEL_FILE_NAMES["int8"] else ()
    path = next((folder / name for name in names if (folder / name).is_file()), path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"the network cannot be read: {error.strerror}") from error
