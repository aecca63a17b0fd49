"""Blocking work in threads with a queue of bounded length: beyond it a call is refused with 503."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from digitnet.errors import RequestError

__all__ = ["BoundedThreadPool", "overdue", "overloaded"]

T = TypeVar("T")


def overloaded() -> RequestError:
    """The error for a request that the server has no capacity for now."""
    return RequestError("the server has more to do than it can keep up with: try again", 503, (("Retry-After", "1"),))


def overdue() -> RequestError:
    """The error for a request whose answer was not there in time."""
    return RequestError("the answer took longer than this server allows: try again", 503, (("Retry-After", "1"),))


class BoundedThreadPool:
    """A fixed number of threads, and a queue of bounded length.

    Attributes:
        active: Number of calls that run or wait, those that nobody waits for any more among them.
    """

    def __init__(self, name: str, threads: int, waiting: int, seconds: float | None = None) -> None:
        """Make the pool; its threads start when they are needed.

        Args:
            name: Part of the names of its threads.
            threads: Number of calls that run at the same time.
            waiting: Number of calls that may wait.
            seconds: Time in which a call must return, waiting included; None for any.
        """
        self._pool = ThreadPoolExecutor(threads, f"digitnet-{name}")
        self._limit = threads + waiting
        self._seconds = seconds
        self.active = 0

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function in a thread, and wait for what it returns.

        Args:
            function: Called once with the arguments.
            args: Its arguments.

        Returns:
            What it returns.

        Raises:
            RequestError: 503, the queue is full, or the call took too long; one that runs is not broken off.
            Exception: What the function raises.
        """
        if self.active >= self._limit:
            raise overloaded()
        loop = asyncio.get_running_loop()
        self.active += 1
        call = self._pool.submit(function, *args)
        call.add_done_callback(lambda _: _call_soon(loop, self._forget))
        try:
            async with asyncio.timeout(self._seconds) as limit:
                return await asyncio.wrap_future(call)
        except TimeoutError as error:
            if limit.expired():
                raise overdue() from error
            raise  # of the function itself

    def _forget(self) -> None:
        self.active -= 1

    def close(self) -> None:
        """Start no more calls; those that run are finished."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _call_soon(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    """Call a function on an event loop, from any thread, unless the loop has ended."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(function)
