"""A run from its settings to its folder, through every interruption."""

import csv
import dataclasses
import io
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from digitnet.augmentation.distortion import NO_DISTORTION
from digitnet.datasets import load_mnist
from digitnet.datasets.idx import write_idx
from digitnet.errors import (
    ConfigurationError,
    RunFolderError,
    TrainingDivergedError,
    TrainingInterruptedError,
)
from digitnet.evaluation.evaluation import evaluate
from digitnet.inference.classifier import load_classifier
from digitnet.network.backend import keras
from digitnet.runs import Outcome, RunFolder, load_data, resume_run, start_run
from digitnet.runs.data import Data
from digitnet.runs.session import lessons
from digitnet.training.recipes import Recipe
from patience import PATIENCE

FILES = {
    "MODEL_CARD.md",
    "confusion_matrix.png",
    "history.csv",
    "metrics.json",
    "mistakes.png",
    "model.keras",
    "model.onnx",
    "model_int8.onnx",
    "receptive_fields.png",
    "run.json",
    "training_curves.png",
}
RECIPE = Recipe(
    hidden_sizes=(12,),
    dropout=0.2,
    receptive_fields=(),
    learning_rate=5e-3,
    augmentation=NO_DISTORTION,  # so few images, seen so few times, teach nothing else
    hard_examples=0.0,
    epochs=4,
    batch_size=50,
    validation_fraction=0.2,
)
SILENT = Console(file=io.StringIO())


def write_stripes(folder: Path, n: int = 400) -> None:
    """A data set as a folder of IDX files: noise, with a bright row that tells the class."""
    folder.mkdir()
    generator = np.random.default_rng(0)
    for part, count in (("train", n), ("t10k", 100)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        images = generator.integers(0, 160, (count, 28, 28), dtype=np.uint8)
        images[np.arange(count), 4 + 2 * labels] = 200
        write_idx(folder / f"{part}-images-idx3-ubyte", images)
        write_idx(folder / f"{part}-labels-idx1-ubyte", labels)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    """For all tests, none of which changes it."""
    folder = tmp_path_factory.mktemp("source") / "data"
    write_stripes(folder)
    return str(folder)


def start(source: str, path: Path, recipe: Recipe = RECIPE, **options: Any) -> Outcome:
    return start_run(recipe, load_data(source, recipe, "fail"), path, command=["digitnet"], console=SILENT, **options)


def stop_after_the_first_epoch() -> Callable[[], bool]:
    """Asked once before training begins, where it says no, and then after every epoch."""
    answers = itertools.chain([False], itertools.repeat(True))
    return lambda: next(answers)


@pytest.fixture(scope="module")
def finished(source: str, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A run that was never interrupted, for tests that only look."""
    return start(source, tmp_path_factory.mktemp("finished") / "run")


@pytest.fixture(scope="module")
def stopped_for_all(source: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stopped") / "run"
    with pytest.raises(TrainingInterruptedError, match=r"1 of 4 epochs .* digitnet train --resume .*run"):
        start(source, folder, should_stop=stop_after_the_first_epoch())
    assert not (folder / "metrics.json").exists()
    return folder


@pytest.fixture
def stopped(stopped_for_all: Path, tmp_path: Path) -> Path:
    """The folder of a run that was stopped after its first epoch: a copy, to do with what a test likes."""
    return shutil.copytree(stopped_for_all, tmp_path / "stopped")


def weights(folder: Path) -> list[Any]:
    model = keras.saving.load_model(folder / "model.keras")
    return [np.array(variable.value) for variable in [*model.variables, *model.optimizer.variables]]


def assert_same_run(one: Path, other: Path) -> None:
    for mine, theirs in zip(weights(one), weights(other), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    mine, theirs = (json.loads((folder / "metrics.json").read_bytes()) for folder in (one, other))
    assert mine["test"] == theirs["test"]
    for name in ("model.onnx", "model_int8.onnx"):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_a_finished_run_has_everything(finished: Outcome) -> None:
    folder = finished.folder.path
    assert {path.name for path in folder.iterdir()} == FILES
    metrics = json.loads((folder / "metrics.json").read_bytes())
    run = json.loads((folder / "run.json").read_bytes())
    assert Recipe.from_dict(run["settings"]) == RECIPE
    assert (run["data"]["num_train"], run["data"]["num_validation"], run["data"]["num_test"]) == (
        320,
        80,
        100,
    )
    assert metrics["parameters"] == 784 * 12 + 4 * 12 + 12 * 10 + 10  # batch normalisation instead of a bias
    assert metrics["train_seconds"] > 0
    assert finished.metrics == metrics
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])


def test_the_model_in_the_folder_is_the_one_that_was_measured(source: str, finished: Outcome) -> None:
    folder = finished.folder.path
    test = load_data(source, RECIPE, "fail").test
    assert test is not None
    again = evaluate(load_classifier(folder, precision="float32"), test)
    assert again.to_dict() == finished.metrics["test"]
    model = keras.saving.load_model(folder / "model.keras")
    assert evaluate(model, test).errors == again.errors


def test_the_same_settings_give_the_same_model(source: str, finished: Outcome, tmp_path: Path) -> None:
    start(source, tmp_path / "two")
    assert_same_run(finished.folder.path, tmp_path / "two")


def test_a_stopped_run_says_how_to_go_on_and_ends_in_the_same_bits(finished: Outcome, stopped: Path) -> None:
    with pytest.raises(TrainingInterruptedError, match=r"2 of 4 epochs .* digitnet train --resume .*stopped"):
        resume_run(stopped, console=SILENT, should_stop=lambda: True)
    resume_run(stopped, console=SILENT)
    assert_same_run(finished.folder.path, stopped)
    assert not (stopped / "checkpoint").exists()


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from digitnet.cli import main; main()", "train", *arguments]


DIALS = ("--hidden-sizes", "12", "--epochs", "40", "--batch-size", "20", "--learning-rate", "0.005",
         "--augment", "rotation=10,shift=2,elastic_alpha=20", "--hard-examples", "0.5")  # fmt: skip


NEVER_FINISHED = """
import threading
from digitnet.runs import session

session.finish = lambda *_: threading.Event().wait()  # however late it is killed, it is in time
from digitnet.cli import main

main()
"""


@pytest.fixture(scope="module")
def never_killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data and, in `whole`, a run of a process that nobody killed."""
    folder = tmp_path_factory.mktemp("processes")
    write_stripes(folder / "data", n=2000)
    arguments = ("--data", "data", *DIALS, "--out", "whole")
    subprocess.run(command(*arguments), cwd=folder, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("epochs_before", [0, 2])
def test_kill_9_and_resume_end_in_the_same_bits(epochs_before: int, never_killed: Path, tmp_path: Path) -> None:
    arguments = ("--data", "data", *DIALS, "--out", str(tmp_path / "killed"))
    program = [sys.executable, "-c", NEVER_FINISHED, "train", *arguments]
    victim = subprocess.Popen(program, cwd=never_killed, stderr=subprocess.PIPE, text=True)
    assert victim.stderr is not None
    for line in victim.stderr:  # the row of an epoch is written just before its checkpoint, so any moment is hit
        if line.startswith("train") if epochs_before == 0 else re.match(rf" *{epochs_before}/40", line):
            break
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    assert not (tmp_path / "killed" / "metrics.json").exists()
    resume = command("--resume", str(tmp_path / "killed"))
    subprocess.run(resume, cwd=never_killed, check=True, capture_output=True)
    assert_same_run(never_killed / "whole", tmp_path / "killed")


def test_ctrl_c_leaves_a_run_that_can_go_on(source: str, tmp_path: Path) -> None:
    run = subprocess.Popen(
        command("--data", source, *DIALS, "--epochs", "3000", "--out", "run"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stderr is not None
    next(line for line in run.stderr if re.match(r" *1/3000", line))
    run.send_signal(signal.SIGINT)
    output, messages = run.communicate(timeout=PATIENCE)
    assert run.returncode == 1
    assert output == ""
    last = messages.splitlines()[-1]
    assert re.fullmatch(
        r"digitnet: stopped; \d+ of 3000 epochs are finished and kept\. Go on with: digitnet train --resume run",
        last,
    )
    assert (tmp_path / "run" / "checkpoint" / "state.npz").exists()


def test_a_full_disk_keeps_what_was_finished(source: str, tmp_path: Path) -> None:
    """A limit on the size of files is the nearest to a full disk that a test can have without being root."""
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000)); "  # run.json fits, a checkpoint does not
        "from digitnet.cli import main; main()"
    )
    arguments = ["train", "--data", source, *DIALS, "--out", str(tmp_path / "run")]
    run = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    assert "epoch 1 could not be saved (File too large); 0 finished epochs are kept" in run.stderr.splitlines()[-1]
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"run.json", "checkpoint"}


def test_too_little_space_is_an_error_before_training_starts(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("digitnet.runs.folder.shutil.disk_usage", lambda _: usage)
    with pytest.raises(RunFolderError, match="MB are needed for checkpoints and model, but only"):
        start(source, tmp_path / "run")


def test_an_existing_folder_is_never_overwritten(source: str, finished: Outcome) -> None:
    folder = finished.folder.path
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(RunFolderError, match="is a run folder already and is never overwritten"):
        start(source, folder)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    with pytest.raises(RunFolderError, match="is complete: there is nothing to resume"):
        resume_run(folder, console=SILENT)


def test_other_files_are_not_overwritten_either(source: str, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(RunFolderError, match="is a folder or file already"):
        start(source, tmp_path / "mine")


def test_a_wrong_setting_leaves_no_folder(source: str, tmp_path: Path) -> None:
    recipe = Recipe(hidden_sizes=(4,), batch_size=1000)
    with pytest.raises(ConfigurationError, match="batch_size is 1000: expected 1 to 367"):
        start(source, tmp_path / "run", recipe)
    assert not (tmp_path / "run").exists()


def test_changed_data_is_noticed(source: str, tmp_path: Path) -> None:
    shutil.copytree(source, tmp_path / "data")
    with pytest.raises(TrainingInterruptedError):
        start(str(tmp_path / "data"), tmp_path / "run", should_stop=stop_after_the_first_epoch())
    labels = tmp_path / "data" / "train-labels-idx1-ubyte"
    content = bytearray(labels.read_bytes())
    content[8:10] = content[9], content[8]  # the first two labels change places
    labels.write_bytes(content)
    with pytest.raises(RunFolderError, match="is no longer what this run was started with"):
        resume_run(tmp_path / "run", console=SILENT)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}"])
def test_a_damaged_description_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(RunFolderError, match=r"run\.json is damaged"):
        resume_run(tmp_path, console=SILENT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("settings", None),
        ("settings", {}),
        ("settings", RECIPE.to_dict() | {"epochs": "x"}),
        ("settings", RECIPE.to_dict() | {"hidden_sizes": 5}),
        ("settings", RECIPE.to_dict() | {"hidden_sizes": ["x"]}),
        ("settings", RECIPE.to_dict() | {"batch_normalization": 1}),
        ("settings", RECIPE.to_dict() | {"augmentation": {"rotation": 5}}),
        ("settings", RECIPE.to_dict() | {"augmentation": 5}),
        ("data", "x"),
        ("source_path", 3),
        ("versions", None),
    ],
)
def test_an_edited_description_is_named(name: str, value: object, stopped: Path) -> None:
    path = stopped / "run.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {name: value}))
    with pytest.raises(RunFolderError, match=r"run\.json is damaged"):
        resume_run(stopped, console=SILENT)


def test_a_run_is_resumed_from_another_folder(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(source, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrainingInterruptedError):
        start("data", Path("run"), should_stop=stop_after_the_first_epoch())
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert resume_run(tmp_path / "run", console=SILENT).metrics["epochs"] == 4


def test_the_model_to_go_on_with_loads_without_digitnet_and_learns(finished: Outcome) -> None:
    code = """
import keras, numpy as np
model = keras.saving.load_model("model.keras")
before = model.get_weights()[0].copy()
model.fit(np.ones((50, 28, 28), np.uint8), np.eye(10)[np.arange(50) % 10], verbose=0)
print(keras.backend.backend(), float(model.optimizer.learning_rate), abs(model.get_weights()[0] - before).max() > 0)
"""
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    folder = finished.folder.path
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    backend, learning_rate, moved = run.stdout.split()
    assert (backend, moved) == ("jax", "True")
    assert float(learning_rate) == pytest.approx(5e-4)


def test_the_model_file_knows_what_was_measured(finished: Outcome) -> None:
    stated = load_classifier(finished.folder.path, precision="float32").metadata.metrics
    assert set(stated) == {"test", "validation"}
    assert stated["test"] == {name: finished.metrics["test"][name] for name in stated["test"]}


def test_runs_without_a_name_never_collide(tmp_path: Path) -> None:
    folders = {RunFolder.create_new(tmp_path / "runs" / "quick-1").path.name for _ in range(4)}
    assert folders == {"quick-1", "quick-1-2", "quick-1-3", "quick-1-4"}


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is not a run folder"):
        resume_run(tmp_path, console=SILENT)


def test_divergence_keeps_the_epochs_before(source: str, tmp_path: Path) -> None:
    recipe = Recipe(hidden_sizes=(4,), batch_size=10, epochs=3, optimizer="sgd", schedule="constant",
                    learning_rate=1e30, batch_normalization=False)  # fmt: skip
    with pytest.raises(TrainingDivergedError, match="epoch 1 diverged"):
        start(source, tmp_path / "run", recipe)
    assert RunFolder.open(tmp_path / "run").is_complete is False


def test_a_source_without_test_images_is_measured_on_validation(tmp_path: Path) -> None:
    rows = [",".join(["label", *(f"pixel{i}" for i in range(784))])]
    rows += [",".join([str(n % 2), *["0" if n % 2 else "255"] * 784]) for n in range(40)]
    (tmp_path / "d.csv").write_text("\n".join(rows))
    recipe = Recipe(hidden_sizes=(4,), epochs=1, batch_size=8, validation_fraction=0.2)
    outcome = start(str(tmp_path / "d.csv"), tmp_path / "run", recipe)
    assert outcome.metrics["test"] is None
    assert outcome.evaluation is not None
    assert outcome.evaluation.n == 8


def test_only_mnist_gets_digits_as_they_are_written_elsewhere() -> None:
    images = load_mnist()[0].subset(np.arange(100))
    recipe = dataclasses.replace(RECIPE, regional_hands=0.2)
    for source, expected in (("mnist", 120), ("fashion", 100)):
        train_set = lessons(recipe, Data(source, source, "fail", images, None, None))
        assert len(train_set) == expected
        np.testing.assert_array_equal(train_set.images[:100], images.images)


def test_a_run_with_digits_from_elsewhere_ends_in_the_same_bits_when_it_is_resumed(tmp_path: Path) -> None:
    few = load_mnist()[0].subset(np.arange(300))
    data = Data("mnist", "mnist", "fail", few, None, None)
    recipe = dataclasses.replace(RECIPE, regional_hands=0.5, hard_examples=0.5, validation_fraction=0.0)
    whole = start_run(recipe, data, tmp_path / "whole", command=[], console=SILENT)
    answers = iter([False, False, True])  # before the first epoch, after it, after the second
    with pytest.raises(TrainingInterruptedError):
        start_run(recipe, data, tmp_path / "broken", command=[], console=SILENT, should_stop=lambda: next(answers))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digitnet.runs.session.load_data", lambda *_: data)
        resumed = resume_run(tmp_path / "broken", console=SILENT)
    images = few.images[:50]
    first, second = (load_classifier(run.folder.model_file) for run in (whole, resumed))
    np.testing.assert_array_equal(first.predict_logits(images), second.predict_logits(images))
