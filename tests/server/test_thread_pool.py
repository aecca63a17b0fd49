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


def test_a_call_that_takes_too_long_is_refused_and_counts_until_it_returns() -> None:
    pool = BoundedThreadPool("test", threads=1, waiting=0, seconds=0.01)
    held = threading.Event()

    async def call() -> None:
        with pytest.raises(RequestError, match="took longer than this server allows") as refused:
            await pool.run(held.wait, PATIENCE)
        assert (refused.value.status, refused.value.headers) == (503, (("Retry-After", "1"),))
        assert pool.active == 1
        with pytest.raises(RequestError, match="more to do"):
            await pool.run(held.wait, PATIENCE)
        held.set()
        while pool.active:
            await asyncio.sleep(0.001)

    asyncio.run(call())
    pool.close()


def test_a_call_that_waits_too_long_is_never_begun() -> None:
    pool = BoundedThreadPool("test", threads=1, waiting=1, seconds=0.01)
    held, begun = threading.Event(), threading.Event()

    async def call() -> None:
        calls = [
            asyncio.create_task(pool.run(function, *args)) for function, *args in ((held.wait, PATIENCE), (begun.set,))
        ]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(result) for result in results] == [RequestError] * 2
        held.set()
        while pool.active:
            await asyncio.sleep(0.001)

    asyncio.run(call())
    assert not begun.is_set()
    pool.close()


def test_a_timeout_of_the_function_is_its_own() -> None:
    def give_up() -> None:
        raise TimeoutError("mine")

    pool = BoundedThreadPool("test", threads=1, waiting=0, seconds=PATIENCE)
    with pytest.raises(TimeoutError, match="mine"):
        asyncio.run(pool.run(give_up))
    pool.close()
