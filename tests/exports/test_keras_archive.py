"""The archive as Keras opens it, on each backend that is installed."""

import json
import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from digitnet.exports.export import export_model
from digitnet.inference.classifier import load_classifier
from exported import images_of_ink, model_path

keras = pytest.importorskip("digitnet.network.backend", reason="needs the training extra").keras


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keras")
    export_model("keras", folder / "digits.keras", model_path(folder))
    return folder / "digits.keras"


def test_it_answers_with_the_calibrated_probabilities_of_the_model_file(archive: Path) -> None:
    images = images_of_ink(40)
    expected = load_classifier(archive.with_name("model.onnx")).predict_proba(images)
    found = keras.saving.load_model(archive).predict(images, verbose=0)
    assert np.abs(found - expected).max() < 1e-5


def test_it_consists_of_plain_layers(archive: Path) -> None:
    with zipfile.ZipFile(archive) as files:
        config = json.loads(files.read("config.json"))
    layers = [layer["class_name"] for layer in config["config"]["layers"]]
    assert layers == ["InputLayer", "Rescaling", "Flatten", "Dense", "Dense", "Dense"]


@pytest.mark.parametrize("operator", ["LeakyRelu", "Gelu"])
def test_every_activation_function_is_kept(tmp_path: Path, operator: str) -> None:
    found = export_model("keras", tmp_path / "digits.keras", model_path(tmp_path, (9,), operator))
    assert found.comparison.largest_difference < 1e-5


@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_it_answers_alike_on_other_backends(archive: Path, backend: str) -> None:
    if find_spec(backend) is None:
        pytest.skip(f"needs {backend}, in an environment of its own: scripts/test-exports")
    images = images_of_ink(40)
    np.save(archive.with_name("images.npy"), images)
    code = (
        "import sys, keras, numpy; images = numpy.load(sys.argv[2])\n"
        "answer = keras.saving.load_model(sys.argv[1]).predict(images, verbose=0)\n"
        "numpy.save(sys.argv[3], answer); print(keras.backend.backend())"
    )
    files = [archive, archive.with_name("images.npy"), archive.with_name(f"{backend}.npy")]
    run = subprocess.run(
        [sys.executable, "-c", code, *files],
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == [backend]
    expected = load_classifier(archive.with_name("model.onnx")).predict_proba(images)
    assert np.abs(np.load(files[2]) - expected).max() < 1e-5
