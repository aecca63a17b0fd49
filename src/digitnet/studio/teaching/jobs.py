"""The folders of runs and lessons: their settings, and how each ended.

runs/run-19f0c2a1b3c/job.json        its settings, written once, before the folder has its name
events.jsonl    its events (`journal`)
checkpoint/     the state after the last epoch, while the run is not finished
model.onnx      the network
weights/        the network at some moments on the way (`weight_moments`)
log.txt         what its process printed
"""

import json
import re
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from digitnet.files import write_atomically
from digitnet.studio.teaching.errors import NotFoundError, StorageError
from digitnet.studio.teaching.journal import Event

__all__ = ["EVENTS_FILE", "Job", "Jobs", "Kind", "Summary", "summarise"]

Kind: TypeAlias = Literal["run", "lesson"]

EVENTS_FILE = "events.jsonl"

_JOB_FILE = "job.json"
_ID = re.compile(r"(run|lesson)-[0-9a-f]{1,16}")  # no other text from a browser becomes a path
_UNFINISHED = ".unfinished-"  # of folders that are being made or deleted


@dataclass(frozen=True)
class Job:
    """The description of a run or a lesson, which does not change.

    Attributes:
        id: Its name, also of its folder.
        kind: `run` or `lesson`.
        number: Counted from 1 among those of its kind.
        name: For people.
        base: Id of the network that a lesson begins with, "" for the loaded one; None of a run.
        created: When, in ISO 8601.
        settings: Of a run those of `RunSettings`; of a lesson at least `epochs`.
    """

    id: str
    kind: Kind
    number: int
    name: str
    base: str | None
    created: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class Summary:
    """The state of a run or a lesson.

    Attributes:
        status: running, finished, stopped, failed or interrupted.
        error: Why it failed; "" where it did not.
        epochs_done: How many.
        validation_accuracy: After the last of them, in [0, 1]; None before the first.
        result: Data of the last `result`; None where there was none.
    """

    status: str
    error: str
    epochs_done: int
    validation_accuracy: float | None
    result: dict[str, Any] | None


def summarise(events: Sequence[Event]) -> Summary:
    """The state of a run or a lesson after these events."""
    last: dict[str, dict[str, Any]] = {event.kind: event.data for event in events}
    state, epoch = last.get("state", {}), last.get("epoch", {})
    return Summary(
        status=state.get("status", "interrupted"),
        error=state.get("error", ""),
        epochs_done=epoch.get("epoch", 0),
        validation_accuracy=epoch.get("validation_accuracy"),
        result=last.get("result"),
    )


class Jobs:
    """All runs and lessons in a folder.

    Args:
        folder: Made where it is missing; what is half made or half deleted in it is removed.

    Raises:
        StorageError: It cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(exist_ok=True)
            for remnant in folder.glob(f"{_UNFINISHED}*"):
                if time.time() - remnant.stat().st_mtime > 60:  # not what another server makes at this moment
                    shutil.rmtree(remnant, ignore_errors=True)
        except OSError as error:
            raise StorageError(f"the folder of the runs cannot be used: {error.strerror}") from error

    def create(
        self,
        kind: Kind,
        settings: dict[str, Any],
        name: str,
        base: str | None = None,
        files: Mapping[str, bytes] = MappingProxyType({}),
    ) -> Job:
        """Make the folder of a new one.

        Args:
            kind: `run` or `lesson`.
            settings: Its settings.
            name: For people; its number comes before.
            base: Id of the network that a lesson begins with.
            files: What else the folder holds from the start, by name.

        Returns:
            The job.

        Raises:
            StorageError: The folder cannot be written.
        """
        others = self.all()
        number = 1 + max((job.number for job in others if job.kind == kind), default=0)
        now = datetime.now(UTC)
        # Above all others, whatever the clock says: the newest is the first of the list.
        stamp = max(int(now.timestamp() * 1000), 1 + max(map(_created_milliseconds, others), default=0))
        while self.path(f"{kind}-{stamp:x}").exists():
            stamp += 1
        job_id = f"{kind}-{stamp:x}"
        job = Job(
            job_id, kind, number, f"{_TITLES[kind]} {number}: {name}", base, now.isoformat("T", "seconds"), settings
        )
        try:
            folder = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self._folder))
            write_atomically(folder / _JOB_FILE, json.dumps(asdict(job), indent=2))
            for file, content in files.items():
                (folder / file).write_bytes(content)
            folder.rename(self.path(job_id))
        except OSError as error:
            raise StorageError(f"a new run cannot be written: {error.strerror}") from error
        return job

    def all(self) -> list[Job]:
        """All of them, the newest first; a folder that is damaged is left out."""
        folders = [folder for folder in self._folder.iterdir() if _ID.fullmatch(folder.name)]
        return sorted(filter(None, map(_read, folders)), key=_created_milliseconds, reverse=True)

    def get(self, job_id: str) -> Job:
        """The one of that id.

        Raises:
            NotFoundError: There is none.
        """
        job = _read(self._folder / job_id) if _ID.fullmatch(job_id) else None
        if job is None:
            raise NotFoundError(f"there is no run {job_id!r:.40}: it may have been deleted")
        return job

    def rename(self, job_id: str, name: str) -> Job:
        """Give the one of that id another name; its number stays before it.

        Args:
            job_id: Its id.
            name: For people.

        Returns:
            The job with its new name.

        Raises:
            NotFoundError: There is none.
            StorageError: It cannot be written.
        """
        job = self.get(job_id)
        job = replace(job, name=f"{_TITLES[job.kind]} {job.number}: {name}")
        file = self.path(job_id) / _JOB_FILE
        try:  # whatever else stands in the file stays
            write_atomically(file, json.dumps({**json.loads(file.read_bytes()), "name": job.name}, indent=2))
        except OSError as error:
            raise StorageError(f"the name cannot be written: {error.strerror}") from error
        return job

    def path(self, job_id: str) -> Path:
        """The folder of the one of that id, which exists."""
        return self._folder / job_id

    def delete(self, job_id: str) -> None:
        """Delete one that exists; at once for whoever lists them.

        Raises:
            StorageError: It cannot be deleted.
        """
        doomed = self._folder / f"{_UNFINISHED}{job_id}-{time.time_ns()}"
        try:
            self.path(job_id).rename(doomed)
            shutil.rmtree(doomed)
        except OSError as error:
            raise StorageError(f"{job_id} cannot be deleted: {error.strerror}") from error


_TITLES: dict[Kind, str] = {"run": "Run", "lesson": "Lesson"}


def _created_milliseconds(job: Job) -> int:
    """Time of creation, in milliseconds since 1970, from its id."""
    return int(job.id.rpartition("-")[2], 16)


def _read(folder: Path) -> Job | None:
    try:
        content = json.loads((folder / _JOB_FILE).read_bytes())
        job = Job(**{name: content[name] for name in Job.__dataclass_fields__})
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return job if job.id == folder.name and isinstance(job.settings, dict) else None
