"""Format `keras`: a `.keras` archive of plain layers, which Keras opens on JAX, TensorFlow and PyTorch.

    images uint8 (n, 28, 28) -> Rescaling 1 / 255 -> Flatten -> hidden_1 ... -> output, softmax -> probabilities

The temperature is inside the weights of the last layer: softmax((x W + b) / t) = softmax(x (W / t) + b / t). So the
model answers with the model file's calibrated probabilities, and can be trained further like any other.
"""

from typing import Any

import numpy as np

from digitnet.arrays import IMAGE_SIDE, Images, Probabilities
from digitnet.exports.source import ExportSource
from digitnet.exports.written import Place, Written
from digitnet.inspection import Network
from digitnet.inspection.activations import Activation
from digitnet.network.backend import KerasModel, keras

__all__ = ["keras_model", "write"]


def write(source: ExportSource, place: Place) -> Written:
    """Write the archive; see `digitnet.exports.export`."""
    keras_model(source.network()).save(place.now)
    loaded = keras.saving.load_model(place.now)

    def answer(images: Images) -> Probabilities:
        return np.asarray(loaded(images), np.float32)

    images = "digitnet.load_mnist()[1].images[:5]"
    line = f"import digitnet, keras; print(keras.saving.load_model('{place.out}').predict({images}).argmax(axis=1))"
    return Written(answer, f'KERAS_BACKEND=jax python -c "{line}"', "Keras on JAX")


def keras_model(network: Network) -> KerasModel:
    """A Keras model with the weights of a model file.

    Args:
        network: Its layers.

    Returns:
        An uncompiled keras.Model from uint8 (n, 28, 28) to calibrated probabilities float32 (n, classes).
    """
    images = keras.Input((IMAGE_SIDE, IMAGE_SIDE), dtype="uint8", name="images")
    x = keras.layers.Rescaling(1 / 255, name="rescaling")(images)
    x = keras.layers.Flatten(name="flatten")(x)
    weights: list[Any] = []
    for number, (layer, activation) in enumerate(zip(network.hidden, network.activations, strict=True), start=1):
        function = _function(activation)
        x = keras.layers.Dense(layer.units, activation=function, name=f"hidden_{number}")(x)
        weights += [layer.kernel, layer.bias]
    last, temperature = network.layers[-1], np.float32(network.temperature)
    weights += [last.kernel / temperature, last.bias / temperature]
    model = keras.Model(images, keras.layers.Dense(last.units, activation="softmax", name="output")(x), name="digitnet")
    model.set_weights(weights)
    return model


def _function(activation: Activation) -> Any:
    """What Keras calls an activation function; a layer where the slope below 0 is to be given."""
    if activation.name == "leaky_relu":
        return keras.layers.LeakyReLU(negative_slope=activation.alpha)
    if activation.name == "elu":
        return keras.layers.ELU(alpha=activation.alpha)
    return activation.name
