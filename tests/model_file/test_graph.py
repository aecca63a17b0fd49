"""A graph written node by node is a model that ONNX Runtime runs."""

import numpy as np
import onnx

from digitnet.model_file.contract import open_model
from digitnet.model_file.graph import Graph, with_metadata
from digitnet.model_file.metadata import ModelMetadata

METADATA = ModelMetadata(class_names=("dark", "light"))
IMAGES = np.stack([np.full((28, 28), level, np.uint8) for level in (0, 3, 255)])


def two_class_graph() -> Graph:
    """Logits -sum and +sum of the pixels."""
    graph = Graph()
    graph.add("Cast", ["images"], to=onnx.TensorProto.FLOAT)
    graph.add("Flatten", [graph.tip], axis=1)
    weights = np.array([[-1.0, 1.0]] * 784, np.float32)
    graph.add("MatMul", [graph.tip, graph.constant("weights", weights)])
    graph.name_tip("logits")
    graph.add("Softmax", [graph.tip], output="probabilities", axis=-1)
    return graph


def test_it_runs_and_keeps_the_contract_of_a_model_file() -> None:
    proto = two_class_graph().to_model(num_classes=2)
    onnx.checker.check_model(proto, full_check=True)
    session, metadata = open_model(with_metadata(proto.SerializeToString(), METADATA))
    (logits,) = session.run(["logits"], {"images": IMAGES})
    np.testing.assert_array_equal(logits, 784 * np.array([[0, 0], [-3, 3], [-255, 255]]))
    assert metadata == METADATA


def test_each_name_is_given_once() -> None:
    graph = Graph()
    names = [graph.constant("scale", np.float32(1)) for _ in range(3)]
    names += [graph.add("Relu", [graph.tip]) for _ in range(3)]
    assert len(set(names)) == 6
    assert graph.tip == names[-1]


def test_other_metadata_leave_the_graph_as_it_is() -> None:
    content = with_metadata(two_class_graph().to_model(2).SerializeToString(), METADATA)
    other = with_metadata(content, ModelMetadata(class_names=("a", "b")))
    before, after = onnx.load_from_string(content), onnx.load_from_string(other)
    assert after.graph.SerializeToString() == before.graph.SerializeToString()
    assert open_model(other)[1].class_names == ("a", "b")
    assert with_metadata(other, METADATA) == content
