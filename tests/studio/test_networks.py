"""Which file and which classifier an id means, and that all of the page's paths are below one."""

import shutil
from pathlib import Path

import pytest

from digitnet.inference.classifier import Classifier, load_classifier
from digitnet.model_file.contract import MODEL_FILE_NAMES, bundled_model_path
from digitnet.model_file.metadata import Precision
from digitnet.studio.networks import Networks
from digitnet.studio.studio import Studio
from digitnet.studio.teaching import NotFoundError, Workshop
from digitnet.studio.teaching.jobs import Jobs
from made_up_model_files import model_file


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_the_glass_box_opens_the_file_that_answers(tmp_path: Path, precision: Precision) -> None:
    """A run folder has two files; only one of them was loaded."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name in MODEL_FILE_NAMES:
        shutil.copy(bundled_model_path(name), folder / MODEL_FILE_NAMES[name])
    loaded = load_classifier(folder, precision=precision)
    workshop = Workshop(tmp_path / "studio", folder, training=False)
    assert Networks(loaded, folder, workshop).file("") == folder / MODEL_FILE_NAMES[precision]
    alone = folder / MODEL_FILE_NAMES[precision]
    assert Networks(loaded, alone, workshop).file("") == alone
    assert Networks(loaded, None, workshop).file("") == bundled_model_path(precision)


def test_a_trained_network_is_loaded_once_and_anew_when_it_has_gone_on(classifier: Classifier, tmp_path: Path) -> None:
    job = Jobs(_made(tmp_path / "studio") / "runs").create("run", {}, "8", files={"model.onnx": model_file((8,))})
    workshop = Workshop(tmp_path / "studio", None, training=False)
    networks = Networks(classifier, None, workshop)
    first = networks.classifier(job.id)
    assert networks.classifier(job.id) is first
    assert networks.classifier("") is classifier
    networks.file(job.id).write_bytes(model_file((9, 9)))
    assert networks.classifier(job.id) is not first
    with pytest.raises(NotFoundError):
        networks.file("run-0")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_name_says_nothing_of_where_a_model_is_kept(classifier: Classifier, tmp_path: Path) -> None:
    workshop = Workshop(tmp_path / "studio", None, training=False)
    assert Networks(classifier, None, workshop).name == "Built-in network"
    assert Networks(classifier, tmp_path / "secret.onnx", workshop).name == "Loaded network"


def test_all_paths_are_below_one(classifier: Classifier, tmp_path: Path) -> None:
    studio = Studio(classifier, None, folder=tmp_path / "studio", training=False)
    paths = {route.path for route in studio.routes}  # type: ignore[attr-defined]
    assert {"/studio/about", "/studio/read", "/studio/explain", "/studio/neuron", "/studio/mistakes"} < paths
    assert {"/studio/mistakes/cell", "/studio/training/events", "/studio/corrections", "/studio/teach"} < paths
    assert all(path.startswith("/studio/") for path in paths)
    studio.close()
    studio.close()  # twice is as good as once
