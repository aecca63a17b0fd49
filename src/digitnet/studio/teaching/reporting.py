"""The child's end of a run: events go out on stdout, `stop` or the end of the server come in on stdin.

A run is a process of its own, so that the server's memory and its event loop stay free. It must not outlive the
server: its stdin is a pipe that only the server holds, and when that closes, for whatever reason, the run ends.
"""

import _thread
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, TypeAlias

from digitnet.errors import DigitnetError

__all__ = ["STOP", "Control", "run_as_child"]

STOP = "stop"  # the one thing that the server says

_NICENESS = 5  # answers to other clients come first
_SECONDS_WITHOUT_SERVER = 10.0  # to put away what is finished
_FIRST_TO_GO = "1000"  # where memory runs out, the kernel is to take the run and not the server

Work: TypeAlias = Callable[[Path, "Control"], None]


class Control:
    """How a run tells what happens, and learns that it is to stop.

    Attributes:
        stop_requested: Whether it is to stop as soon as it can.
    """

    def __init__(self, output: int) -> None:
        self.stop_requested = False
        self._output = output
        self._lock = threading.Lock()

    def emit(self, kind: str, **data: Any) -> None:
        """Tell the server; where it is gone, nobody.

        Args:
            kind: Of the event.
            data: JSON-ready; a number that is not finite is an error.
        """
        line = json.dumps({"event": kind, "data": data}, allow_nan=False).encode() + b"\n"
        with self._lock, suppress(OSError):
            while line:
                line = line[os.write(self._output, line) :]

    def request_stop(self) -> None:
        """Interrupt the main thread, once, unless it no longer listens."""
        self.stop_requested = True
        _thread.interrupt_main(signal.SIGINT)

    def listen(self) -> None:
        """From now on a stop is a KeyboardInterrupt in the main thread, at most one."""

        def interrupt(signum: int, frame: FrameType | None) -> None:
            self.ignore_stops()
            signal.default_int_handler(signum, frame)

        signal.signal(signal.SIGINT, interrupt)
        if self.stop_requested:
            raise KeyboardInterrupt

    def ignore_stops(self) -> None:
        """From now on only `stop_requested` tells of a stop: what is being written is written to its end."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_as_child(work: Work) -> None:
    """Do the work of a run in this process: what `python -m` of a module that trains calls.

    The folder of the run is the only argument of the command. However the work ends, the last event is a `state` with
    a status and, where it failed, a sentence; the process then exits with 0, and nothing behind this call runs. Only a
    crash ends in another way.

    Args:
        work: Called with the folder and with the control; returning means finished, KeyboardInterrupt stopped.
    """
    folder = Path(sys.argv[1])
    control = Control(_take_stdout())
    control.ignore_stops()
    _step_back()
    threading.Thread(target=_obey, args=(control,), daemon=True).start()
    status, sentence = "finished", ""
    try:
        work(folder, control)
    except KeyboardInterrupt:
        status = "stopped"
    except DigitnetError as error:
        status, sentence = "failed", str(error).replace(f"{folder}{os.sep}", "")
    except MemoryError:
        status, sentence = "failed", "There was not enough memory: try fewer units, or fewer images a step."
    control.emit("state", status=status, error=sentence)
    sys.stderr.flush()
    os._exit(0)  # taking JAX down in good order takes seconds, in which no other run could begin


def _take_stdout() -> int:
    """Where events go; whatever else prints to stdout goes to stderr from now on."""
    output = os.dup(1)
    os.dup2(2, 1)
    return output


def _step_back() -> None:
    """Leave processor and memory to the server, where the system knows how."""
    with suppress(OSError, AttributeError):  # Windows has no nice
        os.nice(_NICENESS)
    with suppress(OSError):  # not Linux
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")


def _obey(control: Control) -> None:
    """Wait for what the server says, and for its end."""
    for line in sys.stdin:
        if line.strip() == STOP:
            control.request_stop()
    control.request_stop()
    time.sleep(_SECONDS_WITHOUT_SERVER)
    os._exit(1)  # the main thread may be inside a compiled program, which nothing else ends
