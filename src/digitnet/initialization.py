"""Where training starts from: the first weights of each layer."""

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE
from digitnet.backend import Tensor, keras

__all__ = ["drawn_by_numpy", "kernel_initializer", "layer_seeds"]

_INK = (4, IMAGE_SIDE - 4)  # pixels between which MNIST's digits lie, in both directions


def kernel_initializer(activation: str, seed: int) -> Any:
    """He for the activations that pass about half of their input, Glorot for the symmetric ones, LeCun for SELU.

    Args:
        activation: Of the layer.
        seed: Of the layer.

    Returns:
        A keras.initializers.Initializer.
    """
    if activation == "selu":
        return keras.initializers.LecunNormal(seed=seed)
    if activation in {"sigmoid", "tanh", "linear", "softplus"}:
        return keras.initializers.GlorotUniform(seed=seed)
    return keras.initializers.HeUniform(seed=seed)


def layer_seeds(seed: int | None, count: int) -> Iterator[int]:
    """A seed of its own for each layer, so that no two layers start alike; below 2**31, as Keras wants them."""
    words = np.random.SeedSequence(seed).generate_state(count, np.uint32)
    return (int(word) >> 1 for word in words)


def drawn_by_numpy(layer: Any, x: Tensor, receptive_field: float = 0.0) -> Tensor:
    """Call a Dense layer for the first time, its kernel drawn by NumPy from the initialiser's own distribution.

    Keras would compile a program for every shape of kernel, which takes longer than an epoch.

    Args:
        layer: A keras.layers.Dense that has no weights yet.
        x: Its symbolic input; of 28 x 28 pixels where there is a receptive field.
        receptive_field: Standard deviation in pixels of the spot that each unit starts from; 0 for all inputs alike.

    Returns:
        The layer's symbolic output.
    """
    initializer = layer.kernel_initializer
    if receptive_field:
        layer.kernel_initializer = partial(_spots, initializer, receptive_field)
    elif initializer.distribution == "uniform":
        layer.kernel_initializer = partial(_variance_scaling, initializer)
    outputs = layer(x)
    layer.kernel_initializer = initializer
    return outputs


def _variance_scaling(initializer: Any, shape: tuple[int, int], dtype: str) -> NDArray[Any]:
    """Uniform in +-sqrt(3 scale / fan), as keras.initializers.VarianceScaling has it."""
    fan = _fan(initializer, shape)
    limit = math.sqrt(3 * initializer.scale / fan)
    return np.random.default_rng(initializer.seed).uniform(-limit, limit, shape).astype(dtype)


def _spots(initializer: Any, sigma: float, shape: tuple[int, int], dtype: str) -> NDArray[Any]:
    """Noise under a Gaussian window somewhere among the ink, for each unit; as strong as the initialiser's, in sum 0.

    Without the sum a unit would first of all measure how much ink there is.
    """
    generator = np.random.default_rng(initializer.seed)
    rows, columns = generator.uniform(*_INK, (2, shape[1]))
    places = np.arange(IMAGE_SIDE)[:, None]
    down, across = (np.exp(-((places - middles) ** 2) / (2 * sigma**2)) for middles in (rows, columns))
    window = (down[:, None] * across[None]).reshape(shape)
    kernel = generator.standard_normal(shape) * window
    kernel -= window * (kernel.sum(axis=0) / window.sum(axis=0))
    return np.asarray(kernel * (math.sqrt(initializer.scale / _fan(initializer, shape)) / kernel.std(axis=0)), dtype)


def _fan(initializer: Any, shape: tuple[int, int]) -> float:
    return {"fan_in": shape[0], "fan_avg": sum(shape) / 2}[initializer.mode]
