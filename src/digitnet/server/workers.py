"""Worker processes on one socket: forked after the model is loaded, replaced when they die, ended together."""

import os
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from digitnet.errors import DigitnetError, ServerStartError
from digitnet.errors.escaping import escape_controls
from digitnet.server.metrics import SHARED_FOLDER

__all__ = ["supervise"]

_EARLY_EXIT_SECONDS = 2.0  # a worker that lives shorter counts as failed at its start; chosen by hand
_POLL_SECONDS = 0.1  # between two looks for workers that have died; chosen by hand
_SHUTDOWN_POLL_SECONDS = 0.02  # the same while they are to end; chosen by hand
_EXTRA_SECONDS = 2  # beyond the time that requests have to finish, before workers are killed; chosen by hand
_PARENT_POLL_SECONDS = 0.5  # between two looks of a worker for its supervisor; chosen by hand
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def _shared_metrics() -> Iterator[None]:
    """A folder in which all workers share their metrics; it is deleted in the end."""
    if SHARED_FOLDER in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="digitnet-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ[SHARED_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[SHARED_FOLDER]


def supervise(work: Callable[[], None], count: int, shutdown_seconds: float) -> None:
    """Run a function in several processes until SIGINT or SIGTERM.

    Args:
        work: Function that each process runs; it returns after SIGTERM.
        count: Number of processes.
        shutdown_seconds: Time that they have to end, before they are killed.

    Raises:
        ServerStartError: Workers end at once again and again, or this system cannot fork.
    """
    if not hasattr(os, "fork"):
        raise ServerStartError("this system cannot fork processes: expected --workers 1")
    with _shared_metrics():
        _Supervisor(work, count, shutdown_seconds).run()


class _Supervisor:
    def __init__(self, work: Callable[[], None], count: int, shutdown_seconds: float) -> None:
        self._work = work
        self._count = count
        self._shutdown_seconds = shutdown_seconds
        self._started: dict[int, float] = {}  # monotonic time, by process id
        self._is_ending = False
        self._failures = 0

    def run(self) -> None:
        before = {number: signal.signal(number, self._ask_to_end) for number in _SIGNALS}
        try:
            for _ in range(self._count):
                self._start(before)
            while not self._is_ending:
                self._replace_the_dead(before)
                time.sleep(_POLL_SECONDS)
        finally:
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ask_to_end(self, _number: int, _frame: FrameType | None) -> None:
        self._is_ending = True

    def _start(self, handlers: dict[signal.Signals, Any]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        supervisor = os.getpid()
        child = os.fork()
        if child:
            self._started[child] = time.monotonic()
            return
        code = 1
        try:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            threading.Thread(target=_end_with, args=(supervisor,), daemon=True).start()
            self._work()
            code = 0
        except DigitnetError as error:
            sys.stderr.write(f"digitnet: {escape_controls(str(error))}\n")
        except Exception:  # noqa: BLE001 - the process ends here
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)  # never return into the code of the parent

    def _replace_the_dead(self, handlers: dict[signal.Signals, Any]) -> None:
        for child in self._dead():
            lived = time.monotonic() - self._started.pop(child)
            if self._is_ending:
                return
            self._failures = self._failures + 1 if lived < _EARLY_EXIT_SECONDS else 0
            if self._failures > self._count:
                raise ServerStartError("the workers end as soon as they are started: see their messages above")
            _forget_metrics(child)
            self._start(handlers)

    def _dead(self) -> list[int]:
        dead = []
        for child in list(self._started):
            with suppress(ChildProcessError):
                if os.waitpid(child, os.WNOHANG)[0] == 0:
                    continue
            dead.append(child)
        return dead

    def _end_all(self) -> None:
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + self._shutdown_seconds + _EXTRA_SECONDS
        while self._started and time.monotonic() < deadline:
            for child in self._dead():
                del self._started[child]
            time.sleep(_SHUTDOWN_POLL_SECONDS)
        self._signal_all(signal.SIGKILL)
        for child in self._started:
            with suppress(ChildProcessError):
                os.waitpid(child, 0)

    def _signal_all(self, number: int) -> None:
        for child in self._started:
            with suppress(ProcessLookupError):
                os.kill(child, number)


def _end_with(supervisor: int) -> None:
    """End this worker when its supervisor was killed and can no longer do it."""
    while os.getppid() == supervisor:
        time.sleep(_PARENT_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _forget_metrics(child: int) -> None:
    """Remove the gauges of a worker that died, such as its requests in progress."""
    if SHARED_FOLDER in os.environ:
        from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - after its folder is known

        mark_process_dead(child)  # type: ignore[no-untyped-call]
