"""Build: a multilayer perceptron whose first two layers are the preprocessing.

    images (n, 28, 28) uint8
      Rescaling     pixel / 255, so that ink is 1 and paper is 0
      Flatten       28 x 28 -> 784
      Dense         one or more hidden layers: x W + b, then the activation
      Dense         one output a class, softmax: probabilities that sum to 1

The division and the flattening travel with the model: whoever has the file cannot preprocess wrongly.
"""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from digitnet.arrays import IMAGE_SIDE, Images, Logits
from digitnet.datasets.dataset import MAX_CLASSES
from digitnet.errors import ConfigurationError, nearest_name
from digitnet.network.activations import ACTIVATIONS
from digitnet.network.backend import KerasModel, Tensor, keras
from digitnet.network.initialization import dense_with_numpy_kernel, kernel_initializer, layer_seeds, receptive_windows
from digitnet.network.logits import logits_function, required_logits, shaped_for

__all__ = ["KerasPredictor", "build_mlp", "layer_table", "logits_function", "shaped_for"]


_MAX_UNITS = 65_536  # a hidden layer of 65,536 units on 784 inputs already takes 200 MB


def build_mlp(
    hidden_sizes: Sequence[int] = (512, 512),
    *,
    num_classes: int = 10,
    activation: str = "relu",
    dropout: float = 0.0,
    batch_normalization: bool = False,
    weight_decay: float = 0.0,
    receptive_fields: Sequence[float] = (),
    seed: int | None = None,
) -> KerasModel:
    """Build an uncompiled multilayer perceptron for 28 x 28 images.

    Args:
        hidden_sizes: Units of each hidden layer, from the input on; at least one, each 1 to 65,536.
        num_classes: Outputs, 2 to 256.
        activation: Activation of the hidden layers, one of `ACTIVATIONS`.
        dropout: Fraction of each hidden layer's outputs set to 0 while training, in [0, 1).
        batch_normalization: Normalise each hidden layer before its activation, over the batch.
        weight_decay: Strength d >= 0 of the L2 penalty d / 2 * sum(w * w) on all kernels, added to the loss;
            with plain SGD this is classical weight decay. For decoupled decay leave it at 0 and give
            `weight_decay` to the optimiser instead.
        receptive_fields: Radius in pixels, 0 to 28, of the disc that each unit of the first hidden layer, of the second
            and so on starts from; 0, or none, starts with everything. Weights outside are exactly 0, and stay so
            with `train(..., keep_zeros=True)`.
        seed: Starting point of the initial weights and of dropout; None draws one.

    Returns:
        A keras.Model from `images` (n, 28, 28) uint8 to probabilities (n, num_classes) float32.

    Raises:
        ConfigurationError: A value outside the ranges above.

    Source:
        He initialisation for ReLU-like activations: He, Zhang, Ren and Sun (2015), arXiv 1502.01852;
        dropout: Srivastava and others, JMLR 15 (2014); batch normalisation: Ioffe and Szegedy (2015),
        arXiv 1502.03167.
    """
    sizes = _checked_sizes(hidden_sizes)
    _check_build(num_classes, activation, dropout, weight_decay, receptive_fields, seed)
    seeds = layer_seeds(seed, count=2 * len(sizes) + 1)
    windows = receptive_windows(sizes, receptive_fields, seed)
    regularizer = keras.regularizers.L2(weight_decay / 2) if weight_decay else None

    images = keras.Input((IMAGE_SIDE, IMAGE_SIDE), dtype="uint8", name="images")
    x = keras.layers.Rescaling(1 / 255, name="rescaling")(images)
    x = keras.layers.Flatten(name="flatten")(x)
    for number, size in enumerate(sizes, start=1):
        layer = keras.layers.Dense(
            size,
            activation=None if batch_normalization else activation,
            use_bias=not batch_normalization,  # normalisation subtracts any bias again
            kernel_initializer=kernel_initializer(activation, next(seeds)),
            kernel_regularizer=regularizer,
            name=f"hidden_{number}",
        )
        x = dense_with_numpy_kernel(layer, x, windows[number - 1])
        if batch_normalization:
            x = keras.layers.BatchNormalization(momentum=0.9, name=f"normalization_{number}")(x)
            x = keras.layers.Activation(activation, name=f"activation_{number}")(x)
        dropout_seed = next(seeds)
        if dropout:
            x = keras.layers.Dropout(dropout, seed=dropout_seed, name=f"dropout_{number}")(x)
    output = keras.layers.Dense(
        num_classes,
        activation="softmax",
        kernel_initializer=keras.initializers.GlorotUniform(seed=next(seeds)),
        kernel_regularizer=regularizer,
        name="output",
    )
    return keras.Model(images, dense_with_numpy_kernel(output, x), name="mlp")


def _checked_sizes(hidden_sizes: Sequence[int]) -> tuple[int, ...]:
    sizes = tuple(hidden_sizes) if isinstance(hidden_sizes, Sequence) else (hidden_sizes,)
    if not sizes:
        raise ConfigurationError("hidden_sizes is empty: expected at least one hidden layer, for example (512, 512)")
    for position, size in enumerate(sizes, start=1):
        if not isinstance(size, int | np.integer) or isinstance(size, bool) or not 1 <= size <= _MAX_UNITS:
            raise ConfigurationError(
                f"hidden layer {position} has {size!r} units: expected a whole number from 1 to {_MAX_UNITS}"
            )
    return tuple(int(size) for size in sizes)


def _check_build(
    num_classes: int,
    activation: str,
    dropout: float,
    weight_decay: float,
    receptive_fields: Sequence[float],
    seed: int | None,
) -> None:
    if not 2 <= num_classes <= MAX_CLASSES:
        raise ConfigurationError(f"num_classes is {num_classes}: expected 2 to {MAX_CLASSES}")
    if activation not in ACTIVATIONS:
        raise ConfigurationError(
            f"activation {activation!r} is not known{nearest_name(activation, ACTIVATIONS)}; "
            f"expected one of {', '.join(ACTIVATIONS)}"
        )
    if not 0 <= dropout < 1:
        raise ConfigurationError(f"dropout is {dropout}: expected at least 0 and below 1")
    if not 0 <= weight_decay < float("inf"):
        raise ConfigurationError(f"weight_decay is {weight_decay}: expected 0 or more")
    for number, radius in enumerate(receptive_fields, start=1):
        if not 0 <= radius <= IMAGE_SIDE:
            raise ConfigurationError(
                f"the receptive field of hidden layer {number} is {radius}: expected 0 to {IMAGE_SIDE} pixels, "
                "where 0 is everything"
            )
    if seed is not None and seed < 0:
        raise ConfigurationError(f"seed is {seed}: expected a whole number, 0 or more")


class KerasPredictor:
    """A Keras model seen as what `digitnet.evaluation.evaluation.evaluate` measures: images in, logits out."""

    temperature = 1.0

    def __init__(self, model: KerasModel, batch_size: int = 1000) -> None:
        logits = required_logits(model)
        self._model = model
        self._batch_size = batch_size

        def apply(values: list[Tensor], images: Tensor) -> Tensor:
            with keras.StatelessScope(state_mapping=list(zip(model.variables, values, strict=True))):
                return logits(images, False)

        self._apply = jax.jit(apply)

    def predict_logits(self, images: Images) -> Logits:
        """Logits of every image.

        Args:
            images: uint8 (n, 28, 28).

        Returns:
            float32 (n, classes).
        """
        shaped = shaped_for(self._model, images)
        values = [variable.value for variable in self._model.variables]
        parts = [
            self._apply(values, shaped[start : start + self._batch_size])
            for start in range(0, len(images), self._batch_size)
        ]
        return np.concatenate([np.asarray(part, np.float32) for part in parts])


def layer_table(model: KerasModel) -> list[dict[str, Any]]:
    """What each layer is, for people and for the model file.

    Args:
        model: A built keras.Model.

    Returns:
        One dict a layer: name, kind (Keras's class name), activation (or None), output_shape (without the batch),
        parameters (all weights, also those that training does not change).
    """
    rows = []
    for layer in model.layers:
        activation = getattr(getattr(layer, "activation", None), "__name__", None)
        rows.append(
            {
                "name": layer.name,
                "kind": type(layer).__name__,
                "activation": None if activation == "linear" else activation,
                "output_shape": [int(size) for size in layer.output.shape[1:]],
                "parameters": int(layer.count_params()),
            }
        )
    return rows
