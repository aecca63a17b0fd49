"""Single flipped bits in a model file: is the file refused, do the answers stay, or are they silently others?"""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.results import Row
from digitnet import Classifier
from digitnet.errors import DigitnetError
from digitnet.model_file.contract import open_model

__all__ = ["Outcome", "answers_of", "flip_rows", "flipped", "outcome_of"]


class Outcome(NamedTuple):
    """What came of one flipped bit.

    Attributes:
        kind: "refused", "without effect" or "silently wrong".
        changed: Answers that are others than those of the whole file.
    """

    kind: str
    changed: int = 0


def flip_rows(
    subject: str, content: bytes, images: NDArray[np.uint8], n: int, seed: int, report: Callable[[int], None]
) -> list[Row]:
    """Flip single bits, one after the other, each in the whole file.

    Args:
        subject: What the file is called in the results.
        content: The bytes of a model file.
        images: uint8 (m, 28, 28), which are answered by every file that is not refused.
        n: Bits that are flipped, drawn with equal chances from all bits of the file.
        seed: Decides which.
        report: Called with the number of bits that are done.

    Returns:
        How many there were of each outcome, and how many answers changed at most.
    """
    expected = answers_of(content, images)
    counts: Counter[str] = Counter()
    most = 0
    for done, bit in enumerate(np.random.default_rng(seed).integers(0, 8 * len(content), n).tolist(), start=1):
        outcome = outcome_of(flipped(content, bit), images, expected)
        counts[outcome.kind] += 1
        most = max(most, outcome.changed)
        report(done)
    kinds = ("refused", "without effect", "silently wrong")
    return [
        *(Row(subject, kind, counts[kind], "errors", n) for kind in kinds),
        Row(subject, "answers changed at most", most, "answers", len(images)),
    ]


def outcome_of(content: bytes, images: NDArray[np.uint8], expected: NDArray[np.int64]) -> Outcome:
    """What comes of a damaged file."""
    try:
        found = answers_of(content, images)
    except DigitnetError:
        return Outcome("refused")
    changed = int((found != expected).any(axis=1).sum())
    return Outcome("silently wrong" if changed else "without effect", changed)


def answers_of(content: bytes, images: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The label of each network for each image, and whether the image is called a digit; int64 (n, 1 to 3).

    Raises a DigitnetError where the file, or an answer, is refused.
    """
    classifier = Classifier(*open_model(content))
    columns = [classifier.predict(images)]
    second = classifier.predict_second_network(images)
    if second is not None:
        columns.append(second.argmax(axis=1))
    scores = classifier.score_digits(images)
    if scores is not None:
        columns.append(scores >= classifier.decision.single.refused_below)
    return np.stack(columns, axis=1).astype(np.int64)


def flipped(content: bytes, bit: int) -> bytes:
    """The file with one bit, counted from the lowest of the first byte, that is another."""
    damaged = bytearray(content)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)
