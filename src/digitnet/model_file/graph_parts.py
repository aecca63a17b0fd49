"""An ONNX file taken apart into the networks inside it that share nothing but their input; needs no `onnx`.

ONNX Runtime computes every operator of a session, whichever outputs are asked for. A file with two networks therefore
becomes two sessions, and whoever needs one network pays for one. The file itself stays as it is: only the operators and
the weights are handed out differently, as the bytes of the file have them.

Source:
    The numbers of the fields are those of onnx/onnx.proto, which never change their meaning.
"""

from collections.abc import Iterable

from digitnet.model_file.wire_format import Field, encoded_field, fields, text

__all__ = ["independent_parts"]

# Fields of the messages of onnx.proto that are looked at here.
_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_NAME, _GRAPH_INITIALIZER, _GRAPH_DOC_STRING, _GRAPH_INPUT, _GRAPH_OUTPUT = 1, 2, 5, 10, 11, 12
_NODE_INPUT, _NODE_OUTPUT, _NODE_ATTRIBUTE = 1, 2, 5
_ATTRIBUTE_GRAPHS = frozenset({6, 11})  # a graph inside an operator may use names of the graph around it
_TENSOR_NAME = 8
_VALUE_NAME = 1
# What `independent_parts` knows how to hand out; a graph with anything else stays whole.
_KNOWN = frozenset({_GRAPH_NODE, _GRAPH_NAME, _GRAPH_INITIALIZER, _GRAPH_DOC_STRING, _GRAPH_INPUT, _GRAPH_OUTPUT})


class _NotSeparableError(ValueError):
    """The file is damaged, or has something that this module does not know how to hand out."""


def independent_parts(content: bytes) -> list[bytes]:
    """Take a model apart into models that share no operator and no weight.

    Each part keeps the inputs, the metadata and the description of the whole model. All operators and weights are in
    exactly one part, those that no output needs in the first one.

    Args:
        content: The bytes of an ONNX file, perhaps a damaged one.

    Returns:
        The bytes of each part, in the order of the outputs of the whole; the content alone where it is one network, or
        nothing that can be taken apart.
    """
    try:
        model = list(fields(memoryview(content)))
        (graph,) = [field for field in model if field.number == _MODEL_GRAPH]
        elements = list(fields(graph.content))
        parts = _grouped(elements)
    except ValueError:
        return [content]  # ONNX Runtime says what is wrong with it, if anything is
    if len(parts) == 1:
        return [content]
    return [_with_graph(model, [elements[place].encoded for place in places]) for places in parts]


def _with_graph(model: Iterable[Field], elements: list[memoryview]) -> bytes:
    """The bytes of a model with another content of its graph."""
    return b"".join(
        encoded_field(_MODEL_GRAPH, *elements) if field.number == _MODEL_GRAPH else field.encoded for field in model
    )


def _grouped(elements: list[Field]) -> list[list[int]]:
    """Which elements of a graph each part consists of, by their places, in rising order."""
    inputs = {text(field.content, _VALUE_NAME) for field in elements if field.number == _GRAPH_INPUT}
    names = [_names(field) for field in elements]
    for field, own in zip(elements, names, strict=True):
        # An input that is an output too, or has a value that callers may replace, as old files have it, is left alone.
        if field.number not in _KNOWN or (field.number != _GRAPH_NODE and own & inputs):
            raise _NotSeparableError
    names = [own - inputs for own in names]
    groups = _Groups()
    for own in names:
        groups.join(own)
    outputs = [own for field, own in zip(elements, names, strict=True) if field.number == _GRAPH_OUTPUT]
    roots = list(dict.fromkeys(groups.root(*own) for own in outputs))
    if len(roots) < 2:
        return [[*range(len(elements))]]
    parts: dict[str, list[int]] = {root: [] for root in roots}
    for place, own in enumerate(names):
        if elements[place].number in {_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_OUTPUT}:
            root = groups.root(*own) if own else roots[0]
            parts[root if root in parts else roots[0]].append(place)
        else:
            for places in parts.values():
                places.append(place)
    return list(parts.values())


def _names(field: Field) -> set[str]:
    """The names of the values that an element of a graph takes or gives."""
    if field.number == _GRAPH_INITIALIZER:
        return {text(field.content, _TENSOR_NAME)}
    if field.number == _GRAPH_OUTPUT:
        return {text(field.content, _VALUE_NAME)}
    if field.number != _GRAPH_NODE:
        return set()
    parts = list(fields(field.content))
    for part in parts:
        if part.number == _NODE_ATTRIBUTE and any(one.number in _ATTRIBUTE_GRAPHS for one in fields(part.content)):
            raise _NotSeparableError
    return {str(part.content, "utf-8") for part in parts if part.number in {_NODE_INPUT, _NODE_OUTPUT} and part.content}


class _Groups:
    """Names that belong together, found by union and find."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def root(self, name: str, *_: str) -> str:
        """The name that stands for the group of the first of these names."""
        while (above := self._above.setdefault(name, name)) != name:
            self._above[name] = name = self._above[above]
        return name

    def join(self, names: Iterable[str]) -> None:
        """Put the groups of all these names together."""
        roots = [self.root(name) for name in names]
        for root in roots[1:]:
            self._above[self.root(root)] = self.root(roots[0])
