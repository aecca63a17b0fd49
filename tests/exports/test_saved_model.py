"""The SavedModel as TensorFlow opens it; in an environment of its own."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from digitnet.datasets import Dataset
from digitnet.exports.export import export_model
from digitnet.inference.classifier import load_classifier
from exported import images_of_ink, model_path

tf = pytest.importorskip("tensorflow", reason="needs TensorFlow, in an environment of its own: scripts/test-exports")


def test_its_signature_takes_images_and_gives_what_the_model_file_gives(tmp_path: Path) -> None:
    model = model_path(tmp_path)
    export_model("savedmodel", tmp_path / "saved", model)
    signature = tf.saved_model.load(str(tmp_path / "saved")).signatures["serving_default"]
    images = images_of_ink(40)
    found = signature(images=tf.constant(images))
    classifier = load_classifier(model)
    assert set(found) == {"probabilities", "logits"}
    assert np.abs(found["probabilities"].numpy() - classifier.predict_proba(images)).max() < 1e-5
    assert np.abs(found["logits"].numpy() - classifier.predict_logits(images)).max() < 1e-4
    assert signature(images=tf.constant(images[:1]))["logits"].shape == (1, 10)


@pytest.mark.parametrize(
    "operator", ["LeakyRelu", "Elu", "Gelu", "Selu", "Silu", "Softplus", "Sigmoid", "Tanh", "Linear"]
)
def test_every_activation_function_is_kept(tmp_path: Path, operator: str) -> None:
    found = export_model("savedmodel", tmp_path / "saved", model_path(tmp_path, (9,), operator))
    assert found.comparison.largest_difference < 1e-5


def test_the_line_that_runs_it_names_five_digits(tmp_path: Path, mnist: tuple[Dataset, Dataset]) -> None:
    found = export_model("savedmodel", tmp_path / "saved")
    line = found.how_to_run.replace("python ", f"{sys.executable} ", 1)
    run = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)  # noqa: S602 - as a user would
    assert run.stdout.strip() == str(mnist[1].labels[:5])


def test_keras_takes_it_as_a_layer(tmp_path: Path) -> None:
    model = model_path(tmp_path)
    export_model("savedmodel", tmp_path / "saved", model)
    np.save(tmp_path / "images.npy", images_of_ink(40))
    code = (
        "import sys, keras, numpy\n"
        "layer = keras.layers.TFSMLayer(sys.argv[1], call_endpoint='serving_default')\n"
        "numpy.save(sys.argv[3], layer(numpy.load(sys.argv[2]))['probabilities'].numpy())"
    )
    files = [tmp_path / "saved", tmp_path / "images.npy", tmp_path / "answer.npy"]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}  # Keras has this layer with TensorFlow only
    subprocess.run([sys.executable, "-c", code, *files], env=environment, capture_output=True, check=True)
    expected = load_classifier(model).predict_proba(images_of_ink(40))
    assert np.abs(np.load(tmp_path / "answer.npy") - expected).max() < 1e-5
