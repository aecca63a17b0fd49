"""Dense and dropout in the forms that the compiled epoch runs fastest: the same mathematics, another order of work.

Both take a layer's place only while a step is traced, so the model itself stays one of plain Keras layers: it can be
saved, loaded and fitted without this package.

- **Dropout** takes its random bits from a hash of (seed, counter, position) instead of Threefry, JAX's generator.
- **Dense** computes the gradient of a narrow kernel (one with few outputs, as the last layer has) as the transpose of
  a product, which XLA's kernels for CPUs run about eight times as fast.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from digitnet.network.backend import KerasModel, Tensor, keras
from digitnet.network.random_bits import random_bits

__all__ = ["fast_layers", "keep_mask", "product"]

_MAX_NARROW_UNITS = 64  # outputs of a kernel; with more both forms are equally fast


@contextmanager
def fast_layers(model: KerasModel) -> Iterator[None]:
    """Inside, the model's Dense and Dropout layers compute with the functions of this module.

    Layers of any other class, also of classes derived from these two, stay as they are.

    Args:
        model: A built keras.Model.

    Yields:
        Nothing; the layers are themselves again at the end.
    """
    with ExitStack() as stack:
        for layer in model.layers:
            call = _fast_call(layer)
            if call is not None:
                stack.enter_context(_called_with(layer, call))
        yield


def product(x: Tensor, kernel: Tensor) -> Tensor:
    """The product of a batch and a kernel, with a gradient that is fast for narrow kernels too.

    Args:
        x: (n, inputs).
        kernel: float (inputs, outputs).

    Returns:
        x @ kernel, (n, outputs).
    """
    kernel = keras.ops.convert_to_tensor(kernel)
    return _product(x, kernel) if x.dtype == kernel.dtype and x.ndim == 2 else keras.ops.matmul(x, kernel)


@jax.custom_vjp
def _product(x: Tensor, kernel: Tensor) -> Tensor:
    return x @ kernel


def _product_forward(x: Tensor, kernel: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    return x @ kernel, (x, kernel)


def _product_backward(inputs: tuple[Tensor, Tensor], delta: Tensor) -> tuple[Tensor, Tensor]:
    x, kernel = inputs
    if kernel.shape[1] >= _MAX_NARROW_UNITS:
        return delta @ kernel.T, x.T @ delta
    # Without the barrier XLA would turn this back into the other form.
    transposed: Tensor = jax.lax.optimization_barrier(delta.T @ x)  # type: ignore[no-untyped-call]
    return delta @ kernel.T, transposed.T


_product.defvjp(_product_forward, _product_backward)


def keep_mask(key: Tensor, shape: tuple[int, ...], rate: float) -> Tensor:
    """Which elements survive dropout, each on its own with probability 1 - rate.

    Args:
        key: Two uint32: the seed of the layer, and how often it has been asked before.
        shape: Of the mask; below 2**32 elements.
        rate: Probability of False, in [0, 1).

    Returns:
        bool, of that shape.
    """
    bits = random_bits(key, math.prod(shape))
    return (bits >= np.uint32(rate * 2**32)).reshape(shape)


def _fast_call(layer: Any) -> Callable[..., Tensor] | None:
    """What takes the place of `layer.call`; None where nothing does."""
    if type(layer) is keras.layers.Dropout and layer.noise_shape is None and layer.rate > 0:
        return _dropout_call(layer)
    if type(layer) is keras.layers.Dense:
        return _dense_call(layer)
    return None


def _dropout_call(layer: Any) -> Callable[..., Tensor]:
    def call(inputs: Tensor, training: bool = False) -> Tensor:
        if not training:
            return inputs
        kept = keep_mask(layer.seed_generator.next(), inputs.shape, layer.rate)
        return jnp.where(kept, inputs / (1 - layer.rate), jnp.zeros_like(inputs))

    return call


def _dense_call(layer: Any) -> Callable[..., Tensor]:
    def call(inputs: Tensor, training: bool | None = None) -> Tensor:
        del training
        outputs = product(inputs, layer.kernel)
        if layer.bias is not None:
            outputs = keras.ops.add(outputs, layer.bias)
        return outputs if layer.activation is None else layer.activation(outputs)

    return call


@contextmanager
def _called_with(layer: Any, call: Callable[..., Tensor]) -> Iterator[None]:
    layer.call = call
    try:
        yield
    finally:
        del layer.call
