"""Model files of small networks with weights at random, as training writes them; needs `onnx`."""

from collections.abc import Sequence

import numpy as np
from onnx import TensorProto

from digitnet.arrays import AnyArray
from digitnet.model_file.graph import Graph, with_metadata
from digitnet.model_file.metadata import ModelMetadata
from made_up_networks import NAMES, made_up_network

__all__ = ["model_file"]


def model_file(
    sizes: Sequence[int] = (20, 12),
    operator: str = "Relu",
    *,
    flatten_last: bool = True,
    pixels: Sequence[tuple[str, float | AnyArray]] = (("Mul", 1 / 255),),
    names: tuple[str, ...] = NAMES,
) -> bytes:
    """The bytes of a model file with the weights of `made_up_network`."""
    made_up = made_up_network(sizes)
    graph = Graph()
    graph.add("Cast", ["images"], to=TensorProto.FLOAT)
    if not flatten_last:
        graph.add("Flatten", [graph.tip], axis=1)
    for operator_of_pixels, value in pixels:
        graph.add(operator_of_pixels, [graph.tip, graph.constant("value", np.asarray(value, np.float32))])
    if flatten_last:
        graph.add("Flatten", [graph.tip], axis=1)
    for number, layer in enumerate(made_up.layers):
        kernel, bias = layer.kernel, layer.bias
        if number == len(made_up.layers) - 1:
            kernel, bias = kernel[:, : len(names)], bias[: len(names)]
        graph.add("Gemm", [graph.tip, graph.constant("kernel", kernel), graph.constant("bias", bias)])
        if number < len(made_up.layers) - 1:
            _add_activation(graph, operator)
    graph.name_tip("logits")
    scaled = graph.add("Div", [graph.tip, graph.constant("temperature", np.float32(1.7))])
    graph.add("Softmax", [scaled], output="probabilities", axis=-1)
    metadata = ModelMetadata(names, calibration={"temperature": 1.7})
    return with_metadata(graph.to_model(len(names)).SerializeToString(), metadata)


def _add_activation(graph: Graph, operator: str) -> None:
    if operator == "Silu":
        before = graph.tip
        graph.add("Mul", [before, graph.add("Sigmoid", [before])])
    elif operator == "LeakyRelu":
        graph.add(operator, [graph.tip], alpha=0.2)
    elif operator != "Linear":
        graph.add(operator, [graph.tip])
