"""Splitting a data set in two, so that nothing is chosen on the test set."""

import math

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import Labels
from digitnet.datasets.dataset import Dataset
from digitnet.errors import ConfigurationError

__all__ = ["train_validation_split"]


def train_validation_split(dataset: Dataset, validation_fraction: float, seed: int) -> tuple[Dataset, Dataset]:
    """Split at random into a training and a validation set, each with every class in its proportion.

    The validation set has the fraction of all images, rounded to the nearest; its classes share that number
    by largest remainder. Both keep the order of the data set. The same arguments give the same split under
    every version of NumPy: only the raw output of PCG64 is used, which NumPy promises not to change.

    Args:
        dataset: What to split.
        validation_fraction: In (0, 1).
        seed: At least 0.

    Returns:
        Training set and validation set, without an image in common and complete together.

    Raises:
        ConfigurationError: A fraction or seed out of range, or a part would be empty.

    Source:
        NumPy Enhancement Proposal 19, on what stays the same between versions.
    """
    if not 0 < validation_fraction < 1:
        raise ConfigurationError(
            f"validation_fraction: expected a number between 0 and 1, found {validation_fraction}. Try 0.1."
        )
    if seed < 0:
        raise ConfigurationError(f"seed: expected a whole number of at least 0, found {seed}. Try 0.")
    size = math.floor(len(dataset) * validation_fraction + 0.5)
    if not 0 < size < len(dataset):
        raise ConfigurationError(
            f"validation_fraction: {validation_fraction} of {len(dataset)} images is {size} for validation, "
            f"expected at least one there and one for training. Choose another fraction, or 0 to hold out none."
        )
    in_validation = _choose(dataset.labels, _allocate(np.bincount(dataset.labels).tolist(), size), seed)
    return dataset.subset(np.flatnonzero(~in_validation)), dataset.subset(np.flatnonzero(in_validation))


def _allocate(counts: list[int], size: int) -> list[int]:
    """Share `size` places among classes in proportion to their counts, by largest remainder.

    Whole-number arithmetic throughout, so that no rounding decides. A class gives its last training image
    only if no other can give one.
    """
    total = sum(counts)
    shares = [count * size // total for count in counts]
    remainders = [count * size % total for count in counts]
    order = sorted(
        (label for label, remainder in enumerate(remainders) if remainder),
        key=lambda label: (shares[label] + 1 == counts[label], -remainders[label], label),
    )
    for label in order[: size - sum(shares)]:
        shares[label] += 1
    return shares


def _choose(labels: Labels, shares: list[int], seed: int) -> NDArray[np.bool_]:
    """Mark that many images of each class, bool (n,)."""
    keys = np.random.PCG64(seed).random_raw(len(labels))
    order = np.argsort(keys, kind="stable")
    marked = np.zeros(len(labels), dtype=np.bool_)
    for label, share in enumerate(shares):
        of_class = order[labels[order] == label]
        marked[of_class[:share]] = True
    return marked
