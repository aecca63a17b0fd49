"""Measuring a run or a committee for docs/accuracy.md, and training what is missing, with a script for the training."""

import dataclasses
import json
import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest

from digitnet.datasets import Dataset
from digitnet.errors import ModelFileError, RunFolderError
from digitnet.inference.classifier import load_classifier
from digitnet.model_file.contract import bundled_model_path, open_model
from digitnet.training.recipes import PRESETS
from extras import needs_training
from made_up_benchmarks import load, needs_checkout
from made_up_run import finish_run

pytestmark = needs_checkout


# Measuring


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, mnist: tuple[Dataset, Dataset]) -> Path:
    """A finished run of `standard`, seed 7, whose network has learned nothing."""
    recipe = dataclasses.replace(PRESETS["standard"], seed=7)
    return finish_run(tmp_path_factory.mktemp("template") / "standard-7", recipe, mnist)


@pytest.fixture(scope="module")
def answers(template: Path, mnist: tuple[Dataset, Dataset]) -> Any:
    """Probabilities (10000, 10) of its network, without any code of digitnet's classifier."""
    session = onnxruntime.InferenceSession(template / "model.onnx")
    return session.run(["probabilities"], {"images": mnist[1].images})[0]


@pytest.fixture
def run(template: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(template, tmp_path / "runs" / "standard-7"))


def change(path: Path, **entries: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_bytes()) | entries))


def values_of(run: Any) -> dict[str, float]:
    return {row.measure: row.value for row in run.rows}


@needs_training
def test_a_run_is_measured_by_its_files(template: Path, answers: Any, mnist: tuple[Dataset, Dataset]) -> None:
    (run,) = load("accuracy.measure").measure(template)
    metrics = json.loads((template / "metrics.json").read_bytes())
    assert (run.key, run.seed) == (("networks", "standard, seed 7"), 7)
    values, labels = values_of(run), answers.argmax(axis=1)
    (errors,) = (row for row in run.rows if row.measure == "errors")
    wrong = (labels != mnist[1].labels).nonzero()[0].tolist()
    assert errors.details == [[place, int(labels[place])] for place in wrong]
    assert (errors.value, errors.n) == (len(wrong), 10_000) == (metrics["test"]["errors"], 10_000)
    truth = answers[range(10_000), mnist[1].labels]
    assert values["log loss"] == pytest.approx(-np.log(truth.astype(np.float64)).mean(), abs=1e-5)
    assert values["int8 errors"] == metrics["int8"]["test"]["errors"]
    assert values["validation errors"] == metrics["validation"]["errors"]
    assert (values["training"], values["parameters"]) == (2.0, 784 * 12 + 12 + 12 * 10 + 10)
    assert run.settings["model_sha256"] == load("accuracy.measure").model_digest(template)


@needs_training
def test_altered_copies_are_measured_on_top(template: Path, answers: Any, mnist: tuple[Dataset, Dataset]) -> None:
    run, again = load("accuracy.measure").measure(template, copies=1)
    assert again.key == ("augmented", "standard, seed 7, 1 copies")
    values = values_of(again)
    found = load_classifier(template, precision="float32", augment_inference=1).predict(mnist[1].images)
    assert values["errors"] == int((found != mnist[1].labels).sum()) != values_of(run)["errors"]
    assert values["share"] == pytest.approx((answers.max(axis=1) < 0.99).mean(), abs=1e-3)
    assert values["altered"] > 0


@needs_training
@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"settings": PRESETS["standard"].to_dict() | {"epochs": 1}}, "was not trained as its preset says now: epochs"),
        ({"data": {"source": "other", "test_digest": "00"}}, "was tested on other: expected mnist"),
    ],
)
def test_another_run_is_refused(run: Path, entries: dict[str, Any], message: str) -> None:
    change(run / "run.json", **entries)
    with pytest.raises(RunFolderError, match=message):
        load("accuracy.measure").measure(run)


@needs_training
def test_what_is_no_finished_run_and_no_committee_is_refused(run: Path) -> None:
    measure = load("accuracy.measure").measure
    (run / "metrics.json").unlink()
    with pytest.raises(RunFolderError, match=r"is not a finished run folder: it has no metrics\.json"):
        measure(run)
    with pytest.raises(ModelFileError, match="is not a committee: expected a file of `digitnet committee`"):
        measure(bundled_model_path())


@needs_training
def test_a_committee_is_measured_as_one(
    template: Path, answers: Any, tmp_path: Path, mnist: tuple[Dataset, Dataset]
) -> None:
    """Two copies of one network, told apart by their metadata, answer as one of them does."""
    from digitnet.model_file.ensemble import save_committee  # noqa: PLC0415 - needs onnx, as below
    from digitnet.model_file.graph import with_metadata  # noqa: PLC0415

    content = (template / "model.onnx").read_bytes()
    _, metadata = open_model(content)
    for seed in (0, 1):
        told = dataclasses.replace(metadata, recipe=metadata.recipe | {"seed": seed})
        (tmp_path / f"{seed}.onnx").write_bytes(with_metadata(content, told))
    save_committee([tmp_path / "0.onnx", tmp_path / "1.onnx"], tmp_path / "both.onnx")
    (run,) = load("accuracy.measure").measure(tmp_path / "both.onnx")
    assert run.key == ("committees", "standard, committee of 2")
    values = values_of(run)
    assert values["errors"] == int((answers.argmax(axis=1) != mnist[1].labels).sum())
    assert values["parameters"] == 2 * (784 * 12 + 12 + 12 * 10 + 10)
    assert "int8 errors" not in values


def test_confidence_is_counted_in_steps() -> None:
    evaluation = SimpleNamespace(
        predicted_labels=np.array([1, 2, 3, 4]), confidence=np.array([0.5, 0.85, 0.999, 1.0], np.float64)
    )
    rows = load("accuracy.measure").confidence_rows(evaluation, SimpleNamespace(labels=np.array([1, 1, 3, 4])))
    values = {(row.subject, row.measure): row.value for row in rows}
    assert values["below 80 %", "answers"] == values["80 to 90 %", "wrong"] == 1
    assert (values["99.9 % or more", "answers"], values["below 80 %", "wrong"]) == (2, 0)
    assert values["80 to 90 %", "expected"] == pytest.approx(0.15)


# Training what is missing, with a script in place of `digitnet train`

TRAINING = """#!{python}
import json, pathlib, shutil, sys
folder = pathlib.Path(sys.argv[-1])
with open({log!r}, "a") as log:
    print(*sys.argv[1:], file=log)
if folder.name == "standard-9":
    sys.exit(3)
shutil.copytree({template!r}, folder, dirs_exist_ok=True)
run = json.loads((folder / "run.json").read_text())
run["seed"] = run["settings"]["seed"] = int(folder.name.rpartition("-")[2])
(folder / "run.json").write_text(json.dumps(run))
"""


@needs_training
@pytest.mark.skipif(os.name == "nt", reason="the stand-in for a training is a script with a #! line")
def test_what_is_missing_is_trained_and_recorded(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log, script = tmp_path / "log", tmp_path / "python"
    script.write_text(TRAINING.format(python=sys.executable, log=str(log), template=str(template)))
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    measured, out = tmp_path / "rows.json", tmp_path / "runs" / "standard-"

    def train(*seeds: int) -> list[int]:
        load("accuracy.trainings").train_seeds("standard", seeds, tmp_path / "runs", measured)
        return [run.seed for run in load("results").load_runs(measured) if run.experiment == "networks"]

    assert train(0, 1) == [0, 1]
    begun = [f"-m digitnet train --preset standard --seed {seed} --out {out}{seed}" for seed in (0, 1)]
    assert log.read_text().splitlines() == begun
    assert train(0, 1) == [0, 1]
    assert log.read_text().splitlines() == begun  # nothing was left to do
    assert capsys.readouterr().err.count("recorded already") == 2
    Path(f"{out}1", "metrics.json").unlink()
    train(0, 1)
    assert log.read_text().splitlines() == [*begun, f"-m digitnet train --resume {out}1"]
    change(Path(f"{out}0", "run.json"), settings=PRESETS["standard"].to_dict() | {"epochs": 1})
    with pytest.raises(RunFolderError, match="Move it away, and train it again"):
        train(0)
    with pytest.raises(RunFolderError, match="training of standard with seed 9 ended with exit code 3"):
        train(9, 1)
    assert len(log.read_text().splitlines()) == 4
