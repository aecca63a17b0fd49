"""A Keras model as an ONNX file: the whole function from raw picture to answer.

    images uint8 (n, 28, 28) -> Cast -> x / 255 -> Flatten -> (Gemm -> activation) ... -> Gemm -> logits
                                                              logits / temperature -> Softmax -> probabilities

Batch normalisation is folded into its neighbouring dense layer and dropout is left out, since both are fixed once
training has ended. Before a file is written, its answers are compared with those of the model it came from.
`quantization` makes the file in 8-bit integers out of this one.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto

from digitnet.arrays import IMAGE_SIDE, Images
from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.files import write_atomically
from digitnet.model_file.contract import ModelMetadata, start_session
from digitnet.model_file.graph import Graph, with_metadata, with_reference_answers
from digitnet.model_file.metadata import Precision, check_precision
from digitnet.model_file.quantization import quantize
from digitnet.network.backend import KerasModel, keras
from digitnet.network.mlp import KerasPredictor, layer_table

__all__ = ["encode_model", "save_model", "to_onnx"]

Array: TypeAlias = NDArray[np.float32]

# Largest accepted difference in a probability. Float32 rounding gives about 1e-6, and has given 3e-5 where batch
# normalisation divides by a small variance; a wrong graph differs in the first digit.
_TOLERANCE = 1e-4

# Keras's activation -> the ONNX operator and its attributes
_ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "elu": ("Elu", {"alpha": 1.0}),
    "gelu": ("Gelu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "relu": ("Relu", {}),
    "selu": ("Selu", {}),
    "sigmoid": ("Sigmoid", {}),
    "softplus": ("Softplus", {}),
    "tanh": ("Tanh", {}),
}
_ONLY_IN_TRAINING = (
    keras.layers.Dropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.AlphaDropout,
)


def save_model(
    model: KerasModel,
    path: str | Path,
    *,
    metadata: ModelMetadata | None = None,
    images: Images | None = None,
    precision: Precision = "float32",
) -> None:
    """Write a trained model as a model file, whole or not at all, after checking it.

    Args:
        model: A built keras.Model: a chain of Rescaling, Flatten, Dense, BatchNormalization, activations and
            dropout that ends in a softmax.
        path: The file to write; one that exists is replaced.
        metadata: What is known of the model; its temperature goes into the graph. None says only its layers.
        images: uint8 (n, 28, 28), on which the file must answer as the model does; None takes random pixels.
            For int8 these are also the images to calibrate on: some thousand of the training images, never of the
            test images.
        precision: `float32` or `int8`, a quarter of the size and several times as fast; see `quantization`.

    Raises:
        ConfigurationError: A layer that has no counterpart here, layers that are not a chain, an unknown precision,
            or no images for int8.
        ModelFileError: The written graph does not answer as the model does.
        OSError: The file cannot be written.
    """
    check_precision(precision)
    if precision == "int8" and images is None:
        raise ConfigurationError(
            "int8 is calibrated on images, but none were given: pass training images, "
            'save_model(..., images=train_set.images, precision="int8")'
        )
    if metadata is None:
        class_names = tuple(str(label) for label in range(model.output_shape[-1]))
        metadata = ModelMetadata(class_names, layers=tuple(layer_table(model)))
    content = encode_model(model, metadata, images)
    if precision == "int8" and images is not None:
        content = quantize(content, images)
    write_atomically(Path(path), content)


def encode_model(model: KerasModel, metadata: ModelMetadata, images: Images | None = None) -> bytes:
    """The content of a model file in float32, after checking it; see `save_model`.

    Args:
        model: As for `save_model`.
        metadata: What is known of the model.
        images: As for `save_model`; the file keeps ten of them, as `reference_answers`.

    Returns:
        The bytes of the file.

    Raises:
        ConfigurationError: As `save_model`.
        ModelFileError: As `save_model`.
    """
    temperature = metadata.calibration["temperature"]
    proto = to_onnx(model, temperature)
    onnx.checker.check_model(proto, full_check=True)
    content = with_metadata(proto.SerializeToString(), metadata)
    if images is None:
        images = np.random.default_rng(0).integers(0, 256, (64, IMAGE_SIDE, IMAGE_SIDE), dtype=np.uint8)
    _check_same_answers(model, content, images, temperature)
    return with_reference_answers(content, images)


def to_onnx(model: KerasModel, temperature: float = 1.0) -> onnx.ModelProto:
    """Convert a Keras model; see `save_model`.

    Args:
        model: As for `save_model`.
        temperature: What the logits are divided by before the softmax, above 0.

    Returns:
        The graph, without metadata.

    Raises:
        ConfigurationError: As `save_model`.
    """
    graph = Graph()
    for operation in _operations(model):
        operation.add_to(graph)
    graph.name_tip("logits")
    scaled = graph.tip
    if temperature != 1.0:
        scaled = graph.add("Div", [graph.tip, graph.constant("temperature", np.float32(temperature))])
    graph.add("Softmax", [scaled], output="probabilities", axis=-1)
    return graph.to_model(model.output_shape[-1])


@dataclass(frozen=True)
class _Affine:
    """x -> x * scale + shift, one number each for every feature, or one for all."""

    scale: Array
    shift: Array

    def add_to(self, graph: Graph) -> None:
        graph.add("Mul", [graph.tip, graph.constant("scale", self.scale)])
        if self.shift.any():
            graph.add("Add", [graph.tip, graph.constant("shift", self.shift)])


@dataclass(frozen=True)
class _Dense:
    """x -> x W + b."""

    kernel: Array
    bias: Array

    def add_to(self, graph: Graph) -> None:
        graph.add("Gemm", [graph.tip, graph.constant("kernel", self.kernel), graph.constant("bias", self.bias)])

    def then(self, affine: _Affine) -> "_Dense":
        """This layer and an affine one behind it, as one layer."""
        return _Dense(self.kernel * affine.scale, self.bias * affine.scale + affine.shift)

    def after(self, affine: _Affine) -> "_Dense":
        """An affine layer and this one behind it, as one layer."""
        scale = np.broadcast_to(affine.scale, len(self.kernel))
        shift = np.broadcast_to(affine.shift, len(self.kernel))
        return _Dense(self.kernel * scale[:, np.newaxis], self.bias + shift @ self.kernel)


@dataclass(frozen=True)
class _Operator:
    """An ONNX operator of one input."""

    kind: str
    attributes: dict[str, Any]

    def add_to(self, graph: Graph) -> None:
        if self.kind == "Silu":
            before = graph.tip
            graph.add("Mul", [before, graph.add("Sigmoid", [before])])
        else:
            graph.add(self.kind, [graph.tip], **self.attributes)


_Operation: TypeAlias = _Affine | _Dense | _Operator


def _operations(model: KerasModel) -> list[_Operation]:
    """The chain of operations up to the logits, batch normalisation folded into the dense layers."""
    operations: list[_Operation] = []
    layers = _layers_in_order(model)
    for layer in layers:
        for operation in _operations_of(layer, is_last=layer is layers[-1]):
            before = operations[-1] if operations else None
            if isinstance(operation, _Affine) and isinstance(before, _Dense):
                operations[-1] = before.then(operation)
            elif isinstance(operation, _Dense) and isinstance(before, _Affine):
                operations[-1] = operation.after(before)
            else:
                operations.append(operation)
    flatten = [] if len(model.input_shape) > 2 else [_Operator("Flatten", {"axis": 1})]
    return [_Operator("Cast", {"to": TensorProto.FLOAT}), *flatten, *operations]


def _layers_in_order(model: KerasModel) -> list[Any]:
    """The layers in the order in which data flows through them."""
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    for before, layer in pairwise(layers):
        if layer.input is not before.output:
            raise ConfigurationError(
                f"layer {layer.name!r} does not follow {before.name!r}: only a plain chain of layers can be saved"
            )
    return layers


def _operations_of(layer: Any, *, is_last: bool) -> list[_Operation]:
    """What a layer does when it does not train."""
    operations: list[_Operation] = []
    if isinstance(layer, keras.layers.Rescaling):
        operations = [_Affine(np.asarray(layer.scale, np.float32), np.asarray(layer.offset, np.float32))]
    elif isinstance(layer, keras.layers.Flatten):
        operations = [_Operator("Flatten", {"axis": 1})]
    elif isinstance(layer, keras.layers.BatchNormalization):
        operations = [_normalization(layer)]
    elif isinstance(layer, keras.layers.Dense):
        operations = [_dense(layer), *_activation(layer, is_last=is_last)]
    elif isinstance(layer, keras.layers.Activation):
        operations = _activation(layer, is_last=is_last)
    elif not isinstance(layer, _ONLY_IN_TRAINING) and not (is_last and isinstance(layer, keras.layers.Softmax)):
        raise ConfigurationError(
            f"layer {layer.name!r} is a {type(layer).__name__}, which cannot be saved: expected Rescaling, Flatten, "
            "Dense, BatchNormalization, Activation, dropout, or Softmax at the end"
        )
    return operations


def _dense(layer: Any) -> _Dense:
    if len(layer.input.shape) != 2:
        raise ConfigurationError(f"layer {layer.name!r} is a Dense on {layer.input.shape[1:]}: put a Flatten before it")
    kernel = np.asarray(layer.kernel.value, np.float32)
    no_bias = np.zeros(kernel.shape[1], np.float32)
    return _Dense(kernel, no_bias if layer.bias is None else np.asarray(layer.bias.value, np.float32))


def _normalization(layer: Any) -> _Affine:
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta, as one product and one sum; in float64 on the way."""
    mean, variance = (np.asarray(v.value, np.float64) for v in (layer.moving_mean, layer.moving_variance))
    gamma = 1.0 if layer.gamma is None else np.asarray(layer.gamma.value, np.float64)
    beta = 0.0 if layer.beta is None else np.asarray(layer.beta.value, np.float64)
    scale = gamma / np.sqrt(variance + layer.epsilon)
    return _Affine(scale.astype(np.float32), (beta - mean * scale).astype(np.float32))


def _activation(layer: Any, *, is_last: bool) -> list[_Operation]:
    name = getattr(layer.activation, "__name__", type(layer.activation).__name__)
    if name == "linear" or (name == "softmax" and is_last):
        return []
    if name == "silu":
        return [_Operator("Silu", {})]
    if name not in _ACTIVATIONS:
        raise ConfigurationError(
            f"layer {layer.name!r} has the activation {name!r}, which cannot be saved: "
            f"expected one of {', '.join([*_ACTIVATIONS, 'silu', 'linear'])}, or softmax at the end"
        )
    return [_Operator(*_ACTIVATIONS[name])]


def _check_same_answers(model: KerasModel, data: bytes, images: Images, temperature: float) -> None:
    """Compare the file's answers with the model's own."""
    expected_logits = KerasPredictor(model).predict_logits(images).astype(np.float64) / temperature
    expected = np.exp(expected_logits - expected_logits.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    (probabilities,) = start_session(data).run(["probabilities"], {"images": images})
    difference = float(np.abs(probabilities - expected).max())
    if not difference < _TOLERANCE:
        raise ModelFileError(
            f"the exported graph does not answer as the model does: a probability differs by {difference:.1e}, "
            f"expected below {_TOLERANCE:.0e}. Are all weights finite?"
        )
