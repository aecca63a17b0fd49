"""independent_parts on graphs whose networks are known, against the whole graph and ONNX's own reader."""

import platform
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from digitnet.arrays import AnyArray
from digitnet.errors import ModelFileError
from digitnet.model_file.contract import bundled_model_path, start_session
from digitnet.model_file.graph_parts import independent_parts
from digitnet.model_file.metadata import PRECISIONS, Precision

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)


def value(name: str, kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, ["n", 28, 28])


def constant(name: str, number: float) -> onnx.TensorProto:
    return numpy_helper.from_array(np.full(3, number, np.float32)[:1], name)


def network(name: str, factor: str) -> list[onnx.NodeProto]:
    """images -> `name`, by one constant."""
    return [
        helper.make_node("Cast", ["images"], [f"{name}_cast"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}_cast", factor], [name]),
    ]


def model(nodes: list[onnx.NodeProto], outputs: list[str], **changes: Any) -> onnx.ModelProto:
    inputs, constants = [value("images", TensorProto.UINT8)], [constant("two", 2), constant("three", 3)]
    graph = helper.make_graph(nodes, "networks", inputs, [value(name) for name in outputs], constants, **changes)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    helper.set_model_props(proto, {"digitnet": "what the file says about itself"})
    return proto


def parts_of(proto: onnx.ModelProto) -> list[onnx.ModelProto]:
    return [onnx.load_from_string(part) for part in independent_parts(proto.SerializeToString())]


def outputs_of(proto: onnx.ModelProto) -> list[str]:
    return [output.name for output in proto.graph.output]


def answers(content: bytes, names: list[str]) -> list[AnyArray]:
    return list(start_session(content).run(names, {"images": IMAGES}))


def test_networks_that_share_nothing_but_the_images_come_apart() -> None:
    whole = model(network("b", "three") + network("a", "two"), ["a", "b"])
    parts = parts_of(whole)
    assert [outputs_of(part) for part in parts] == [["a"], ["b"]]
    for part, factor in zip(parts, (2, 3), strict=True):
        onnx.checker.check_model(part, full_check=True)
        assert [len(part.graph.node), len(part.graph.initializer)] == [2, 1]
        assert (part.opset_import, part.metadata_props) == (whole.opset_import, whole.metadata_props)
        (found,) = answers(part.SerializeToString(), outputs_of(part))
        np.testing.assert_array_equal(found, factor * IMAGES.astype(np.float32))


@pytest.mark.parametrize(
    ("nodes", "outputs"),
    [
        (network("a", "two"), ["a"]),
        (network("a", "two"), ["a", "a_cast"]),  # two outputs of one network
        (network("a", "two") + network("b", "two"), ["a", "b"]),  # a shared weight would be in memory twice
        ([*network("a", "two"), helper.make_node("Neg", ["a"], ["b"])], ["a", "b"]),
    ],
)
def test_one_network_stays_as_it_is(nodes: list[onnx.NodeProto], outputs: list[str]) -> None:
    content = model(nodes, outputs).SerializeToString()
    assert independent_parts(content) == [content]


def test_what_no_output_needs_is_in_the_first_part_for_onnx_runtime_to_check() -> None:
    unused = helper.make_node("NoSuchOperator", ["images"], ["nothing"])
    content = model([*network("a", "two"), *network("b", "three"), unused], ["a", "b"]).SerializeToString()
    first, second = independent_parts(content)
    assert start_session(second)
    for damaged in (content, first):
        with pytest.raises(ModelFileError, match="NoSuchOperator"):
            start_session(damaged)


def with_a_branch() -> onnx.ModelProto:
    """`b` uses the weights of `a`, by a name that only the graph inside of its operator says."""
    inner = helper.make_graph([helper.make_node("Identity", ["a"], ["inner"])], "inner", [], [value("inner")])
    yes = numpy_helper.from_array(np.array(True), "yes")
    branch = helper.make_node("If", ["yes"], ["b"], then_branch=inner, else_branch=inner)
    proto = model([*network("a", "two"), branch], ["a", "b"])
    proto.graph.initializer.append(yes)
    return proto


def with_an_input_that_has_a_value() -> onnx.ModelProto:
    proto = model(network("a", "two") + network("b", "three"), ["a", "b"])
    proto.graph.input.append(helper.make_tensor_value_info("two", TensorProto.FLOAT, [1]))
    return proto


def with_described_values() -> onnx.ModelProto:
    return model(network("a", "two") + network("b", "three"), ["a", "b"], value_info=[value("a_cast")])


@pytest.mark.parametrize("proto", [with_a_branch(), with_an_input_that_has_a_value(), with_described_values()])
def test_what_cannot_be_taken_apart_safely_stays_whole_and_runs(proto: onnx.ModelProto) -> None:
    content = proto.SerializeToString()
    assert independent_parts(content) == [content]
    assert len(answers(content, ["a", "b"])) == 2


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_parts_of_the_bundled_model_answer_as_the_whole_does(precision: Precision) -> None:
    content = bundled_model_path(precision).read_bytes()
    names = [["probabilities", "logits"], ["digit_score", "second_logits"]]
    parts = independent_parts(content)
    assert [outputs_of(onnx.load_from_string(part)) for part in parts] == names
    assert sum(map(len, parts)) < len(content) + 30_000  # the metadata are, no weight is there twice
    found = [answer for part, own in zip(parts, names, strict=True) for answer in answers(part, own)]
    for answer, expected in zip(found, answers(content, names[0] + names[1]), strict=True):
        if platform.machine().lower() in {"x86_64", "amd64"}:
            np.testing.assert_array_equal(answer, expected)
        else:
            np.testing.assert_allclose(answer, expected, rtol=1e-5, atol=1e-5)


def test_damaged_files_come_back_as_they_are_or_in_parts_but_never_as_another_error() -> None:
    content = model(network("a", "two") + network("b", "three"), ["a", "b"]).SerializeToString()
    rng = np.random.default_rng(0)
    for length in range(len(content)):
        assert b"".join(independent_parts(content[:length]))[:1] == content[:length][:1]
    for _ in range(2000):
        damaged = bytearray(content)
        for place in rng.integers(0, len(content), rng.integers(1, 6)):
            damaged[place] = rng.integers(0, 256)
        assert 1 <= len(independent_parts(bytes(damaged))) <= 2


def test_a_file_of_countless_fields_takes_no_time() -> None:
    content = b"\x08\x01" * 5_000_000
    assert independent_parts(content) == [content]
