"""Both files as LiteRT runs them; in an environment of its own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from digitnet.datasets import Dataset
from digitnet.exports.export import export_model
from digitnet.inference.classifier import load_classifier
from exported import images_of_ink, model_path

for package in ("tensorflow", "ai_edge_litert"):
    pytest.importorskip(package, reason="needs LiteRT, in an environment of its own: scripts/test-exports")


@pytest.mark.parametrize(("format_name", "labels"), [("litert", 0), ("litert-int8", 2)])
def test_the_test_images_get_the_labels_of_the_model_file(
    tmp_path: Path, mnist: tuple[Dataset, Dataset], format_name: str, labels: int
) -> None:
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - not there elsewhere

    out = tmp_path / "digits.tflite"
    found = export_model(format_name, out)
    assert (found.size > 12_000_000) == (format_name == "litert")
    runner = Interpreter(model_path=str(out)).get_signature_runner("serving_default")
    images = mnist[1].images
    answers = [runner(images=images[start : start + 500])["probabilities"] for start in range(0, 10_000, 500)]
    expected = load_classifier(precision="float32").predict(images)
    assert int((np.concatenate(answers).argmax(axis=1) != expected).sum()) <= labels


def test_one_image_and_other_activation_functions(tmp_path: Path) -> None:
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - as above

    model = model_path(tmp_path, (9,), "Gelu")
    export_model("litert", tmp_path / "digits.tflite", model)
    image = images_of_ink(1)
    runner = Interpreter(model_path=str(tmp_path / "digits.tflite")).get_signature_runner()
    expected = load_classifier(model).predict_proba(image)
    assert np.abs(runner(images=image)["probabilities"] - expected).max() < 1e-5


def test_the_line_that_runs_it_names_five_digits(tmp_path: Path, mnist: tuple[Dataset, Dataset]) -> None:
    line = export_model("litert-int8", tmp_path / "d.tflite").how_to_run.replace("python ", f"{sys.executable} ", 1)
    run = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)  # noqa: S602 - as a user would
    assert run.stdout.strip() == str(mnist[1].labels[:5])
