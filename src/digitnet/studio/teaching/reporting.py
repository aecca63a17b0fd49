"""The child's end of a run: events go out on stdout, `stop` or the end of the server come in on stdin.

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

STOP = "stop"  # the one thing that the server says

_NICENESS = 5  # answers to other clients come first
_SECONDS_WITHOUT_SERVER = 10.0  # to put away what is finished
_FIRST_TO_GO = "1000"  # where memory runs out, the kernel is to take the run and not the server

Work: TypeAlias = Callable[[Path, "Control"], bool]


class Control:
    """The way from a run to the page, and back.

    Args:
        output: The open file that events are written to.

    Attributes:
        stop: What the run asks whether it is to stop; the page sets it.
    """

    def __init__(self, output: int) -> None:
        self.stop = StopRequest()
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
    _step_back()
    threading.Thread(target=_obey, args=(control,), daemon=True).start()
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
            control.stop.request(at_once=True)
    control.stop.request(at_once=True)
    time.sleep(_SECONDS_WITHOUT_SERVER)
    os._exit(1)  # the main thread may be inside a compiled program, which nothing else ends
