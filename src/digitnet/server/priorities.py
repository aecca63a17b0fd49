"""Blocking work in threads: so many at a time, so many waiting, and an honest refusal beyond that."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from digitnet.errors import RequestError

__all__ = ["Lane", "busy"]

T = TypeVar("T")


def busy() -> RequestError:
    """The refusal of work for which there is no room now."""
    return RequestError("the server has more to do than it can keep up with: try again", 503, (("Retry-After", "1"),))


class Lane:
    """Some threads, and a queue of bounded length before them.

    Attributes:
        active: How many calls are running or waiting.
    """

    def __init__(self, name: str, threads: int, waiting: int) -> None:
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
            RequestError: 503, as many calls wait already as may.
            Exception: What the function raises.
        """
        if self.active >= self._limit:
            raise busy()
        self.active += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, function, *args)
        finally:
            self.active -= 1

    def close(self) -> None:
        """Begin nothing new; what runs already ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)
