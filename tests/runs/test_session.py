"""A run from its settings to its folder, through every interruption."""

import csv
import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

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
from digitnet.parallel import allowed_cores
from digitnet.runs import Outcome, RunFolder, load_data, resume_run, start_run
from digitnet.runs.data import Data
from digitnet.runs.events import (
    CoresChanged,
    EpochFinished,
    EpochStarted,
    RunEvent,
    RunFinished,
    RunStarted,
    StageStarted,
)
from digitnet.runs.finish import RunOutputs
from digitnet.runs.session import execute_run
from digitnet.runs.training import prepare, training_images_of
from digitnet.training.recipes import Recipe
from digitnet.training.stopping import StopRequest
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
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither SIGINT nor limits for one process")
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
    return start_run(recipe, load_data(source, recipe, "fail"), path, command=["digitnet"], **options)


def stopping_after_epoch(epoch: int) -> dict[str, Any]:
    """Options of a run that is asked to stop when it says that an epoch, counted from 1, is finished."""
    stop = StopRequest()

    def listen(event: RunEvent) -> None:
        if isinstance(event, EpochFinished) and event.epoch == epoch:
            stop.request()

    return {"listener": listen, "stop": stop}


class FinishedRun(NamedTuple):
    """A run that was never interrupted, and what it reported."""

    outcome: Outcome
    events: list[RunEvent]
    had_checkpoint: list[bool]
    """For each event, whether there was a checkpoint by then."""

    @property
    def path(self) -> Path:
        """The folder of the run."""
        return self.outcome.folder.path


@pytest.fixture(scope="module")
def finished(source: str, tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """A finished run for all tests that only look at it."""
    path = tmp_path_factory.mktemp("finished") / "run"
    events: list[RunEvent] = []
    had_checkpoint: list[bool] = []

    def listen(event: RunEvent) -> None:
        events.append(event)
        had_checkpoint.append((path / "checkpoint" / "state.npz").exists())

    return FinishedRun(start(source, path, listener=listen), events, had_checkpoint)


@pytest.fixture(scope="module")
def stopped_for_all(source: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stopped") / "run"
    with pytest.raises(TrainingInterruptedError, match=r"1 of 4 epochs .* digitnet train --resume .*run"):
        start(source, folder, **stopping_after_epoch(1))
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


def test_a_finished_run_has_everything(finished: FinishedRun) -> None:
    folder = finished.path
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
    assert finished.outcome.metrics == metrics
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])


def test_the_model_in_the_folder_is_the_one_that_was_measured(source: str, finished: FinishedRun) -> None:
    test = load_data(source, RECIPE, "fail").test
    assert test is not None
    again = evaluate(load_classifier(finished.path, precision="float32"), test)
    assert again.to_dict() == finished.outcome.metrics["test"]
    model = keras.saving.load_model(finished.path / "model.keras")
    assert evaluate(model, test).errors == again.errors


def test_the_same_settings_give_the_same_model(source: str, finished: FinishedRun, tmp_path: Path) -> None:
    start(source, tmp_path / "two")
    assert_same_run(finished.path, tmp_path / "two")


def test_a_stopped_run_says_how_to_go_on_and_ends_in_the_same_bits(finished: FinishedRun, stopped: Path) -> None:
    with pytest.raises(TrainingInterruptedError, match=r"2 of 4 epochs .* digitnet train --resume .*stopped"):
        resume_run(stopped, **stopping_after_epoch(2))
    resume_run(stopped)
    assert_same_run(finished.path, stopped)
    assert not (stopped / "checkpoint").exists()


def test_a_run_tells_its_events_in_order(finished: FinishedRun) -> None:
    outcome, told, had_checkpoint = finished
    epochs = [EpochStarted, EpochFinished]
    assert [type(event) for event in told] == [RunStarted, *epochs * 4, *[StageStarted] * 3, RunFinished]
    assert had_checkpoint == [False, False, *[True] * 10, False]  # what is told of is safe; at the end it is of no use
    begun, epoch, last = told[0], told[2], told[-1]
    assert isinstance(begun, RunStarted)
    assert (begun.num_images, begun.history, begun.folder.path) == (320, (), finished.path)
    assert isinstance(epoch, EpochFinished)
    assert (epoch.epoch, epoch.epochs) == (1, 4)
    assert {"loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"} == set(epoch.logs)
    assert 0 < epoch.seconds <= epoch.logs["seconds"]
    assert [event.stage.value for event in told if isinstance(event, StageStarted)] == [
        "calibrating",
        "measuring",
        "reporting",
    ]
    assert isinstance(last, RunFinished)
    assert last.outcome == outcome
    assert (outcome.epochs, outcome.is_finished) == (4, True)


def test_a_stop_at_once_gives_up_the_epoch_that_runs(source: str, stopped: Path, tmp_path: Path) -> None:
    """Of a stopped run the network of the last finished epoch is left, if that is asked for."""
    stop = StopRequest()
    told: list[RunEvent] = []

    def listen(event: RunEvent) -> None:
        told.append(event)
        if isinstance(event, EpochStarted) and event.epoch == 2:
            stop.request(at_once=True)

    data = load_data(source, RECIPE, "fail")
    folder = RunFolder.create(tmp_path / "run")
    network_only = RunOutputs(everything=False, of_stopped_runs=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "digitnet.training.loop._wait_for", lambda _, stop: not stop.at_once
        )  # an epoch here is too short
        outcome = execute_run(prepare(RECIPE, data), folder, network_only, listener=listen, stop=stop)
    assert [event.epoch for event in told if isinstance(event, EpochFinished)] == [1]
    assert (outcome.epochs, outcome.is_finished, outcome.metrics["test"]) == (1, False, None)
    assert {path.name for path in folder.path.iterdir()} == {"model.onnx", "checkpoint"}
    execute_run(prepare(RECIPE, data), RunFolder(stopped), network_only, stop=stop)
    assert folder.model_file.read_bytes() == RunFolder(stopped).model_file.read_bytes()


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from digitnet.cli import main; main()", "train", *arguments]


DIALS = ("--hidden-sizes", "12", "--epochs", "40", "--batch-size", "20", "--learning-rate", "0.005",
         "--augment", "rotation=10,shift=2,elastic_alpha=20", "--hard-examples", "0.5")  # fmt: skip


@pytest.fixture(scope="module")
def many_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data of which an epoch takes a process long enough to be stopped in it."""
    folder = tmp_path_factory.mktemp("many") / "data"
    write_stripes(folder, n=2000)
    return folder


def kill(arguments: list[str], folder: Path, row: str) -> None:
    """Run a command in a folder, and kill it with signal 9 when it has begun a line with this pattern."""
    with subprocess.Popen(arguments, cwd=folder, stderr=subprocess.PIPE, text=True) as victim:
        assert victim.stderr is not None
        next(line for line in victim.stderr if re.match(row, line))
        victim.kill()  # SIGKILL; on Windows what comes nearest
        victim.communicate()


def test_kill_9_and_resume_end_in_the_same_bits(many_images: Path, tmp_path: Path) -> None:
    """A run that is killed before its first epoch is over, and once more when it has gone on to its second."""
    arguments = ("--data", str(many_images), *DIALS)
    subprocess.run(command(*arguments, "--out", "whole"), cwd=tmp_path, check=True, capture_output=True)
    kill(command(*arguments, "--out", "killed"), tmp_path, "train")
    # The row of an epoch is written while the next one begins, so any moment is hit.
    kill(command("--resume", "killed"), tmp_path, r" *([2-9]|\d\d)/40")
    assert not (tmp_path / "killed" / "metrics.json").exists()
    subprocess.run(command("--resume", "killed"), cwd=tmp_path, check=True, capture_output=True)
    assert_same_run(tmp_path / "whole", tmp_path / "killed")


@posix_only
def test_ctrl_c_leaves_a_run_that_can_go_on(many_images: Path, tmp_path: Path) -> None:
    run = subprocess.Popen(
        command("--data", str(many_images), *DIALS, "--epochs", "3000", "--out", "run"),
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


@posix_only
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


def test_an_existing_folder_is_never_overwritten(source: str, finished: FinishedRun) -> None:
    before = {path: path.read_bytes() for path in finished.path.iterdir()}
    with pytest.raises(RunFolderError, match="is a run folder already and is never overwritten"):
        start(source, finished.path)
    assert {path: path.read_bytes() for path in finished.path.iterdir()} == before
    with pytest.raises(RunFolderError, match="is complete: there is nothing to resume"):
        resume_run(finished.path)


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
    own = shutil.copytree(source, tmp_path / "data")
    with pytest.raises(TrainingInterruptedError):
        start(str(own), tmp_path / "run", **stopping_after_epoch(1))
    labels = own / "train-labels-idx1-ubyte"
    content = bytearray(labels.read_bytes())
    content[8:10] = content[9], content[8]  # the first two labels change places
    labels.write_bytes(content)
    with pytest.raises(RunFolderError, match="is no longer what this run was started with"):
        resume_run(tmp_path / "run")


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", "[" * 100_000], ids=len)
def test_a_damaged_description_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(RunFolderError, match=r"run\.json is damaged"):
        resume_run(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("settings", None),
        ("settings", {}),
        ("settings", RECIPE.to_dict() | {"epochs": "x"}),
        ("settings", RECIPE.to_dict() | {"hidden_sizes": 5}),
        ("settings", RECIPE.to_dict() | {"hidden_sizes": ["x"]}),
        ("settings", RECIPE.to_dict() | {"batch_normalization": 1}),
        ("settings", RECIPE.to_dict() | {"augmentation": {"rotation": 500}}),
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
        resume_run(stopped)


def cores_told(folder: Path) -> list[CoresChanged]:
    """What a run that is resumed says about cores; it is stopped at once."""
    events: list[RunEvent] = []
    stop = StopRequest()
    stop.request()
    with pytest.raises(TrainingInterruptedError):
        resume_run(folder, listener=events.append, stop=stop)
    return [event for event in events if isinstance(event, CoresChanged)]


def test_a_run_keeps_its_number_of_cores_and_says_where_it_is_another(
    stopped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stopped / "run.json"
    description = json.loads(path.read_bytes())
    assert description["cores"] == allowed_cores()
    assert cores_told(stopped) == []
    monkeypatch.setattr("digitnet.runs.session.allowed_cores", lambda: description["cores"] + 3)
    assert cores_told(stopped) == [CoresChanged(description["cores"], description["cores"] + 3)]
    del description["cores"]  # as an older version wrote it
    path.write_text(json.dumps(description))
    assert cores_told(stopped) == []


def test_a_run_is_resumed_from_another_folder(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(source, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrainingInterruptedError):
        start("data", Path("run"), **stopping_after_epoch(1))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert resume_run(tmp_path / "run").metrics["epochs"] == 4


def test_the_model_to_go_on_with_loads_without_digitnet_and_learns(finished: FinishedRun) -> None:
    code = """
import keras, numpy as np
model = keras.saving.load_model("model.keras")
before = model.get_weights()[0].copy()
model.fit(np.ones((50, 28, 28), np.uint8), np.eye(10)[np.arange(50) % 10], verbose=0)
print(keras.backend.backend(), float(model.optimizer.learning_rate), abs(model.get_weights()[0] - before).max() > 0)
"""
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=finished.path, env=environment, capture_output=True, text=True, check=True
    )
    backend, learning_rate, moved = run.stdout.split()
    assert (backend, moved) == ("jax", "True")
    assert float(learning_rate) == pytest.approx(5e-4)


def test_the_model_file_knows_what_was_measured(finished: FinishedRun) -> None:
    stated = load_classifier(finished.path, precision="float32").metadata.metrics
    assert set(stated) == {"test", "validation"}
    assert stated["test"] == {name: finished.outcome.metrics["test"][name] for name in stated["test"]}


def test_runs_without_a_name_never_collide(tmp_path: Path) -> None:
    folders = {RunFolder.create_new(tmp_path / "runs" / "quick-1").path.name for _ in range(4)}
    assert folders == {"quick-1", "quick-1-2", "quick-1-3", "quick-1-4"}


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is not a run folder"):
        resume_run(tmp_path)


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
        train_set = training_images_of(recipe, Data(source, source, "fail", images, None, None))
        assert len(train_set) == expected
        np.testing.assert_array_equal(train_set.images[:100], images.images)


def test_a_run_with_digits_from_elsewhere_ends_in_the_same_bits_when_it_is_resumed(tmp_path: Path) -> None:
    few = load_mnist()[0].subset(np.arange(300))
    data = Data("mnist", "mnist", "fail", few, None, None)
    recipe = dataclasses.replace(RECIPE, regional_hands=0.5, hard_examples=0.5, validation_fraction=0.0)
    whole = start_run(recipe, data, tmp_path / "whole", command=[])
    with pytest.raises(TrainingInterruptedError, match="2 of 4 epochs"):
        start_run(recipe, data, tmp_path / "broken", command=[], **stopping_after_epoch(2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digitnet.runs.session.load_data", lambda *_: data)
        resumed = resume_run(tmp_path / "broken")
    images = few.images[:50]
    first, second = (load_classifier(run.folder.model_file) for run in (whole, resumed))
    np.testing.assert_array_equal(first.predict_logits(images), second.predict_logits(images))
