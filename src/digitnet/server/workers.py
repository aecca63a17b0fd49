"""Several processes on one socket: forked when the model is loaded, replaced when they die, ended together."""

import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from digitnet.errors import DigitnetError, ServerStartError
from digitnet.server.metrics import SHARED_FOLDER

__all__ = ["supervise"]

_QUICK_SECONDS = 2.0  # a worker that lives shorter than this is not replaced at once
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def _shared_measurements() -> Iterator[None]:
    """All workers count into one folder, which is gone in the end."""
    if SHARED_FOLDER in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="digitnet-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ[SHARED_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[SHARED_FOLDER]


def supervise(work: Callable[[], None], count: int, patience: float) -> None:
    """Run some work in several processes until a signal asks for an end.

    Args:
        work: What each process does; ends when it gets SIGTERM.
        count: How many processes.
        patience: Seconds that they have to end, before they are killed.

    Raises:
        ServerStartError: A worker ends at once, again and again; or this system knows no forks.
    """
    if not hasattr(os, "fork"):
        raise ServerStartError("this system cannot fork processes: expected --workers 1")
    with _shared_measurements():
        _Supervisor(work, count, patience).run()


class _Supervisor:
    def __init__(self, work: Callable[[], None], count: int, patience: float) -> None:
        self._work = work
        self._count = count
        self._patience = patience
        self._began: dict[int, float] = {}  # by process
        self._is_ending = False
        self._failures = 0

    def run(self) -> None:
        before = {number: signal.signal(number, self._ask_to_end) for number in _SIGNALS}
        try:
            for _ in range(self._count):
                self._start(before)
            while not self._is_ending:
                self._replace_the_dead(before)
                time.sleep(0.1)
        finally:
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ask_to_end(self, _number: int, _frame: FrameType | None) -> None:
        self._is_ending = True

    def _start(self, handlers: dict[signal.Signals, Any]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child:
            self._began[child] = time.monotonic()
            return
        code = 1
        try:
            for number, handler in handlers.items():
                signal.signal(number, handler)
            self._work()
            code = 0
        except DigitnetError as error:
            sys.stderr.write(f"digitnet: {error}\n")
        except Exception:  # noqa: BLE001 - nobody is above to say it
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)  # not into what the parent has yet to do

    def _replace_the_dead(self, handlers: dict[signal.Signals, Any]) -> None:
        for child in self._dead():
            lived = time.monotonic() - self._began.pop(child)
            if self._is_ending:
                return
            self._failures = self._failures + 1 if lived < _QUICK_SECONDS else 0
            if self._failures > self._count:
                raise ServerStartError("the workers end as soon as they are started: see their messages above")
            _forget_measurements(child)
            self._start(handlers)

    def _dead(self) -> list[int]:
        dead = []
        for child in list(self._began):
            with suppress(ChildProcessError):
                if os.waitpid(child, os.WNOHANG)[0] == 0:
                    continue
            dead.append(child)
        return dead

    def _end_all(self) -> None:
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + self._patience + 2
        while self._began and time.monotonic() < deadline:
            for child in self._dead():
                del self._began[child]
            time.sleep(0.02)
        self._signal_all(signal.SIGKILL)
        for child in self._began:
            with suppress(ChildProcessError):
                os.waitpid(child, 0)

    def _signal_all(self, number: int) -> None:
        for child in self._began:
            with suppress(ProcessLookupError):
                os.kill(child, number)


def _forget_measurements(child: int) -> None:
    """What a worker was in the middle of is over."""
    if SHARED_FOLDER in os.environ:
        from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - after its folder is known

        mark_process_dead(child)  # type: ignore[no-untyped-call]
