"""Large requests share the cores slice by slice, and none keeps another waiting for the whole of it."""

import asyncio
import threading
from typing import Any

import numpy as np
import pytest

from digitnet.arrays import Images, Logits, Probabilities
from digitnet.errors import RequestError
from digitnet.server.batching import Batcher
from digitnet.server.large_requests import SLICE_IMAGES, Answers, LargeRequests
from patience import PATIENCE

FOREVER = float("inf")


class Gated:
    """Answers with the value of each image's first pixel; slices wait until they may go on."""

    def __init__(self) -> None:
        self.seen: list[int] = []  # the first value of each slice, in the order in which they were begun
        self.has_begun = threading.Event()
        self.may_go_on = threading.Event()
        self.is_broken = False

    def predict_proba(self, images: Images) -> Probabilities:
        if len(images) > 1:
            self.seen.append(int(images[0, 0, 0]))
            self.has_begun.set()
            assert self.may_go_on.wait(PATIENCE)
        if self.is_broken:
            raise ArithmeticError("broken")
        return images[:, 0, :1].astype(np.float32)

    def predict_logits(self, images: Images) -> Logits:
        return -images[:, 0, :1].astype(np.float32)


def images_of(value: int, slices: float) -> Images:
    return np.full((int(slices * SLICE_IMAGES), 28, 28), value, np.uint8)


def asked(large: LargeRequests, images: Images, deadline: float = FOREVER) -> "asyncio.Task[Answers]":
    return asyncio.create_task(large.answer(images, with_logits=False, deadline=deadline))


async def begun(gated: Gated) -> None:
    assert await asyncio.to_thread(gated.has_begun.wait, PATIENCE)


def test_the_outputs_of_all_slices_are_in_the_order_of_the_images() -> None:
    gated, observed = Gated(), list[int]()
    gated.may_go_on.set()
    large = LargeRequests(gated, 3, observed.append)  # type: ignore[arg-type] # it needs no more of a classifier
    images = np.zeros((5 * SLICE_IMAGES + 7, 28, 28), np.uint8)
    images[:, 0, 0] = np.arange(len(images)) % 251
    answers = asyncio.run(large.answer(images, with_logits=True, deadline=FOREVER))
    np.testing.assert_array_equal(answers.probabilities[:, 0], images[:, 0, 0])
    assert answers.logits is not None
    np.testing.assert_array_equal(answers.logits, -answers.probabilities)
    assert observed == [SLICE_IMAGES] * 5 + [7]
    assert large.waiting_images == 0


def test_small_requests_are_answered_while_a_large_one_is_worked_off() -> None:
    gated = Gated()
    gated.may_go_on.set()
    made = Batcher(gated, waiting_images=100_000, together=True, observe=lambda _: None)  # type: ignore[arg-type]
    gated.may_go_on.clear()
    gated.has_begun.clear()

    async def in_turn() -> None:
        large = asyncio.create_task(made.answer(images_of(1, 40)))
        await begun(gated)
        assert made.waiting_images > 30 * SLICE_IMAGES
        async with asyncio.timeout(PATIENCE):
            small = await made.answer(np.full((1, 28, 28), 7, np.uint8))
        assert small.probabilities.tolist() == [[7.0]]
        assert not large.done()
        gated.may_go_on.set()
        assert len((await large).probabilities) == 40 * SLICE_IMAGES

    asyncio.run(in_turn())
    assert made.waiting_images == 0


def test_requests_of_one_size_are_answered_one_after_the_other() -> None:
    """All at the end would be the latest moment for each, past the deadline of all where there is too much to do."""
    gated = Gated()
    gated.may_go_on.set()
    large = LargeRequests(gated, 1, lambda _: None)  # type: ignore[arg-type]

    async def all_of_them() -> None:
        await asyncio.gather(*(asked(large, images_of(value, 10)) for value in (1, 2, 3)))

    asyncio.run(all_of_them())
    assert gated.seen == [1] * 10 + [2] * 10 + [3] * 10


def test_the_oldest_request_is_not_passed_by_for_ever() -> None:
    gated = Gated()
    large = LargeRequests(gated, 1, lambda _: None)  # type: ignore[arg-type]

    async def in_turn() -> None:
        first = asked(large, images_of(1, 10))
        await begun(gated)
        others = [asked(large, images_of(2, 2)) for _ in range(30)]
        await asyncio.sleep(0)
        gated.may_go_on.set()
        await asyncio.gather(first, *others)

    asyncio.run(in_turn())
    assert gated.seen[:20].count(1) == 10  # every other slice is of the oldest


def test_a_request_of_a_few_slices_does_not_wait_for_a_larger_one() -> None:
    gated = Gated()
    large = LargeRequests(gated, 1, lambda _: None)  # type: ignore[arg-type]

    async def in_turn() -> None:
        first = asked(large, images_of(1, 20))
        await begun(gated)
        second = asked(large, images_of(2, 3))
        await asyncio.sleep(0)
        gated.may_go_on.set()
        await second
        assert not first.done()
        await first

    asyncio.run(in_turn())
    last = len(gated.seen) - gated.seen[::-1].index(2)
    assert last <= 8  # two slices of the first were handed out before; then one of each in turn
    assert sorted(gated.seen) == [1] * 20 + [2] * 3


def test_past_its_deadline_a_request_is_refused_and_the_rest_of_it_dropped() -> None:
    gated = Gated()
    large = LargeRequests(gated, 1, lambda _: None)  # type: ignore[arg-type]

    async def in_turn() -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + 0.01
        late = asked(large, images_of(1, 20), deadline)
        other = asked(large, images_of(2, 2))
        await begun(gated)
        while loop.time() <= deadline:
            await asyncio.sleep(0.001)
        gated.may_go_on.set()
        with pytest.raises(RequestError, match="took longer than this server allows") as refused:
            await late
        assert refused.value.status == 503
        assert ("Retry-After", "1") in refused.value.headers
        assert len((await other).probabilities) == 2 * SLICE_IMAGES

    asyncio.run(in_turn())
    assert gated.seen.count(1) <= 3
    assert large.waiting_images == 0


def test_what_a_client_that_has_gone_asked_for_is_dropped() -> None:
    gated = Gated()
    large = LargeRequests(gated, 1, lambda _: None)  # type: ignore[arg-type]

    async def in_turn() -> None:
        gone = asked(large, images_of(1, 20))
        await begun(gated)
        gone.cancel()
        gated.may_go_on.set()
        await asked(large, images_of(2, 2))

    asyncio.run(in_turn())
    assert gated.seen.count(1) <= 3
    assert large.waiting_images == 0


def test_a_mistake_reaches_its_request_and_ends_nothing() -> None:
    gated: Any = Gated()
    gated.may_go_on.set()
    large = LargeRequests(gated, 2, lambda _: None)

    async def in_turn() -> None:
        gated.is_broken = True
        with pytest.raises(ArithmeticError, match="broken"):
            await asked(large, images_of(1, 20))
        gated.is_broken = False
        assert len((await asked(large, images_of(2, 2.5))).probabilities) == 2.5 * SLICE_IMAGES

    asyncio.run(in_turn())
    assert gated.seen.count(1) <= 8
    assert large.waiting_images == 0
    large.close()
