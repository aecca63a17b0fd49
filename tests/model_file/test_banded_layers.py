"""Networks with receptive fields answer as before when their layers are multiplied band by band."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from digitnet.arrays import AnyArray
from digitnet.model_file.banded_layers import with_banded_layers
from digitnet.model_file.contract import bundled_model_path, open_model, start_session
from digitnet.model_file.graph import decode_model
from digitnet.model_file.graph_parts import independent_parts
from digitnet.model_file.metadata import PRECISIONS, Precision
from digitnet.model_file.quantization import quantize
from digitnet.network.initialization import receptive_windows
from made_up_model_files import model_file
from made_up_networks import made_up_images

IMAGES = made_up_images(40)
SIZES = (768, 512, 256)
NAMES = ("logits", "probabilities")


def network(operator: str = "Relu", *, seed: int = 0, radii: tuple[float, ...] = (5, 5)) -> bytes:
    """A file in float32 whose units see discs, their order drawn at random as training draws it."""
    windows = receptive_windows(SIZES, radii, seed)
    proto = decode_model(model_file(SIZES, operator))
    kernels = [tensor for tensor in proto.graph.initializer if tensor.name.startswith("kernel")]
    for tensor, window in zip(kernels, windows, strict=False):
        if window is not None:
            values = onnx.numpy_helper.to_array(tensor) * window * np.sqrt(window.size / np.square(window).sum())
            tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float32), tensor.name))
    return bytes(proto.SerializeToString())


def answers(content: bytes) -> list[AnyArray]:
    return list(start_session(content).run(list(NAMES), {"images": IMAGES}))


def operators(content: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(content).graph.node]


def weights_of(content: bytes) -> int:
    tensors = onnx.load_from_string(content).graph.initializer
    return sum(int(np.prod(tensor.dims)) for tensor in tensors if len(tensor.dims) == 2)


@pytest.mark.parametrize("seed", [0, 1])
def test_float32_answers_are_the_same_to_rounding(seed: int) -> None:
    content = network(seed=seed)
    banded = with_banded_layers(content)
    onnx.checker.check_model(onnx.load_from_string(banded), full_check=True)
    assert operators(banded).count("Gemm") == 3 + 2 + 2  # of 768, 512, and 256 and 10 units
    assert weights_of(banded) < 0.85 * weights_of(content)
    for before, after in zip(answers(content), answers(banded), strict=True):
        np.testing.assert_allclose(after, before, rtol=0, atol=2e-6 * np.abs(before).max())


@pytest.mark.parametrize("seed", [0, 1])
def test_int8_answers_are_the_same_bits(seed: int) -> None:
    content = quantize(network(seed=seed), made_up_images(300))
    banded = with_banded_layers(content)
    onnx.checker.check_model(onnx.load_from_string(banded), full_check=True)
    assert operators(banded).count("Gemm") == 3 + 2 + 2
    assert weights_of(banded) < 0.85 * weights_of(content)
    for before, after in zip(answers(content), answers(banded), strict=True):
        np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_bundled_networks_answer_as_before(precision: Precision) -> None:
    content = bundled_model_path(precision).read_bytes()
    session, _ = open_model(content)
    names = [output.name for output in session.get_outputs()]
    assert all(with_banded_layers(part) != part for part in independent_parts(content))
    found = session.run(names, {"images": IMAGES})
    for name, before, after in zip(names, start_session(content).run(names, {"images": IMAGES}), found, strict=True):
        tolerance = 1e-5 if precision == "float32" and name in NAMES else 0  # the second network has 8 bits in both
        np.testing.assert_allclose(after, before, rtol=0, atol=tolerance)


def test_two_networks_in_one_graph_are_banded_each() -> None:
    proto = decode_model(network())
    copy = onnx.compose.add_prefix_graph(decode_model(network(seed=1)).graph, "second_", rename_inputs=False)
    for node in copy.node:
        node.input[:] = ["images" if name == "second_images" else name for name in node.input]
    for kept, added in ((proto.graph.node, copy.node), (proto.graph.initializer, copy.initializer)):
        kept.extend(added)
    proto.graph.node.append(helper.make_node("Add", ["logits", "second_logits"], ["both"]))
    proto.graph.output[0].name = "both"
    content = proto.SerializeToString()
    banded = with_banded_layers(content)
    assert operators(banded).count("Gemm") == 2 * (3 + 2 + 2)
    (before,), (after,) = (start_session(one).run(["both"], {"images": IMAGES}) for one in (content, banded))
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-5 * np.abs(before).max())


def first_result_is_an_output(proto: onnx.ModelProto) -> None:
    name = next(node.output[0] for node in proto.graph.node if node.op_type == "Relu")
    proto.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", SIZES[0]]))


def first_result_is_used_twice(proto: onnx.ModelProto) -> None:
    name = next(node.output[0] for node in proto.graph.node if node.op_type == "Relu")
    proto.graph.node.append(helper.make_node("Softmax", [name], ["another"], axis=-1))
    proto.graph.output.append(helper.make_tensor_value_info("another", onnx.TensorProto.FLOAT, ["n", SIZES[0]]))


def the_product_is_used_twice(proto: onnx.ModelProto) -> None:
    name = next(node.output[0] for node in proto.graph.node if node.op_type == "Gemm")
    proto.graph.node.append(helper.make_node("Softmax", [name], ["another"], axis=-1))
    proto.graph.output.append(helper.make_tensor_value_info("another", onnx.TensorProto.FLOAT, ["n", SIZES[0]]))


def weights_may_be_replaced(proto: onnx.ModelProto) -> None:
    kernel = next(tensor for tensor in proto.graph.initializer if tensor.name.startswith("kernel"))
    proto.graph.input.append(helper.make_tensor_value_info(kernel.name, onnx.TensorProto.FLOAT, kernel.dims))


def weights_are_no_bytes(proto: onnx.ModelProto) -> None:
    for tensor in proto.graph.initializer:
        if tensor.name.startswith("kernel"):
            values = onnx.numpy_helper.to_array(tensor)
            tensor.ClearField("raw_data")
            tensor.float_data.extend(values.ravel())


def pixels_are_not_flat(proto: onnx.ModelProto) -> None:
    flatten = next(node for node in proto.graph.node if node.op_type == "Flatten")
    flatten.attribute[0].i = 2


def pixels_are_made_from_themselves(proto: onnx.ModelProto) -> None:
    (flatten,) = [node for node in proto.graph.node if node.op_type == "Flatten"]
    flatten.input[0] = flatten.output[0]


def nothing_comes_in(proto: onnx.ModelProto) -> None:
    (flatten,) = [node for node in proto.graph.node if node.op_type == "Flatten"]
    del flatten.input[:]


def operators_are_too_old(proto: onnx.ModelProto) -> None:
    proto.opset_import[0].version = 12


def unknown_attribute(proto: onnx.ModelProto) -> None:
    for node in proto.graph.node:
        if node.op_type == "Gemm":
            node.attribute.append(helper.make_attribute("alpha", 1.0))


@pytest.mark.parametrize(
    "change",
    [
        first_result_is_an_output,
        first_result_is_used_twice,
        the_product_is_used_twice,
        weights_may_be_replaced,
        weights_are_no_bytes,
        pixels_are_not_flat,
        pixels_are_made_from_themselves,
        nothing_comes_in,
        operators_are_too_old,
        unknown_attribute,
    ],
)
def test_what_the_order_of_units_would_show_in_stays_as_it_is(change: Callable[[Any], None]) -> None:
    proto = decode_model(network(radii=(5,)))
    change(proto)
    content = proto.SerializeToString()
    assert with_banded_layers(content) == content


@pytest.mark.parametrize("content", [network(radii=()), network("Tanh"), b"", b"\x00", b"not a model"])
def test_what_has_nothing_to_gain_stays_as_it_is(content: bytes) -> None:
    assert with_banded_layers(content) is content


def test_names_that_are_taken_are_not_given_again() -> None:
    proto = decode_model(network())
    for node in proto.graph.node:
        for names in (node.input, node.output):
            names[:] = [f"band_{name}" if name.startswith("relu") else name for name in names]
    content = proto.SerializeToString()
    banded = with_banded_layers(content)
    assert operators(banded).count("Concat") == 2
    np.testing.assert_allclose(answers(banded)[0], answers(content)[0], rtol=0, atol=1e-5)


def test_cut_off_files_stay_as_they_are_or_are_refused_as_before() -> None:
    content = network()
    for length in np.linspace(1, len(content) - 1, 60).astype(int):
        part = content[:length]
        assert with_banded_layers(part) == part
