"""The process of a run, seen from inside: events go out on stdout, `stop` and the end of the server come in on stdin.

A run is a process of its own, so that the server's memory and its event loop stay free. It must not outlive the
server: its stdin is a pipe that only the server holds, and when that closes, for whatever reason, the run ends.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from digitnet.errors import DigitnetError
from digitnet.training.stopping import StopRequest

__all__ = ["STOP", "Control", "run_as_child"]

STOP = "stop"  # the only message of the server

_NICENESS = 5  # the server answers its clients first; chosen by hand
_SECONDS_WITHOUT_SERVER = 10.0  # to save finished epochs after the server has ended; chosen by hand
_OOM_SCORE = "1000"  # the highest: where memory runs out, Linux ends the run and not the server; proc(5)

Work: TypeAlias = Callable[[Path, "Control"], bool]


class Control:
    """The connection between a run and the server.

    Args:
        output: The open file that events are written to.

    Attributes:
        stop: Set when the page asks the run to stop.
    """

    def __init__(self, output: int) -> None:
        self.stop = StopRequest()
        self._output = output
        self._lock = threading.Lock()

    def emit(self, kind: str, **data: Any) -> None:
        """Send an event to the server; nothing happens where the server has ended.

        Args:
            kind: Of the event.
            data: JSON-ready; a number that is not finite is an error.
        """
        line = json.dumps({"event": kind, "data": data}, allow_nan=False).encode() + b"\n"
        with self._lock, suppress(OSError):
            while line:
                line = line[os.write(self._output, line) :]


def run_as_child(work: Work) -> None:
    """Do the work of a run in this process: what `python -m` of a module that trains calls.

    The folder of the run is the only argument of the command. However the work ends, the last event is a `state` with
    a status and, where it failed, a sentence; the process then exits with 0, and nothing behind this call runs. Only a
    crash ends in another way.

    Args:
        work: Called with the folder and with the control; returns True where it finished, False where it was stopped.
    """
    folder = Path(sys.argv[1])
    control = Control(_take_stdout())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # only the page stops it
    _lower_priority()
    threading.Thread(target=_follow_server, args=(control,), daemon=True).start()
    sentence = ""
    try:
        status = "finished" if work(folder, control) else "stopped"
    except DigitnetError as error:
        status, sentence = "failed", str(error).replace(f"{folder}{os.sep}", "")
    except MemoryError:
        status, sentence = "failed", "There was not enough memory: try fewer units, or fewer images a step."
    control.emit("state", status=status, error=sentence)
    sys.stderr.flush()
    os._exit(0)  # taking JAX down in good order takes seconds, in which no other run could begin


def _take_stdout() -> int:
    """Take stdout for events: returns a copy of it, and lets all other output to stdout go to stderr."""
    output = os.dup(1)
    os.dup2(2, 1)
    return output


def _lower_priority() -> None:
    """Give the server precedence for processor and memory, where the system supports it."""
    with suppress(OSError, AttributeError):  # Windows has no nice
        os.nice(_NICENESS)
    with suppress(OSError):  # not Linux
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE, encoding="ascii")


def _follow_server(control: Control) -> None:
    """Stop the run when the server asks for it, or when the server ends."""
    for line in sys.stdin:
        if line.strip() == STOP:
            control.stop.request(at_once=True)
    control.stop.request(at_once=True)
    time.sleep(_SECONDS_WITHOUT_SERVER)
    os._exit(1)  # the main thread may be inside a compiled program, which nothing else ends
