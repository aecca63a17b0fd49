"""A committee's file answers as the geometric mean of its members, and everything else is refused."""

import dataclasses
import errno
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from scipy.special import log_softmax

from digitnet.arrays import AnyArray
from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.evaluation.quantiles import Quantiles
from digitnet.inference.classifier import load_classifier
from digitnet.model_file import contract as model_file
from digitnet.model_file import ensemble as committee
from digitnet.model_file.contract import open_model
from digitnet.model_file.digit_score import with_digit_score
from digitnet.model_file.ensemble import save_committee
from digitnet.model_file.graph import Graph, decode_model, with_metadata
from digitnet.model_file.metadata import ModelMetadata
from digitnet.model_file.quantization import quantize

NAMES = ("bar", "dash", "blob")
IMAGES = np.random.default_rng(9).integers(0, 256, (50, 28, 28), dtype=np.uint8)
LAYER = {"name": "output", "kind": "Dense", "activation": "softmax", "output_shape": [3], "parameters": 2355}


def weights_of(seed: int) -> tuple[AnyArray, AnyArray]:
    """Kernel and bias of a network that is sure of some images and unsure of others."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.2, (784, 3)).astype(np.float32), rng.normal(0, 1, 3).astype(np.float32)


def network(seed: int, temperature: float = 1.0, told: float | None = None, **metadata: object) -> bytes:
    """A model file of one dense layer; `told` is the temperature that its metadata name."""
    graph = Graph()
    graph.add("Cast", ["images"], to=TensorProto.FLOAT)
    graph.add("Mul", [graph.tip, graph.constant("scale", np.float32(1 / 255))])
    graph.add("Flatten", [graph.tip], axis=1)
    kernel, bias = weights_of(seed)
    graph.add("Gemm", [graph.tip, graph.constant("kernel", kernel), graph.constant("bias", bias)])
    graph.name_tip("logits")
    graph.add("Div", [graph.tip, graph.constant("temperature", np.float32(temperature))])
    graph.add("Softmax", [graph.tip], output="probabilities", axis=-1)
    description = ModelMetadata(
        class_names=NAMES,
        layers=(LAYER,),
        recipe={"preset": "quick", "seed": seed},
        data={"source": "shapes"},
        metrics={"test": {"errors": seed}},
        calibration={"temperature": told or temperature},
    )
    return with_metadata(graph.to_model(3).SerializeToString(), dataclasses.replace(description, **metadata))  # type: ignore[arg-type]


def logits_by_hand(seed: int) -> AnyArray:
    kernel, bias = weights_of(seed)
    return np.asarray(IMAGES.reshape(-1, 784) / 255 @ kernel.astype(np.float64) + bias)


def mean_by_hand(*members: tuple[int, float]) -> AnyArray:
    """Log-probabilities of a committee, from seed and temperature of each member."""
    answers = [log_softmax(logits_by_hand(seed) / temperature, axis=1) for seed, temperature in members]
    return np.asarray(log_softmax(np.mean(answers, axis=0), axis=1))


Write: TypeAlias = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a model file: `write("a", seed=1, ...)` or `write("a", content=...)`."""

    def written(name: str, seed: int = 0, content: bytes | None = None, **changes: object) -> Path:
        path = tmp_path / f"{name}.onnx"
        path.write_bytes(content if content is not None else network(seed, **changes))  # type: ignore[arg-type]
        return path

    return written


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "made").mkdir()
    return tmp_path / "made" / "committee.onnx"


def test_it_answers_with_the_mean_log_probability(write: Write, out: Path) -> None:
    members = [(0, 1.0), (1, 2.5), (2, 0.6)]
    save_committee([write(str(seed), seed, temperature=heat) for seed, heat in members], out)
    classifier = load_classifier(out)
    expected = mean_by_hand(*members)
    assert 0.4 < np.exp(expected).max(axis=1).min() < 0.7  # some are unsure, where every member counts
    np.testing.assert_allclose(classifier.predict_logits(IMAGES), expected, atol=1e-4)
    np.testing.assert_allclose(classifier.predict_proba(IMAGES), np.exp(expected), atol=1e-5)
    assert classifier.temperature == 1.0
    for left_out in range(3):
        fewer = mean_by_hand(*members[:left_out], *members[left_out + 1 :])
        assert np.abs(np.exp(fewer) - np.exp(expected)).max() > 0.01


def test_it_can_be_answered_from_distorted_copies_too(write: Write, out: Path) -> None:
    save_committee([write("a", 0), write("b", 1)], out)
    single, augmented = load_classifier(out), load_classifier(out, augment_inference=5)
    unsure = augmented.is_augmented(IMAGES)
    assert 0 < unsure.sum() < 50
    moved = np.abs(augmented.predict_proba(IMAGES) - single.predict_proba(IMAGES)).max(axis=1) > 0
    np.testing.assert_array_equal(moved, unsure)


def test_it_says_what_it_is_made_of(write: Write, out: Path) -> None:
    first = write("a", 0, thresholds={"unsure_below": 0.7})
    second = write("b", 1, temperature=2.0, thresholds={"unsure_below": 0.9})
    returned = save_committee([first, second], out)
    metadata = open_model(out)[1]
    assert metadata == returned
    assert metadata.class_names == NAMES
    assert [layer["name"] for layer in metadata.layers] == ["member_1_output", "member_2_output"]
    assert (metadata.recipe, metadata.data, metadata.metrics) == ({}, {"source": "shapes"}, {})
    assert metadata.calibration == {"temperature": 1.0}
    assert metadata.thresholds == {"unsure_below": 0.9}
    assert metadata.precision == "float32"
    assert metadata.committee[1] == {
        "name": "member_2",
        "sha256": hashlib.sha256(second.read_bytes()).hexdigest(),
        "parameters": 2355,
        "recipe": {"preset": "quick", "seed": 1},
        "data": {"source": "shapes"},
        "metrics": {"test": {"errors": 1}},
        "calibration": {"temperature": 2.0},
    }
    assert [member["sha256"] for member in metadata.committee] == [
        hashlib.sha256(path.read_bytes()).hexdigest() for path in (first, second)
    ]


def test_data_that_are_not_the_same_are_those_of_the_members_only(write: Write, out: Path) -> None:
    metadata = save_committee([write("a", 0), write("b", 1, data={"source": "others"})], out)
    assert metadata.data == {}
    assert [member["data"] for member in metadata.committee] == [{"source": "shapes"}, {"source": "others"}]


def test_the_graph_is_valid_and_its_members_are_in_it_as_they_were(write: Write, out: Path) -> None:
    paths = [write("a", 0), write("b", 1)]
    save_committee(paths, out)
    proto = onnx.load(out)
    onnx.checker.check_model(proto, full_check=True)
    kinds = [node.op_type for node in proto.graph.node]
    member = [node.op_type for node in onnx.load(paths[0]).graph.node]
    assert kinds == [*member, *member, "LogSoftmax", "LogSoftmax", "Mean", "LogSoftmax", "Softmax"]
    assert [part.name for part in proto.graph.input] == ["images"]
    assert sorted(part.name for part in proto.graph.output) == ["logits", "probabilities"]


def test_a_committee_whose_members_refuse_what_is_no_digit_refuses_it_too(write: Write, out: Path) -> None:
    """The score is in the file once, however many members have it, and changes no answer."""
    scores = Quantiles(100, (0.1,), (-1.0,))
    scored = [write(str(seed), content=with_digit_score(network(seed), network(9), scores)) for seed in (0, 1)]
    save_committee(scored, out)
    plain, mixed = out.with_name("plain.onnx"), out.with_name("mixed.onnx")
    save_committee([write("a", 0), write("b", 1)], plain)
    save_committee([scored[0], write("c", 1)], mixed)
    refusing, answering, partly = (load_classifier(path) for path in (out, plain, mixed))
    np.testing.assert_array_equal(refusing.score_digits(IMAGES), load_classifier(scored[0]).score_digits(IMAGES))
    assert refusing.metadata.quantiles("digit_score") == scores
    assert answering.score_digits(IMAGES) is None
    assert partly.score_digits(IMAGES) is None
    np.testing.assert_array_equal(refusing.predict_logits(IMAGES), answering.predict_logits(IMAGES))
    kinds = [[node.op_type for node in onnx.load(path).graph.node] for path in (out, plain, mixed)]
    assert kinds[1] == kinds[2]
    assert len(kinds[0]) < len(kinds[1]) + 2 * len(onnx.load(scored[0]).graph.node)


def test_the_same_members_give_the_same_bytes(write: Write, out: Path) -> None:
    paths = [write("a", 0), write("b", 1)]
    save_committee(paths, out)
    again = out.with_name("again.onnx")
    save_committee([str(path) for path in paths], str(again))
    assert out.read_bytes() == again.read_bytes()
    assert out.stat().st_mode == paths[0].stat().st_mode


def folder_of(write: Write, seed: int, temperature: float) -> Path:
    """A run folder with its two model files."""
    content = network(seed, temperature)
    path = write(str(seed), content=content)
    folder = path.parent / f"run_{seed}"
    folder.mkdir()
    path.rename(folder / "model.onnx")
    (folder / "model_int8.onnx").write_bytes(quantize(content, IMAGES))
    return folder


def test_of_a_run_folder_the_float32_file_is_taken(write: Write, out: Path) -> None:
    save_committee([folder_of(write, 0, 1.5), write("b", 1)], out)
    np.testing.assert_allclose(load_classifier(out).predict_logits(IMAGES), mean_by_hand((0, 1.5), (1, 1)), atol=1e-4)


def test_a_committee_in_int8(write: Write, out: Path) -> None:
    folders = [folder_of(write, 0, 1.5), folder_of(write, 1, 1.0)]
    metadata = save_committee(folders, out, precision="int8")
    assert metadata.precision == open_model(out, precision="int8")[1].precision == "int8"
    answers = []
    for folder in folders:
        (logits,) = open_model(folder / "model_int8.onnx")[0].run(["logits"], {"images": IMAGES})
        answers.append(log_softmax(logits.astype(np.float64) / (1.5 if folder is folders[0] else 1), axis=1))
    found = load_classifier(out).predict_logits(IMAGES)
    np.testing.assert_allclose(found, log_softmax(np.mean(answers, axis=0), axis=1), atol=1e-4)
    assert np.abs(found - mean_by_hand((0, 1.5), (1, 1))).max() > 1e-3  # else these were the float32 files


def test_members_of_another_precision_are_refused(write: Write, out: Path) -> None:
    folder = folder_of(write, 0, 1.0)
    with pytest.raises(ModelFileError, match=r"model_int8\.onnx: a model in int8, but float32 was asked for"):
        save_committee([write("b", 1), folder / "model_int8.onnx"], out)
    with pytest.raises(ModelFileError, match=r"b\.onnx: a model in float32, but int8 was asked for"):
        save_committee([folder, write("b", 1)], out, precision="int8")
    with pytest.raises(ConfigurationError, match="precision is 'half'"):
        save_committee([folder, folder], out, precision="half")  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_are_no_committee(write: Write, out: Path, count: int) -> None:
    with pytest.raises(ConfigurationError, match=f"at least two models, found {count}"):
        save_committee([write("a")][:count], out)
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize("name", ["committee", "committee.bin", "onnx", ".onnx", "committee.onnx.bak"])
def test_other_names_are_refused(write: Write, out: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"expected a name that ends in \.onnx"):
        save_committee([write("a", 0), write("b", 1)], out.with_name(name))


def test_what_exists_is_left_as_it_is(write: Write) -> None:
    """As when the name of the new file is forgotten on the command line."""
    paths = [write(name, seed) for seed, name in enumerate("abc")]
    before = paths[0].read_bytes()
    with pytest.raises(ModelFileError, match=r"a\.onnx exists already and is never overwritten"):
        save_committee(paths[1:], paths[0])
    assert paths[0].read_bytes() == before


def with_operators_of(content: bytes, version: int) -> bytes:
    proto = decode_model(content)
    proto.opset_import[0].version = version
    return bytes(proto.SerializeToString())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda write: write("b", 1, class_names=("bar", "blob", "dash")),
            r"b\.onnx has the classes bar, blob, dash, but",
        ),
        (lambda write: write("b", 0), r"a\.onnx, .*b\.onnx are the same model: name each once"),
        (lambda write: write("b", content=b"words"), r"b\.onnx: not an ONNX model"),
        (lambda write: write("b").with_name("none.onnx"), r"none\.onnx does not exist"),
        (lambda write: write("b").parent / "made", "is a folder without model.onnx"),
        (
            lambda write: write("b", 1, temperature=2.0, told=3.0),
            r"b\.onnx: its probabilities are not softmax\(logits / 3\)",
        ),
        (
            lambda write: write("b", content=with_operators_of(network(1), 19)),
            r"b\.onnx is written in .* ONNX 19, exp.* 20",
        ),
    ],
)
def test_what_cannot_be_averaged_is_refused(
    write: Write, out: Path, make: Callable[[Write], Path], message: str
) -> None:
    with pytest.raises((ModelFileError, ConfigurationError), match=message) as error:
        save_committee([write("a", 0), make(write)], out)
    assert "\n" not in str(error.value)
    assert list(out.parent.iterdir()) == []  # neither the file nor a piece of it


def test_a_committee_of_committees_is_refused(write: Write, out: Path) -> None:
    save_committee([write("a", 0), write("b", 1)], out)
    with pytest.raises(ModelFileError, match=r"committee\.onnx is a committee itself: name its members"):
        save_committee([write("c", 2), out], out.with_name("larger.onnx"))


def test_a_committee_that_no_reader_would_take_is_refused(
    write: Write, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committee, "_BYTES_MAX", 20_000)  # a member has about 10,000
    with pytest.raises(ModelFileError, match="a model file has at most 20,000"):
        save_committee([write("a", 0), write("b", 1)], out)


def test_the_largest_committee_is_the_largest_model_file() -> None:
    assert vars(committee)["_BYTES_MAX"] == vars(model_file)["_BYTES_MAX"]


def test_answers_are_compared_before_the_file_is_there(
    write: Write, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the sum instead of the mean: as sure of itself as two."""
    real = Graph.add

    def wrong(graph: Graph, kind: str, inputs: list[str], **options: str) -> str:
        return real(graph, "Sum" if kind == "Mean" else kind, inputs, **options)

    monkeypatch.setattr(Graph, "add", wrong)
    with pytest.raises(ModelFileError, match="does not answer as the mean of its members: a probability differs by"):
        save_committee([write("a", 0), write("b", 1)], out)
    assert list(out.parent.iterdir()) == []


def test_a_full_disk_leaves_no_piece_of_the_file(write: Write, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [write("a", 0), write("b", 1)]

    def half(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="No space left"):
        save_committee(paths, out)
    assert list(out.parent.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(write: Write, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as error:
        save_committee([write("a", 0), write("b", 1)], tmp_path / "nowhere" / "c.onnx")
    assert error.value.filename == str(tmp_path / "nowhere" / "c.onnx")


def test_an_older_digitnet_would_read_it_as_one_network(write: Write, out: Path) -> None:
    """The contract is that of every model file, so its version does not grow."""
    save_committee([write("a", 0), write("b", 1)], out)
    session, _ = open_model(out)
    content = json.loads(session.get_modelmeta().custom_metadata_map["digitnet"])
    assert content["format_version"] == 1
    del content["committee"]
    assert ModelMetadata.from_json(json.dumps(content)).class_names == NAMES
