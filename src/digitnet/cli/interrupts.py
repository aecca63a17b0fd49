"""Ctrl-C while a network trains: the first asks the run to stop after its epoch, the second ends it at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console

from digitnet.training.stopping import StopRequest

__all__ = ["stop_after_epoch"]


@contextmanager
def stop_after_epoch(console: Console) -> Iterator[StopRequest]:
    """Inside, Ctrl-C sets a value that a run asks for.

    Args:
        console: Where to say what the key did.

    Yields:
        What the run is started with.
    """
    stop = StopRequest()

    def request(signum: int, frame: FrameType | None) -> None:
        if stop.requested:
            signal.default_int_handler(signum, frame)
        stop.request()
        console.print("Stopping when the epoch that runs is done. Press Ctrl-C again to stop at once.", style="yellow")

    before = signal.signal(signal.SIGINT, request)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
