"""What digitnet does with a file of each kind, in a process that may hang or die, and what came of it."""

import math
import multiprocessing
import os
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from benchmarks.contestants.contest import peak_megabytes
from digitnet import Classifier, load_classifier, load_mnist
from digitnet.datasets import load_source
from digitnet.datasets.image_stream import stream_images
from digitnet.errors import DigitnetError
from digitnet.model_file.contract import open_model
from digitnet.studio.teaching.corrections import Corrections
from digitnet.studio.teaching.journal import read_events
from digitnet.training.checkpoint_file import read_checkpoint
from digitnet.training.recipes import Recipe

__all__ = ["ANSWERED", "DIED", "HUNG", "REFUSED", "TRACEBACK", "Outcome", "ParserProcess", "Parsers", "outcome_of"]

REFUSED, ANSWERED, TRACEBACK, HUNG, DIED = "refused", "answered", "tracebacks", "hangs", "deaths"

_LIMIT = 60.0  # seconds after which a process that does not answer is killed; chosen by hand
_IDX_IMAGES, _IDX_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
_FRAMES = 6  # of a traceback that are kept


class Outcome(NamedTuple):
    """What came of one input.

    Attributes:
        kind: "refused" in one clear line, "answered", "tracebacks", "hangs" or "deaths".
        seconds: That it took: processor time where that is less, so that a busy machine slows nothing down.
        reason: The message, or the end of the traceback.
    """

    kind: str
    seconds: float
    reason: str = ""


class Parsers:
    """Reads a file of any kind as digitnet's commands, its server and its page do.

    Args:
        folder: Of its own, for files that are read by name.
        whole: Files that stand beside a damaged one, by name.
    """

    def __init__(self, folder: Path, whole: dict[str, bytes]) -> None:
        self._folder = folder
        self._whole = whole
        self._images = load_mnist()[0].images[:3]
        self._reader: Classifier | None = None
        self._turn = 0
        self._parsers: dict[str, Callable[[bytes], object]] = {
            "model file": self._model,
            "checkpoint": lambda content: read_checkpoint(self._file("state.npz", content)),
            "IDX images": lambda content: self._idx(_IDX_IMAGES, _IDX_LABELS, content),
            "IDX labels": lambda content: self._idx(_IDX_LABELS, _IDX_IMAGES, content),
            "npz": lambda content: self._source("digits.npz", content),
            "csv": lambda content: load_source(self._file("digits.csv", content)),
            "run.json": self._run,
            "journal": lambda content: read_events(self._file("journal", content)),
            "corrections": self._corrections,
        }

    def parse(self, kind: str, content: bytes) -> None:
        """Read one file; whatever is raised is let through."""
        self._parsers.get(kind, self._picture)(content)

    def _model(self, content: bytes) -> None:
        classifier = Classifier(*open_model(content))
        classifier.predict(self._images)

    def _picture(self, content: bytes) -> None:
        self._reader = self._reader or load_classifier()
        self._turn += 1
        (self._reader.read_digit, self._reader.read_number)[self._turn % 2](content)

    def _idx(self, name: str, other: str, content: bytes) -> None:
        ending = ".gz" if content.startswith(b"\x1f\x8b") else ""
        for left in self._folder.glob("train-*"):
            left.unlink()
        self._file(other, self._whole[other])
        path = self._file(name + ending, content)
        load_source(path)
        if name == _IDX_IMAGES:
            self._stream(path)

    def _source(self, name: str, content: bytes) -> None:
        path = self._file(name, content)
        load_source(path)
        self._stream(path)

    def _stream(self, path: Path) -> None:
        for _ in stream_images(path):
            pass

    def _run(self, content: bytes) -> None:
        from digitnet.runs.folder import RunFolder  # noqa: PLC0415 - it loads Keras, which others need not wait for

        self._file("run.json", content)
        description = RunFolder.open(self._folder).read_description()
        Recipe.from_dict(description["settings"])

    def _corrections(self, content: bytes) -> None:
        path = self._file("corrections.sqlite", content)
        Path(f"{path}-journal").unlink(missing_ok=True)
        corrections = Corrections(path)
        corrections.check()
        corrections.all()
        corrections.arrays()
        list(corrections.each())
        corrections.add(bytes(784), 3, None)

    def _file(self, name: str, content: bytes) -> Path:
        path = self._folder / name
        path.write_bytes(content)
        return path


def outcome_of(parsers: Parsers, kind: str, content: bytes) -> Outcome:
    """Read one input, in this process."""
    began, worked = time.perf_counter(), time.process_time()
    result, reason = ANSWERED, ""
    try:
        parsers.parse(kind, content)
    except DigitnetError as error:
        reason = str(error)
        # Several lines are not a clear one. Other control characters are written out where a message is printed.
        result = REFUSED if "\n" not in reason else TRACEBACK
    except BaseException as error:  # noqa: BLE001 - whatever else comes is what is looked for
        frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
        places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
        result, reason = TRACEBACK, f"{type(error).__name__}: {str(error)[:200]} ({places})"
    took = min(time.perf_counter() - began, time.process_time() - worked)
    return Outcome(result, took, reason)


def _serve(connection: Connection, whole: dict[str, bytes], log: str) -> None:
    """Answer inputs until there are no more; what libraries print goes to a file, where it can be counted."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.dup2(file, sys.stdout.fileno())
    os.dup2(file, sys.stderr.fileno())
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory() as folder:
        parsers = Parsers(Path(folder), whole)
        connection.send(None)
        while (asked := connection.recv()) is not None:
            outcome = outcome_of(parsers, *asked)
            connection.send((*outcome, peak_megabytes()))


class ParserProcess:
    """A process that reads one input after the other, and a new one where it hangs or dies.

    Attributes:
        peak_mb: The most memory that any of them had, in units of 1,000,000 bytes.
        pid: Of the one that reads now.
        limit: Seconds after which it is killed.

    Args:
        whole: Files that stand beside a damaged one, by name.
        log: Where everything goes that is printed.
        limit: As the attribute.
    """

    def __init__(self, whole: dict[str, bytes], log: Path, limit: float = _LIMIT) -> None:
        self._whole, self._log, self.limit = whole, log, limit
        self.peak_mb = 0.0
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._whole, str(self._log)), daemon=True)
        self._process.start()
        self.pid = self._process.pid
        theirs.close()
        self._connection.recv()

    def outcome(self, kind: str, content: bytes) -> Outcome:
        """Have one input read."""
        try:
            self._connection.send((kind, content))
            if not self._connection.poll(self.limit):
                self.close()
                self._start()
                return Outcome(HUNG, math.inf, f"no answer within {self.limit:.0f} s")
            *outcome, peak = self._connection.recv()
        except (EOFError, OSError):
            self._process.join()
            code = self._process.exitcode
            self._start()
            return Outcome(DIED, 0.0, f"exit code {code}")
        self.peak_mb = max(self.peak_mb, peak)
        return Outcome(*outcome)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self._connection.close()
