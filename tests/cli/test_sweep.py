"""`digitnet sweep`: what it prints and refuses, and a committee of its best setting."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from digitnet.cli import sweep as module
from digitnet.errors import ConfigurationError, MissingExtraError, RunFolderError
from digitnet.inference.classifier import load_classifier
from digitnet.model_file.contract import bundled_model_path
from digitnet.model_file.graph import with_metadata
from digitnet.runs.planned_run import SweepJob, TrainedRun
from digitnet.runs.search import PlannedRun
from extras import needs_training
from in_process import run_command

WORDS = ("sweep", "--preset", "quick", "--dial", "learning_rate=0.01,0.02", "--seeds", "0-1", "--out", "out")
ALL_CORES = ("--workers", "1", "--cores", "1024")  # so that the process of the tests is kept to nothing


def made_up(job: SweepJob, run: PlannedRun) -> TrainedRun:
    """A finished run whose network is the bundled one; the lower learning rate is the better."""
    folder = Path(job.folder) / run.name
    folder.mkdir()
    metadata = load_classifier(precision="int8").metadata
    metadata.recipe.update(seed=run.recipe.seed, preset=run.name)
    (folder / "model_int8.onnx").write_bytes(with_metadata(bundled_model_path("int8").read_bytes(), metadata))
    (folder / "model.onnx").touch()
    figures = {"errors": round(1000 * run.recipe.learning_rate) + run.recipe.seed, "n": 1000, "nll": 0.1}
    (folder / "metrics.json").write_text(json.dumps({"validation": figures}))
    (folder / "run.json").touch()
    return TrainedRun(run.name)


@pytest.fixture(autouse=True)
def made_up_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from digitnet.runs import sweep  # noqa: PLC0415

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sweep, "run_sweep", partial(sweep.run_sweep, train=made_up))


@needs_training
def test_the_best_setting_is_said_and_becomes_a_committee(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = run_command(*WORDS, *ALL_CORES)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert code == 0
    assert lines == [
        "learning_rate runs error % 95 % interval log loss",
        "0.01 2 1.05 0.69 to 1.60 0.1000",
        "0.02 2 2.05 1.51 to 2.77 0.1000",
        "Fewest errors in held-out images: learning_rate=0.01",
        "All settings: out/sweep.csv, drawn: out/sweep.png",
        "Its 2 networks as one model file: digitnet committee best.onnx out",
    ]
    assert "digitnet: run 4 of 4, learning_rate-0.02-seed-1" in capsys.readouterr().err
    made = run_command("committee", "best.onnx", "out", "--precision", "int8", "--json")
    assert json.loads(made.stdout)["members"] == 2
    members = load_classifier("best.onnx").metadata.committee
    assert [member["recipe"]["seed"] for member in members] == [0, 1]
    assert all("learning_rate-0.01-" in member["recipe"]["preset"] for member in members)
    Path("out", "sweep.csv").unlink()
    with pytest.raises(RunFolderError, match="out is a sweep that is not finished"):
        run_command("committee", "more.onnx", "out")


@needs_training
def test_json_has_all_settings() -> None:
    found = json.loads(run_command(*WORDS, *ALL_CORES, "--json").stdout)
    assert [(one["setting"], one["error_rate"]) for one in found["settings"]] == [
        ({"learning_rate": "0.01"}, 0.0105),
        ({"learning_rate": "0.02"}, 0.0205),
    ]


@needs_training
def test_another_number_of_cores_is_another_sweep() -> None:
    run_command(*WORDS, *ALL_CORES)
    with pytest.raises(RunFolderError, match="a sweep with another cores: it was 1024 and is 1"):
        run_command(*WORDS)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "--out is missing"),
        (("--out", "o", "--scheduler", "x", "--cores", "2"), "--scheduler excludes --workers and --cores"),
        (("--out", "o", "--dial", "epochs=1", "--dial", "epochs=2"), "--dial epochs is given twice"),
        (("--out", "o", "--dial", "epoch=1"), "'epoch' is no dial .did you mean 'epochs'"),
        (("--out", "o", "--seeds", ""), "--seeds is '': expected whole numbers such as 0-4"),
        (("--out", "o", "--preset", "record"), "hold no images out"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        run_command("sweep", *words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("package", "extra"), [("keras", "train"), ("distributed", "scale")])
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, package: str, extra: str) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == package else object())
    with pytest.raises(MissingExtraError, match=rf"{package} is not installed: pip install 'digitnet\[{extra}\]'"):
        run_command(*WORDS)


@needs_training
def test_data_that_is_not_there_leaves_nothing(tmp_path: Path, refused: Callable[..., tuple[object, str]]) -> None:
    code, errors = refused(*WORDS, "--data", "nowhere", cwd=tmp_path)
    assert code == 1
    assert errors.startswith("digitnet: nowhere does not exist")
    assert list(tmp_path.iterdir()) == []
