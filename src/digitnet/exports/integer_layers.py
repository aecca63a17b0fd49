"""The integers of an int8 model file, as the sums and products that any program can repeat bit for bit.

sums = inputs uint8 @ weights int8 + bias int32                       exact in 32 bits; `quantization` sees to it
next inputs = min(max(round(sums * multipliers float32), 0), 255)     halves to even; the lower end is the ReLU
logits = sums * multipliers                                           behind the last layer
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from digitnet.arrays import AnyArray, Images
from digitnet.errors import ModelFileError
from digitnet.model_file.graph import decode_model

__all__ = ["IntegerLayer", "IntegerNetwork", "integer_network"]

_PIXELS = 784  # 28 x 28


@dataclass(frozen=True, slots=True, eq=False)
class IntegerLayer:
    """A dense layer in integers.

    Attributes:
        weights: int8 (inputs, units).
        bias: int32 (units,).
        multipliers: float32 (units,): from sums to the integers of the next layer, or to logits.
    """

    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    multipliers: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class IntegerNetwork:
    """Layers with a ReLU between each two.

    Attributes:
        layers: From the pixels to the logits.
        temperature: What the logits are divided by before the softmax.
    """

    layers: tuple[IntegerLayer, ...]
    temperature: float

    def sums(self, images: Images) -> Iterator[NDArray[np.int32]]:
        """The sums of each layer in turn, int32 (n, units), for uint8 (n, 28, 28)."""
        values = images.reshape(len(images), _PIXELS)
        for layer in self.layers:
            # Products below 255 * 128 and sums below 2 ** 31 are exact in float64, whose products are fast.
            sums = (values.astype(np.float64) @ layer.weights + layer.bias).astype(np.int32)
            yield sums
            values = np.rint(sums.astype(np.float32) * layer.multipliers).clip(0, 255).astype(np.uint8)

    def probabilities(self, images: Images) -> NDArray[np.float32]:
        """Calibrated probabilities, float32 (n, classes), for uint8 (n, 28, 28)."""
        *_, sums = self.sums(images)
        logits = sums.astype(np.float32) * self.layers[-1].multipliers / np.float32(self.temperature)
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True), np.float32)


def integer_network(content: bytes, temperature: float) -> IntegerNetwork:
    """Read the integers of a model file.

    Args:
        content: The bytes of a model file in int8.
        temperature: As its metadata have it.

    Returns:
        The network that gives the logits; others in the file are left out.

    Raises:
        ModelFileError: Anything between the pixels and the logits is not as `quantization` writes it for layers with
            ReLU.
    """
    try:
        layers = _Walk(decode_model(content).graph).layers()
    except (KeyError, ValueError) as error:
        raise ModelFileError(
            "the model is no single chain of dense layers with ReLU between them, in digitnet's integers: its graph "
            f"has {error} there; name another model file, or choose another format"
        ) from error
    return IntegerNetwork(tuple(layers), temperature)


class _Walk:
    """The way from the logits back to the images. What is not as expected is a KeyError or a ValueError."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._makers = {name: node for node in graph.node for name in node.output}
        self._constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}

    def layers(self) -> list[IntegerLayer]:
        """All layers, in the order of the network."""
        found: list[IntegerLayer] = []
        name, next_step = "logits", None
        while True:
            gemm = self._node(name, "Gemm")
            source, step = self._integers(gemm.input[0])
            weights, scales = self._dequantized(gemm.input[1], np.int8)
            bias, bias_scales = self._dequantized(gemm.input[2], np.int32)
            if not np.array_equal(bias_scales, step * scales):
                raise ValueError("another scale of the bias")
            # As ONNX Runtime multiplies them, in float32 and in this order: each rounding counts.
            multipliers = step * scales if next_step is None else step * scales / next_step
            found.append(IntegerLayer(weights, bias, multipliers))
            if self._makers[source].op_type == "Flatten":
                break
            name = self._node(self._node(source, "QuantizeLinear").input[0], "Relu").input[0]
            next_step = step
        if self._makers[source].input[0] != "images" or len(found[-1].weights) != _PIXELS:
            raise ValueError("another input than the images")
        return found[::-1]

    def _node(self, name: str, kind: str) -> onnx.NodeProto:
        node: onnx.NodeProto = self._makers[name]
        if node.op_type != kind:
            raise ValueError(node.op_type)
        return node

    def _integers(self, name: str) -> tuple[str, np.float32]:
        """The uint8 tensor that a layer is given, and what one step of it stands for."""
        node = self._node(name, "DequantizeLinear")
        scale, zero = (self._constants[part] for part in node.input[1:])
        if scale.size != 1 or zero.dtype != np.uint8 or zero.any():
            raise ValueError("integers that do not begin at 0")
        return node.input[0], np.float32(scale.item())

    def _dequantized(self, name: str, dtype: type) -> tuple[AnyArray, AnyArray]:
        """Integers that stand for weights, and one step a unit."""
        integers, scales, zeros = (self._constants[part] for part in self._node(name, "DequantizeLinear").input)
        if integers.dtype != dtype or zeros.any() or scales.shape != integers.shape[-1:]:
            raise ValueError("weights of another kind")
        return integers, scales
