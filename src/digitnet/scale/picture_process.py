"""Pictures are read in a process of their own, with limits: one that takes it down costs a row, not a worker.

The process is `python -m digitnet.scale.picture_process`. It gets its settings and then items as lines of JSON, and
answers each item with a line for each row and an empty line at the end. It ends itself, by a timer of the
system's, when one picture takes too long, and with its input.
"""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import IO, Any, NamedTuple

from digitnet.errors import BatchError
from digitnet.scale.parts import Item
from digitnet.scale.picture_reading import PictureReader, Settings
from digitnet.scale.rows import Row, error_row

__all__ = ["Limits", "PictureProcess"]

_GIVEN_UP_AFTER = 2  # pages of a document that took the process down, one after the other; chosen by hand
_READY = "ready"
_TIMEOUT_SIGNAL = "SIGALRM"  # its name, since Windows has none


class Limits(NamedTuple):
    """What one picture may take.

    Attributes:
        seconds: Of time.
        memory: Of memory, in MiB, with the 200 that the process has without any picture.
    """

    seconds: int = 300
    memory: int = 4096


class PictureProcess:
    """Reads items in a process of their own, which is started when it is needed, and again after a death.

    Args:
        settings: How to read.
        limits: What one picture may take.
        folder: From where relative paths go out.
    """

    def __init__(self, settings: Settings, limits: Limits, folder: str) -> None:
        self._first_line = json.dumps([settings, limits, folder])
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None

    def rows(self, item: Item) -> list[Row]:
        """The rows of an item, as `PictureReader.rows` gives them.

        A picture during which the process dies is tried once more, alone, in a new one; after that it is a row with an
        error.

        Raises:
            BatchError: The process cannot even start.
        """
        rows: list[Row] = []
        given_up = 0
        while given_up < _GIVEN_UP_AFTER:
            if self._read(item, rows):
                break
            self.close()  # alone in a new process: what came before may have used up the memory
            died_at = len(rows)
            if self._read(item, rows):
                break
            died = self._reason_of_death()
            self.close()
            given_up = 0 if len(rows) > died_at else given_up + 1
            if given_up:
                rows.append(error_row(item.name, f"{item.name} {died}", died_at or None))
        return rows

    def close(self) -> None:
        """End the process."""
        if self._process is None:
            return
        with suppress(OSError):
            self._process.kill()
        self._process.communicate()
        self._process = None

    def _read(self, item: Item, rows: list[Row]) -> bool:
        """Read the pages of an item that have no row yet; False where the process died."""
        process = self._running()
        try:
            _send(process.stdin, json.dumps([item, len(rows)]))
            for line in _lines(process.stdout):
                if not line:
                    return True
                rows.append(json.loads(line))
        except OSError:  # the pipe is broken
            pass
        return False

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "digitnet.scale.picture_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # what a library says before it dies
                env={**os.environ, "OMP_NUM_THREADS": "1"},
                start_new_session=True,  # Ctrl-C is for the process that started the run
            )
            self._wait_until_ready(self._process)
        return self._process

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        reason = "it ends at once"
        with suppress(OSError):
            _send(process.stdin, self._first_line)
            reason = next(_lines(process.stdout), b"").decode() or reason
        if reason != _READY:
            self.close()
            raise BatchError(f"pictures cannot be read in a process of their own: {reason}")

    def _reason_of_death(self) -> str:
        process = self._process
        code = process.wait() if process is not None else 0
        if -code == getattr(signal, _TIMEOUT_SIGNAL, None):
            return f"takes longer than {self._limits.seconds} s: see --picture-seconds"
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return (
            f"took down the process that read it, twice ({name}): it is damaged, or takes more than "
            f"{self._limits.memory} MiB of memory, see --picture-memory"
        )


def main() -> None:
    """Read items from stdin until it ends."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # nothing that a library prints gets among the answers
    requests = iter(_lines(sys.stdin.buffer))
    settings, limits, folder = json.loads(next(requests))
    try:
        os.chdir(folder)
        _limit_memory(limits[1])
        import cv2  # noqa: PLC0415 - only after the limits are set

        cv2.setNumThreads(1)
        reader = PictureReader(Settings(*settings))
    except Exception as error:  # noqa: BLE001 - whatever it is, the run ends with it in one line
        _send(answers, " ".join(str(error).split()) or type(error).__name__)
        return
    _send(answers, _READY)
    for line in requests:
        item, first_page = json.loads(line)
        for row in reader.rows(Item(*item), first_page, lambda: _set_timer(limits[0])):
            _send(answers, json.dumps(row))
        _set_timer(0)
        _send(answers, "")


def _send(stream: IO[bytes] | None, line: str) -> None:
    if stream is not None:
        stream.write(f"{line}\n".encode())
        stream.flush()


def _lines(stream: Any) -> Any:
    """Lines without their ends; a last one that is not whole, because its writer died, is left out."""
    return (line[:-1] for line in stream if line.endswith(b"\n"))


def _set_timer(seconds: int) -> None:
    """Have the system end this process after so long; 0 for never."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit_memory(memory: int) -> None:
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (memory << 20, memory << 20))


if __name__ == "__main__":
    main()
