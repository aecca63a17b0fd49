"""Reads the weights of a model file; needs `onnx`.

Dense layers are read off the graph backwards from the logits, so that whatever else the file answers is left alone. Of
a file in 8-bit integers each weight is what its integer stands for; that the sums between are rounded is left out.
"""

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray
from digitnet.errors import MissingExtraError, ModelFileError
from digitnet.inspection.activations import LINEAR, Activation, activation_of
from digitnet.inspection.network import PIXELS, Layer, Network
from digitnet.model_file.contract import METADATA_KEY
from digitnet.model_file.digest import check_digest
from digitnet.model_file.metadata import ModelMetadata

if TYPE_CHECKING:
    import onnx

__all__ = ["read_network"]

Array: TypeAlias = NDArray[np.float32]

_NO_CHAIN = (
    "is no single chain of dense layers, as a committee of several networks is not: one network can be looked into and "
    "taught, so choose another"
)
_VALUE_PRESERVING_OPERATORS = frozenset({"Cast", "Flatten"})


def read_network(source: Path | bytes) -> Network:
    """Read the weights of a model file.

    Args:
        source: The file, or its bytes; in either precision.

    Returns:
        The network.

    Raises:
        ModelFileError: It is missing or damaged, or no chain of dense layers.
        MissingExtraError: `onnx` is not installed.
    """
    name = "the model" if isinstance(source, bytes) else source.name
    try:
        content = source if isinstance(source, bytes) else source.read_bytes()
        check_digest(content)
        metadata, walk = _opened(content)
        layers, activations = walk.chain()
    except OSError as error:
        raise ModelFileError(f"{name} cannot be read: {error.strerror}") from error
    except (KeyError, IndexError, ValueError) as error:
        raise ModelFileError(f"{name} {_NO_CHAIN}") from error
    temperature = float(metadata.calibration["temperature"])
    return Network(tuple(layers), tuple(activations), temperature, metadata.class_names)


def _opened(content: bytes) -> "tuple[ModelMetadata, _Walk]":
    try:
        # Importing it takes as long as all of the server: only who looks inside a network pays for it.
        import onnx  # noqa: PLC0415
        from google.protobuf.message import (  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415
            DecodeError,
        )
    except ModuleNotFoundError as error:
        raise MissingExtraError("onnx is not installed: pip install 'digitnet[serve]'") from error
    try:
        proto = onnx.load_from_string(content)
    except DecodeError as error:
        raise ModelFileError("not an ONNX model, or a damaged one") from error
    texts = {entry.key: entry.value for entry in proto.metadata_props}
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in proto.graph.initializer}
    return ModelMetadata.from_json(texts.get(METADATA_KEY, "")), _Walk(proto.graph, constants)


class _Walk:
    """The way from the logits back to the images. What is not as expected is a KeyError or a ValueError."""

    def __init__(self, graph: "onnx.GraphProto", constants: dict[str, AnyArray]) -> None:
        self._makers = {name: node for node in graph.node for name in node.output}
        self._constants = constants

    def chain(self) -> tuple[list[Layer], list[Activation]]:
        """All layers, and the activation between each two, in the order of the network."""
        layers: list[Layer] = []
        activations: list[Activation] = []
        name = "logits"
        while (node := self._makers[name]).op_type == "Gemm":
            kernel, bias = (self._constant(part) for part in node.input[1:])
            if node.attribute or (layers and kernel.shape[1] != len(layers[-1].kernel)):
                raise ValueError(node.op_type)
            layers.append(Layer(kernel, bias))
            activation, name = self._activation(node.input[0])
            if self._is_dense(name):
                activations.append(activation)
            elif activation is not LINEAR:
                raise ValueError(activation.name)
            else:
                break
        scale, shift = self._pixels(name)
        layers[-1] = _rescaled_to_ink(layers[-1], scale, shift)
        return layers[::-1], activations[::-1]

    def _is_dense(self, name: str) -> bool:
        return name in self._makers and self._makers[name].op_type == "Gemm"

    def _activation(self, name: str) -> tuple[Activation, str]:
        """The activation function that gives a tensor, and the tensor that it is given."""
        before = self._before_quantization(name)
        node = self._makers.get(before)
        if node is None:
            return LINEAR, name
        if node.op_type == "Mul" and (gate := self._makers.get(node.input[1])) and gate.op_type == "Sigmoid":
            if gate.input[0] != node.input[0]:
                raise ValueError(node.op_type)
            return _required_activation(activation_of("Silu")), node.input[0]
        alpha = next((attribute.f for attribute in node.attribute if attribute.name == "alpha"), None)
        activation = activation_of(node.op_type, alpha)
        return (
            (LINEAR, before if self._is_dense(before) else name) if activation is None else (activation, node.input[0])
        )

    def _before_quantization(self, name: str) -> str:
        """The tensor before it was rounded to integers and back."""
        while (node := self._makers.get(name)) and node.op_type == "DequantizeLinear":
            before = self._makers.get(node.input[0])
            if before is None or before.op_type != "QuantizeLinear":
                break
            name = before.input[0]
        return name

    def _pixels(self, name: str) -> tuple[Array, Array]:
        """What is done to the pixels before the first layer: times scale, plus shift; each of any length."""
        scale, shift = np.ones(1), np.zeros(1)
        while (name := self._before_quantization(name)) != "images":
            node = self._makers[name]
            if node.op_type in {"Mul", "Add"}:
                operand = self._constants[node.input[1]].reshape(-1)
                # What is met on the way back happened before: it goes through all that was met already.
                shift = shift + scale * operand if node.op_type == "Add" else shift
                scale = scale * operand if node.op_type == "Mul" else scale
            elif node.op_type == "DequantizeLinear":
                step, zero = (self._constants[part].astype(np.float64).reshape(-1) for part in node.input[1:])
                scale, shift = scale * step, shift - scale * step * zero
            elif node.op_type not in _VALUE_PRESERVING_OPERATORS:
                raise ValueError(node.op_type)
            name = node.input[0]
        return scale.astype(np.float32), shift.astype(np.float32)

    def _constant(self, name: str) -> Array:
        """A weight, or what its integers stand for."""
        if name in self._constants:
            return np.asarray(self._constants[name], np.float32)
        node = self._makers[name]
        if node.op_type != "DequantizeLinear":
            raise ValueError(node.op_type)
        integers, steps, zeros = (self._constants[part].astype(np.float32) for part in node.input)
        return np.asarray((integers - zeros) * steps, np.float32)  # one step a unit, which is the last axis


def _required_activation(activation: Activation | None) -> Activation:
    if activation is None:
        raise ValueError("no activation")
    return activation


def _rescaled_to_ink(layer: Layer, scale: Array, shift: Array) -> Layer:
    """The first layer for ink in [0, 1], where it was one for pixels times scale plus shift."""
    if len(layer.kernel) != PIXELS:
        raise ValueError(len(layer.kernel))
    factors = np.broadcast_to(255 * scale, PIXELS).astype(np.float32)
    shifts = np.broadcast_to(shift, PIXELS)
    return Layer(factors[:, np.newaxis] * layer.kernel, layer.bias + shifts @ layer.kernel)
