"""What a lesson learns from: the corrections, each several times, among images of MNIST, so that none is forgotten."""

import numpy as np

from digitnet.datasets import Dataset

__all__ = ["mixture"]

_MNIST_IMAGES = 20_000  # a third of MNIST, so that a lesson forgets little; chosen by hand
_CORRECTIONS_SHARE = 0.1  # of the mixture, where there are enough corrections; chosen by hand
_REPEATS_MAX = 50  # of one correction; more would teach the picture and not the digit. Chosen by hand.


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
    chosen = np.sort(generator.permutation(len(mnist))[:_MNIST_IMAGES])
    wanted = _CORRECTIONS_SHARE / (1 - _CORRECTIONS_SHARE) * len(chosen) / len(corrections)
    repeats = int(np.clip(round(wanted), 1, _REPEATS_MAX))
    return Dataset(
        np.concatenate([mnist.images[chosen], np.tile(corrections.images, (repeats, 1, 1))]),
        np.concatenate([mnist.labels[chosen], np.tile(corrections.labels, repeats)]),
        "mnist and corrections",
        class_names=mnist.class_names,
    )
