"""A network to carry away: what is saved answers as the network does, and what cannot be made says why."""

import io
import json
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

from digitnet.datasets import load_mnist
from digitnet.errors import ConfigurationError
from digitnet.exports.formats import FORMATS
from digitnet.inference.classifier import load_classifier
from digitnet.studio.model_export import described_formats, exported
from digitnet.studio.teaching import BusyError
from made_up_model_files import model_file
from studio_page import Page

IMAGES = load_mnist()[1].images[:50]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A run folder's network, which the page writes in float32 only."""
    path = tmp_path / "model.onnx"
    path.write_bytes(model_file())
    return path


def test_the_page_is_told_of_every_format_and_why_one_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitnet.exports.formats.find_spec", lambda _: None)
    told = {form["name"]: form["reason"] for form in described_formats()}
    assert list(told) == ["onnx", *FORMATS]
    assert told["onnx"] == told["triton"] == ""
    assert "pip install 'digitnet[export]'" in told["c"]
    assert "onnxruntime-web" in told["html"]


def test_formats_in_integers_are_made_of_a_network_in_float32(model: Path) -> None:
    name, content = exported(model, "triton", "mine")
    assert name == "mine.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        (entry,) = [entry for entry in file.namelist() if entry.endswith(".onnx")]
        loaded = load_classifier(file.read(entry))
    assert loaded.metadata.precision == "int8"
    agree = loaded.predict(IMAGES) == load_classifier(model).predict(IMAGES)
    assert agree.mean() > 0.9


def test_a_network_that_does_not_fit_is_one_sentence_without_a_path(model: Path, tmp_path: Path) -> None:
    model.write_bytes(b"no model")
    with pytest.raises(ConfigurationError) as refused:
        exported(model, "triton", "mine")
    assert str(tmp_path) not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_one_export_at_a_time(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = threading.Lock()
    monkeypatch.setattr("digitnet.studio.model_export._one_at_a_time", lock)
    with lock, pytest.raises(BusyError, match="another network is being exported"):
        exported(model, "triton", "mine")


def test_over_http_a_network_is_a_file_to_save(page: Page) -> None:
    told = page.get("models/formats").json()["formats"]
    assert [form["name"] for form in told] == ["onnx", *FORMATS]
    saved = page.get("models/export", model=page.small, format="onnx")
    assert saved.headers["content-disposition"] == f'attachment; filename="digitnet-{page.small}-onnx.onnx"'
    np.testing.assert_array_equal(
        load_classifier(saved.content).predict(IMAGES), load_classifier(model_file()).predict(IMAGES)
    )
    for query, status in (({"model": "run-1"}, 404), ({"format": "docx"}, 422), ({"format": "html"}, 422)):
        refused = page.get("models/export", **query)
        assert (refused.status_code, list(json.loads(refused.content))) == (status, ["error"])
