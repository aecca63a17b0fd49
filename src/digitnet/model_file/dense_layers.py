"""The dense layers in the bytes of an ONNX file, in float32 or in 8-bit integers; needs no `onnx`.

A layer is found as the operators between two places at which its numbers can be cut or put together:

    float32          source -> Gemm -> Relu -> result
    8-bit integers   source -> DequantizeLinear -> Gemm -> Relu -> QuantizeLinear -> result

with its weights, and in integers the operators that say what they stand for. Behind the last layer comes no Relu, so
that it ends with Gemm. Whatever else a graph has is left alone.

Source:
    The numbers of the fields are those of onnx/onnx.proto, which never change their meaning.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from digitnet.arrays import IMAGE_SIDE, AnyArray
from digitnet.model_file.wire_format import Field, fields, text, varints

__all__ = ["DenseLayer", "GraphNetwork", "Node"]

# Fields of the messages of onnx.proto.
MODEL_GRAPH = 7
GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_INPUT, GRAPH_OUTPUT = 1, 5, 11, 12
NODE_INPUT, NODE_OUTPUT, NODE_OPERATOR, NODE_ATTRIBUTE, NODE_DOMAIN = 1, 2, 4, 5, 7
TENSOR_SIZES, TENSOR_TYPE, TENSOR_NAME, TENSOR_BYTES = 1, 2, 8, 9
_ATTRIBUTE_NAME, _ATTRIBUTE_INTEGER = 1, 3
_VALUE_NAME = 1
TENSOR_TYPES: dict[int, np.dtype[Any]] = {
    1: np.dtype("<f4"),
    2: np.dtype("u1"),
    3: np.dtype("i1"),
    6: np.dtype("<i4"),
    7: np.dtype("<i8"),
}

_OF_PIXELS = frozenset({"Cast", "Flatten", "Mul", "Add"})  # operators before the first layer, which change no size
_COLUMNS = (1, 2**64 - 1)  # as the axis of a kernel's units: 1 or -1
_PIXELS = IMAGE_SIDE**2


class Node(NamedTuple):
    """An operator.

    Attributes:
        place: Among the elements of the graph.
        operator: Its kind.
        inputs: Names of values.
        outputs: Names of values.
        attributes: Its attributes, each as the bytes of its message.
    """

    place: int
    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: tuple[memoryview, ...]

    @property
    def result(self) -> str:
        """The name of its only output."""
        (name,) = self.outputs
        return name


@dataclass(frozen=True)
class DenseLayer:
    """A dense layer.

    Attributes:
        nodes: Its operators, in the order of the graph.
        source: The name of its inputs, (n, inputs), where they can be cut.
        result: The name of what it gives, (n, units), where it can be put together.
        kernel: The name of its kernel among the weights.
        weights: All weights that have a number a unit, by name; units are their last axis.
    """

    nodes: tuple[Node, ...]
    source: str
    result: str
    kernel: str
    weights: dict[str, AnyArray]

    @property
    def shape(self) -> tuple[int, int]:
        """How many inputs and units it has."""
        inputs, units = self.weights[self.kernel].shape
        return inputs, units


class GraphNetwork:
    """The operators and weights of a graph, and how they hang together.

    Attributes:
        elements: Everything in the graph.
        nodes: The operators, in their order.
        uses: How often each value is used, as an input of an operator or an output of the graph.
    """

    def __init__(self, graph: memoryview) -> None:
        """Read the bytes of a graph.

        Raises:
            ValueError: It is damaged, or callers may replace its weights.
        """
        self.elements: Sequence[Field] = list(fields(graph))
        self.nodes = [_node(place, field) for place, field in enumerate(self.elements) if field.number == GRAPH_NODE]
        self._tensors = {
            text(field.content, TENSOR_NAME): field for field in self.elements if field.number == GRAPH_INITIALIZER
        }
        self._inputs = {text(field.content, _VALUE_NAME) for field in self.elements if field.number == GRAPH_INPUT}
        if self._inputs & self._tensors.keys():
            raise ValueError("weights that are inputs too")
        outputs = (text(field.content, _VALUE_NAME) for field in self.elements if field.number == GRAPH_OUTPUT)
        self.uses = Counter([*(name for node in self.nodes for name in node.inputs), *outputs])
        self._makers = {name: node for node in self.nodes for name in node.outputs}
        self._users: dict[str, list[Node]] = {}
        for node in self.nodes:
            for name in node.inputs:
                self._users.setdefault(name, []).append(node)

    def dense_layers(self) -> list[DenseLayer]:
        """The dense layers whose inputs are the pixels, or what another of these layers gives."""
        layers: list[DenseLayer] = []
        sizes: dict[str, int] = {}
        for node in self.nodes:
            layer = self._layer(node) if node.operator == "Gemm" else None
            if layer is None:
                continue
            inputs, units = layer.shape
            if sizes.get(layer.source) == inputs or (inputs == _PIXELS and self._is_pixels(layer.source)):
                layers.append(layer)
                sizes[layer.result] = units
        return layers

    def name_of(self, field: Field) -> str:
        """The name of a weight."""
        return text(field.content, TENSOR_NAME)

    def names(self) -> set[str]:
        """Of all values."""
        return {*self._tensors, *self._inputs, *self._makers, *self.uses}

    def _layer(self, gemm: Node) -> DenseLayer | None:
        """The layer of a product; None where it is of another form."""
        if len(gemm.inputs) != 3 or gemm.attributes:
            return None
        source, kernel, bias = gemm.inputs
        if kernel in self._tensors and bias in self._tensors:
            before: list[Node] = []
            weights = {kernel: self._array(kernel), bias: self._array(bias)}
            behind = self._followed(gemm, ["Relu"])
        else:
            makers = [self._dequantized(name) for name in gemm.inputs]
            if any(maker is None for maker in makers):
                return None
            before = [maker for maker in makers if maker is not None]
            source, kernel = before[0].inputs[0], before[1].inputs[0]
            weights = {name: self._array(name) for maker in before[1:] for name in maker.inputs}
            behind = self._followed(gemm, ["Relu", "QuantizeLinear"])
            if not self._is_scalar(before[0].inputs[1:]) or _axis(before[1]) not in _COLUMNS:
                return None
        if any(array is None for array in weights.values()) or self._is_shared(weights):
            return None
        arrays = {name: array for name, array in weights.items() if array is not None}
        if arrays[kernel].ndim != 2 or any(
            array.shape != arrays[kernel].shape[1:] for name, array in arrays.items() if name != kernel
        ):
            return None
        nodes = tuple(sorted([*before, gemm, *behind]))
        return DenseLayer(nodes, source, (behind or [gemm])[-1].result, kernel, arrays)

    def _dequantized(self, name: str) -> Node | None:
        """The operator that says what the integers of a value stand for, if nothing else uses what it gives."""
        maker = self._makers.get(name)
        if maker is None or maker.operator != "DequantizeLinear" or len(maker.inputs) != 3 or self.uses[name] != 1:
            return None
        return maker

    def _followed(self, node: Node, operators: Sequence[str]) -> list[Node]:
        """The operators behind a node, each the only user of the one before; none where they are others."""
        found: list[Node] = []
        for operator in operators:
            users = self._users.get(node.result, [])
            if len(users) != 1 or self.uses[node.result] != 1 or users[0].operator != operator:
                return []
            (node,) = users
            if operator == "QuantizeLinear" and not self._is_scalar(node.inputs[1:]):
                return []
            found.append(node)
        return found

    def _is_scalar(self, names: Iterable[str]) -> bool:
        return all((array := self._array(name)) is not None and array.ndim == 0 for name in names)

    def _is_shared(self, names: Iterable[str]) -> bool:
        return any(self.uses[name] != 1 for name in names)

    def _is_pixels(self, name: str) -> bool:
        """Whether a value is the images, scaled and flattened."""
        is_flat = False
        looked_at = {name}
        while name not in self._inputs:
            node = self._makers.get(name)
            if node is None or node.operator not in _OF_PIXELS or not node.inputs or node.inputs[0] in looked_at:
                return False  # the last two are damage: nothing comes in, or a value is made from itself
            looked_at.add(node.inputs[0])
            is_flat |= node.operator == "Flatten" and [*map(_integer, node.attributes)] == [("axis", 1)]
            name = node.inputs[0]
        return is_flat

    def _array(self, name: str) -> AnyArray | None:
        """A weight as an array on the bytes of the file; None where it is written in another way."""
        field = self._tensors.get(name)
        return None if field is None else _array(field.content)


def _node(place: int, field: Field) -> Node:
    parts = list(fields(field.content))
    texts = {number: [str(part.content, "utf-8") for part in parts if part.number == number] for number in (1, 2, 4)}
    attributes = tuple(part.content for part in parts if part.number == NODE_ATTRIBUTE)
    is_standard = not any(part.number == NODE_DOMAIN and len(part.content) for part in parts)
    operator = texts[NODE_OPERATOR][-1] if texts[NODE_OPERATOR] and is_standard else ""
    return Node(place, operator, tuple(texts[NODE_INPUT]), tuple(texts[NODE_OUTPUT]), attributes)


def _integer(attribute: memoryview) -> tuple[str, int]:
    """Name and whole number of an attribute, 0 where it is something else."""
    parts = list(fields(attribute))
    return text(attribute, _ATTRIBUTE_NAME), next(
        (part.value or 0 for part in parts if part.number == _ATTRIBUTE_INTEGER), 0
    )


def _axis(node: Node) -> int:
    """The axis along which integers have steps of their own; 0 where the operator has other attributes."""
    attributes = dict(map(_integer, node.attributes))
    return attributes.get("axis", 1) if attributes.keys() <= {"axis"} else 0


def _array(tensor: memoryview) -> AnyArray | None:
    parts = list(fields(tensor))
    sizes = [size for part in parts if part.number == TENSOR_SIZES for size in varints(part)]
    kinds = [part.value or 0 for part in parts if part.number == TENSOR_TYPE]
    contents = [part.content for part in parts if part.number == TENSOR_BYTES]
    if len(contents) != 1 or len(kinds) != 1 or kinds[0] not in TENSOR_TYPES:
        return None
    array: AnyArray = np.frombuffer(contents[0], TENSOR_TYPES[kinds[0]]).reshape(sizes)
    return array
