"""The integers of a model file, read and multiplied, against ONNX Runtime."""

from pathlib import Path

import numpy as np
import pytest

from digitnet.datasets import Dataset
from digitnet.errors import ModelFileError
from digitnet.exports.integer_layers import integer_network
from digitnet.inference.classifier import load_classifier
from digitnet.model_file.contract import bundled_model_path
from digitnet.model_file.graph import decode_model
from exported import int8_model_path, model_path


def test_the_bundled_network_answers_alike_in_whole_numbers(mnist: tuple[Dataset, Dataset]) -> None:
    path = bundled_model_path("int8")
    network = integer_network(path.read_bytes(), 0.66)
    images = mnist[1].images[:300]
    assert [layer.weights.shape for layer in network.layers] == [(784, 1536), (1536, 1024), (1024, 512), (512, 10)]
    expected = load_classifier(path).predict_proba(images)
    assert np.abs(network.probabilities(images) - expected).max() < 1e-6


def test_a_float32_file_has_no_integers(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="in digitnet's integers: its graph has"):
        integer_network(model_path(tmp_path).read_bytes(), 1.7)


@pytest.mark.parametrize("changed", ["zero", "bias_scale"])
def test_integers_that_mean_something_else_are_refused(
    tmp_path: Path, mnist: tuple[Dataset, Dataset], changed: str
) -> None:
    proto = decode_model(int8_model_path(tmp_path, mnist[0].images[:50]).read_bytes())
    gemm = next(node for node in proto.graph.node if node.op_type == "Gemm")
    source = next(node for node in proto.graph.node if gemm.input[0 if changed == "zero" else 2] in node.output)
    tensor = next(one for one in proto.graph.initializer if one.name == source.input[2 if changed == "zero" else 1])
    values = bytearray(tensor.raw_data)
    values[0] ^= 1
    tensor.raw_data = bytes(values)
    expected = "integers that do not begin at 0" if changed == "zero" else "another scale of the bias"
    with pytest.raises(ModelFileError, match=expected):
        integer_network(proto.SerializeToString(), 1.7)
