"""One call for all formats: what it says, and that nothing is left of what is refused."""

import errno
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.exports import safetensors_folder
from digitnet.exports.export import export_model
from digitnet.exports.source import ExportSource
from digitnet.exports.written import Place, Written
from digitnet.model_file.ensemble import save_committee
from exported import model_path


def test_it_says_what_it_made_and_how_to_run_it(tmp_path: Path) -> None:
    model = model_path(tmp_path)
    found = export_model("safetensors", tmp_path / "out", model)
    assert (found.path, found.format_name, found.model) == (tmp_path / "out", "safetensors", model)
    assert found.size == sum(file.stat().st_size for file in (tmp_path / "out").iterdir())
    assert (found.comparison.n, found.comparison.other_labels) == (2000, 0)
    assert 0 < found.comparison.largest_difference < 1e-5


def test_the_line_that_runs_it_runs(tmp_path: Path) -> None:
    found = export_model("safetensors", tmp_path / "out", model_path(tmp_path))
    line = found.how_to_run.replace("python ", f"{sys.executable} ", 1)
    result = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)  # noqa: S602 - as a user would
    assert "'hidden_1.kernel': (784, 20)" in result.stdout


def test_an_export_that_answers_otherwise_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = safetensors_folder.write

    def write(source: ExportSource, place: Place) -> Written:
        written = right(source, place)
        return Written(lambda images: np.roll(written.answer(images), 1, axis=1), "", "")

    monkeypatch.setattr(safetensors_folder, "write", write)
    model = model_path(tmp_path)
    with pytest.raises(ModelFileError, match=r"the export does not answer as the model file does: on 2,000 images"):
        export_model("safetensors", tmp_path / "out", model)
    assert list(tmp_path.iterdir()) == [model]


def test_a_place_that_is_taken_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(ModelFileError, match=r"out exists already and is never overwritten: choose another name"):
        export_model("safetensors", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_read_only_place_is_found_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> str:
        raise OSError(errno.EROFS, "Read-only file system", "a name that nobody knows")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(OSError, match=r"Read-only file system: '.*out'"):
        export_model("safetensors", tmp_path / "out", "none.onnx")


def test_a_place_that_is_not_there_names_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere/out"):
        export_model("safetensors", tmp_path / "nowhere" / "out")


def test_another_precision_than_the_format_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="safetensors is made from a model in float32, not in int8"):
        export_model("safetensors", tmp_path / "out", precision="int8")
    with pytest.raises(ConfigurationError, match="a runtime goes into html only"):
        export_model("safetensors", tmp_path / "out", runtime="package.tgz")


def test_a_committee_is_refused_where_one_network_is_wanted(tmp_path: Path) -> None:
    for name, sizes in (("a", (8,)), ("b", (9,))):
        (tmp_path / name).mkdir()
        model_path(tmp_path / name, sizes)
    committee = tmp_path / "c.onnx"
    save_committee([tmp_path / "a" / "model.onnx", tmp_path / "b" / "model.onnx"], committee)
    with pytest.raises(ModelFileError, match=r"c.onnx is a committee of 2 networks, .* export a member of it"):
        export_model("safetensors", tmp_path / "out", committee)
    assert not (tmp_path / "out").exists()
