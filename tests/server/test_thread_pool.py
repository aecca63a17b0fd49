"""Blocking calls in threads, and a queue of bounded length."""

import asyncio
import threading

import pytest

from digitnet.errors import RequestError
from digitnet.server.thread_pool import BoundedThreadPool
from patience import PATIENCE


def test_calls_beyond_threads_and_queue_are_refused() -> None:
    pool = BoundedThreadPool("test", threads=2, waiting=1)
    held = threading.Event()

    async def call_all() -> list[bool | BaseException]:
        calls = [asyncio.create_task(pool.run(held.wait, PATIENCE)) for _ in range(3)]
        await asyncio.sleep(0)  # all of them have begun
        assert pool.active == 3
        with pytest.raises(RequestError, match="more to do") as refused:
            await pool.run(held.wait, PATIENCE)
        assert (refused.value.status, refused.value.headers) == (503, (("Retry-After", "1"),))
        held.set()
        return await asyncio.gather(*calls)

    assert asyncio.run(call_all()) == [True] * 3
    assert pool.active == 0
    pool.close()


def test_an_error_is_passed_on_and_frees_its_place() -> None:
    pool = BoundedThreadPool("test", threads=1, waiting=0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            asyncio.run(pool.run(divmod, 1, 0))
    assert pool.active == 0
    pool.close()
