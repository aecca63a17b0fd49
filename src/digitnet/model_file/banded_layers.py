"""Dense layers of an opened model, multiplied band by band where their kernels are mostly zeros; needs no `onnx`.

    inputs -> Gemm -> Relu          becomes   inputs -+-> Slice -> Gemm -> Relu -+-> Concat
                                                      +-> Slice -> Gemm -> Relu -+

and in 8-bit integers the same around QuantizeLinear and DequantizeLinear, cut where the numbers have 8 bits. Each band
is multiplied by those inputs alone that its units see (`bands`). The order of the units goes into the kernel of the
next layer. No file is changed: this is done to what ONNX Runtime is given when a file is opened, so that every file
gains, and whoever reads weights finds them as they were trained. What is left out are products with 0: sums of integers
are the same, those of float32 are added up in another order.

Source:
    The numbers of the fields are those of onnx/onnx.proto, which never change their meaning.
"""

from collections.abc import Sequence

import numpy as np

from digitnet.arrays import AnyArray
from digitnet.model_file.bands import Band, Places, find_bands
from digitnet.model_file.dense_layers import (
    GRAPH_INITIALIZER,
    GRAPH_NODE,
    MODEL_GRAPH,
    NODE_ATTRIBUTE,
    NODE_INPUT,
    NODE_OPERATOR,
    NODE_OUTPUT,
    TENSOR_BYTES,
    TENSOR_NAME,
    TENSOR_SIZES,
    TENSOR_TYPE,
    TENSOR_TYPES,
    DenseLayer,
    GraphNetwork,
    Node,
)
from digitnet.model_file.wire_format import Field, encoded_field, encoded_number, field_pieces, fields

__all__ = ["with_banded_layers"]

_MODEL_OPSET, _OPSET_DOMAIN, _OPSET_VERSION = 8, 1, 2
_ATTRIBUTE_NAME, _ATTRIBUTE_INTEGER, _ATTRIBUTE_TYPE, _INTEGER = 1, 3, 20, 2
_OPSET_MIN = 13  # the first in which Slice and DequantizeLinear are as they are written here


def with_banded_layers(content: bytes) -> bytes:
    """The same function, without most of the products with weights that are 0.

    Args:
        content: The bytes of an ONNX file, perhaps a damaged one.

    Returns:
        The bytes of a model with the same inputs, outputs and metadata; the content itself where there is nothing to
        gain, or something that this module does not know.
    """
    try:
        model = list(fields(memoryview(content)))
        (graph,) = [field.content for field in model if field.number == MODEL_GRAPH]
        if _opset(model) < _OPSET_MIN:
            return content
        elements = _banded(GraphNetwork(graph))
    except ValueError:
        return content  # ONNX Runtime says what is wrong with it, if anything is
    if elements is None:
        return content
    parts = [encoded_field(MODEL_GRAPH, *elements) if field.number == MODEL_GRAPH else field.encoded for field in model]
    return b"".join(parts)


def _opset(model: Sequence[Field]) -> int:
    """The version of the standard operators that a model asks for, 0 where it names none."""
    versions = [0]
    for opset in (list(fields(field.content)) for field in model if field.number == _MODEL_OPSET):
        if not any(part.number == _OPSET_DOMAIN and len(part.content) for part in opset):
            versions += [part.value or 0 for part in opset if part.number == _OPSET_VERSION]
    return max(versions)


def _banded(network: GraphNetwork) -> list[bytes | memoryview] | None:
    """The elements of the graph with bands in it; None where there are none."""
    layers = network.dense_layers()
    next_layers = {layer.source: layer for layer in layers}
    writer = _Writer(_unused_prefix(network))
    orders: dict[str, Places] = {}  # of the units of what layers give, where they are no longer in their own
    for layer in layers:
        rows = orders.get(layer.source)
        # Nothing but a dense layer may see what is in another order.
        follower = next_layers.get(layer.result) if network.uses[layer.result] == 1 else None
        bands = find_bands(_sorted(layer, rows)) if follower is not None else ()
        if bands:
            orders[layer.result] = np.concatenate([band.units for band in bands])
            writer.write_bands(layer, rows, bands)
        elif rows is not None:
            writer.write_whole(layer, rows)
    return writer.elements(network) if orders else None


def _sorted(layer: DenseLayer, rows: Places | None) -> AnyArray:
    """The kernel of a layer whose inputs come in that order."""
    kernel = layer.weights[layer.kernel]
    return kernel if rows is None else kernel[rows]


def _unused_prefix(network: GraphNetwork) -> str:
    prefix = "band_"
    while any(name.startswith(prefix) for name in network.names()):
        prefix += "_"
    return prefix


class _Writer:
    """Writes layers anew; the rest of the graph stays byte for byte."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._constants: list[bytes | memoryview] = []  # in pieces, for weights are copied but once
        self._names = 0
        self._written: dict[int, list[bytes]] = {}  # operators, by the place in the graph that they take
        self._replaced: set[int] = set()
        self._unused: set[str] = set()

    def write_bands(self, layer: DenseLayer, rows: Places | None, bands: Sequence[Band]) -> None:
        """Write a layer as bands, whose inputs come in an order of their own, or in that of the file."""
        kernel = _sorted(layer, rows)
        nodes, results = [], []
        axis = self._constant(np.array([1]))
        for number, band in enumerate(bands):
            renamed = {layer.source: f"{self._prefix}{number}_sees_{layer.source}"}
            ends = [self._constant(np.array([place])) for place in (band.first, band.end)]
            nodes.append(_node("Slice", [layer.source, *ends, axis], [renamed[layer.source]]))
            for name, weights in layer.weights.items():
                values = kernel[band.first : band.end] if name == layer.kernel else weights
                renamed[name] = self._constant(values.take(band.units, axis=-1))
            renamed |= {node.result: f"{self._prefix}{number}_of_{node.result}" for node in layer.nodes}
            nodes += [_renamed(node, renamed) for node in layer.nodes]
            results.append(renamed[layer.result])
        nodes.append(_node("Concat", results, [layer.result], [_integer_attribute("axis", 1)]))
        self._replace(layer, nodes)
        self._unused |= layer.weights.keys()

    def write_whole(self, layer: DenseLayer, rows: Places) -> None:
        """Write a layer that sees inputs in another order."""
        renamed = {layer.kernel: self._constant(_sorted(layer, rows))}
        self._replace(layer, [_renamed(node, renamed) for node in layer.nodes])
        self._unused.add(layer.kernel)

    def elements(self, network: GraphNetwork) -> list[bytes | memoryview]:
        """All elements of the graph."""
        found: list[bytes | memoryview] = []
        for place, field in enumerate(network.elements):
            found += self._written.get(place, [])
            is_unused = field.number == GRAPH_INITIALIZER and network.name_of(field) in self._unused
            if place not in self._replaced and not is_unused:
                found.append(field.encoded)
        return found + self._constants

    def _replace(self, layer: DenseLayer, nodes: list[bytes]) -> None:
        self._replaced |= {node.place for node in layer.nodes}
        self._written[layer.nodes[-1].place] = nodes

    def _constant(self, values: AnyArray) -> str:
        name = f"{self._prefix}constant_{self._names}"
        self._names += 1
        (kind,) = [number for number, dtype in TENSOR_TYPES.items() if dtype == values.dtype]
        description = [
            *(encoded_number(TENSOR_SIZES, size) for size in values.shape),
            encoded_number(TENSOR_TYPE, kind),
            encoded_field(TENSOR_NAME, name.encode()),
        ]
        numbers = values.reshape(-1).view(np.uint8).data
        self._constants += field_pieces(GRAPH_INITIALIZER, [*description, *field_pieces(TENSOR_BYTES, [numbers])])
        return name


def _renamed(node: Node, renamed: dict[str, str]) -> bytes:
    """The same operator on other values."""
    inputs, outputs = ([renamed.get(name, name) for name in names] for names in (node.inputs, node.outputs))
    return _node(node.operator, inputs, outputs, node.attributes)


def _node(
    operator: str, inputs: Sequence[str], outputs: Sequence[str], attributes: Sequence[bytes | memoryview] = ()
) -> bytes:
    return encoded_field(
        GRAPH_NODE,
        *(encoded_field(NODE_INPUT, name.encode()) for name in inputs),
        *(encoded_field(NODE_OUTPUT, name.encode()) for name in outputs),
        encoded_field(NODE_OPERATOR, operator.encode()),
        *(encoded_field(NODE_ATTRIBUTE, attribute) for attribute in attributes),
    )


def _integer_attribute(name: str, value: int) -> bytes:
    return b"".join(
        [
            encoded_field(_ATTRIBUTE_NAME, name.encode()),
            encoded_number(_ATTRIBUTE_INTEGER, value),
            encoded_number(_ATTRIBUTE_TYPE, _INTEGER),
        ]
    )
