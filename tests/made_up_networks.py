"""Small networks of dense layers with weights at random, as matrices and as model files."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from digitnet.inspection import Layer, Network
from digitnet.inspection.activations import LINEAR, Activation, activation_of

__all__ = ["NAMES", "made_up_images", "made_up_network"]

NAMES = tuple(str(label) for label in range(10))


def made_up_network(
    sizes: Sequence[int] = (24, 16), operator: str = "Relu", *, seed: int = 0, temperature: float = 1.5
) -> Network:
    """A network whose sums are of the size that those of trained ones have."""
    rng = np.random.default_rng(seed)
    ends = [784, *sizes, len(NAMES)]
    layers = []
    for inputs, units in pairwise(ends):
        kernel = rng.normal(0, 2 / np.sqrt(inputs), (inputs, units)).astype(np.float32)
        layers.append(Layer(kernel, rng.normal(0, 0.5, units).astype(np.float32)))
    activation: Activation = activation_of(operator) or LINEAR
    return Network(tuple(layers), (activation,) * len(sizes), temperature, NAMES)


def made_up_images(n: int, seed: int = 1) -> NDArray[np.uint8]:
    """Blots of ink on paper, most of which is blank, uint8 (n, 28, 28)."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
    return np.where(rng.random((n, 28, 28)) < 0.3, images, 0).astype(np.uint8)
