"""Who asks at the same time is answered together; who asks alone does not wait."""

import asyncio
import threading
import time
from typing import Any

import numpy as np
import pytest

from digitnet.arrays import Images, Logits, Probabilities
from digitnet.errors import RequestError
from digitnet.inference.classifier import Classifier
from digitnet.server.batching import Batcher
from digitnet.server.large_requests import Answers
from live_server import some_images
from patience import PATIENCE


class Sums:
    """Answers with the sum of an image's pixels; may be held up, or broken."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.has_begun = threading.Event()
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.is_broken = False

    def predict_proba(self, images: Images) -> Probabilities:
        self.has_begun.set()
        assert self.may_go_on.wait(PATIENCE)
        self.calls.append(len(images))
        if self.is_broken:
            raise ArithmeticError("broken")
        return np.asarray(images.sum(axis=(1, 2), dtype=np.float32)[:, None])

    def predict_logits(self, images: Images) -> Logits:
        return np.asarray(-images.sum(axis=(1, 2), dtype=np.float32)[:, None])


class Slow(Sums):
    """Slow enough for a thread of its own."""

    def predict_proba(self, images: Images) -> Probabilities:
        time.sleep(0.035)  # the time in which so many images would have to be answered at once is a thirtieth
        return super().predict_proba(images)


def batcher(classifier: Any, *, together: bool = True, limit: int = 1000) -> tuple[Batcher, list[int]]:
    observed: list[int] = []
    made = Batcher(classifier, waiting_images=limit, together=together, observe=observed.append)
    classifier.calls.clear()
    classifier.has_begun.clear()
    return made, observed


def test_one_request_is_one_inference() -> None:
    sums = Sums()
    made, observed = batcher(sums)
    images = some_images(5)
    answers = asyncio.run(made.answer(images, with_logits=True))
    np.testing.assert_array_equal(answers.probabilities[:, 0], images.sum(axis=(1, 2)))
    assert answers.logits is not None
    np.testing.assert_array_equal(answers.logits, -answers.probabilities)
    assert observed == sums.calls == [5]


@pytest.mark.parametrize(("together", "calls"), [(True, [6]), (False, [1, 2, 3])])
def test_requests_at_the_same_time_are_answered_together_if_wanted(together: bool, calls: list[int]) -> None:
    sums = Sums()
    made, observed = batcher(sums, together=together)
    questions = [some_images(n) for n in (1, 2, 3)]

    async def all_of_them() -> list[Answers]:
        return await asyncio.gather(*(made.answer(images) for images in questions))

    for images, answers in zip(questions, asyncio.run(all_of_them()), strict=True):
        np.testing.assert_array_equal(answers.probabilities[:, 0], images.sum(axis=(1, 2)))
    assert sums.calls == observed == calls


def test_what_arrives_during_an_inference_is_collected() -> None:
    slow = Slow()
    made, observed = batcher(slow)

    async def in_turn() -> None:
        slow.may_go_on.clear()
        first = asyncio.create_task(made.answer(some_images(1)))
        assert await asyncio.to_thread(slow.has_begun.wait, PATIENCE)
        others = [asyncio.create_task(made.answer(some_images(n))) for n in (2, 3, 4)]
        await asyncio.sleep(0)  # until all have asked
        assert made.waiting_images == 9
        slow.may_go_on.set()
        await asyncio.gather(first, *others)

    asyncio.run(in_turn())
    assert observed == [1, 9]
    assert made.waiting_images == 0


def test_beyond_the_limit_it_says_so_and_goes_on() -> None:
    slow = Slow()
    made, _ = batcher(slow, limit=4)

    async def in_turn() -> None:
        slow.may_go_on.clear()
        first = asyncio.create_task(made.answer(some_images(1)))
        assert await asyncio.to_thread(slow.has_begun.wait, PATIENCE)
        second = asyncio.create_task(made.answer(some_images(3)))
        await asyncio.sleep(0)
        with pytest.raises(RequestError) as refused:
            await made.answer(some_images(2))
        assert refused.value.status == 503
        assert ("Retry-After", "1") in refused.value.headers
        slow.may_go_on.set()
        await asyncio.gather(first, second)
        assert len((await made.answer(some_images(2))).probabilities) == 2

    asyncio.run(in_turn())


def test_what_waits_past_its_deadline_is_refused_and_not_computed() -> None:
    slow = Slow()
    made = Batcher(slow, waiting_images=1000, together=True, observe=lambda _: None, seconds=0.05)  # type: ignore[arg-type]
    slow.calls.clear()
    slow.has_begun.clear()

    async def in_turn() -> None:
        loop = asyncio.get_running_loop()
        slow.may_go_on.clear()
        first = asyncio.create_task(made.answer(some_images(1)))
        assert await asyncio.to_thread(slow.has_begun.wait, PATIENCE)
        late = asyncio.create_task(made.answer(some_images(2)))
        await asyncio.sleep(0)
        deadline = loop.time() + 0.05
        while loop.time() <= deadline:
            await asyncio.sleep(0.001)
        slow.may_go_on.set()
        with pytest.raises(RequestError, match="took longer than this server allows") as refused:
            await late
        assert refused.value.status == 503
        assert len((await first).probabilities) == 1  # it had been begun

    asyncio.run(in_turn())
    assert slow.calls == [1]
    assert made.waiting_images == 0


@pytest.mark.parametrize("kind", [Sums, Slow])
def test_a_mistake_reaches_everyone_and_ends_nothing(kind: type[Sums]) -> None:
    sums = kind()
    made, _ = batcher(sums)

    async def in_turn() -> None:
        sums.is_broken = True
        asked = (made.answer(some_images(1)) for _ in range(3))
        results = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(result) for result in results] == [ArithmeticError] * 3
        sums.is_broken = False
        assert len((await made.answer(some_images(2))).probabilities) == 2

    asyncio.run(in_turn())


def test_nobody_computes_for_a_client_that_has_gone() -> None:
    sums = Sums()
    made, observed = batcher(sums)

    async def in_turn() -> None:
        gone = asyncio.create_task(made.answer(some_images(5)))
        await asyncio.sleep(0)
        gone.cancel()
        await made.answer(some_images(1))

    asyncio.run(in_turn())
    assert observed == [1]
    assert made.waiting_images == 0


def test_company_changes_no_bit_of_an_answer(classifier: Classifier) -> None:
    made = Batcher(classifier, waiting_images=10_000, together=True, observe=lambda _: None)
    questions = [some_images(n) for n in (1, 7, 300, 2)]

    async def all_of_them() -> list[Answers]:
        return await asyncio.gather(*(made.answer(images, with_logits=True) for images in questions))

    for images, answers in zip(questions, asyncio.run(all_of_them()), strict=True):
        np.testing.assert_array_equal(answers.probabilities, classifier.predict_proba(images))
        assert answers.logits is not None
        np.testing.assert_array_equal(answers.logits, classifier.predict_logits(images))


def test_no_images_have_no_answers(classifier: Classifier) -> None:
    made = Batcher(classifier, waiting_images=10, together=True, observe=lambda _: None)
    answers = asyncio.run(made.answer(some_images(0)))
    assert answers.probabilities.shape == (0, 10)
