"""What a lesson learns from: the corrections, each several times, among images of MNIST, so that none is forgotten."""

import numpy as np

from digitnet.datasets import Dataset

__all__ = ["mixture"]

_OF_MNIST = 20_000  # images; a third of them is enough to hold what the network knows
_SHARE = 0.1  # of the mixture: what the corrections should be, if there are enough of them
_REPEATS_MAX = 50  # of one correction: more teaches the picture and not the digit


def mixture(mnist: Dataset, corrections: Dataset, *, seed: int) -> Dataset:
    """Some of MNIST, and the corrections among it.

    Args:
        mnist: Images to learn from, none of them held out.
        corrections: At least one.
        seed: Which images of MNIST.

    Returns:
        The images of MNIST first, then the corrections, each as often as the others; training shuffles them.
    """
    generator = np.random.default_rng(seed)
    chosen = np.sort(generator.permutation(len(mnist))[:_OF_MNIST])
    wanted = _SHARE / (1 - _SHARE) * len(chosen) / len(corrections)
    repeats = int(np.clip(round(wanted), 1, _REPEATS_MAX))
    return Dataset(
        np.concatenate([mnist.images[chosen], np.tile(corrections.images, (repeats, 1, 1))]),
        np.concatenate([mnist.labels[chosen], np.tile(corrections.labels, repeats)]),
        "mnist and corrections",
        class_names=mnist.class_names,
    )
