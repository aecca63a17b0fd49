"""Large requests, worked off in slices on all cores, so that small ones need not wait for them.

Slices are taken in turn from the oldest request and from the one with the fewest left. So one of a few slices does not
wait for the whole of a larger one, no request is passed by for ever, and several of one size are answered one after
the other instead of all at the end, when all may be too late. Small requests have a way of their own (`batching`) and
are answered beside the slices.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from digitnet.arrays import Images, Logits, Probabilities
from digitnet.inference.classifier import Classifier
from digitnet.server.thread_pool import overdue

__all__ = ["SLICE_IMAGES", "Answers", "LargeRequests"]

# Images; `parallel.for_each_slice` has found that fewer are slower. One core classifies them in some milliseconds.
SLICE_IMAGES = 256
# Slices that are handed out for each thread: while it works on one, the next is there, however busy the event loop is.
_AHEAD = 2


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The model's outputs for some images.

    Attributes:
        probabilities: float32 (n, classes), calibrated.
        logits: float32 (n, classes); None if they were not requested.
    """

    probabilities: Probabilities
    logits: Logits | None


@dataclass(slots=True, eq=False)
class _Large:
    """A request that is being worked off, and the future that gets its outputs."""

    images: Images
    with_logits: bool
    deadline: float
    answer: asyncio.Future[Answers]
    parts: list[Answers | None]
    begun: int = 0  # slices that have been handed out
    finished: int = 0

    @property
    def left(self) -> int:
        """Slices that have not been handed out."""
        return len(self.parts) - self.begun

    def next_slice(self) -> Images:
        """The images of the next slice, which counts as handed out."""
        start = self.begun * SLICE_IMAGES
        self.begun += 1
        return self.images[start : start + SLICE_IMAGES]

    def is_over(self, now: float) -> bool:
        """Whether nothing more is to be done for it; past its deadline it is refused."""
        if not self.answer.done() and now > self.deadline:
            self.answer.set_exception(overdue())
        return self.answer.done()


class LargeRequests:
    """Classifies the images of large requests slice by slice.

    Attributes:
        waiting_images: Number of images that have not been handed to a thread.
    """

    def __init__(self, classifier: Classifier, threads: int, observe: Callable[[int], None]) -> None:
        """Make the threads' pool; they start when they are needed.

        Args:
            classifier: The model.
            threads: Slices that are worked on at once: one a core.
            observe: Called with the number of images of each slice.
        """
        self._classifier = classifier
        self._pool = ThreadPoolExecutor(threads, "digitnet-large")
        self._limit = _AHEAD * threads
        self._observe = observe
        self._requests: list[_Large] = []  # with slices left, the oldest first
        self._is_oldest_next = True
        self._handed_out = 0
        self._is_closed = False
        self.waiting_images = 0

    async def answer(self, images: Images, *, with_logits: bool, deadline: float) -> Answers:
        """Classify the images of one request.

        Args:
            images: uint8 (n, 28, 28), n >= 1.
            with_logits: Whether the logits are needed.
            deadline: Time of the event loop by which it must be done.

        Returns:
            The model's outputs.

        Raises:
            RequestError: 503, it was not done by the deadline.
        """
        slices = -(-len(images) // SLICE_IMAGES)
        future: asyncio.Future[Answers] = asyncio.get_running_loop().create_future()
        self._requests.append(_Large(images, with_logits, deadline, future, [None] * slices))
        self.waiting_images += len(images)
        self._hand_out()
        return await future

    def close(self) -> None:
        """Begin no more slices; those that run are finished."""
        self._is_closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _hand_out(self) -> None:
        loop = asyncio.get_running_loop()
        while self._handed_out < self._limit and not self._is_closed:
            large = self._next_request(loop.time())
            if large is None:
                return
            place, images = large.begun, large.next_slice()
            if not large.left:
                self._requests.remove(large)
            self._handed_out += 1
            self.waiting_images -= len(images)
            self._observe(len(images))
            done = loop.run_in_executor(self._pool, _classify, self._classifier, images, large.with_logits)
            done.add_done_callback(partial(self._take_back, large, place))

    def _next_request(self, now: float) -> _Large | None:
        """Whose slice is next; what failed, is too late, or belongs to a client that has gone, is dropped."""
        for large in [each for each in self._requests if each.is_over(now)]:
            self._requests.remove(large)
            self.waiting_images -= len(large.images) - large.begun * SLICE_IMAGES
        if not self._requests:
            return None
        self._is_oldest_next = not self._is_oldest_next
        return min(self._requests, key=lambda each: each.left) if self._is_oldest_next else self._requests[0]

    def _take_back(self, large: _Large, place: int, done: asyncio.Future[Answers]) -> None:
        self._handed_out -= 1
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        if error is None:
            large.parts[place] = done.result()
            large.finished += 1
        if not large.answer.done():
            if error is not None:
                large.answer.set_exception(error)
            elif large.finished == len(large.parts):
                large.answer.set_result(_joined([part for part in large.parts if part is not None]))
        self._hand_out()


def _classify(classifier: Classifier, images: Images, with_logits: bool) -> Answers:
    return Answers(classifier.predict_proba(images), classifier.predict_logits(images) if with_logits else None)


def _joined(parts: list[Answers]) -> Answers:
    logits = [part.logits for part in parts if part.logits is not None]
    return Answers(np.concatenate([part.probabilities for part in parts]), np.concatenate(logits) if logits else None)
