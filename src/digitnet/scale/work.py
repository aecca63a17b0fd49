"""What is done with a part, in whichever process: its pictures are read and their rows written as one file."""

import gc
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from digitnet.errors import BatchError
from digitnet.model_file.contract import bundled_model_path, open_model
from digitnet.scale.out_folder import OutFolder
from digitnet.scale.parts import Item, Part
from digitnet.scale.picture_process import Limits, PictureProcess
from digitnet.scale.picture_reading import PictureReader, Settings
from digitnet.scale.remote import is_remote
from digitnet.scale.rows import Format, Row, encode, error_row
from digitnet.scale.versions import differing, own_versions

__all__ = ["DonePart", "Job", "do_part", "end_processes", "make_job", "model_digest", "prepare", "rows_of_part"]


class Job(NamedTuple):
    """What is to be done with each part.

    Attributes:
        settings: How to read.
        limits: What one picture may take.
        folder: From where relative paths go out.
        model_sha256: Of the model file, 64 hexadecimal digits.
        versions: Of what decides about answers.
        out: Where the rows go; "" for nowhere.
        format: Of the files of rows.
    """

    settings: Settings
    limits: Limits
    folder: str
    model_sha256: str
    versions: dict[str, str]
    out: str = ""
    format: Format = "parquet"

    def recorded(self) -> dict[str, Any]:
        """What decides about the rows, JSON-ready."""
        known = {f"known_{name}": value for name, value in self.settings.known.items()}
        settings = {name: value for name, value in self.settings._asdict().items() if name not in ("known", "model")}
        limits = {f"picture_{name}": value for name, value in self.limits._asdict().items()}
        versions = {"digitnet": self.versions["digitnet"]}
        return {**versions, **settings, **known, "model_sha256": self.model_sha256, **limits, "format": self.format}


class DonePart(NamedTuple):
    """A part whose file is written.

    Attributes:
        name: Of the part.
        rows: How many there are.
        errors: How many of them have an error.
        seconds: How long it took.
    """

    name: str
    rows: int
    errors: int
    seconds: float


def make_job(settings: Settings, limits: Limits, *, out: str = "", kind: Format = "parquet") -> Job:
    """A job of this process: its folder, its versions, its model.

    Raises:
        ModelFileError: The model cannot be used.
        ConfigurationError: A setting is out of range.
    """
    settings.classifier()  # before anything is started
    settings = settings._replace(model=None if settings.model is None else _absolute(settings.model))
    place = _absolute(out) if out and not is_remote(out) else out
    return Job(settings, limits, _absolute("."), model_digest(settings), own_versions(), place, kind)


def _absolute(path: str) -> str:
    """A path that means the same in a process that runs in another folder."""
    return os.path.abspath(path)  # noqa: PTH100 - links stay as they are named


def model_digest(settings: Settings) -> str:
    """The SHA-256 of the model file that answers.

    Raises:
        ModelFileError: The model cannot be used.
    """
    source = bundled_model_path(settings.precision) if settings.model is None else settings.model
    session, _ = open_model(source, precision=settings.precision)
    return hashlib.sha256(session.path.read_bytes() if session.path else b"").hexdigest()


def do_part(job: Job, part: Part) -> DonePart:
    """Read a part and write its file.

    Raises:
        BatchError: This process gives other answers than the one that made the job, or the file cannot be written.
    """
    began = time.perf_counter()
    rows = rows_of_part(job, part)
    out = OutFolder(job.out, job.format)
    out.write(out.file_of(part.name), encode(rows, job.format))
    return DonePart(part.name, len(rows), sum(row["error"] is not None for row in rows), time.perf_counter() - began)


def prepare(job: Job) -> None:
    """Have a worker ready for parts, so that the first takes no longer than the others.

    Raises:
        BatchError: As `rows_of_part`.
    """
    _engine_of(job).start()
    # Looking for garbage among all that Dask has imported, each time that some thousand answers were made, took a tenth
    # of a worker's time.
    gc.freeze()


def rows_of_part(job: Job, part: Part) -> list[Row]:
    """The rows of a part, in the order of its items, each with the SHA-256 of the model.

    Raises:
        BatchError: This process gives other answers than the one that made the job.
    """
    engine = _engine_of(job)
    return [{**row, "model": job.model_sha256} for item in part.items for row in engine.rows(item)]


class _Engine:
    """What reads parts in this thread: images in this process, pictures in one that they may take down."""

    def __init__(self, job: Job) -> None:
        difference = differing(job.versions, own_versions())
        if difference:
            raise BatchError(f"a worker has other versions: {difference}. Install the same everywhere")
        if model_digest(job.settings) != job.model_sha256:
            raise BatchError("a worker has another model file than the one that this run began with")
        self.job = job
        self._reader: PictureReader | None = None
        self._process = PictureProcess(job.settings, job.limits, job.folder)

    def start(self) -> None:
        if self.job.settings.task == "predict":
            self._reader = PictureReader(self.job.settings)
        encode([], self.job.format)  # imports what writes files

    def rows(self, item: Item) -> Iterator[Row]:
        if item.kind == "error":
            yield error_row(item.name, item.error)
        elif item.kind == "images":
            if self._reader is None:
                self._reader = PictureReader(self.job.settings)
            is_elsewhere = is_remote(item.path) or _absolute(".") == self.job.folder
            path = item.path if is_elsewhere else os.path.join(self.job.folder, item.path)  # noqa: PTH118
            yield from self._reader.rows(item._replace(path=path))
        else:
            yield from self._process.rows(item)

    def close(self) -> None:
        self._process.close()


_of_thread = threading.local()
_all_engines: list[_Engine] = []


def _engine_of(job: Job) -> _Engine:
    """The engine of this thread; one of another job ends."""
    engine: _Engine | None = getattr(_of_thread, "engine", None)
    if engine is None or engine.job != job:
        if engine is not None:
            engine.close()
            with suppress(ValueError):
                _all_engines.remove(engine)
        engine = _of_thread.engine = _Engine(job)
        _all_engines.append(engine)
    return engine


def end_processes() -> None:
    """End all processes that read pictures for this one."""
    for engine in _all_engines:
        engine.close()
