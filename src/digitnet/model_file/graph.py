"""The ONNX graph of a model file, written node by node; needs `onnx`, which answering does not."""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.compose import add_prefix_graph

from digitnet.arrays import IMAGE_SIDE, Images
from digitnet.model_file.contract import METADATA_KEY, ModelMetadata, start_session
from digitnet.model_file.digest import with_digest, without_digest
from digitnet.model_file.reference_answers import REFERENCE_KEY, ReferenceAnswers, evenly_spaced

__all__ = ["Graph", "decode_model", "with_metadata", "with_prefix", "with_reference_answers"]

_OPSET = 20  # the first with Gelu
_IR_VERSION = 9  # read by every ONNX Runtime since 1.17
_KEPT_PROPERTIES = (METADATA_KEY, REFERENCE_KEY)  # of the metadata


class Graph:
    """A chain of operators that starts with the images and grows at its tip.

    Attributes:
        tip: Name of the tensor that the last operator gives.
    """

    def __init__(self) -> None:
        self.tip = "images"
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: Any) -> str:
        """Add an array or a number.

        Args:
            name: What it is; a number is added to it, so that every name is given once.
            value: Its content, with its dtype.

        Returns:
            Its name in the graph.
        """
        name = f"{name}_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def add(self, kind: str, inputs: list[str], *, output: str | None = None, **attributes: Any) -> str:
        """Add an operator, which becomes the tip.

        Args:
            kind: Name of the ONNX operator.
            inputs: Names of tensors.
            output: Name of its only output; None makes one.
            attributes: Of the operator.

        Returns:
            The name of its output.
        """
        output = output or f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], name=f"node_{output}", **attributes))
        self.tip = output
        return output

    def name_tip(self, name: str) -> None:
        """Give the last operator's output the name of one of the model's outputs.

        Args:
            name: The new name; nothing may have used the old one yet.
        """
        node = self._nodes[-1]
        node.output[0], node.name = name, f"node_{name}"
        self.tip = name

    def to_model(self, num_classes: int) -> onnx.ModelProto:
        """The graph as a model, without metadata.

        Args:
            num_classes: Columns of its outputs `probabilities` and `logits`.

        Returns:
            The model.
        """
        outputs = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", num_classes])
            for name in ("probabilities", "logits")
        ]
        images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", IMAGE_SIDE, IMAGE_SIDE])
        model = helper.make_model(
            helper.make_graph(self._nodes, "digitnet", [images], outputs, self._constants),
            producer_name="digitnet",
            opset_imports=[helper.make_opsetid("", _OPSET)],
        )
        model.ir_version = _IR_VERSION
        return model


def with_metadata(content: bytes, metadata: ModelMetadata) -> bytes:
    """The same graph with another description; the temperature inside the graph stays as it is.

    Args:
        content: The bytes of an ONNX file.
        metadata: What it should say about itself.

    Returns:
        The bytes of the new file, with their digest. Reference answers stay, for the graph answers as before.
    """
    return _with_property(decode_model(content), METADATA_KEY, metadata.to_json())


def with_reference_answers(content: bytes, images: Images) -> bytes:
    """The same model, with its answers to a few images beside it.

    Args:
        content: The bytes of a model file.
        images: uint8 (n, 28, 28), n >= 1: training images, of which ten are kept, evenly spaced.

    Returns:
        The bytes of the new file, with their digest.
    """
    kept = evenly_spaced(images)
    (probabilities,) = start_session(content).run(["probabilities"], {"images": kept})
    return _with_property(decode_model(content), REFERENCE_KEY, ReferenceAnswers(kept, probabilities).to_json())


def _with_property(proto: onnx.ModelProto, key: str, text: str) -> bytes:
    """The file of a model in which one entry of the metadata is another; of the others only ours are kept."""
    properties = {entry.key: entry.value for entry in proto.metadata_props if entry.key in _KEPT_PROPERTIES}
    helper.set_model_props(proto, {**properties, key: text})
    return with_digest(proto.SerializeToString())


def decode_model(content: bytes) -> onnx.ModelProto:
    """The model of a file, to be changed; without the digest of its bytes, which will be others.

    Args:
        content: The bytes of an ONNX file.
    """
    return onnx.load_from_string(without_digest(content))


def with_prefix(graph: onnx.GraphProto, prefix: str) -> onnx.GraphProto:
    """The same graph with a prefix before every name but those of its inputs, to stand beside another graph.

    Args:
        graph: Any graph.
        prefix: What comes before the names.

    Returns:
        A new graph.
    """
    named = add_prefix_graph(graph, prefix, rename_inputs=False)
    inputs = {prefix + one.name: one.name for one in graph.input}
    for node in named.node:  # before onnx 1.19 they ask for the inputs by prefixed names all the same
        node.input[:] = [inputs.get(name, name) for name in node.input]
    return named
