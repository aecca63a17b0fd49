"""A model file as a Keras model that goes on learning: its dense layers, read off the graph."""

from itertools import pairwise

import numpy as np
import onnx
from onnx import numpy_helper

from digitnet.arrays import IMAGE_SIDE, AnyArray
from digitnet.backend import KerasModel
from digitnet.digit_score import without_digit_score
from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.model import KerasPredictor, build_mlp
from digitnet.model_file import start_session

__all__ = ["keras_from_model_file"]

# The operators between two dense layers -> Keras's activation; ONNX Runtime's defaults are those of `export`.
_ACTIVATIONS = {
    (): "linear",
    ("Elu",): "elu",
    ("Gelu",): "gelu",
    ("LeakyRelu",): "leaky_relu",
    ("Relu",): "relu",
    ("Selu",): "selu",
    ("Sigmoid",): "sigmoid",
    ("Sigmoid", "Mul"): "silu",
    ("Softplus",): "softplus",
    ("Tanh",): "tanh",
}
_TOLERANCE = 1e-3  # largest accepted difference in a logit, relative to the largest; float32 rounding gives 1e-5


def keras_from_model_file(content: bytes, dropout: float = 0.0) -> KerasModel:
    """Build the network of a model file in float32, and check that it answers alike.

    Batch normalisation, which the file has folded into its dense layers, stays folded.

    Args:
        content: The bytes of a model file.
        dropout: Fraction of each hidden layer's outputs set to 0 while training, in [0, 1).

    Returns:
        A keras.Model as `build_mlp` makes it, uncompiled, with the weights of the file.

    Raises:
        ConfigurationError: The file is no chain of dense layers with one activation, as a committee is not.
        ModelFileError: What was built does not answer as the file does.
    """
    content = without_digit_score(content)
    layers, activations = _read_chain(onnx.load_from_string(content))
    if len(layers) < 2 or len(activations) != 1 or not activations <= _ACTIVATIONS.keys():
        raise _no_chain()
    for (before, _), (after, _) in pairwise(layers):
        if before.shape[1] != len(after):
            raise _no_chain()
    model = build_mlp(
        [kernel.shape[1] for kernel, _ in layers[:-1]],
        num_classes=layers[-1][0].shape[1],
        activation=_ACTIVATIONS[activations.pop()],
        dropout=dropout,
        seed=0,
    )
    dense = [layer for layer in model.layers if hasattr(layer, "kernel")]
    for layer, (kernel, bias) in zip(dense, layers, strict=True):
        if layer.kernel.shape != kernel.shape or layer.bias.shape != bias.shape:
            raise _no_chain()
        layer.kernel.assign(kernel)
        layer.bias.assign(bias)
    _check_same_answers(model, content)
    return model


def _read_chain(proto: onnx.ModelProto) -> tuple[list[tuple[AnyArray, AnyArray]], set[tuple[str, ...]]]:
    """Kernel and bias of each dense layer, and the operators that stand between two of them."""
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in proto.graph.initializer}
    layers: list[tuple[AnyArray, AnyArray]] = []
    activations: set[tuple[str, ...]] = set()
    between: list[str] = []
    for node in proto.graph.node:
        if node.op_type != "Gemm":
            between.append(node.op_type)
            continue
        if len(node.input) != 3 or not {*node.input[1:]} <= constants.keys():
            raise _no_chain()
        if layers:
            activations.add(tuple(between))
        layers.append((constants[node.input[1]], constants[node.input[2]]))
        between = []
    return layers, activations


def _no_chain() -> ConfigurationError:
    return ConfigurationError(
        "this model is not a plain chain of dense layers in float32, so no copy of it can learn: choose another one"
    )


def _check_same_answers(model: KerasModel, content: bytes) -> None:
    images = np.random.default_rng(0).integers(0, 256, (64, IMAGE_SIDE, IMAGE_SIDE), dtype=np.uint8)
    (expected,) = start_session(content).run(["logits"], {"images": images})
    found = KerasPredictor(model).predict_logits(images)
    difference = float(np.abs(found - expected).max() / np.abs(expected).max())
    if not difference < _TOLERANCE:
        raise ModelFileError(
            f"the network read from this model file does not answer as the file does: a logit differs by "
            f"{difference:.1e} of the largest. It was not made by digitnet, or is damaged"
        )
