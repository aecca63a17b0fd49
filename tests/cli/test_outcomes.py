"""--coverage and --always-answer, with a model that takes nothing for a digit and whose quantiles are made up."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError
from digitnet.evaluation.quantiles import Quantiles
from digitnet.model_file.contract import bundled_model_path, open_model
from in_process import run_command

pytest.importorskip("onnx", reason="writing a model file needs onnx")

from onnx import TensorProto

from digitnet.model_file.digit_score import with_digit_score, without_digit_score
from digitnet.model_file.graph import Graph, with_metadata
from digitnet.model_file.metadata import ModelMetadata


def constant_score(value: float) -> bytes:
    """A model file of two classes whose logits differ by that value, whatever it sees."""
    graph = Graph()
    graph.add("Cast", ["images"], to=TensorProto.FLOAT)
    graph.add("Flatten", [graph.tip], axis=1)
    kernel, bias = np.zeros((784, 2), np.float32), np.array([0, value], np.float32)
    graph.add("Gemm", [graph.tip, graph.constant("kernel", kernel), graph.constant("bias", bias)], output="logits")
    graph.add("Softmax", ["logits"], output="probabilities", axis=-1)
    return with_metadata(graph.to_model(2).SerializeToString(), ModelMetadata(("not a digit", "digit")))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The bundled one with a score of 1 for every image; of digits a thousandth has less than 2."""
    content = without_digit_score(bundled_model_path().read_bytes())
    _, metadata = open_model(content)
    probability = Quantiles(5000, (0.001, 0.01), (0.0, 0.5)).to_dict()
    thresholds = {"unsure_below": 0.0, "probability": probability}
    content = with_metadata(content, dataclasses.replace(metadata, thresholds=thresholds))
    path = tmp_path_factory.mktemp("model") / "strict.onnx"
    path.write_bytes(with_digit_score(content, constant_score(1.0), Quantiles(5000, (0.0001,), (2.0,))))
    return str(path)


@pytest.fixture
def seven(tmp_path: Path, mnist: tuple[Dataset, Dataset]) -> str:
    Image.fromarray(255 - mnist[1].images[0]).save(tmp_path / "seven.png")
    return str(tmp_path / "seven.png")


def run(*arguments: str) -> str:
    result = run_command(*arguments)
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.parametrize("command", ["predict", "read"])
def test_always_answering_names_what_would_be_refused(command: str, model: str, seven: str) -> None:
    assert run(command, seven, "--model", model) == {"predict": "not a digit\n", "read": "no digits\n"}[command]
    assert run(command, seven, "--model", model, "--always-answer").startswith("7  ")


@pytest.mark.parametrize("command", ["predict", "read"])
def test_the_candidates_grow_with_the_coverage(command: str, model: str, seven: str) -> None:
    def candidates(*options: str) -> list[int]:
        answer = json.loads(run(command, seven, "--model", model, "--always-answer", "--json", *options))
        (digit,) = answer["digits"]
        assert digit["status"] == answer["status"] == ("ok" if len(digit["candidates"]) == 1 else "unsure")
        return list(digit["candidates"])

    assert candidates() == candidates("--coverage", "0.99") == candidates("--coverage", "0.5") == [7]
    assert sorted(candidates("--coverage", "0.999")) == list(range(10))


@pytest.mark.parametrize("command", ["predict", "read"])
def test_an_impossible_coverage_is_refused_with_the_range(command: str, model: str, seven: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape("coverage is 1.0: expected a number above 0 and below 1")):
        run_command(command, seven, "--model", model, "--coverage", "1")


def test_evaluate_tells_how_often_the_candidates_hold_the_label(model: str, tmp_path: Path) -> None:
    """Of ten images, all refused; with a lower threshold, of what is not refused all candidates count."""
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (10, 28, 28), dtype=np.uint8), np.arange(10, dtype=np.uint8)
    np.savez(tmp_path / "ten.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    usual = json.loads(run("evaluate", model, "--data", str(tmp_path / "ten.npz"), "--json"))
    assert "covered" not in usual
    found = json.loads(run("evaluate", model, "--data", str(tmp_path / "ten.npz"), "--json", "--coverage", "0.999"))
    assert (found["coverage"], found["covered"], found["mean_candidates"], found["refused"]) == (0.999, 0.0, 0.0, 1.0)
    assert {name: found[name] for name in usual} == usual
    words = run("evaluate", model, "--data", str(tmp_path / "ten.npz"), "--coverage", "0.999")
    assert "100.00 % called not a digit" in " ".join(words.split())
