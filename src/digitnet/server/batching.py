"""Adaptive batching: concurrent requests share an inference, and none waits for a batch to fill.

An idle server answers at once. Requests that arrive while an inference runs are collected and answered by the next
one, so batches grow with the load and no timer is involved. A few images are classified on the event loop itself,
since handing them to a thread would take longer; requests that have arrived on all connections by then are one batch.
Requests of more than a slice are `large_requests`, which these do not wait for.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from digitnet.arrays import IMAGE_SIDE, Images
from digitnet.inference.classifier import Classifier
from digitnet.parallel import available_cores
from digitnet.server.large_requests import SLICE_IMAGES, Answers, LargeRequests
from digitnet.server.thread_pool import overdue, overloaded

__all__ = ["Batcher"]

_MAX_BATCH = 1024  # images; chosen by hand: larger batches are no more efficient, and their first request waits longer
_MAX_BLOCKING_SECONDS = 0.001  # longest inference on the event loop; chosen by hand
_TRIAL_IMAGES = 32  # batch whose inference is timed at the start; chosen by hand
_TRIALS = 5  # the fastest of so many counts; chosen by hand


@dataclass(slots=True, eq=False)
class _Pending:
    """Images that wait for an inference, and the future that gets their outputs."""

    images: Images
    with_logits: bool
    deadline: float
    answer: asyncio.Future[Answers]


class Batcher:
    """Classifies the images of concurrent requests in common batches, and large requests in slices."""

    def __init__(
        self,
        classifier: Classifier,
        *,
        waiting_images: int,
        together: bool,
        observe: Callable[[int], None],
        seconds: float = math.inf,
    ) -> None:
        """Time the model, to know how many images the event loop may classify itself.

        Args:
            classifier: The model.
            waiting_images: Number of images that may wait.
            together: Whether requests share inferences.
            observe: Called with the number of images of each inference.
            seconds: Time in which a request must be answered.
        """
        self._classifier = classifier
        self._limit = waiting_images
        self._max_batch = _MAX_BATCH if together else 0
        self._observe = observe
        self._queue: deque[_Pending] = deque()
        self._is_active = False  # an inference is running or scheduled
        self._pool = ThreadPoolExecutor(1, "digitnet-inference")
        self._inline_images = _inline_images(classifier)
        self._large = LargeRequests(classifier, available_cores(), observe)
        self._seconds = seconds
        self._waiting_images = 0

    @property
    def waiting_images(self) -> int:
        """Number of images that wait for an inference."""
        return self._waiting_images + self._large.waiting_images

    async def answer(self, images: Images, *, with_logits: bool = False) -> Answers:
        """Classify some images.

        Args:
            images: uint8 (n, 28, 28); n may be 0.
            with_logits: Whether the logits are needed.

        Returns:
            The model's outputs.

        Raises:
            RequestError: 503, too many images wait already, or the answer was not there in time.
        """
        waiting = self.waiting_images
        if waiting and waiting + len(images) > self._limit:
            raise overloaded()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._seconds
        if len(images) > SLICE_IMAGES:
            return await self._large.answer(images, with_logits=with_logits, deadline=deadline)
        pending = _Pending(images, with_logits, deadline, loop.create_future())
        self._queue.append(pending)
        self._waiting_images += len(images)
        if not self._is_active:
            self._is_active = True
            loop.call_soon(self._begin)  # once all requests that have arrived by now are in the queue
        return await pending.answer

    def close(self) -> None:
        """Start no more inferences; one that runs is finished."""
        self._pool.shutdown(wait=False)
        self._large.close()

    def _begin(self) -> None:
        batch = self._next_batch()
        if not batch:
            self._is_active = False
            return
        loop = asyncio.get_running_loop()
        n = sum(len(pending.images) for pending in batch)
        if n <= self._inline_images:
            self._run(batch)
            loop.call_soon(self._begin)
        else:
            running = loop.run_in_executor(self._pool, _classify, self._classifier, batch)
            running.add_done_callback(lambda done: self._end(batch, done))
        self._observe(n)

    def _next_batch(self) -> list[_Pending]:
        """The requests of the next inference: at least one, unless all have been cancelled."""
        batch: list[_Pending] = []
        n, now = 0, asyncio.get_running_loop().time()
        while self._queue and (not batch or n + len(self._queue[0].images) <= self._max_batch):
            pending = self._queue.popleft()
            self._waiting_images -= len(pending.images)
            if pending.answer.done():  # its client has disconnected
                continue
            if now > pending.deadline:
                pending.answer.set_exception(overdue())
            else:
                batch.append(pending)
                n += len(pending.images)
        return batch

    def _run(self, batch: list[_Pending]) -> None:
        try:
            _deliver(batch, _classify(self._classifier, batch))
        except Exception as error:  # noqa: BLE001 - handed to the requests of the batch
            _fail(batch, error)

    def _end(self, batch: list[_Pending], done: asyncio.Future[list[Answers]]) -> None:
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        if error is None:
            _deliver(batch, done.result())
        else:
            _fail(batch, error)
        self._begin()


def _classify(classifier: Classifier, batch: list[_Pending]) -> list[Answers]:
    """Classify the images of all requests in one inference."""
    parts = [pending.images for pending in batch]
    images = parts[0] if len(parts) == 1 else np.concatenate(parts)
    probabilities = classifier.predict_proba(images)
    logits = classifier.predict_logits(images) if any(pending.with_logits for pending in batch) else None
    bounds = pairwise(accumulate((len(part) for part in parts), initial=0))
    return [Answers(probabilities[a:b], None if logits is None else logits[a:b]) for a, b in bounds]


def _deliver(batch: list[_Pending], answers: list[Answers]) -> None:
    for pending, answer in zip(batch, answers, strict=True):
        if not pending.answer.done():
            pending.answer.set_result(answer)


def _fail(batch: list[_Pending], error: BaseException) -> None:
    for pending in batch:
        if not pending.answer.done():
            pending.answer.set_exception(error)


def _inline_images(classifier: Classifier) -> int:
    """Number of images whose inference is short enough for the event loop."""
    # Noise is the slowest case: the network is unsure of it, so that augmented inference runs too.
    noise = np.random.default_rng(0).integers(0, 256, (_TRIAL_IMAGES, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    seconds = min(_seconds(classifier, noise) for _ in range(_TRIALS))
    return min(2 * _TRIAL_IMAGES, int(_MAX_BLOCKING_SECONDS / (seconds / _TRIAL_IMAGES)))


def _seconds(classifier: Classifier, images: Images) -> float:
    began = time.perf_counter()
    classifier.predict_proba(images)
    return time.perf_counter() - began
