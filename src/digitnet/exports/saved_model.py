"""Format `savedmodel`: a TensorFlow SavedModel with one signature; needs TensorFlow, and no Keras.

serving_default(images uint8 (n, 28, 28)) -> probabilities, logits: float32 (n, classes)
"""

import os
from typing import Any

import numpy as np

from digitnet.arrays import IMAGE_SIDE, Images, Probabilities
from digitnet.errors import ModelFileError
from digitnet.exports.source import ExportSource
from digitnet.exports.written import Place, Written
from digitnet.inspection import Network
from digitnet.inspection.activations import Activation

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow prints a page about processors and GPUs otherwise
import tensorflow as tf

__all__ = ["SIGNATURE", "save_model_folder", "serving_function", "tf", "write"]

SIGNATURE = "serving_default"  # where TensorFlow Serving looks


def write(source: ExportSource, place: Place) -> Written:
    """Write the folder; see `digitnet.exports.export`."""
    save_model_folder(source.network(), str(place.now))
    loaded = tf.saved_model.load(str(place.now))

    def answer(images: Images) -> Probabilities:
        found = loaded.signatures[SIGNATURE](images=tf.constant(images))
        return np.asarray(found["probabilities"], np.float32)

    images = "images=tf.constant(digitnet.load_mnist()[1].images[:5])"
    model = f"tf.saved_model.load('{place.out}').signatures['{SIGNATURE}']"
    line = f"import digitnet, tensorflow as tf; print({model}({images})['probabilities'].numpy().argmax(axis=1))"
    return Written(answer, f'python -c "{line}"', "TensorFlow")


def save_model_folder(network: Network, folder: str) -> None:
    """Write a SavedModel.

    Args:
        network: The layers.
        folder: Where to.
    """
    module = tf.Module()
    module.answer = serving_function(module, network)
    tf.saved_model.save(module, folder, signatures={SIGNATURE: module.answer})


def serving_function(module: Any, network: Network) -> Any:
    """The network as a function of TensorFlow.

    Args:
        module: A tf.Module, which keeps the weights.
        network: The layers.

    Returns:
        A tf.function from images uint8 (n, 28, 28) to a dict of probabilities and logits.
    """
    module.weights = [(tf.Variable(one.kernel), tf.Variable(one.bias)) for one in network.layers]
    functions = [_function(activation) for activation in network.activations]
    temperature = network.temperature
    signature = tf.TensorSpec([None, IMAGE_SIDE, IMAGE_SIDE], tf.uint8, name="images")

    @tf.function(input_signature=[signature])  # type: ignore[untyped-decorator]
    def answer(images: Any) -> dict[str, Any]:
        values = tf.reshape(tf.cast(images, tf.float32) * (1 / 255), [-1, IMAGE_SIDE * IMAGE_SIDE])
        for (kernel, bias), function in zip(module.weights, [*functions, tf.identity], strict=True):
            values = function(tf.matmul(values, kernel) + bias)
        return {"probabilities": tf.nn.softmax(values / temperature), "logits": tf.identity(values)}

    return answer


def _function(activation: Activation) -> Any:
    """An activation function of TensorFlow."""
    alpha = activation.alpha
    functions: dict[str, Any] = {
        "elu": tf.nn.elu,  # with a height below 0 of 1, as Keras has it by default
        "gelu": tf.nn.gelu,
        "leaky_relu": lambda sums: tf.nn.leaky_relu(sums, alpha),
        "linear": tf.identity,
        "relu": tf.nn.relu,
        "selu": tf.nn.selu,
        "sigmoid": tf.nn.sigmoid,
        "silu": tf.nn.silu,
        "softplus": tf.nn.softplus,
        "tanh": tf.nn.tanh,
    }
    if activation.name not in functions:
        raise ModelFileError(f"the model has layers of {activation.name}: expected one of {', '.join(functions)}")
    return functions[activation.name]
