"""check_graph: networks of ours pass, and what never ends, is elsewhere or grows is refused before it is run."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from digitnet.errors import ModelFileError
from digitnet.model_file import graph_check
from digitnet.model_file.contract import bundled_model_path, open_model, start_session
from digitnet.model_file.digest import with_digest
from digitnet.model_file.ensemble import save_committee
from digitnet.model_file.graph import decode_model
from digitnet.model_file.graph_check import check_graph
from digitnet.model_file.metadata import PRECISIONS, Precision
from digitnet.model_file.wire_format import fields
from made_up_model_files import model_file
from made_up_networks import made_up_images

CONTENT = model_file((6,))
OPERATORS = ("Relu", "Elu", "Gelu", "LeakyRelu", "Selu", "Sigmoid", "Silu", "Softplus", "Tanh", "Linear")


def changed(nodes: Sequence[onnx.NodeProto] = (), constants: dict[str, Any] | None = None, **graph: Any) -> bytes:
    """The good file with nodes between its "logits" and its answers; they may make "last" of them."""
    proto = decode_model(CONTENT)
    place = next(place for place, node in enumerate(proto.graph.node) if node.op_type == "Div")
    if any("last" in node.output for node in nodes):
        proto.graph.node[place].input[0] = "last"
    before, after = list(proto.graph.node[:place]), list(proto.graph.node[place:])
    del proto.graph.node[:]
    proto.graph.node.extend([*before, *nodes, *after])
    for name, value in (constants or {}).items():
        proto.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    for name, value in graph.items():
        getattr(proto.graph, name).extend(value)
    return with_digest(proto.SerializeToString())


def message_of(content: bytes) -> str:
    with pytest.raises(ModelFileError) as error:
        open_model(content)
    message = str(error.value)
    assert message.startswith("the model: ")
    assert "\n" not in message
    return message.removeprefix("the model: ")


def body(node: onnx.NodeProto, *inputs: onnx.ValueInfoProto) -> onnx.GraphProto:
    outputs = [helper.make_tensor_value_info(name, TensorProto.UNDEFINED, None) for name in node.output]
    return helper.make_graph([node], "body", list(inputs), outputs)


def endless_loop() -> bytes:
    """A graph whose Loop ends after 2**62 turns."""
    turn = helper.make_tensor_value_info("turn", TensorProto.INT64, [])
    going = helper.make_tensor_value_info("going", TensorProto.BOOL, [])
    value = helper.make_tensor_value_info("value", TensorProto.FLOAT, None)
    nodes = [helper.make_node("Identity", ["going"], ["still"]), helper.make_node("Identity", ["value"], ["same"])]
    outputs = [
        helper.make_tensor_value_info("still", TensorProto.BOOL, []),
        helper.make_tensor_value_info("same", TensorProto.FLOAT, None),
    ]
    loop = helper.make_graph(nodes, "body", [turn, going, value], outputs)
    node = helper.make_node("Loop", ["turns", "yes", "logits"], ["last"], body=loop)
    return changed([node], {"turns": np.int64(2**62), "yes": np.bool_(True)})


def test_a_graph_that_never_ends_is_refused_by_the_name_of_its_operator(tmp_path: Path) -> None:
    """By the command, in a process of its own: had it run the Loop, it could not be interrupted."""
    path = tmp_path / "endless.onnx"
    path.write_bytes(endless_loop())
    onnx.checker.check_model(onnx.load(path))
    run = subprocess.run(
        [sys.executable, "-m", "digitnet", "info", path], capture_output=True, text=True, check=False, timeout=60
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        f"digitnet: {path}: the model has the operator 'Loop', which is not run: expected only those of feed-forward "
        "networks, such as Gemm, Add, Relu and Softmax\n"
    )


@pytest.mark.parametrize(
    "node",
    [
        helper.make_node(
            "If",
            ["yes"],
            ["last"],
            then_branch=body(helper.make_node("Identity", ["logits"], ["a"])),
            else_branch=body(helper.make_node("Identity", ["logits"], ["b"])),
        ),
        helper.make_node(
            "Scan", ["logits"], ["last"], num_scan_inputs=1, body=body(helper.make_node("Neg", ["a"], ["b"]))
        ),
        helper.make_node("Gelu", ["logits"], ["last"], domain="com.microsoft"),
        helper.make_node("RandomNormalLike", ["logits"], ["last"]),
        helper.make_node("Tile", ["logits", "turns"], ["last"]),
        helper.make_node("Expand", ["logits", "turns"], ["last"]),
        helper.make_node("ConstantOfShape", ["turns"], ["last"]),
        helper.make_node("Conv", ["logits", "turns"], ["last"]),
        helper.make_node("LSTM", ["logits", "turns"], ["last"]),
        helper.make_node("NoSuchOperator", ["logits"], ["last"]),
    ],
    ids=lambda node: node.op_type,
)
def test_other_operators_are_refused_by_name(node: onnx.NodeProto) -> None:
    name = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
    content = changed([node], {"yes": np.bool_(True), "turns": np.array([1, 10])})
    assert message_of(content).startswith(f"the model has the operator {name!r}, which is not run")


def test_a_graph_inside_an_operator_of_the_list_is_refused() -> None:
    node = helper.make_node("Identity", ["logits"], ["last"], hidden=body(helper.make_node("Loop", ["a"], ["b"])))
    assert "the operator 'Identity', which is not run" in message_of(changed([node]))


def test_the_standard_domain_has_two_names() -> None:
    open_model(changed([helper.make_node("Relu", ["logits"], ["last"], domain="ai.onnx")]))


def test_an_operator_under_two_names_is_the_one_that_onnx_runtime_reads() -> None:
    """The last of two names counts, and a graph in two pieces would be put together."""
    node = helper.make_node("Relu", ["logits"], ["last"])
    graph = decode_model(CONTENT).graph.SerializeToString()
    loop = node.SerializeToString() + b"\x22\x04Loop"
    assert onnx.NodeProto.FromString(loop).op_type == "Loop"
    twice = b"\x3a\x02\x12\x00" + CONTENT  # field 7, the graph, with an empty name
    assert "it has 2 graphs" in message_of(with_digest(twice))
    piece = b"\x0a" + bytes([len(loop)]) + loop
    length = len(graph) + len(piece)
    message = bytes([0x3A, length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14]) + graph + piece
    whole = b"\x08\x09" + message
    assert onnx.load_from_string(whole).graph.node[-1].op_type == "Loop"
    with pytest.raises(ModelFileError, match="the operator 'Loop'"):
        check_graph(whole)


def with_model_field(**values: Any) -> bytes:
    proto = decode_model(CONTENT)
    for name, value in values.items():
        getattr(proto, name).extend(value)
    return with_digest(proto.SerializeToString())


def test_functions_training_and_sparse_weights_are_refused() -> None:
    function = helper.make_function(
        "", "Softmax", ["a"], ["b"], [helper.make_node("Neg", ["a"], ["b"])], [helper.make_opsetid("", 20)]
    )
    assert "the model has functions, which no feed-forward network needs" in message_of(
        with_model_field(functions=[function])
    )
    assert "the model has training" in message_of(with_model_field(training_info=[onnx.TrainingInfoProto()]))
    values = numpy_helper.from_array(np.ones(1, np.float32), "sparse")
    sparse = helper.make_sparse_tensor(values, numpy_helper.from_array(np.zeros(1, np.int64)), [10])
    assert "the model has sparse weights" in message_of(changed(sparse_initializer=[sparse]))
    assert "the model has a field of number 99" in message_of(with_digest(CONTENT + b"\x98\x06\x01"))


def test_weights_in_another_file_are_refused() -> None:
    tensor = numpy_helper.from_array(np.ones(10, np.float32), "far")
    tensor.data_location = TensorProto.EXTERNAL
    assert "weights in another file" in message_of(changed(initializer=[tensor]))
    tensor = numpy_helper.from_array(np.ones(10, np.float32), "far")
    tensor.external_data.add(key="location", value="/etc/passwd")
    assert "weights in another file" in message_of(changed(initializer=[tensor]))


def doubled(times: int) -> bytes:
    names = ["logits", *(f"doubled_{time}" for time in range(times))]
    nodes = [helper.make_node("Concat", [names[time], names[time]], [names[time + 1]], axis=1) for time in range(times)]
    return changed(nodes)


def test_what_grows_is_refused_although_the_file_is_small() -> None:
    open_model(doubled(5))
    assert "the model would compute too much: up to its operator Concat" in message_of(doubled(40))
    outer = helper.make_node("Mul", ["column", "row"], ["table"])
    vectors = {"column": np.ones((20_000, 1), np.float32), "row": np.ones((1, 20_000), np.float32)}
    assert "too much: up to its operator Mul that gives 'table'" in message_of(changed([outer], vectors))
    wide = [helper.make_node("Reshape", ["logits", "to"], ["tall"]), helper.make_node("MatMul", ["tall", "row"], ["x"])]
    vectors = {"to": np.array([-1, 1]), "row": np.ones((1, 200_000), np.float32)}
    assert "too much: up to its operator MatMul" in message_of(changed(wide, vectors))


def test_the_same_large_product_many_times_is_refused() -> None:
    """Each is small enough, all together take minutes."""
    names = ["logits", *(f"p{time}" for time in range(6000))]
    nodes = [helper.make_node("MatMul", ["wide", "square"], ["p0"])]
    nodes += [helper.make_node("MatMul", [names[time], "square"], [names[time + 1]]) for time in range(1, 6000)]
    constants = {"wide": np.ones((1, 1000), np.float32), "square": np.zeros((1000, 1000), np.float32)}
    assert "too much: up to its operator MatMul" in message_of(changed(nodes, constants))


def test_a_value_that_nothing_gives_and_too_many_operators_are_refused() -> None:
    assert "uses 'nothing', which nothing before it gives" in message_of(
        changed([helper.make_node("Relu", ["nothing"], ["x"])])
    )
    many = [helper.make_node("Relu", ["logits"], [f"x{number}"]) for number in range(10_001)]
    assert "operators: expected at most 10,000" in message_of(changed(many))
    assert "an operator Relu without inputs" in message_of(changed([helper.make_node("Relu", [], ["x"])]))


def sizes_of(content: bytes) -> dict[str, int]:
    """What the check takes for the largest size of each value."""
    (graph,) = (field for field in fields(memoryview(content)) if field.number == 7)
    elements = list(fields(graph.content))
    values = graph_check._given_values(elements)  # noqa: SLF001 - the bound is what the check rests on
    nodes = [graph_check._node(field.content) for field in elements if field.number == 1]  # noqa: SLF001
    graph_check._check_sizes(nodes, values)  # noqa: SLF001
    return {name: value.size for name, value in values.items()}


def check_bounds(content: bytes) -> None:
    """Compare them with what ONNX Runtime computes for one image, value by value."""
    proto = onnx.load_from_string(content)
    names = [name for node in proto.graph.node for name in node.output]
    types = {value.name: value for value in onnx.shape_inference.infer_shapes(proto).graph.value_info}
    there = {output.name for output in proto.graph.output}
    proto.graph.output.extend(types[name] for name in names if name not in there)
    found = start_session(proto.SerializeToString()).run(names, {"images": made_up_images(1)})
    bounds = sizes_of(content)
    for name, value in zip(names, found, strict=True):
        assert value.size == bounds[name], name


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_bundled_model_passes_and_its_sizes_are_the_true_ones(precision: Precision) -> None:
    content = bundled_model_path(precision).read_bytes()
    check_graph(content)
    proto = onnx.load_from_string(content)
    proto.graph.node.remove(next(node for node in proto.graph.node if node.op_type == "Squeeze"))
    for kind in ("Sub", "Slice", "Slice", "ReduceLogSumExp"):  # of these the bound is larger than what they give
        proto.graph.node.remove(next(node for node in proto.graph.node if node.op_type == kind))
    del proto.graph.output[2:]
    check_bounds(proto.SerializeToString())


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_network_of_any_activation_passes_and_its_sizes_are_the_true_ones(operator: str) -> None:
    content = model_file((20, 12), operator)
    check_graph(content)
    check_bounds(content)


def test_a_committee_passes(tmp_path: Path) -> None:
    for name, content in (("a", CONTENT), ("b", model_file((7,)))):
        (tmp_path / f"{name}.onnx").write_bytes(content)
    save_committee([tmp_path / "a.onnx", tmp_path / "b.onnx"], tmp_path / "both.onnx")
    check_bounds((tmp_path / "both.onnx").read_bytes())


def test_weights_may_stand_as_other_programs_write_them() -> None:
    """Transposed, and in steps that only say another shape."""
    nodes = [
        helper.make_node("Reshape", ["logits", "to"], ["reshaped"]),
        helper.make_node("Gemm", ["reshaped", "square", "bias"], ["mixed"], transB=1),
        helper.make_node("Add", ["mixed", "bias"], ["last"]),
    ]
    constants = {"to": np.array([-1, 10]), "square": np.eye(10, dtype=np.float32), "bias": np.zeros(10, np.float32)}
    session, _ = open_model(changed(nodes, constants))
    images = made_up_images(4)
    expected = open_model(CONTENT)[0].run(["probabilities"], {"images": images})[0]
    np.testing.assert_allclose(session.run(["probabilities"], {"images": images})[0], expected, atol=1e-6)


def test_damaged_files_are_refused_or_pass_but_never_are_another_error() -> None:
    rng = np.random.default_rng(0)
    for _ in range(1500):
        damaged = bytearray(CONTENT)
        for place in rng.integers(0, 1200, rng.integers(1, 4)):
            damaged[place] = rng.integers(0, 256)
        try:
            check_graph(bytes(damaged))
        except ModelFileError as error:
            assert "\n" not in str(error)  # noqa: PT017 - the others pass
