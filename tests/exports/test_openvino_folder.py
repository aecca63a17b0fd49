"""The files as OpenVINO runs them; in an environment of its own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from digitnet.datasets import Dataset
from digitnet.exports.export import export_model
from digitnet.inference.classifier import load_classifier
from digitnet.model_file.contract import bundled_model_path, open_model
from digitnet.model_file.metadata import Precision

openvino = pytest.importorskip("openvino", reason="needs OpenVINO, in an environment of its own: scripts/test-exports")


@pytest.mark.parametrize("precision", ["int8", "float32"])
def test_every_output_is_that_of_the_model_file(
    tmp_path: Path, mnist: tuple[Dataset, Dataset], precision: Precision
) -> None:
    export_model("openvino", tmp_path / "ov", precision=precision)
    images = mnist[1].images
    compiled = openvino.Core().compile_model(tmp_path / "ov" / "model.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = compiled(images)
    assert np.array_equal(found["probabilities"].argmax(axis=1), load_classifier(precision=precision).predict(images))
    session, _ = open_model(bundled_model_path(precision))
    names = ["probabilities", "logits", "second_logits", "digit_score"]
    for name, expected in zip(names, session.run(names, {"images": images}), strict=True):
        assert np.abs(found[name] - expected).max() < (1e-4 if name == "probabilities" else 0.1), name


def test_the_line_that_runs_it_names_five_digits(tmp_path: Path, mnist: tuple[Dataset, Dataset]) -> None:
    line = export_model("openvino", tmp_path / "ov").how_to_run.replace("python ", f"{sys.executable} ", 1)
    run = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)  # noqa: S602 - as a user would
    assert run.stdout.strip() == str(mnist[1].labels[:5])
