"""Runs and lessons: started one at a time, stopped, resumed, listed, deleted."""

import json
import shutil
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from digitnet.files import write_atomically
from digitnet.studio.teaching.approval import withdrawn
from digitnet.studio.teaching.errors import BusyError, FullError, StorageError
from digitnet.studio.teaching.jobs import EVENTS_FILE, Job, Jobs, Kind, Summary, summarise
from digitnet.studio.teaching.journal import Event, Journal, read_events
from digitnet.studio.teaching.run_process import RunProcess
from digitnet.studio.teaching.training_lock import TrainingLock

__all__ = ["RUNS_MAX", "News", "Runs"]

# Kept; a run has at most 5 million bytes of model, 20 million of weights on the way to it, and while it can be resumed
# twice the model again.
RUNS_MAX = 20

_MODULES: dict[Kind, str] = {
    "run": "digitnet.studio.teaching.live_training",
    "lesson": "digitnet.studio.teaching.lesson",
}
_FREE_BYTES = (
    200 << 20
)  # free on the disk before a run begins: for a checkpoint, the one that replaces it, and the model
_SECONDS_TO_CLOSE = 8.0  # for a process to stop; less than the server has to shut down
_SECONDS_TO_END = 5.0  # for a process to end after its last event
_WHY_NOT_RESUMABLE = {"running": "is under way", "finished": "is finished"}


@dataclass(frozen=True)
class News:
    """The events of a run since the last question.

    Attributes:
        events: The events that are kept.
        transient: The latest event that is not kept, such as how far an epoch is; None where there is none.
        is_over: Whether there is nothing more to come.
    """

    events: list[Event]
    transient: Event | None
    is_over: bool


@dataclass(frozen=True)
class _Running:
    job: Job
    journal: Journal
    child: RunProcess
    lock: TrainingLock


class Runs:
    """All runs and lessons of a studio; safe to call from any thread.

    Args:
        folder: Of the studio.

    Raises:
        StorageError: The folder cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._jobs = Jobs(folder / "runs")
        self._lock_file = folder / "training.lock"
        self._lock = threading.RLock()
        self._running: _Running | None = None
        self._summaries: dict[str, tuple[tuple[int, int], Summary]] = {}

    def start(
        self,
        kind: Kind,
        settings: dict[str, Any],
        name: str,
        *,
        base: str | None = None,
        files: Mapping[str, bytes] = MappingProxyType({}),
        keep: Collection[str] = (),
    ) -> str:
        """Start one; where as many are kept as may, the oldest makes room.

        Args:
            kind: `run` or `lesson`.
            settings: Its settings.
            name: For people.
            base: Id of the network that a lesson begins with.
            files: What else its folder holds from the start, by name.
            keep: Ids of those that must not make room.

        Returns:
            Its id.

        Raises:
            BusyError: Another one is under way.
            FullError: The disk is nearly full.
            StorageError: It cannot be written, or not started.
        """
        self._wait_for_its_end()
        with self._lock:
            lock = self._take_lock()
            try:
                self._check_disk()
                job = self._jobs.create(kind, settings, name, base, files)
                self._make_room({*keep, base, job.id})  # behind it, so that no number comes twice
                self._launch(job, lock)
            except BaseException:
                lock.release()
                raise
        return job.id

    def resume(self, job_id: str) -> None:
        """Go on with a run that has not finished.

        Args:
            job_id: Its id.

        Raises:
            NotFoundError: There is none of that id.
            BusyError: It is a lesson, is finished already, or another one is under way.
            StorageError: It cannot be started.
        """
        self._wait_for_its_end()
        with self._lock:
            job = self._jobs.get(job_id)
            if not _is_resumable(job, summary := self.summary(job)):
                raise BusyError(
                    f"{job.name} {_WHY_NOT_RESUMABLE.get(summary.status, 'cannot go on')}: start a new run instead"
                )
            lock = self._take_lock()
            try:
                self._launch(job, lock)
            except BaseException:
                lock.release()
                raise

    def stop(self, job_id: str) -> None:
        """Ask a run to stop; its events say when it has stopped.

        Args:
            job_id: Its id.

        Raises:
            NotFoundError: There is none of that id.
            BusyError: It is not under way, or another server has started it.
        """
        with self._lock:
            job = self._jobs.get(job_id)
            if self._running is None or self._running.job.id != job_id:
                foreign = self.summary(job).status == "running"
                raise BusyError(
                    f"{job.name} was started by another server: stop it there"
                    if foreign
                    else f"{job.name} is not under way: there is nothing to stop"
                )
            self._running.child.stop()

    def delete(self, job_id: str) -> None:
        """Delete one, and its network with it.

        Args:
            job_id: Its id.

        Raises:
            NotFoundError: There is none of that id.
            BusyError: It is under way.
            StorageError: It cannot be deleted.
        """
        with self._lock:
            job = self._jobs.get(job_id)
            if self.summary(job).status == "running":
                raise BusyError(f"{job.name} is under way: stop it first")
            self._jobs.delete(job_id)
            self._summaries.pop(job_id, None)

    def rename(self, job_id: str, name: str) -> None:
        """Give one another name, also while it is under way.

        Args:
            job_id: Its id.
            name: For people.

        Raises:
            NotFoundError: There is none of that id.
            StorageError: It cannot be written.
        """
        with self._lock:
            job = self._jobs.rename(job_id, name)
            if self._running is not None and self._running.job.id == job_id:
                self._running = replace(self._running, job=job)

    def all(self) -> list[tuple[Job, Summary]]:
        """All runs and lessons with their states, the newest first."""
        return [(job, self.summary(job)) for job in self._jobs.all()]

    def describe(self) -> list[dict[str, Any]]:
        """The same, JSON-ready."""
        return [
            {**asdict(job), **asdict(summary), "resumable": _is_resumable(job, summary)} for job, summary in self.all()
        ]

    def get(self, job_id: str) -> tuple[Job, Summary]:
        """The one of that id.

        Raises:
            NotFoundError: There is none.
        """
        job = self._jobs.get(job_id)
        return job, self.summary(job)

    def path(self, job_id: str) -> Path:
        """The folder of one that exists."""
        return self._jobs.path(job_id)

    def summary(self, job: Job) -> Summary:
        """The state of a run. One whose process ended without a last event was interrupted."""
        with self._lock:
            if self._running is not None and self._running.job.id == job.id:
                return summarise(self._running.journal.since(0)[0])
            summary = self._summary_from_file(job)
            if summary.status == "running" and self._running is None:
                with suppress(BusyError):  # under way at another server
                    self._take_lock().release()
                    summary = self._summary_from_file(job)
            return summary

    def news(self, job_id: str, after: int) -> News:
        """The events of a run since an event.

        Args:
            job_id: Its id.
            after: Number of the last event that is known; 0 for none.

        Returns:
            The events, and whether the run is over.

        Raises:
            NotFoundError: There is none of that id.
        """
        with self._lock:
            if self._running is not None and self._running.job.id == job_id:
                events, transient = self._running.journal.since(after)
                return News(events, transient, is_over=summarise(self._running.journal.since(0)[0]).status != "running")
            job = self._jobs.get(job_id)
            is_over = self.summary(job).status != "running"
            return News(read_events(self._jobs.path(job_id) / EVENTS_FILE)[max(0, after) :], None, is_over)

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """While this is open no run is under way and none can start, at any server of this folder.

        Raises:
            BusyError: One is under way.
        """
        self._wait_for_its_end()
        with self._lock:
            lock = self._take_lock()
        try:
            yield
        finally:
            lock.release()

    def curves(self, job_id: str) -> dict[str, list[float]]:
        """The figures of every finished epoch, without pictures.

        Args:
            job_id: Its id.

        Returns:
            Of each figure a list, one value an epoch; empty ones before the first.

        Raises:
            NotFoundError: There is none of that id.
        """
        rows = [event.data for event in self.news(job_id, 0).events if event.kind == "epoch"]
        names = ("loss", "accuracy", "validation_loss", "validation_accuracy")
        return {name: [row[name] for row in rows if name in row] for name in names}

    def withdraw_approvals(self) -> None:
        """Refuse copies that an older version had approved and that the rule of today refuses; each is told why.

        What was reported stays: a newer `result` stands behind it. While another server trains nothing is changed.
        """
        with suppress(BusyError), self._lock:
            lock = self._take_lock()
            try:
                for job in self._jobs.all():
                    changed = withdrawn(self._summary_from_file(job).result) if job.kind == "lesson" else None
                    if changed is not None:
                        with suppress(StorageError):  # of a full disk; at the next start
                            Journal(self._jobs.path(job.id) / EVENTS_FILE).append("result", changed)
            finally:
                lock.release()

    def close(self) -> None:
        """Stop the one under way, and wait for its end; it can be resumed."""
        with self._lock:
            running = self._running
        if running is not None:
            running.child.close(_SECONDS_TO_CLOSE)

    def _wait_for_its_end(self) -> None:
        """Wait for the process of a run whose last event has come: it may take a moment to end."""
        with self._lock:
            running = self._running
        if running is not None and summarise(running.journal.since(0)[0]).status != "running":
            running.child.join(_SECONDS_TO_END)

    def _take_lock(self) -> TrainingLock:
        if self._running is not None:
            raise BusyError(f"{self._running.job.name} is under way: wait for its end, or stop it")
        lock = TrainingLock(self._lock_file)
        for job in self._jobs.all():  # whoever has the lock knows that no run is under way
            if self._summary_from_file(job).status == "running":
                self._interrupt(job)
        return lock

    def _launch(self, job: Job, lock: TrainingLock) -> None:
        folder = self._jobs.path(job.id)
        journal = Journal(folder / EVENTS_FILE)
        epochs_reported = summarise(journal.since(0)[0]).epochs_done
        try:
            write_atomically(
                folder / "job.json", json.dumps({**asdict(job), "epochs_reported": epochs_reported}, indent=2)
            )
        except OSError as error:
            raise StorageError(f"{job.name} cannot be written: {error.strerror}") from error
        journal.append("state", {"status": "running", "error": ""})

        def on_event(kind: str, data: dict[str, Any]) -> None:
            with suppress(StorageError):  # the disk is full: pages that follow the run get the event all the same
                (journal.show if kind == "step" else journal.append)(kind, data)

        def on_end(sentence: str) -> None:
            with self._lock:
                if summarise(journal.since(0)[0]).status == "running":
                    on_event("state", {"status": "failed", "error": sentence})
                self._running = None
                lock.release()

        try:
            self._running = _Running(
                job, journal, RunProcess(_MODULES[job.kind], folder, lock.handle, on_event, on_end), lock
            )
        except StorageError as error:
            on_event("state", {"status": "failed", "error": str(error)})
            raise

    def _summary_from_file(self, job: Job) -> Summary:
        """The state of a run by its file of events, which is read again when it has changed."""
        path = self._jobs.path(job.id) / EVENTS_FILE
        try:
            status = path.stat()
        except OSError:
            return summarise(())
        version = (status.st_size, status.st_mtime_ns)
        known = self._summaries.get(job.id)
        if known is None or known[0] != version:
            known = self._summaries[job.id] = (version, summarise(read_events(path)))
        return known[1]

    def _interrupt(self, job: Job) -> None:
        with suppress(StorageError):
            Journal(self._jobs.path(job.id) / EVENTS_FILE).append("state", {"status": "interrupted", "error": ""})

    def _make_room(self, keep: Collection[str | None]) -> None:
        jobs = self._jobs.all()
        for job in reversed(list(jobs)):
            if len(jobs) <= RUNS_MAX:
                break
            if job.id not in keep:
                self.delete(job.id)
                jobs.remove(job)

    def _check_disk(self) -> None:
        free = shutil.disk_usage(self._lock_file.parent).free
        if free < _FREE_BYTES:
            raise FullError(
                f"only {free / 1e6:.0f} MB of the disk are free, a run needs {_FREE_BYTES / 1e6:.0f}: make room first"
            )


def _is_resumable(job: Job, summary: Summary) -> bool:
    return job.kind == "run" and summary.status in {"stopped", "interrupted", "failed"}
