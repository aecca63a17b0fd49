"""open_model on hand-made files: good ones, damaged ones, somebody else's, hostile ones."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.model_file.contract import (
    DEFAULT_PRECISION,
    METADATA_KEY,
    MODEL_FILE_NAMES,
    ModelSession,
    bundled_model_path,
    open_model,
)
from digitnet.model_file.metadata import PRECISIONS, ModelMetadata, Precision

METADATA = ModelMetadata(class_names=tuple("0123456789"), calibration={"temperature": 2.0})


@dataclass(frozen=True)
class Graph:
    """A model file with one dense layer; each field can be made wrong."""

    input_name: str = "images"
    input_type: int = TensorProto.UINT8
    input_shape: Sequence[str | int] = ("n", 28, 28)
    outputs: Sequence[str] = ("probabilities", "logits")
    output_type: int = TensorProto.FLOAT
    classes: int = 10
    last: str = "Softmax"
    weight: float = 0.01
    metadata: str | None = METADATA.to_json()

    def to_bytes(self) -> bytes:
        pixels = int(np.prod([side for side in self.input_shape[1:] if isinstance(side, int)]))
        weights = np.full((pixels, self.classes), self.weight, np.float32)
        weights[:, 0] *= 2
        nodes = [
            helper.make_node("Cast", [self.input_name], ["x"], to=TensorProto.FLOAT),
            helper.make_node("Flatten", ["x"], ["flat"], axis=1),
            helper.make_node("MatMul", ["flat", "weights"], ["scores"]),
            helper.make_node(self.last, ["scores"], ["answers"]),
            helper.make_node("Cast", ["answers"], [self.outputs[0]], to=self.output_type),
            *[helper.make_node("Cast", ["scores"], [name], to=self.output_type) for name in self.outputs[1:]],
        ]
        graph = helper.make_graph(
            nodes,
            "test",
            [helper.make_tensor_value_info(self.input_name, self.input_type, list(self.input_shape))],
            [
                helper.make_tensor_value_info(name, self.output_type, [self.input_shape[0], self.classes])
                for name in self.outputs
            ],
            [numpy_helper.from_array(weights, "weights")],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
        if self.metadata is not None:
            helper.set_model_props(model, {METADATA_KEY: self.metadata})
        return bytes(model.SerializeToString())


def message_of(source: str | Path | bytes) -> str:
    with pytest.raises(ModelFileError) as error:
        open_model(source)
    message = str(error.value)
    assert "\n" not in message
    return message


def test_a_good_file_is_opened_from_a_path_a_run_folder_and_bytes(tmp_path: Path) -> None:
    path = tmp_path / MODEL_FILE_NAMES["float32"]
    path.write_bytes(Graph().to_bytes())
    for source in (path, str(path), tmp_path, str(tmp_path), path.read_bytes()):
        session, metadata = open_model(source)
        assert metadata == METADATA
        images = np.zeros((3, 28, 28), np.uint8)
        probabilities, logits = session.run(["probabilities", "logits"], {"images": images})
        np.testing.assert_allclose(probabilities, np.full((3, 10), 0.1), atol=1e-6)
        np.testing.assert_array_equal(logits, np.zeros((3, 10)))


def test_any_file_name_and_any_number_of_classes_will_do(tmp_path: Path) -> None:
    path = tmp_path / "größe 1.bin"
    names = tuple(f"class {k}" for k in range(26))
    path.write_bytes(Graph(classes=26, metadata=ModelMetadata(class_names=names).to_json()).to_bytes())
    assert open_model(path)[1].class_names == names


def write_models(folder: Path, *precisions: Precision) -> None:
    """Files that are alike but for what they say about their precision."""
    for precision in precisions:
        metadata = dataclasses.replace(METADATA, precision=precision)
        (folder / MODEL_FILE_NAMES[precision]).write_bytes(Graph(metadata=metadata.to_json()).to_bytes())


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_folder_gives_the_precision_asked_for(tmp_path: Path, precision: Precision) -> None:
    write_models(tmp_path, *PRECISIONS)
    assert open_model(tmp_path, precision=precision)[1].precision == precision
    assert open_model(tmp_path)[1].precision == DEFAULT_PRECISION


def test_a_folder_without_int8_gives_float32_unless_int8_was_asked_for(tmp_path: Path) -> None:
    write_models(tmp_path, "float32")
    assert open_model(tmp_path)[1].precision == "float32"
    assert open_model(tmp_path, precision="float32")[1].precision == "float32"
    with pytest.raises(ModelFileError) as error:
        open_model(tmp_path, precision="int8")
    assert str(error.value) == (
        f"{tmp_path} is a folder without model_int8.onnx: expected a model file, or a run folder whose training "
        "has finished. It has a model in float32"
    )


def test_float32_is_not_replaced_by_int8(tmp_path: Path) -> None:
    write_models(tmp_path, "int8")
    with pytest.raises(ModelFileError, match=r"without model\.onnx.* It has a model in int8"):
        open_model(tmp_path, precision="float32")


@pytest.mark.parametrize("asked", PRECISIONS)
@pytest.mark.parametrize("has", PRECISIONS)
def test_a_file_is_of_the_precision_that_it_has(tmp_path: Path, has: Precision, asked: Precision) -> None:
    write_models(tmp_path, has)
    path = tmp_path / MODEL_FILE_NAMES[has]
    for source in (path, path.read_bytes()):
        assert open_model(source)[1].precision == has
        if asked == has:
            assert open_model(source, precision=asked)[1].precision == has
        else:
            with pytest.raises(ModelFileError, match=f"a model in {has}, but {asked} was asked for"):
                open_model(source, precision=asked)


def test_a_file_under_the_name_of_another_precision_is_found_out(tmp_path: Path) -> None:
    write_models(tmp_path, "float32")
    (tmp_path / "model.onnx").rename(tmp_path / "model_int8.onnx")
    with pytest.raises(ModelFileError, match=r"model_int8\.onnx: a model in float32, but int8 was asked for"):
        open_model(tmp_path, precision="int8")


@pytest.mark.parametrize("precision", ["int4", "", 8, ["int8"]])
def test_a_precision_that_does_not_exist_is_refused(precision: Any) -> None:
    for function in (bundled_model_path, lambda precision: open_model(Graph().to_bytes(), precision=precision)):
        with pytest.raises(ConfigurationError, match=r"precision is .*: expected one of float32, int8"):
            function(precision=precision)


def test_a_missing_file_and_an_unfinished_run_are_named(tmp_path: Path) -> None:
    missing = tmp_path / "none.onnx"
    assert message_of(missing) == f"{missing} does not exist: expected a model file or a run folder"
    assert message_of(tmp_path).startswith(f"{tmp_path} is a folder without model.onnx")
    (tmp_path / "model.onnx").mkdir()
    assert "not a regular file" in message_of(tmp_path)
    if hasattr(os, "mkfifo"):  # not on Windows
        os.mkfifo(tmp_path / "pipe")
        assert "not a regular file" in message_of(tmp_path / "pipe")
    assert "cannot be read" in message_of("a\0b")
    assert message_of("a" * 300) == f"{'a' * 300} cannot be read: File name too long"


def test_a_file_of_hostile_size_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    with path.open("wb") as file:
        file.truncate(40 << 30)  # a hole: it takes no room on the disk
    assert "42,949,672,960 bytes: expected at most 1,073,741,824" in message_of(path)


@pytest.mark.parametrize(
    "data",
    [b"", b"not a model", bytes(500), b"\x89PNG\r\n\x1a\n" + bytes(100), Graph().to_bytes()[:-40],
     Graph().to_bytes()[:5000], Graph().to_bytes()[:60]],
    ids=["empty", "text", "zeros", "PNG", "cut at the end", "cut in the weights", "cut in the graph"],
)  # fmt: skip
def test_what_is_not_onnx_or_damaged_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    assert message_of(path).startswith(f"{path}: not an ONNX model, or a damaged one: ")
    assert message_of(data).startswith("the model: not an ONNX model")


def test_damaged_bytes_are_refused_or_run_but_never_crash() -> None:
    whole = Graph().to_bytes()
    weights = slice(whole.index(b"weightsJ"), None)  # the raw floats are not part of what is tried
    rng = np.random.default_rng(0)
    for _ in range(150):
        damaged = bytearray(whole)
        for position in rng.integers(0, weights.start, 3):
            damaged[position] = rng.integers(0, 256)
        try:
            open_model(bytes(damaged))
        except ModelFileError as error:
            assert "\n" not in str(error)  # noqa: PT017 - the others must be usable


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (Graph(metadata=None), "not one of digitnet's: its metadata has no key 'digitnet'"),
        (Graph(input_name="image"), "expected one input, images uint8 .n, 28, 28., found image tensor"),
        (Graph(input_type=TensorProto.FLOAT), "expected one input.*tensor.float."),
        (Graph(input_shape=("n", 32, 32)), r"expected one input.*\['n', 32, 32\]"),
        (Graph(input_shape=("n", 784)), r"expected one input.*\['n', 784\]"),
        (Graph(input_shape=(1, 28, 28)), r"expected one input.*\[1, 28, 28\]"),
        (Graph(input_shape=("n", 28, 28, 1)), "expected one input"),
        (Graph(outputs=("probabilities",)), "expected an output logits"),
        (Graph(outputs=("softmax", "logits")), "expected an output probabilities"),
        (Graph(output_type=TensorProto.DOUBLE), "expected an output probabilities float32"),
        (Graph(classes=9), r"expected an output probabilities float32 \(n, 10\), found .*\['n', 9\]"),
        (Graph(weight=float("nan")), "not finite"),
        (Graph(weight=1e38), "not finite"),
        (Graph(last="Sigmoid"), "do not sum to 1"),
        (Graph(last="NoSuchOperator"), "the operator .NoSuchOperator., which is not run"),
        (Graph(metadata=""), "is not JSON"),
        (Graph(metadata=METADATA.to_json()[:-9]), "is not JSON"),
        (Graph(metadata='{"format_version": 2}'), "newer digitnet"),
    ],
)
def test_a_file_that_breaks_the_contract_is_refused_with_the_reason(tmp_path: Path, graph: Graph, message: str) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(graph.to_bytes())
    with pytest.raises(ModelFileError, match=message) as error:
        open_model(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def rewired(**changes: Any) -> bytes:
    """The good file, with another thing in place of its weights."""
    model = onnx.load_from_string(Graph().to_bytes())
    tensor = model.graph.initializer[0]
    for name, value in changes.items():
        field = getattr(tensor, name)
        if isinstance(value, list):
            del field[:]
            field.extend(value)
        else:
            setattr(tensor, name, value)
    return bytes(model.SerializeToString())


def test_sizes_that_lie_are_refused_without_taking_the_memory() -> None:
    assert "damaged one" in message_of(rewired(dims=[2**40, 2**20]))
    assert "damaged one" in message_of(rewired(dims=[-5, 10]))
    assert "damaged one" in message_of(rewired(dims=[784, 11]))


def test_no_other_file_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("weights.bin").write_bytes(bytes(784 * 10 * 4))
    location = onnx.StringStringEntryProto(key="location", value="weights.bin")
    data = rewired(raw_data=b"", data_location=TensorProto.EXTERNAL, external_data=[location])
    Path("model.onnx").write_bytes(data)
    assert message_of(Path("model.onnx"))


def with_rows(nodes: list[onnx.NodeProto]) -> bytes:
    """The good file with `nodes` between its "scores" and its answers; they make "scores" of "raw".

    They may use "count", how many images there are, and "one_less", which no check of shapes can see through.
    """
    model = onnx.load_from_string(Graph().to_bytes())
    for name, value in (("zero", [0]), ("one", [1])):
        model.graph.initializer.append(numpy_helper.from_array(np.array(value, np.int64), name))
    before, after = list(model.graph.node[:3]), list(model.graph.node[3:])
    before[2].output[0] = "raw"
    counting = [
        helper.make_node("Shape", ["images"], ["count"], end=1),
        helper.make_node("Sub", ["count", "one"], ["one_less"]),
    ]
    del model.graph.node[:]
    model.graph.node.extend([*before, *counting, *nodes, *after])
    return bytes(model.SerializeToString())


def failing_when_it_runs() -> bytes:
    return with_rows(
        [
            helper.make_node("Slice", ["raw", "zero", "one_less"], ["fewer"]),
            helper.make_node("Concat", ["raw", "fewer"], ["more"], axis=0),
            helper.make_node("Add", ["raw", "more"], ["scores"]),  # n rows and 2 n - 1 rows
        ]
    )


def test_a_graph_that_only_fails_when_it_runs_is_refused_when_it_is_opened() -> None:
    assert "the model cannot run: " in message_of(failing_when_it_runs())


def test_a_graph_that_loses_an_image_is_refused() -> None:
    data = with_rows([helper.make_node("Slice", ["raw", "zero", "one_less"], ["scores"])])
    assert "answers two images with shapes (1, 10) and (1, 10), not (2, 10)" in message_of(data)


def test_texts_that_are_not_utf_8_are_one_clear_line() -> None:
    """In the metadata, and in the name of a dimension, which ONNX Runtime hands out undecoded too."""
    content = Graph().to_bytes()
    for text in (b'"class_names"', b'"layers"'):
        damaged = content.replace(text, b"\xff" * len(text))
        assert "damaged: a text inside is not UTF-8 (invalid start byte)" in message_of(damaged)
    content = Graph(input_shape=("\u20ac", 28, 28)).to_bytes()
    assert "a text inside is not UTF-8" in message_of(content.replace("\u20ac".encode(), b"\xff\xff\xff"))


def test_an_input_without_a_shape_is_refused() -> None:
    model = onnx.load_from_string(Graph().to_bytes())
    model.graph.input[0].type.tensor_type.ClearField("shape")
    assert "expected one input, images uint8 (n, 28, 28), found images" in message_of(model.SerializeToString())


def test_nothing_is_printed_on_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    unknown = Graph(last="NoSuchOperator").to_bytes()
    for data in (b"not a model", rewired(dims=[784, 11]), unknown, failing_when_it_runs()):
        message_of(data)
    session, _ = open_model(Graph().to_bytes())
    with pytest.raises(Exception, match="INVALID_ARGUMENT"):
        session.run(["logits"], {"images": np.zeros((1, 27, 28), np.uint8)})
    assert capfd.readouterr() == ("", "")


class Part:
    """A session of ONNX Runtime whose outputs are the lengths of their names; it remembers what it was asked for."""

    def __init__(self, *names: str) -> None:
        self.names, self.asked = names, list[list[str]]()

    def get_outputs(self) -> list[Any]:
        return [SimpleNamespace(name=name) for name in self.names]

    def run(self, names: list[str], feeds: Any) -> list[Any]:
        self.asked.append(names)
        return [np.full(len(feeds["images"]), len(name)) for name in names]


def test_only_networks_whose_outputs_are_asked_for_are_run() -> None:
    first, second = Part("probabilities", "logits"), Part("digit_score", "second_logits")
    session = ModelSession([first, second])
    assert [output.name for output in session.get_outputs()] == [*first.names, *second.names]
    feeds = {"images": np.zeros((2, 28, 28), np.uint8)}
    assert [found.tolist() for found in session.run(["logits"], feeds)] == [[6, 6]]
    assert (first.asked, second.asked) == ([["logits"]], [])
    mixed = ["second_logits", "probabilities", "digit_score"]
    assert [found.tolist() for found in session.run(mixed, feeds)] == [[13, 13], [13, 13], [11, 11]]
    assert (first.asked[1:], second.asked) == ([["probabilities"]], [["second_logits", "digit_score"]])


@pytest.mark.parametrize("threads", [0, 1, 2])
def test_the_answer_does_not_depend_on_the_threads(threads: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (50, 28, 28), dtype=np.uint8)
    session, _ = open_model(Graph(weight=1e-4).to_bytes(), threads=threads)
    (logits,) = session.run(["logits"], {"images": images})
    expected = images.reshape(50, 784).sum(axis=1)[:, None] * np.array([2e-4] + [1e-4] * 9)
    np.testing.assert_allclose(logits, expected, rtol=1e-5)


def test_negative_threads_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="threads is -1"):
        open_model(Graph().to_bytes(), threads=-1)


def test_the_bundled_model_is_a_file_of_the_package_or_its_absence_says_what_to_do() -> None:
    try:
        path = bundled_model_path()
    except ModelFileError as error:
        assert "digitnet train" in str(error)  # noqa: PT017 - either is right
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert open_model(path)[1].class_names == tuple("0123456789")
        assert bundled_model_path(DEFAULT_PRECISION) == path


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_package_has_the_model_in_every_precision(precision: Precision) -> None:
    path = bundled_model_path(precision)
    assert path.name == MODEL_FILE_NAMES[precision]
    assert open_model(path, precision=precision)[1].precision == precision


def test_opening_a_model_imports_no_training_framework(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(Graph().to_bytes())
    program = (
        "import json, sys; from digitnet.model_file.contract import open_model; open_model(sys.argv[1]); "
        "print(json.dumps([name for name in ('keras', 'jax', 'onnx', 'matplotlib') if name in sys.modules]))"
    )
    result = subprocess.run([sys.executable, "-c", program, path], capture_output=True, check=True, text=True)
    assert json.loads(result.stdout) == []
