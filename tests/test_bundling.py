"""scripts/bundle_model.py, with a run folder of a network that has learned nothing."""

import dataclasses
import hashlib
import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from digitnet.datasets import Dataset
from digitnet.errors import ModelFileError, RunFolderError
from digitnet.evaluation.quantiles import Quantiles
from digitnet.inference.classifier import load_classifier
from digitnet.model_file.contract import MODEL_FILE_NAMES, open_model
from digitnet.model_file.digest import without_digest
from digitnet.model_file.digit_score import with_digit_score, without_digit_score
from digitnet.model_file.graph import Graph, with_metadata
from digitnet.model_file.metadata import PRECISIONS, ModelMetadata
from digitnet.training.recipes import Recipe
from extras import needs_training
from made_up_run import finish_run

SCRIPT = Path(__file__).parents[1] / "scripts" / "bundle_model.py"
RECIPE = Recipe(seed=3)
BUNDLED = {"model.onnx", "model_int8.onnx", "run.json", "MODEL_CARD.md"}

pytestmark = [
    needs_training,
    pytest.mark.skipif(not SCRIPT.exists(), reason="the scripts are part of the checkout, not of the wheel"),
]


def load_script() -> ModuleType:
    specification = importlib.util.spec_from_file_location("bundle_model", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load_script()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, mnist: tuple[Dataset, Dataset]) -> Path:
    return finish_run(tmp_path_factory.mktemp("runs") / "record-0", RECIPE, mnist)


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A bundled folder with another model in it."""
    folder = tmp_path / "bundled"
    folder.mkdir()
    for name in ("model.onnx", "model_int8.onnx"):
        (folder / name).write_bytes(b"before")
    return folder


def change(path: Path, **entries: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_bytes()) | entries))


def test_all_of_it_comes_into_the_package(script: ModuleType, finished: Path, package: Path) -> None:
    sizes = script.bundle(finished, package)
    assert {path.name for path in package.iterdir()} == BUNDLED
    for name, precision in (("model.onnx", "float32"), ("model_int8.onnx", "int8")):
        assert (package / name).read_bytes() == (finished / name).read_bytes()
        assert sizes[precision] == (package / name).stat().st_size
    described = json.loads((package / "run.json").read_bytes())
    for name in BUNDLED - {"run.json"}:
        assert described["files"][name] == hashlib.sha256((package / name).read_bytes()).hexdigest()
    metrics = json.loads((finished / "metrics.json").read_bytes())
    assert described["metrics"]["test"]["errors"] == metrics["test"]["errors"]
    assert described["metrics"]["int8"]["errors"] == metrics["int8"]["test"]["errors"]
    assert described["metrics"]["parameters"] == 784 * 12 + 12 + 12 * 10 + 10
    assert described["settings"] == open_model(package)[1].recipe


def test_of_the_network_that_is_drawn_only_float32_is_taken(script: ModuleType, finished: Path, package: Path) -> None:
    assert list(script.bundle(finished, package, [without_digit_score], precisions=("float32",))) == ["float32"]
    assert {path.name for path in package.iterdir()} == BUNDLED - {"model_int8.onnx"}
    assert json.loads((package / "run.json").read_bytes())["files"].keys() == {"model.onnx", "MODEL_CARD.md"}
    assert "int8" not in (package / "MODEL_CARD.md").read_text()


def test_files_of_a_run_that_is_older_than_digests_get_one(script: ModuleType, run: Path, package: Path) -> None:
    for name in MODEL_FILE_NAMES.values():
        whole = (run / name).read_bytes()
        (run / name).write_bytes(without_digest(whole))
        script.bundle(run, package)
        assert (package / name).read_bytes() == whole


def test_no_folder_of_this_machine_comes_along(script: ModuleType, finished: Path, package: Path) -> None:
    script.bundle(finished, package)
    for name in ("run.json", "MODEL_CARD.md"):
        text = (package / name).read_text(encoding="utf-8")
        assert str(finished.parent) not in text
        assert str(finished.parent) in (finished / name).read_text(encoding="utf-8")  # or this test could not fail
    card = (package / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "digitnet train --preset standard --seed 3 --out record-0 --augment shift=1\n" in card


@pytest.mark.parametrize(
    ("argument", "kept"),
    [
        ("--out=/home/someone/runs/a", "--out=a"),
        ("..\\runs\\a\\", "a"),
        ("rotation=15,shift=1", "rotation=15,shift=1"),
        ("512,512", "512,512"),
        ("~/a", "a"),
    ],
)
def test_of_a_path_only_the_last_part_is_kept(
    script: ModuleType, run: Path, package: Path, argument: str, kept: str
) -> None:
    change(run / "run.json", command=["digitnet", "train", argument])
    script.bundle(run, package)
    assert json.loads((package / "run.json").read_bytes())["command"] == ["digitnet", "train", kept]


def test_what_is_too_large_is_bundled_in_int8_only(
    script: ModuleType, finished: Path, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = [(finished / name).stat().st_size for name in ("model.onnx", "model_int8.onnx")]
    monkeypatch.setattr(script, "BYTES_MAX", sum(sizes) - 1)
    assert script.bundle(finished, package) == {"int8": sizes[1]}
    assert {path.name for path in package.iterdir()} == BUNDLED - {"model.onnx"}  # another model's was there
    assert "The package has the model in int8 only" in (package / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert load_classifier(package).metadata.precision == "int8"
    with pytest.raises(ModelFileError, match="It has a model in int8"):
        load_classifier(package, precision="float32")


def test_what_is_too_large_in_any_case_is_refused(
    script: ModuleType, finished: Path, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "BYTES_MAX", 1000)
    with pytest.raises(RunFolderError, match=r"too large to be bundled \(float32 .* MB, int8 .* MB\)"):
        script.bundle(finished, package)
    assert (package / "model.onnx").read_bytes() == b"before"


def test_a_run_of_other_data_is_refused(script: ModuleType, run: Path, package: Path) -> None:
    data = json.loads((run / "run.json").read_bytes())["data"]
    change(run / "run.json", data=data | {"source": "/home/someone/digits"}, source_path="/home/someone/digits")
    with pytest.raises(RunFolderError, match="only a model of mnist is bundled"):
        script.bundle(run, package)


def test_a_model_of_another_run_is_refused(script: ModuleType, run: Path, package: Path) -> None:
    change(run / "run.json", settings=dataclasses.replace(RECIPE, seed=1).to_dict())
    with pytest.raises(RunFolderError, match="is not of the run that"):
        script.bundle(run, package)
    assert {path.name for path in package.iterdir()} == {"model.onnx", "model_int8.onnx"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("metrics.json", None, "is not a finished run folder: it has no metrics.json"),
        ("run.json", "{", "is damaged"),
        ("run.json", "[]", "expected a JSON object"),
    ],
)
def test_an_unfinished_or_damaged_run_is_refused(
    script: ModuleType, run: Path, package: Path, name: str, content: str | None, message: str
) -> None:
    (run / name).unlink()
    if content is not None:
        (run / name).write_text(content)
    with pytest.raises(RunFolderError, match=message):
        script.bundle(run, package)


def test_a_run_without_int8_is_bundled_too(script: ModuleType, run: Path, package: Path) -> None:
    (run / "model_int8.onnx").unlink()
    metrics = json.loads((run / "metrics.json").read_bytes())
    change(run / "metrics.json", int8={"missing": "it would answer otherwise"}, bytes=metrics["bytes"])
    assert list(script.bundle(run, package)) == ["float32"]
    assert not (package / "model_int8.onnx").exists()


def test_what_a_run_does_not_know_comes_from_others(
    script: ModuleType, finished: Path, run: Path, package: Path
) -> None:
    """How probable right labels are, from a run that held images out; the score, from a model that has one."""
    scores = Quantiles(100, (0.01,), (0.5,))
    for name in MODEL_FILE_NAMES.values():
        content = without_digit_score((run / name).read_bytes())
        (run / name).write_bytes(with_digit_score(content, two_classes(), scores))
    script.bundle(finished, package, [script.with_probabilities_of(finished), script.with_score_of(run)])
    for precision in PRECISIONS:
        classifier = load_classifier(package, precision=precision)
        assert classifier.metadata.quantiles("digit_score") == scores
        assert classifier.metadata.quantiles("probability").n == 200
        assert classifier.score_digits(np.zeros((3, 28, 28), np.uint8)) is not None
    card = (package / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert ("## Not a digit" in card, "second_logits" in card) == (True, False)  # which digit it is, it does not know
    for name in MODEL_FILE_NAMES.values():
        (run / name).write_bytes(without_digit_score((run / name).read_bytes()))
    with pytest.raises(RunFolderError, match="no model that tells digits from everything else"):
        script.with_score_of(run)


def test_a_run_that_held_nothing_out_cannot_help(script: ModuleType, run: Path, package: Path) -> None:
    for name in MODEL_FILE_NAMES.values():
        content = (run / name).read_bytes()
        metadata = dataclasses.replace(open_model(content)[1], thresholds={"unsure_below": 0.8})
        (run / name).write_bytes(with_metadata(content, metadata))
    with pytest.raises(RunFolderError, match="held no images out"):
        script.bundle(run, package, [script.with_probabilities_of(run)])


def two_classes() -> bytes:
    """A model file that takes everything for as likely a digit as not."""
    graph = Graph()
    graph.add("Cast", ["images"], to=TensorProto.FLOAT)
    graph.add("Flatten", [graph.tip], axis=1)
    kernel, bias = np.zeros((784, 2), np.float32), np.zeros(2, np.float32)
    graph.add("Gemm", [graph.tip, graph.constant("kernel", kernel), graph.constant("bias", bias)], output="logits")
    graph.add("Softmax", ["logits"], output="probabilities", axis=-1)
    return with_metadata(graph.to_model(2).SerializeToString(), ModelMetadata(("not a digit", "digit")))
