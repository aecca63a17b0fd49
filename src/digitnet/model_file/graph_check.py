"""What a model file may ask for, checked before anything is run; needs no `onnx`.

A file comes from anywhere, and a graph is a program: with Loop it may never end, with Concat on itself a file of a
kilobyte fills the memory. So a file is refused unless its operators are those of feed-forward networks, and unless what
they give for one image has a bounded size, which follows from the sizes of the weights before anything is computed.

Source:
    The numbers of the fields are those of onnx/onnx.proto, which never change their meaning.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from digitnet.arrays import IMAGE_SIDE
from digitnet.errors import ModelFileError
from digitnet.model_file.wire_format import Field, fields, text, varints

__all__ = ["check_graph"]

# Fields of the messages of onnx.proto.
_MODEL_GRAPH, _MODEL_TRAINING, _MODEL_FUNCTIONS = 7, 20, 25
_MODEL_FIELDS = frozenset({*range(1, 9), 14})
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_SPARSE = 1, 5, 11, 15
_GRAPH_FIELDS = frozenset({_GRAPH_NODE, 2, _GRAPH_INITIALIZER, 10, _GRAPH_INPUT, 12, 13, 14, 16})
_NODE_INPUT, _NODE_OUTPUT, _NODE_OPERATOR, _NODE_ATTRIBUTE, _NODE_DOMAIN = 1, 2, 4, 5, 7
_ATTRIBUTE_NAME, _ATTRIBUTE_INTEGER = 1, 3
_ATTRIBUTE_CONTENTS = frozenset({5, 6, 10, 11, 22, 23})  # tensors and graphs
_HAS_CONTENTS = "\0contents"  # stands for an attribute that has such; none has this name
_TENSOR_SIZES, _TENSOR_NAME, _TENSOR_EXTERNAL, _TENSOR_PLACE = 1, 8, 13, 14
_VALUE_NAME = 1

_STANDARD_DOMAINS = frozenset({"", "ai.onnx"})
# Operators by how the size of what they give follows from that of what they take.
_AS_FIRST_INPUT = frozenset(
    {
        *("Abs", "BatchNormalization", "Cast", "Celu", "Clip", "DequantizeLinear", "Dropout", "Elu", "Erf", "Exp"),
        *("Gelu", "HardSigmoid", "HardSwish", "Identity", "LayerNormalization", "LeakyRelu", "Log", "LogSoftmax"),
        *("Mish", "Neg", "QuantizeLinear", "Reciprocal", "Relu", "Selu", "Sigmoid", "Softmax", "Softplus", "Softsign"),
        *("Sqrt", "Tanh", "ThresholdedRelu"),
    }
)
_BROADCAST = frozenset(("Add", "Div", "Max", "Mean", "Min", "Mul", "Pow", "PRelu", "Sub", "Sum"))
_PRODUCTS = frozenset({"Gemm", "MatMul"})
_AT_MOST_FIRST_INPUT = frozenset(
    {
        *("ArgMax", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum", "Reshape", "Shape"),
        *("Slice", "Split", "Squeeze", "Transpose", "Unsqueeze"),
    }
)
_OPERATORS = _AS_FIRST_INPUT | _BROADCAST | _PRODUCTS | _AT_MOST_FIRST_INPUT | {"Concat", "Flatten"}

# All chosen by hand, far above what any network of MNIST's images has.
_UNITS_MAX = 1 << 20  # numbers that an operator gives for one image; the widest layer of ours has 1,536
_WEIGHTS_MAX = 1 << 28  # numbers that are computed from weights alone, together
_WORK_MAX = 1 << 31  # products and sums for one image, about a second; the committee of five has 2**25
_DIMENSIONS_MAX = 8
_TENSOR_MAX = 1 << 30  # numbers of a tensor in the file
_TENSOR_FIELDS_MAX = 64
_NODES_MAX, _NODE_BYTES_MAX = 10_000, 1 << 22  # operators, and their description; a committee of five has 60 of them


class _Value(NamedTuple):
    """What is known about a value of the graph, for one image.

    Attributes:
        size: Numbers in it at most.
        shape: Its sizes, 1 along the images; None where only their product is known.
        is_constant: Whether it depends on weights alone.
    """

    size: int
    shape: tuple[int, ...] | None
    is_constant: bool


class _Node(NamedTuple):
    """An operator: its kind, its domain, names of values, and its attributes that are whole numbers."""

    operator: str
    domain: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    attributes: dict[str, int]


def check_graph(content: bytes) -> None:
    """Refuse a model file that asks for more than a feed-forward network needs.

    Args:
        content: The bytes of an ONNX file, perhaps a hostile one.

    Raises:
        ModelFileError: It is no ONNX file; has an operator that is not on the list, control flow, functions, weights in
            another file; or would compute too much. The first such operator is named.
    """
    try:
        model = list(fields(memoryview(content)))
        graphs = [field for field in model if field.number == _MODEL_GRAPH]
        if len(graphs) != 1:
            raise ValueError(f"it has {len(graphs)} graphs" if content else "it is empty")
        _check_known(model, _MODEL_FIELDS, {_MODEL_TRAINING: "training", _MODEL_FUNCTIONS: "functions"})
        elements = list(fields(graphs[0].content))
        _check_known(elements, _GRAPH_FIELDS, {_GRAPH_SPARSE: "sparse weights"})
        values = _given_values(elements)
        messages = [field.content for field in elements if field.number == _GRAPH_NODE]
        if len(messages) > _NODES_MAX or sum(map(len, messages)) > _NODE_BYTES_MAX:
            raise ModelFileError(
                f"the model has {len(messages):,} operators: expected at most {_NODES_MAX:,} short ones"
            )
        nodes = [_node(message) for message in messages]
        for node in nodes:
            _check_operator(node)
        _check_sizes(nodes, values)
    except ValueError as error:
        raise ModelFileError(f"not an ONNX model, or a damaged one: {error}") from error


def _check_known(found: Sequence[Field], known: frozenset[int], named: dict[int, str]) -> None:
    for field in found:
        if field.number not in known:
            what = named.get(field.number, f"a field of number {field.number}")
            raise ModelFileError(f"the model has {what}, which no feed-forward network needs: it is not run")


def _given_values(elements: Sequence[Field]) -> dict[str, _Value]:
    """The images and the weights, by name."""
    images = _Value(IMAGE_SIDE**2, (1, IMAGE_SIDE, IMAGE_SIDE), is_constant=False)
    values = {text(field.content, _VALUE_NAME): images for field in elements if field.number == _GRAPH_INPUT}
    for field in elements:
        if field.number == _GRAPH_INITIALIZER:
            name, value = _weight(field.content)
            values[name] = value
    return values


def _weight(tensor: memoryview) -> tuple[str, _Value]:
    sizes: list[int] = []
    name = ""
    for count, field in enumerate(fields(tensor)):
        if count > _TENSOR_FIELDS_MAX:
            raise ValueError("weights that are not described as those of any network")
        if field.number == _TENSOR_SIZES:
            sizes += varints(field)
        elif field.number == _TENSOR_NAME:
            name = str(field.content, "utf-8")
        elif field.number == _TENSOR_EXTERNAL or (field.number == _TENSOR_PLACE and field.value != 0):
            raise ModelFileError("the model has weights in another file, which is never opened: expected all in one")
        if len(sizes) > _DIMENSIONS_MAX:
            raise ValueError(f"weights of more than {_DIMENSIONS_MAX} dimensions")
    size = math.prod(sizes)  # what is negative was read as a number above 2**63
    if size > _TENSOR_MAX:
        raise ValueError(
            f"the weights {name!r:.60} are said to be {size:.1e} numbers, expected at most {_TENSOR_MAX:,}"
        )
    return name, _Value(size, tuple(sizes), is_constant=True)


def _node(message: memoryview) -> _Node:
    inputs, outputs, attributes = list[str](), list[str](), dict[str, int]()
    operator = domain = ""
    for field in fields(message):
        if field.number == _NODE_ATTRIBUTE:
            attributes |= _attribute(field.content)
        elif field.number in {_NODE_INPUT, _NODE_OUTPUT}:
            (inputs if field.number == _NODE_INPUT else outputs).append(str(field.content, "utf-8"))
        elif field.number == _NODE_OPERATOR:
            operator = str(field.content, "utf-8")
        elif field.number == _NODE_DOMAIN:
            domain = str(field.content, "utf-8")
    return _Node(operator, domain, inputs, outputs, attributes)


def _attribute(message: memoryview) -> dict[str, int]:
    """Name and whole number of an attribute, 0 where it is something else; `_HAS_CONTENTS` for tensors and graphs."""
    name, value, has_contents = "", 0, False
    for field in fields(message):
        if field.number == _ATTRIBUTE_NAME:
            name = str(field.content, "utf-8")
        elif field.number == _ATTRIBUTE_INTEGER:
            value = field.value or 0
        has_contents |= field.number in _ATTRIBUTE_CONTENTS
    return {_HAS_CONTENTS: 1} if has_contents else {name: value}


def _check_operator(node: _Node) -> None:
    name = node.operator if node.domain in _STANDARD_DOMAINS else f"{node.domain}.{node.operator}"
    if name not in _OPERATORS or _HAS_CONTENTS in node.attributes:
        raise ModelFileError(
            f"the model has the operator {name!r:.80}, which is not run: expected only those of feed-forward networks, "
            "such as Gemm, Add, Relu and Softmax"
        )


def _check_sizes(nodes: Sequence[_Node], values: dict[str, _Value]) -> None:
    """Follow the sizes of all values through the graph, and refuse what would be too much."""
    work = from_weights = 0
    for node in nodes:
        missing = [name for name in node.inputs if name and name not in values]
        if missing:
            raise ValueError(f"the operator {node.operator} uses {missing[0]!r:.60}, which nothing before it gives")
        inputs = [values[name] for name in node.inputs if name]
        if not inputs:
            raise ValueError(f"an operator {node.operator} without inputs")
        result, cost = _result(node, inputs)
        work += cost
        from_weights += result.size if result.is_constant else 0
        if (not result.is_constant and result.size > _UNITS_MAX) or from_weights > _WEIGHTS_MAX or work > _WORK_MAX:
            raise ModelFileError(
                f"the model would compute too much: up to its operator {node.operator} that gives "
                f"{(node.outputs or [''])[0]!r:.60}, {work:.1e} numbers for one image. It is not run"
            )
        values |= dict.fromkeys(node.outputs, result)


def _result(node: _Node, inputs: Sequence[_Value]) -> tuple[_Value, int]:
    """What an operator gives, and how many numbers it computes on the way."""
    first, is_constant = inputs[0], all(value.is_constant for value in inputs)
    shape: tuple[int, ...] | None
    if node.operator in _AS_FIRST_INPUT:
        size, shape = first.size, first.shape
    elif node.operator == "Flatten":
        size, shape = first.size, (1, first.size)
    elif node.operator == "Shape":
        size, shape = _DIMENSIONS_MAX, (_DIMENSIONS_MAX,)
    elif node.operator in _AT_MOST_FIRST_INPUT:
        size, shape = first.size, None
    elif node.operator == "Concat":
        size, shape = sum(value.size for value in inputs), None
    elif node.operator in _PRODUCTS:
        size, shape, cost = _product(node, inputs)
        return _Value(size, shape, is_constant), cost
    else:
        size, shape = _broadcast(inputs)
    return _Value(size, shape, is_constant), sum(value.size for value in inputs) + size


def _broadcast(inputs: Sequence[_Value]) -> tuple[int, tuple[int, ...] | None]:
    """Size and shape of what is computed number by number; along each axis the smaller input is repeated."""
    several = [value for value in inputs if value.size != 1]
    shapes = [value.shape for value in several if value.shape is not None]
    if len(shapes) < len(several):
        return math.prod(value.size for value in several), None
    length = max((len(shape) for shape in shapes), default=0)
    padded = [(1,) * (length - len(shape)) + shape for shape in shapes]
    shape = tuple(max(sizes) for sizes in zip(*padded, strict=True))
    return math.prod(shape), shape


def _product(node: _Node, inputs: Sequence[_Value]) -> tuple[int, tuple[int, ...] | None, int]:
    """Size, shape and cost of a product of matrices."""
    if len(inputs) < 2:
        raise ValueError(f"an operator {node.operator} of one input")
    left, right = inputs[:2]
    if right.shape is None or len(right.shape) != 2 or 0 in right.shape:
        size = left.size * right.size
        return size, None, size
    rows, units = right.shape[::-1] if node.operator == "Gemm" and node.attributes.get("transB") else right.shape
    count = -(-left.size // rows)
    return count * units, (count, units), count * units * rows
