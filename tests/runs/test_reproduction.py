"""A run that is trained again from its run.json, and everything that can be other about it."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from digitnet.datasets.idx import write_idx
from digitnet.errors import DatasetError, ModelFileError, RunFolderError, TrainingInterruptedError
from digitnet.model_file.digest import with_digest
from digitnet.runs import compare_runs, load_data, reproduce_run, start_run
from digitnet.runs.events import EpochFinished, RunEvent
from digitnet.runs.reproduction import weights_digest
from digitnet.training.recipes import Recipe
from digitnet.training.stopping import StopRequest
from in_process import run_command

RECIPE = Recipe(hidden_sizes=(8,), receptive_fields=(), epochs=2, batch_size=50, validation_fraction=0.2, seed=5)


@pytest.fixture(scope="module", autouse=True)
def no_figures() -> Iterator[None]:
    """Runs without their figures, which take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digitnet.runs.finish.save_figure", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run; its data is beside it."""
    folder = tmp_path_factory.mktemp("reproduction")
    source = folder / "data"
    source.mkdir()
    generator = np.random.default_rng(1)
    for part, count in (("train", 200), ("t10k", 100)):
        images = generator.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        write_idx(source / f"{part}-images-idx3-ubyte", images)
        write_idx(source / f"{part}-labels-idx1-ubyte", (np.arange(count) % 10).astype(np.uint8))
    start_run(RECIPE, load_data(str(source), RECIPE, "fail"), folder / "run", command=["digitnet", "train"])
    return folder / "run"


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished run, to be changed."""
    return shutil.copytree(finished, tmp_path / "copied")


def edit_json(path: Path, edit: Callable[[dict[str, object]], object]) -> None:
    content = json.loads(path.read_bytes())
    edit(content)
    path.write_text(json.dumps(content))


def test_a_run_trained_again_is_the_same(finished: Path, tmp_path: Path) -> None:
    found = reproduce_run(finished, tmp_path / "again")
    assert found.is_same, found.difference_line
    assert (found.difference_line, found.surroundings_line) == ("", "the same versions, kind of machine and cores")
    names = [result.name for result in found.results]
    assert names[:5] == [
        *("train images", "validation images", "test images", "weights of model.onnx", "weights of model_int8.onnx")
    ]
    assert found.results[2].now.startswith("100 (")
    again = tmp_path / "again" / "model.onnx"
    assert weights_digest(again.read_bytes()) == weights_digest((finished / "model.onnx").read_bytes())
    assert json.loads((tmp_path / "again" / "run.json").read_bytes())["command"][:2] == ["digitnet", "reproduce"]


def test_another_setting_is_found_out_by_weights_and_figures(
    copied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As when `run.json` does not tell what the run was made with; by the command."""
    edit_json(copied / "run.json", lambda run: run["settings"].update(learning_rate=0.05))  # type: ignore[attr-defined]
    code, printed = run_command("reproduce", copied, "--out", tmp_path / "again", "--quiet")
    different = {line.split(": ")[1] for line in printed.splitlines() if line.startswith("differs: ")}
    assert code == 1
    assert {"weights of model.onnx", "weights of model_int8.onnx", "test figures"} <= different
    assert not {"train images", "validation images", "test images"} & different
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.endswith("look for another processor, or a change of the code\n")


def test_one_bit_of_one_weight_is_found_out(finished: Path, copied: Path) -> None:
    proto = onnx.load_from_string((copied / "model.onnx").read_bytes())
    kernel = next(one for one in proto.graph.initializer if one.name.startswith("kernel"))
    changed = numpy_helper.to_array(kernel).copy()
    changed.view(np.uint32)[0, 0] ^= 1
    kernel.CopyFrom(numpy_helper.from_array(changed, kernel.name))
    entries = [entry for entry in proto.metadata_props if entry.key != "digitnet_sha256"]
    del proto.metadata_props[:]
    proto.metadata_props.extend(entries)
    proto.ClearField("producer_version")
    (copied / "model.onnx").write_bytes(with_digest(proto.SerializeToString()))
    found = compare_runs(finished, copied)
    assert [result.name for result in found.results if not result.is_same] == ["weights of model.onnx"]


def test_figures_that_differ_are_told_in_numbers(finished: Path, copied: Path) -> None:
    edit_json(copied / "metrics.json", lambda metrics: metrics["test"].update(errors=3))  # type: ignore[attr-defined]
    found = compare_runs(finished, copied)
    (figures,) = (result for result in found.results if not result.is_same)
    assert str(figures).startswith("test figures: 3 mistakes in 100 images (")
    assert f"is not the same as {finished}: other test figures; versions, kind of" in found.difference_line


def test_other_versions_and_cores_are_said_in_one_line(finished: Path, copied: Path) -> None:
    edit_json(copied / "run.json", lambda run: run.update(cores=64) or run["versions"].update(jax="0.1"))  # type: ignore[attr-defined]
    found = compare_runs(copied, finished)
    assert found.is_same  # what was computed is the same all the same
    cores, jax = (json.loads((finished / "run.json").read_bytes())[name] for name in ("cores", "versions"))
    assert found.surroundings_line == f"other surroundings: jax: {jax['jax']}, before 0.1, cores: {cores}, before 64"
    edit_json(copied / "metrics.json", lambda metrics: metrics["test"].update(errors=3))  # type: ignore[attr-defined]
    assert "that is to be expected with other surroundings: jax" in compare_runs(copied, finished).difference_line


def test_what_cannot_be_repeated_is_one_line_and_nothing_is_trained(copied: Path, tmp_path: Path) -> None:
    def refused(path: Path, kind: type[Exception], match: str, out: Path = tmp_path / "never") -> None:
        with pytest.raises(kind, match=match) as caught:
            reproduce_run(path, out)
        assert "\n" not in str(caught.value)
        assert not (tmp_path / "never").exists()

    refused(tmp_path, RunFolderError, "is not a run folder")
    (tmp_path / "file").write_text("")
    refused(copied, RunFolderError, "cannot be written", tmp_path / "file" / "below")
    refused(copied, RunFolderError, "is a run folder already and is never overwritten", copied)
    edit_json(copied / "run.json", lambda run: run.update(source_path=str(tmp_path / "gone")))
    refused(copied, DatasetError, "gone")
    edit_json(copied / "run.json", lambda run: run.update(source_path="mnist"))
    refused(copied, RunFolderError, "no longer what this run was started with")
    model = (copied / "model.onnx").read_bytes()
    (copied / "model.onnx").write_bytes(model[:-1] + b"g")
    refused(copied, ModelFileError, "damaged")
    (copied / "model.onnx").write_bytes(model)
    (copied / "metrics.json").write_text("[]")
    refused(copied, RunFolderError, "metrics.json is damaged")
    (copied / "metrics.json").unlink()
    refused(copied, RunFolderError, "is not finished, so there is nothing to compare with: .* digitnet train --resume")


def test_an_interrupted_repetition_says_how_to_go_on(finished: Path, tmp_path: Path) -> None:
    stop = StopRequest()

    def listen(event: RunEvent) -> None:
        if isinstance(event, EpochFinished):
            stop.request()

    with pytest.raises(TrainingInterruptedError, match=r"1 of 2 epochs .* digitnet train --resume"):
        reproduce_run(finished, tmp_path / "again", listener=listen, stop=stop)
    with pytest.raises(RunFolderError, match="is not finished"):
        compare_runs(finished, tmp_path / "again")


def test_the_command_prints_a_line_for_each_and_fails_where_one_differs(
    finished: Path, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, printed = run_command("reproduce", finished, "--compare", copied)
    assert code == 0
    lines = printed.splitlines()
    assert all(line.startswith("same: ") for line in lines[:-1])
    assert lines[-1] == "the same versions, kind of machine and cores"
    edit_json(copied / "metrics.json", lambda metrics: metrics["test"].update(errors=3))  # type: ignore[attr-defined]
    code, printed = run_command("reproduce", finished, "--compare", copied, "--json")
    assert (code, json.loads(printed)["same"]) == (1, False)
    errors = capsys.readouterr().err
    assert errors.startswith(f"digitnet: {copied} is not the same as {finished}: other test figures; ")
    assert errors.count("\n") == 1
