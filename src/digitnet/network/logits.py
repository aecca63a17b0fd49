"""Logits: what a Keras model computes before its softmax, whatever backend Keras runs on.

Nothing here imports Keras: who has a model has imported it already, with the backend of their choice.
"""

import sys
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from digitnet.arrays import Images, Logits
from digitnet.errors import ConfigurationError

__all__ = ["UncompiledPredictor", "logits_function", "required_logits", "shaped_for"]

KerasModel: TypeAlias = Any  # a keras.Model; Keras ships no type information
Tensor: TypeAlias = Any  # of Keras's backend


def _keras_of(model: KerasModel) -> Any:
    """The Keras that a model was made with."""
    if "keras" not in sys.modules:
        raise ConfigurationError(f"expected a keras.Model, found {type(model).__name__}")
    return sys.modules["keras"]


def logits_function(
    model: KerasModel, product: Callable[[Tensor, Tensor], Tensor] | None = None
) -> Callable[[Tensor, bool], Tensor] | None:
    """The function from images to logits, where the model ends in a plain softmax; None where it does not.

    The logarithm of a softmax is computed exactly only from the logits: at a probability below about 1e-7 the
    softmax has rounded away what the logarithm asks for.

    Args:
        model: A built keras.Model.
        product: What multiplies the last layer's inputs (n, units) and its kernel (units, classes); None takes Keras's.

    Returns:
        A function (images, training) -> logits (n, classes) that uses the model's own variables, or None.
    """
    keras = _keras_of(model)
    multiply = product or keras.ops.matmul
    last = _last_layer(model)
    softmax = keras.activations.softmax
    # Exactly these types: a class derived from one of them may compute something else.
    if type(last) is keras.layers.Softmax or (
        type(last) in {keras.layers.Dense, keras.layers.Activation} and last.activation is softmax
    ):
        body = keras.Model(model.inputs[0], last.input)
        if type(last) is not keras.layers.Dense:
            return lambda images, training: body(images, training=training)

        def dense_logits(images: Tensor, training: bool) -> Tensor:
            products = multiply(body(images, training=training), last.kernel)
            return products if last.bias is None else keras.ops.add(products, last.bias)

        return dense_logits
    return None


def _last_layer(model: KerasModel) -> Any:
    if not isinstance(model, _keras_of(model).Model):
        raise ConfigurationError(f"expected a keras.Model, found {type(model).__name__}")
    if not getattr(model, "inputs", None) or not model.layers:
        raise ConfigurationError(
            f"model {model.name!r} has no input shape yet: make it of layers that begin with keras.Input((28, 28))"
        )
    return model.layers[-1]


def required_logits(model: KerasModel) -> Callable[[Tensor, bool], Tensor]:
    """As `logits_function`, for a model that has to end in a softmax.

    Args:
        model: A built keras.Model.

    Returns:
        A function (images, training) -> logits (n, classes).

    Raises:
        ConfigurationError: It ends in something else.
    """
    logits = logits_function(model)
    if logits is None:
        raise ConfigurationError(
            f"model {model.name!r} does not end in a softmax: expected a last Dense layer with "
            "activation='softmax' or a Softmax layer"
        )
    return logits


class UncompiledPredictor:
    """A Keras model on any backend seen as what `digitnet.evaluation.evaluation.evaluate` measures."""

    temperature = 1.0

    def __init__(self, model: KerasModel) -> None:
        self._model = model
        self._logits = required_logits(model)
        self._to_numpy = _keras_of(model).ops.convert_to_numpy

    def predict_logits(self, images: Images) -> Logits:
        """Logits of every image, in one batch.

        Args:
            images: uint8 (n, 28, 28).

        Returns:
            float32 (n, classes).
        """
        return np.asarray(self._to_numpy(self._logits(shaped_for(self._model, images), False)), np.float32)


def shaped_for(model: KerasModel, images: Images) -> Images:
    """The images in the shape that a model takes: as they are, with a channel, or flattened.

    Args:
        model: A built keras.Model with one input.
        images: uint8 (n, 28, 28).

    Returns:
        A view of the same pixels, uint8 (n, ...).

    Raises:
        ConfigurationError: The model takes another number of values.
    """
    input_shape = tuple(model.input_shape[1:])
    pixels = int(np.prod(images.shape[1:]))
    if None in input_shape or int(np.prod(input_shape)) != pixels:
        raise ConfigurationError(
            f"the model takes inputs of shape {input_shape}, but the images are {images.shape[1:]}: "
            f"build it with an input of {pixels} values"
        )
    return images.reshape(-1, *input_shape)
