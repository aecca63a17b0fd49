"""Initial weights of each layer."""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE
from digitnet.network.backend import Tensor, keras

__all__ = ["dense_with_numpy_kernel", "kernel_initializer", "layer_seeds", "receptive_windows"]

Places: TypeAlias = NDArray[np.float64]  # row and column of each input or unit, in pixels: (n, 2)
Window: TypeAlias = NDArray[np.float32]

_INK_RANGE = (4, IMAGE_SIDE - 4)  # pixels between which MNIST's digits lie, in both directions
_UNIT_PLACES_STREAM = 3  # part of the seed, so that the places of units do not depend on other random numbers


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


def receptive_windows(hidden_sizes: Sequence[int], radii: Sequence[float], seed: int | None) -> list[Window | None]:
    """Factors for the initial weights of hidden layers, which limit each unit to a disc of its inputs.

    Each unit gets a place on the paper, drawn evenly from where the ink is, and sees a disc around it: of the image in
    the first layer, of the units before it in the others. Within the disc what is near counts more, by a Gaussian of
    half its radius. Neighbouring pixels belong together more than distant ones, so that a network that starts like this
    has less to learn.

    Args:
        hidden_sizes: Units of each hidden layer.
        radii: Of the discs in each layer, in pixels of the image; 0 where the units see everything, as they do in
            layers that have no radius here. Further radii are ignored.
        seed: Decides the places; None as 0.

    Returns:
        For each hidden layer float32 (inputs, units) in [0, 1], or None where its units see everything. A unit
        without any input in its disc sees the one that is nearest.
    """
    windows: list[Window | None] = []
    before = np.indices((IMAGE_SIDE, IMAGE_SIDE)).reshape(2, -1).T.astype(np.float64)
    for number, size in enumerate(hidden_sizes):
        places = np.random.default_rng([seed or 0, _UNIT_PLACES_STREAM, number]).uniform(*_INK_RANGE, (size, 2))
        radius = radii[number] if number < len(radii) else 0
        windows.append(_window(before, places, radius) if radius else None)
        before = places
    return windows


def dense_with_numpy_kernel(layer: Any, x: Tensor, window: Window | None = None) -> Tensor:
    """Call a Dense layer for the first time, its kernel drawn by NumPy from the initialiser's own distribution.

    Keras would compile a program for every shape of kernel, which takes longer than an epoch.

    Args:
        layer: A keras.layers.Dense that has no weights yet.
        x: Its symbolic input.
        window: What to multiply the kernel by, (inputs, units); each unit is as strong with it as without.

    Returns:
        The layer's symbolic output.
    """
    initializer = layer.kernel_initializer
    if window is not None or initializer.distribution == "uniform":
        layer.kernel_initializer = partial(_variance_scaling, initializer, window)
    outputs = layer(x)
    layer.kernel_initializer = initializer
    return outputs


def _window(inputs: Places, units: Places, radius: float) -> Window:
    squares = ((inputs[:, None] - units[None]) ** 2).sum(axis=-1)
    squares[squares.argmin(axis=0), np.arange(len(units))] = 0
    return np.where(squares <= radius**2, np.exp(-2 * squares / radius**2), 0).astype(np.float32)


def _variance_scaling(initializer: Any, window: Window | None, shape: tuple[int, int], dtype: str) -> NDArray[Any]:
    """Uniform in +-sqrt(3 scale / fan), as keras.initializers.VarianceScaling has it."""
    fan = _fan(initializer, shape)
    limit = math.sqrt(3 * initializer.scale / fan)
    kernel = np.random.default_rng(initializer.seed).uniform(-limit, limit, shape)
    if window is not None:
        kernel *= window / np.sqrt(np.square(window, dtype=np.float64).mean(axis=0))
    return kernel.astype(dtype)


def _fan(initializer: Any, shape: tuple[int, int]) -> float:
    return {"fan_in": shape[0], "fan_avg": sum(shape) / 2}[initializer.mode]
