"""Blocking work in threads with a queue of bounded length: beyond it a call is refused with 503."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from digitnet.errors import RequestError

__all__ = ["BoundedThreadPool", "overloaded"]

T = TypeVar("T")


def overloaded() -> RequestError:
    """The error for a request that the server has no capacity for now."""
    return RequestError("the server has more to do than it can keep up with: try again", 503, (("Retry-After", "1"),))


class BoundedThreadPool:
    """A fixed number of threads, and a queue of bounded length.

    Attributes:
        active: Number of calls that run or wait.
    """

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        """Make the pool; its threads start when they are needed.

        Args:
            name: Part of the names of its threads.
            threads: Number of calls that run at the same time.
            waiting: Number of calls that may wait.
        """
        self._pool = ThreadPoolExecutor(threads, f"digitnet-{name}")
        self._limit = threads + waiting
        self.active = 0

    async def run(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function in a thread, and wait for what it returns.

        Args:
            function: Called once with the arguments.
            args: Its arguments.

        Returns:
            What it returns.

        Raises:
            RequestError: 503, the queue is full.
            Exception: What the function raises.
        """
        if self.active >= self._limit:
            raise overloaded()
        self.active += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, function, *args)
        finally:
            self.active -= 1

    def close(self) -> None:
        """Start no more calls; those that run are finished."""
        self._pool.shutdown(wait=False, cancel_futures=True)
