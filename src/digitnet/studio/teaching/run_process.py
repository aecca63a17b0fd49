"""The process of a run, seen from the server."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from digitnet.studio.teaching.errors import StorageError
from digitnet.studio.teaching.process_control import STOP

__all__ = ["RunProcess"]

EventHandler: TypeAlias = Callable[[str, dict[str, Any]], None]

_LOG_FILE = "log.txt"


class RunProcess:
    """The process of a run or a lesson; its own side of the pipes is `process_control`.

    Args:
        module: The module that it runs, as `python -m` does.
        folder: The folder of the run, its only argument.
        inherited: An open file that it is to keep open.
        on_event: Called with the kind and the data of each event, in a thread of its own.
        on_end: Called in that thread when the process is gone, with a sentence on how it came to an end.

    Raises:
        StorageError: It cannot be started.
    """

    def __init__(
        self, module: str, folder: Path, inherited: int, on_event: EventHandler, on_end: Callable[[str], None]
    ) -> None:
        # -P: whatever lies in the working directory is not imported. A session of its own: Ctrl-C is for the server.
        command = [sys.executable, "-P", "-m", module, str(folder)]
        files = () if sys.platform == "win32" else (inherited,)
        try:
            with (folder / _LOG_FILE).open("wb") as log:
                self._process = subprocess.Popen(  # noqa: S603 - our own module
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,
                    pass_fds=files,
                )
        except OSError as error:
            raise StorageError(f"the run cannot be started: {error.strerror}") from error
        self._thread = threading.Thread(target=self._listen, args=(on_event, on_end), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask it to stop; it first saves the epochs that are finished."""
        with suppress(OSError, ValueError):  # it is gone already
            if self._process.stdin is not None:
                self._process.stdin.write(f"{STOP}\n".encode())
                self._process.stdin.flush()

    def close(self, seconds: float) -> None:
        """Stop it, and wait until it is gone.

        Args:
            seconds: After so long it is ended by force.
        """
        self.stop()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._thread.join()

    def join(self, seconds: float) -> None:
        """Wait until it is gone, at most so long."""
        self._thread.join(seconds)

    def _listen(self, on_event: EventHandler, on_end: Callable[[str], None]) -> None:
        process = self._process
        for line in process.stdout or ():
            with suppress(ValueError, KeyError, TypeError):  # the end of a line that a crash cut off
                content = json.loads(line)
                on_event(content["event"], content["data"])
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # a `stop` that was still in the buffer when the process ended
                    pipe.close()
        process.wait()
        on_end(_exit_message(process.returncode))


def _exit_message(code: int) -> str:
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"The process of this run was ended from outside ({name}): is there enough memory?"
    return f"The process of this run broke down (code {code}): {_LOG_FILE} in its folder tells more."
