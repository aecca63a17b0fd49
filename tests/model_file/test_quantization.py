"""The int8 model file against a computation with whole numbers, and against the float32 file that it came from."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, numpy_helper

from digitnet.arrays import AnyArray, Images
from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.evaluation.metrics import log_softmax
from digitnet.model_file.contract import open_model
from digitnet.model_file.graph import Graph, decode_model, with_metadata
from digitnet.model_file.metadata import ModelMetadata
from digitnet.model_file.quantization import quantize, quantized_weights


def strokes(n: int) -> Images:
    """One straight stroke an image, of any place, direction and width: as dark and as sparse as digits."""
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[:28, :28]
    images = np.empty((n, 28, 28), np.uint8)
    for image in images:
        angle, width = rng.uniform(0, np.pi), rng.uniform(1, 3)
        y, x = rng.uniform(8, 20, 2)
        distance = np.abs((rows - y) * np.cos(angle) + (columns - x) * np.sin(angle))
        image[:] = 255 * np.clip(width - distance, 0, 1)
    return images


IMAGES = strokes(300)
ALIKE = 0.15  # relative error of the logits; a wrong scale or zero point gives more than 1
ACTIVATIONS = ("Relu", "Tanh", "Sigmoid", "Elu", "Selu", "Gelu", "LeakyRelu", "Softplus", "Silu", "linear")


@dataclass(frozen=True)
class Network:
    """A model file in float32 with random weights of the size that training gives; each field can be changed."""

    sizes: tuple[int, ...] = (784, 40, 30, 10)
    activation: str = "Relu"
    pixel_steps: tuple[tuple[str, Any], ...] = (("Mul", 1 / 255), ("Flatten", None))
    temperature: float = 1.5
    weights: tuple[tuple[AnyArray, AnyArray], ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)

    def layers(self) -> tuple[tuple[AnyArray, AnyArray], ...]:
        rng = np.random.default_rng(1)
        made = []
        for inputs, units in zip(self.sizes[:-1], self.sizes[1:], strict=True):
            kernel = rng.normal(0, np.sqrt(2 / inputs), (inputs, units)).astype(np.float32)
            made.append((kernel, rng.normal(0, 0.3, units).astype(np.float32)))
        return self.weights or tuple(made)

    def to_bytes(self) -> bytes:
        graph = Graph()
        graph.add("Cast", ["images"], to=TensorProto.FLOAT)
        for kind, value in self.pixel_steps:
            if value is None:
                graph.add(kind, [graph.tip], axis=1)
            else:
                graph.add(kind, [graph.tip, graph.constant("step", np.asarray(value, np.float32))])
        for number, (kernel, bias) in enumerate(self.layers()):
            if number:
                self._activate(graph)
            graph.add("Gemm", [graph.tip, graph.constant("kernel", kernel), graph.constant("bias", bias)])
        graph.name_tip("logits")
        graph.add("Div", [graph.tip, graph.constant("temperature", np.float32(self.temperature))])
        graph.add("Softmax", [graph.tip], output="probabilities", axis=-1)
        num_classes = len(self.layers()[-1][1])
        names = tuple(map(str, range(num_classes)))
        metadata = ModelMetadata(names, calibration={"temperature": self.temperature}, **self.metadata)
        return with_metadata(graph.to_model(num_classes).SerializeToString(), metadata)

    def _activate(self, graph: Graph) -> None:
        if self.activation == "Silu":
            before = graph.tip
            graph.add("Mul", [before, graph.add("Sigmoid", [before])])
        elif self.activation != "linear":
            graph.add(self.activation, [graph.tip])


def logits_of(content: bytes, images: Images = IMAGES) -> AnyArray:
    (logits,) = open_model(content)[0].run(["logits"], {"images": images})
    return np.asarray(logits, np.float64)


def relative_error(content: bytes, quantized: bytes, images: Images = IMAGES) -> float:
    """Of the logits, against how much these vary from image to image."""
    expected = logits_of(content, images)
    return float(np.sqrt(((logits_of(quantized, images) - expected) ** 2).mean()) / expected.std(axis=0).mean())


def constants_of(content: bytes, start: str) -> list[AnyArray]:
    tensors = onnx.load_from_string(content).graph.initializer
    return [numpy_helper.to_array(tensor) for tensor in tensors if tensor.name.startswith(start)]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_it_answers_nearly_as_in_float32(activation: str) -> None:
    content = Network(activation=activation).to_bytes()
    quantized = quantize(content, IMAGES[:200])
    assert 1e-6 < relative_error(content, quantized, IMAGES[200:]) < ALIKE  # images that the ranges were not taken from


@pytest.mark.parametrize(
    "sizes", [(784, 1, 10), (784, 10), (784, 3, 2), (784, 37, 47), (784, 5, 1), (784, 8, 7, 6, 5, 4, 3)]
)
def test_networks_of_any_size(sizes: tuple[int, ...]) -> None:
    content = Network(sizes=sizes).to_bytes()
    assert relative_error(content, quantize(content, IMAGES)) < ALIKE


@pytest.mark.parametrize(
    "steps",
    [
        (("Flatten", None),),  # no rescaling
        (("Flatten", None), ("Mul", 1 / 255)),
        (("Mul", 1 / 127.5), ("Add", -1), ("Flatten", None)),
        (("Mul", 1 / 255), ("Add", -0.13), ("Mul", 3.2), ("Flatten", None)),
        (("Mul", -1 / 255), ("Add", 1), ("Flatten", None)),
        (("Mul", np.linspace(0.001, 0.004, 28)), ("Flatten", None)),  # a scale for each column
    ],
)
def test_whatever_happens_to_the_pixels_first(steps: tuple[tuple[str, Any], ...]) -> None:
    temperature = 1.5 if len(steps) > 1 else 1.5 * 255  # logits of inputs up to 255 are that much larger
    content = Network(pixel_steps=steps, temperature=temperature).to_bytes()
    quantized = quantize(content, IMAGES)
    assert relative_error(content, quantized) < ALIKE
    assert all((scale > 0).all() for scale in constants_of(quantized, "scale"))


def test_the_integers_are_those_of_a_computation_by_hand() -> None:
    """Two inputs matter; all scales are powers of two, so nothing is rounded but what is meant to be."""
    kernel = np.zeros((784, 2), np.float32)
    kernel[0] = 127 / 128, -127 / 128  # the largest of its pair, so the scale is 1 / 128
    kernel[2] = 10 / 128, 3 / 128
    last = np.array([[127 / 64, 0], [0, 127 / 64]], np.float32)
    weights = ((kernel, np.array([2.0, 1.0], np.float32)), (last, np.zeros(2, np.float32)))
    content = Network(weights=weights, pixel_steps=(("Flatten", None),)).to_bytes()
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 0, [0, 2]] = 128, 28  # unit 0: 127 + 28 * 10 / 128 + 2 = 131.1875; unit 1: -127 + ... + 1 < 0
    images[1, 0, [0, 2]] = 0, 255  # unit 0: 255 * 10 / 128 + 2 = 21.92; unit 1: 255 * 3 / 128 + 1 = 6.98
    step = 131.1875 / 255  # of the hidden layer: 21.92 is 42.6 steps, 6.98 is 13.56
    expected = np.array([[255, 0], [43, 14]]) * step * 127 / 64
    np.testing.assert_allclose(logits_of(quantize(content, images), images), expected, rtol=1e-6)


def test_every_integer_sum_is_the_right_one() -> None:
    """The whole network once more in NumPy, from the integers in the file, without any possible overflow."""
    quantized = quantize(Network(sizes=(784, 64, 50, 10)).to_bytes(), IMAGES)
    kernels, biases = constants_of(quantized, "kernel"), constants_of(quantized, "bias")
    scales = constants_of(quantized, "scale")  # of the input, the weights and the bias of each layer
    steps, units = scales[::3], scales[1::3]
    integers = IMAGES.reshape(len(IMAGES), 784).astype(np.int64)
    sums = integers @ kernels[0] + biases[0]
    for layer in (1, 2):
        real = sums * (steps[layer - 1].astype(np.float64) * units[layer - 1])
        integers = np.clip(np.rint(real / steps[layer]), 0, 255).astype(np.int64)
        sums = integers @ kernels[layer] + biases[layer]
    expected = sums * (steps[2].astype(np.float64) * units[2])
    wrong = ~np.isclose(logits_of(quantized), expected, rtol=1e-5, atol=1e-5).all(axis=1)
    assert wrong.mean() < 0.02  # a half is rounded up or down as the last bit of a product falls


@settings(max_examples=60)
@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 2**32 - 1), st.sampled_from([1e-30, 1e-3, 1.0, 1e6]))
def test_no_two_neighbours_can_overflow_sixteen_bits(inputs: int, units: int, seed: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    kernel = (size * rng.choice([-1, 0, 0.5, 0.99, 1], (inputs, units))).astype(np.float32)
    kernel += (size * 0.1 * rng.normal(size=kernel.shape)).astype(np.float32)
    weights, scales = quantized_weights(kernel, np.zeros(units, np.float32), 1 / 255)
    for first in range(0, inputs, 2):
        pair = weights[first : first + 2].astype(np.int64)
        assert 255 * pair.clip(min=0).sum(axis=0).max() <= 32_767
        assert 255 * pair.clip(max=0).sum(axis=0).min() >= -32_768
    assert (np.abs(weights * scales.astype(np.float64) - kernel) <= 0.501 * scales).all()
    if size > 1e-20:
        assert np.abs(weights).max() >= 63  # a pair of equal weights has the least


def test_a_bias_far_larger_than_the_weights_fits_into_32_bits() -> None:
    kernel, bias = np.full((784, 2), 1e-9, np.float32), np.array([30.0, -30.0], np.float32)
    _, scales = quantized_weights(kernel, bias, 1 / 255)
    assert np.abs(bias / (scales.astype(np.float64) / 255)).max() <= 2**29 * (1 + 1e-6)
    content = Network(weights=((kernel, bias),)).to_bytes()
    np.testing.assert_allclose(logits_of(quantize(content, IMAGES)), logits_of(content), rtol=1e-5)


def operators_run(content: bytes, tmp_path: Path) -> list[str]:
    """What ONNX Runtime makes of the graph before it runs it."""
    path = tmp_path / "optimized.onnx"
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3  # else it warns that the file is for this machine only
    onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return [node.op_type for node in onnx.load(path).graph.node]


def test_every_product_runs_in_integers_and_nothing_else_is_done_to_a_relu_network(tmp_path: Path) -> None:
    quantized = quantize(Network().to_bytes(), IMAGES)
    assert operators_run(quantized, tmp_path) == ["Flatten", "QGemm", "QGemm", "QGemm", "Div", "Softmax"]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_product_runs_in_integers_whatever_the_activation(activation: str, tmp_path: Path) -> None:
    operators = operators_run(quantize(Network(activation=activation).to_bytes(), IMAGES), tmp_path)
    assert operators.count("QGemm") == 3
    assert not {"Gemm", "MatMul", "Cast", "DequantizeLinear"} & set(operators)


def test_only_standard_operators_are_in_the_file() -> None:
    model = onnx.load_from_string(quantize(Network().to_bytes(), IMAGES))
    onnx.checker.check_model(model, full_check=True)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 20)]
    assert {node.domain for node in model.graph.node} == {""}


def test_it_is_a_quarter_of_the_size_and_says_what_it_is() -> None:
    content = Network(sizes=(784, 256, 10), metadata={"recipe": {"epochs": 3}}).to_bytes()
    quantized = quantize(content, IMAGES)
    assert 0.25 < len(quantized) / len(content) < 0.29  # with the ten images that a file keeps
    (_, before), (_, after) = open_model(content), open_model(quantized)
    assert (before.precision, after.precision) == ("float32", "int8")
    assert after.recipe == {"epochs": 3}
    assert after.calibration == {"temperature": 1.5}


def test_probabilities_keep_the_temperature() -> None:
    session, _ = open_model(quantize(Network(temperature=2.5).to_bytes(), IMAGES))
    probabilities, logits = session.run(["probabilities", "logits"], {"images": IMAGES})
    np.testing.assert_allclose(np.log(probabilities), log_softmax(logits.astype(np.float64) / 2.5), atol=1e-5)


def test_the_same_model_and_images_give_the_same_bytes() -> None:
    assert quantize(Network().to_bytes(), IMAGES) == quantize(Network().to_bytes(), IMAGES.copy())


@pytest.mark.parametrize("batch_size", [1, 2, 7])
def test_an_answer_does_not_depend_on_the_batch(batch_size: int) -> None:
    quantized = quantize(Network().to_bytes(), IMAGES)
    parts = [logits_of(quantized, IMAGES[start : start + batch_size]) for start in range(0, 28, batch_size)]
    np.testing.assert_array_equal(np.concatenate(parts), logits_of(quantized, IMAGES[:28]))


def test_images_sorted_by_class_are_seen_from_everywhere() -> None:
    """Blank ones first, more than are looked at: the ranges of the rest must be found all the same."""
    content = Network().to_bytes()
    images = np.concatenate([np.zeros((6000, 28, 28), np.uint8), np.tile(IMAGES, (3, 1, 1))])
    assert relative_error(content, quantize(content, images)) < ALIKE


def test_a_single_image_is_enough_to_go_on() -> None:
    content = Network().to_bytes()
    expected, found = logits_of(content), logits_of(quantize(content, IMAGES[:1]))
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).mean() > 0.8


def test_a_layer_that_is_never_active_does_no_harm() -> None:
    (kernel, _), *rest = Network().layers()
    dead = np.full(kernel.shape[1], -1e3, np.float32)
    content = Network(weights=((kernel, dead), *rest)).to_bytes()
    np.testing.assert_allclose(logits_of(quantize(content, IMAGES)), logits_of(content), atol=0.02)


def test_nothing_is_printed_and_no_file_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    quantize(Network().to_bytes(), IMAGES)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("images", "found"),
    [
        (IMAGES[:0], r"\(0, 28, 28\) uint8"),
        (IMAGES / 255, r"\(300, 28, 28\) float64"),
        (IMAGES[0], r"\(28, 28\) uint8"),
        (IMAGES.reshape(300, 784), r"\(300, 784\) uint8"),
        (None, "NoneType"),
    ],
)
def test_other_images_are_refused(images: Any, found: str) -> None:
    with pytest.raises(ConfigurationError, match=f"the images to calibrate on are {found}: expected at least one"):
        quantize(Network().to_bytes(), images)


def test_what_is_int8_already_is_refused() -> None:
    quantized = quantize(Network().to_bytes(), IMAGES)
    with pytest.raises(ConfigurationError, match="the model is in int8 already"):
        quantize(quantized, IMAGES)


def changed(**attributes: Any) -> bytes:
    """A model file whose dense layers are not plain ones."""
    model = decode_model(Network().to_bytes())
    for node in model.graph.node:
        if node.op_type == "Gemm":
            node.op_type = attributes.pop("op_type", node.op_type)
            node.attribute.extend(onnx.helper.make_attribute(name, value) for name, value in attributes.items())
    return bytes(model.SerializeToString())


def test_a_graph_of_another_kind_is_refused() -> None:
    with pytest.raises(ModelFileError, match="not a chain of dense layers"):
        quantize(changed(alpha=2.0), IMAGES)
    with pytest.raises(ModelFileError, match="not an ONNX model"):
        quantize(b"no model", IMAGES)


def test_a_network_that_eight_bits_cannot_hold_is_refused_with_the_reason() -> None:
    """One unit is a million times as active as the others, on which the answer depends: they all round to 0."""
    kernel, bias = Network(sizes=(784, 20)).layers()[0]
    kernel[:, 0] = 1e6
    last = np.random.default_rng(0).normal(size=(20, 10)).astype(np.float32)
    last[0] = 0
    content = Network(weights=((kernel, bias), (last, np.zeros(10, np.float32)))).to_bytes()
    with pytest.raises(ModelFileError, match=r"in int8 the model would answer otherwise: on 300 images it agrees on"):
        quantize(content, IMAGES)
