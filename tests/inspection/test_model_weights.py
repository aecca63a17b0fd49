"""Weights read off a model file: the network that they make answers as ONNX Runtime does."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="needs the serve or the train extra")

from onnx import TensorProto

from digitnet.arrays import AnyArray
from digitnet.datasets import load_mnist
from digitnet.errors import ModelFileError
from digitnet.evaluation.quantiles import Quantiles
from digitnet.inference.classifier import load_classifier
from digitnet.inspection import read_network
from digitnet.model_file.contract import bundled_model_path, open_model, start_session
from digitnet.model_file.digit_score import with_digit_score
from digitnet.model_file.ensemble import save_committee
from digitnet.model_file.graph import Graph, with_metadata
from digitnet.model_file.metadata import ModelMetadata, Precision
from digitnet.model_file.quantization import quantize
from made_up_model_files import model_file
from made_up_networks import NAMES, made_up_images, made_up_network

OPERATORS = ["Relu", "LeakyRelu", "Elu", "Gelu", "Selu", "Sigmoid", "Silu", "Softplus", "Tanh", "Linear"]


def check_same_answers(content: bytes, tolerance: float = 2e-5) -> None:
    images = made_up_images(20)
    expected, probabilities = start_session(content).run(["logits", "probabilities"], {"images": images})
    network = read_network(content)
    found = network.look(images).logits
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * np.abs(expected).max())
    np.testing.assert_allclose(network.probabilities(found), probabilities, atol=10 * tolerance)


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_activation_that_is_written_is_read(operator: str) -> None:
    check_same_answers(model_file(operator=operator))


@pytest.mark.parametrize("operator", ["Relu", "Silu", "Tanh"])
def test_of_integers_the_weights_are_what_they_stand_for(operator: str) -> None:
    content = quantize(model_file(operator=operator), made_up_images(500))
    check_same_answers(content, tolerance=0.03)  # the sums between the layers are rounded there
    exact = read_network(model_file(operator=operator))
    for layer, rounded in zip(exact.layers, read_network(content).layers, strict=True):
        step = np.abs(layer.kernel).max(axis=0) / 63  # two neighbours share 127 steps
        assert (np.abs(layer.kernel - rounded.kernel) <= step).all()


@pytest.mark.parametrize("flatten_last", [True, False])
@pytest.mark.parametrize("sizes", [(), (9,), (8, 8, 8)])
def test_any_number_of_layers_and_either_order_at_the_pixels(sizes: tuple[int, ...], flatten_last: bool) -> None:
    network = read_network(model_file(sizes, flatten_last=flatten_last))
    assert tuple(layer.units for layer in network.hidden) == sizes
    check_same_answers(model_file(sizes, flatten_last=flatten_last))


@pytest.mark.parametrize(
    "pixels",
    [
        (("Mul", 1 / 255), ("Add", -0.5)),
        (("Add", -100), ("Mul", 1 / 90)),
        (("Mul", np.linspace(0, 1 / 100, 784)), ("Add", np.linspace(-1, 1, 784))),
    ],
    ids=["shifted after", "shifted before", "each for itself"],
)
def test_what_is_done_to_the_pixels_goes_into_the_first_layer(pixels: tuple[tuple[str, float | AnyArray], ...]) -> None:
    content = model_file(pixels=pixels, flatten_last=False)
    check_same_answers(content)
    check_same_answers(quantize(content, made_up_images(500)), tolerance=0.05)


def test_pixels_as_integers_with_another_zero() -> None:
    graph = Graph()
    graph.add("Flatten", ["images"], axis=1)
    constants = [graph.constant("step", np.float32(0.02)), graph.constant("zero", np.uint8(100))]
    graph.add("DequantizeLinear", [graph.tip, *constants])
    (layer,) = made_up_network(()).layers
    graph.add("Gemm", [graph.tip, graph.constant("kernel", layer.kernel), graph.constant("bias", layer.bias)])
    graph.name_tip("logits")
    graph.add("Softmax", [graph.tip], output="probabilities", axis=-1)
    check_same_answers(with_metadata(graph.to_model(10).SerializeToString(), ModelMetadata(NAMES)))


def test_what_else_the_file_answers_is_left_alone() -> None:
    content = with_digit_score(
        model_file(), model_file((7,), names=("no", "yes")), Quantiles(100, (0.01, 0.1), (-1.0, 0.0))
    )
    check_same_answers(content)


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-4), ("int8", 0.25)])
def test_the_network_that_ships_answers_as_the_classifier(precision: Precision, tolerance: float) -> None:
    images = load_mnist()[1].images[:300]
    classifier = load_classifier(precision=precision)
    network = read_network(bundled_model_path(precision))
    logits = network.look(images).logits
    np.testing.assert_allclose(logits, classifier.predict_logits(images), atol=tolerance)
    np.testing.assert_array_equal(logits.argmax(axis=1), classifier.predict(images))
    assert network.class_names == classifier.class_names
    assert network.temperature == classifier.temperature


def test_a_committee_is_refused(tmp_path: Path) -> None:
    for number, operator in enumerate(("Relu", "Tanh")):
        (tmp_path / f"{number}.onnx").write_bytes(model_file(operator=operator))
    path = tmp_path / "committee.onnx"
    save_committee([tmp_path / "0.onnx", tmp_path / "1.onnx"], path)
    with pytest.raises(ModelFileError, match=r"committee\.onnx is no single chain of dense layers"):
        read_network(path)


@pytest.mark.parametrize(
    "operators", [("Relu", "Relu"), ("Relu", "Abs"), ("Abs",)], ids=["twice", "one more", "another"]
)
def test_what_is_between_two_layers_must_be_known(operators: tuple[str, ...]) -> None:
    graph = Graph()
    graph.add("Cast", ["images"], to=TensorProto.FLOAT)
    graph.add("Flatten", [graph.tip], axis=1)
    first, last = made_up_network((10,)).layers
    for layer, behind in ((first, operators), (last, ())):
        graph.add("Gemm", [graph.tip, graph.constant("kernel", layer.kernel), graph.constant("bias", layer.bias)])
        for operator in behind:
            graph.add(operator, [graph.tip])
    graph.name_tip("logits")
    graph.add("Softmax", [graph.tip], output="probabilities", axis=-1)
    content = with_metadata(graph.to_model(10).SerializeToString(), ModelMetadata(NAMES))
    open_model(content)  # it is a model file all the same
    with pytest.raises(ModelFileError, match="no single chain of dense layers"):
        read_network(content)


@pytest.mark.parametrize("content", [b"", b"no model", model_file()[:-1000]], ids=["empty", "text", "cut off"])
def test_a_damaged_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damaged.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        read_network(path)
    assert len(str(caught.value).splitlines()) == 1


def test_a_missing_file_is_one_line_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"^missing\.onnx cannot be read: No such file or directory$"):
        read_network(tmp_path / "missing.onnx")
