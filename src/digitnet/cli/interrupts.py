"""Ctrl-C while a network trains: the first asks the run to stop after its epoch, the second stops it at once."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console

__all__ = ["stop_after_epoch"]


@contextmanager
def stop_after_epoch(console: Console) -> Iterator[Callable[[], bool]]:
    """Inside, Ctrl-C is a request that a training loop can ask for.

    Args:
        console: Where to say what the key did.

    Yields:
        A function that is True once Ctrl-C has been pressed.
    """
    requested = False

    def request(signum: int, frame: FrameType | None) -> None:
        nonlocal requested
        if requested:
            signal.default_int_handler(signum, frame)
        requested = True
        console.print("Stopping when the epoch that runs is done. Press Ctrl-C again to stop at once.", style="yellow")

    before = signal.signal(signal.SIGINT, request)
    try:
        yield lambda: requested
    finally:
        signal.signal(signal.SIGINT, before)
