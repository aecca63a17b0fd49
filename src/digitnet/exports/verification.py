"""The comparison of an export with its model file: nothing is exported that answers otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np

from digitnet.arrays import Images, Probabilities
from digitnet.datasets import load_mnist
from digitnet.errors import ModelFileError

__all__ = ["Answer", "Comparison", "compare", "comparison_images", "refuse_other_answers"]

Answer: TypeAlias = Callable[[Images], Probabilities]  # uint8 (n, 28, 28) -> float32 (n, classes)

_COUNT = 2000  # images of a comparison; a difference in one answer in a thousand is seen with a probability of 86 %
_BATCH_SIZE = 500  # images in one pass; chosen by hand


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the answers of an export differ from those of its model file.

    Attributes:
        n: Images compared.
        largest_difference: Of any probability.
        other_labels: Images whose most probable class is another one.
    """

    n: int
    largest_difference: float
    other_labels: int


@cache
def comparison_images() -> Images:
    """Every thirtieth of MNIST's training images, uint8 (2000, 28, 28), read-only; the test images stay unseen."""
    images = load_mnist()[0].images
    chosen = images[:: len(images) // _COUNT].copy()  # a view would keep all 60,000 in memory
    chosen.setflags(write=False)
    return chosen


def compare(expected: Answer, found: Answer, images: Images) -> Comparison:
    """Ask the model file and an export.

    Args:
        expected: What the model file answers.
        found: What the export answers.
        images: uint8 (n, 28, 28), n >= 1.

    Returns:
        How they differ; a probability that is not finite counts as a difference without bound.
    """
    largest, others = 0.0, 0
    for start in range(0, len(images), _BATCH_SIZE):
        batch = images[start : start + _BATCH_SIZE]
        right, other = (np.asarray(answer(batch), np.float64) for answer in (expected, found))
        if right.shape != other.shape:
            raise ModelFileError(f"the export answers with shape {other.shape}, expected {right.shape}")
        difference = float(np.abs(right - other).max())
        largest = max(largest, difference if np.isfinite(difference) else np.inf)
        others += int((right.argmax(axis=1) != other.argmax(axis=1)).sum())
    return Comparison(len(images), largest, others)


def refuse_other_answers(comparison: Comparison, max_difference: float, max_other_labels: int) -> None:
    """Refuse an export that differs too much.

    Args:
        comparison: What `compare` found.
        max_difference: Largest accepted difference of a probability.
        max_other_labels: How many images may get another label.

    Raises:
        ModelFileError: It differs more.
    """
    if comparison.largest_difference <= max_difference and comparison.other_labels <= max_other_labels:
        return
    raise ModelFileError(
        f"the export does not answer as the model file does: on {comparison.n:,} images a probability differs by "
        f"{comparison.largest_difference:.1e} and {comparison.other_labels} labels are others, expected at most "
        f"{max_difference:.0e} and {max_other_labels}; nothing was written"
    )
