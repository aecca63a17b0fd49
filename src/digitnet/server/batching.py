"""Concurrent requests answered together, without a wait for company.

An idle server answers at once. What arrives while an inference runs is collected, and answered by the next one: the
more there is to do, the more is done at a time, and no clock is involved. A few images are classified on the event
loop itself, since to hand them to a thread would take longer; what has arrived by then at all connections is answered
together.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from digitnet.arrays import IMAGE_SIDE, Images, Logits, Probabilities
from digitnet.inference.classifier import Classifier
from digitnet.server.priorities import busy

__all__ = ["Answers", "Batcher"]

_TOGETHER = 1024  # images; beyond, an inference is no more efficient, and the first one would wait for the last
_BLOCKED_SECONDS = 0.001  # so long the event loop may be kept by an inference
_TRIAL_IMAGES = 32


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What the model says of some images.

    Attributes:
        probabilities: float32 (n, classes), calibrated.
        logits: float32 (n, classes), if they were asked for.
    """

    probabilities: Probabilities
    logits: Logits | None


@dataclass(slots=True, eq=False)
class _Question:
    images: Images
    with_logits: bool
    answer: asyncio.Future[Answers]


class Batcher:
    """Answers images, those of several requests at once.

    Attributes:
        waiting_images: How many images wait for an inference.
    """

    def __init__(
        self, classifier: Classifier, *, waiting_images: int, together: bool, observe: Callable[[int], None]
    ) -> None:
        """Find out how fast the model is.

        Args:
            classifier: The model.
            waiting_images: So many may wait.
            together: Whether requests are answered together.
            observe: Told the number of images of each inference.
        """
        self._classifier = classifier
        self._limit = waiting_images
        self._together = _TOGETHER if together else 0
        self._observe = observe
        self._questions: deque[_Question] = deque()
        self._is_begun = False  # an inference is running, or about to
        self._pool = ThreadPoolExecutor(1, "digitnet-inference")
        self._at_once = _images_at_once(classifier)
        self.waiting_images = 0

    async def answer(self, images: Images, *, with_logits: bool = False) -> Answers:
        """Classify some images.

        Args:
            images: uint8 (n, 28, 28); n may be 0.
            with_logits: Whether the logits are wanted.

        Returns:
            The answers.

        Raises:
            RequestError: 503, as many images wait already as may.
        """
        if self.waiting_images and self.waiting_images + len(images) > self._limit:
            raise busy()
        loop = asyncio.get_running_loop()
        question = _Question(images, with_logits, loop.create_future())
        self._questions.append(question)
        self.waiting_images += len(images)
        if not self._is_begun:
            self._is_begun = True
            loop.call_soon(self._begin)  # after all that has arrived by now has been looked at
        return await question.answer

    def close(self) -> None:
        """Begin nothing new; what runs already is finished."""
        self._pool.shutdown(wait=False)

    def _begin(self) -> None:
        questions = self._taken()
        if not questions:
            self._is_begun = False
            return
        loop = asyncio.get_running_loop()
        n = sum(len(question.images) for question in questions)
        if n <= self._at_once:
            self._run(questions)
            loop.call_soon(self._begin)
        else:
            running = loop.run_in_executor(self._pool, _answered, self._classifier, questions)
            running.add_done_callback(lambda done: self._end(questions, done))
        self._observe(n)

    def _taken(self) -> list[_Question]:
        """The next ones: as many as are to be answered together, but at least one, unless nobody waits for it."""
        taken: list[_Question] = []
        n = 0
        while self._questions and (not taken or n + len(self._questions[0].images) <= self._together):
            question = self._questions.popleft()
            self.waiting_images -= len(question.images)
            if not question.answer.done():  # its client may have gone
                taken.append(question)
                n += len(question.images)
        return taken

    def _run(self, questions: list[_Question]) -> None:
        try:
            _deliver(questions, _answered(self._classifier, questions))
        except Exception as error:  # noqa: BLE001 - it belongs to those who asked
            _fail(questions, error)

    def _end(self, questions: list[_Question], done: asyncio.Future[list[Answers]]) -> None:
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        if error is None:
            _deliver(questions, done.result())
        else:
            _fail(questions, error)
        self._begin()


def _answered(classifier: Classifier, questions: list[_Question]) -> list[Answers]:
    """One inference for all questions."""
    parts = [question.images for question in questions]
    images = parts[0] if len(parts) == 1 else np.concatenate(parts)
    probabilities = classifier.predict_proba(images)
    logits = classifier.predict_logits(images) if any(question.with_logits for question in questions) else None
    bounds = pairwise(accumulate((len(part) for part in parts), initial=0))
    return [Answers(probabilities[a:b], None if logits is None else logits[a:b]) for a, b in bounds]


def _deliver(questions: list[_Question], answers: list[Answers]) -> None:
    for question, answer in zip(questions, answers, strict=True):
        if not question.answer.done():
            question.answer.set_result(answer)


def _fail(questions: list[_Question], error: BaseException) -> None:
    for question in questions:
        if not question.answer.done():
            question.answer.set_exception(error)


def _images_at_once(classifier: Classifier) -> int:
    """How many images are classified so quickly that the event loop may wait for them."""
    # Noise leaves the network in doubt, which is when it takes longest.
    noise = np.random.default_rng(0).integers(0, 256, (_TRIAL_IMAGES, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    seconds = min(_seconds(classifier, noise) for _ in range(5))
    return min(2 * _TRIAL_IMAGES, int(_BLOCKED_SECONDS / (seconds / _TRIAL_IMAGES)))


def _seconds(classifier: Classifier, images: Images) -> float:
    began = time.perf_counter()
    classifier.predict_proba(images)
    return time.perf_counter() - began
