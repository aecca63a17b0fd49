"""A training run as the page starts it: what it reports, and that a break changes nothing."""

import base64
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from extras import HAS_TRAINING

if not HAS_TRAINING:
    pytest.skip("needs the training extra", allow_module_level=True)

from digitnet.datasets import load_mnist
from digitnet.evaluation.evaluation import evaluate
from digitnet.inference.classifier import load_classifier
from digitnet.inspection import read_network
from digitnet.studio.teaching.live_training import choose_data, train_live
from digitnet.studio.teaching.settings import RunSettings
from digitnet.studio.teaching.weight_moments import keep_moment, kept_moments, layers_at
from digitnet.training.stopping import StopRequest

SETTINGS = RunSettings(
    hidden_sizes=(20,), epochs=2, training_images=5_000, batch_size=250, dropout=0.1, optimizer="adamw"
)


class Page:
    """The way to a page that remembers what it heard, and asks the run to stop when it hears of an epoch."""

    def __init__(self, stop_after: int = 99) -> None:
        self.stop = StopRequest()
        self._stop_after = stop_after
        self.events: list[tuple[str, dict[str, Any]]] = []

    def emit(self, kind: str, **data: Any) -> None:
        json.dumps(data, allow_nan=False)
        self.events.append((kind, data))
        if kind == "epoch" and data["epoch"] == self._stop_after:
            self.stop.request(at_once=True)

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [data for name, data in self.events if name == kind]


def run(folder: Path, page: Page, reported: int = 0) -> bool:
    folder.mkdir(exist_ok=True)
    job = {"settings": SETTINGS.to_dict(), "epochs_reported": reported}
    (folder / "job.json").write_text(json.dumps(job))
    return train_live(folder, page)  # type: ignore[arg-type] # no more of a control is needed


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Page]:
    folder, page = tmp_path_factory.mktemp("whole"), Page()
    assert run(folder, page)
    return folder, page


def test_every_epoch_is_reported_with_its_pictures(whole: tuple[Path, Page]) -> None:
    first, second = whole[1].all("epoch")
    assert (first["epoch"], second["epoch"]) == (1, 2)
    assert 0 < second["validation_loss"] < first["validation_loss"]
    assert second["seconds"] > 0
    for heard in (first, second):
        confusion = np.array(heard["confusion"])
        assert confusion.sum() == 5000
        assert np.trace(confusion) / 5000 == pytest.approx(heard["validation_accuracy"], abs=1e-5)
        fields = [np.frombuffer(base64.b64decode(field), np.int8) for field in heard["fields"]]
        assert [len(field) for field in fields] == [784] * 16
        assert all(np.abs(field.astype(int)).max() == 127 for field in fields)
    assert first["fields"] != second["fields"]
    told = [step for step in whole[1].all("step") if "loss" in step]
    # 20 steps an epoch, and a word after ten of them
    assert [(step["epoch"], step["fraction"]) for step in told] == [(1, 0.5), (2, 0.5)]
    assert told[0]["loss"] > first["loss"] > told[1]["loss"] > 0


def test_the_result_is_that_of_the_file(whole: tuple[Path, Page]) -> None:
    folder, page = whole
    (result,) = page.all("result")
    measured = evaluate(load_classifier(folder / "model.onnx"), load_mnist()[1])
    assert result["test"] == {"n": 10_000, "errors": measured.errors, "accuracy": measured.accuracy}
    assert result["parameters"] == 784 * 20 + 20 + 20 * 10 + 10
    assert result["validation"]["accuracy"] == pytest.approx(page.all("epoch")[-1]["validation_accuracy"], abs=1e-5)
    assert page.events[-2:][0][0] == "state"  # the page shows that the network is being saved
    # there is nothing left to go on with
    assert {path.name for path in folder.iterdir()} == {"job.json", "model.onnx", "weights"}


def test_weights_are_kept_from_before_the_first_step_to_the_last(whole: tuple[Path, Page]) -> None:
    folder, _ = whole
    assert kept_moments(folder) == [0, 0.5, 1, 2]
    network = read_network(folder / "model.onnx")
    kept = [layers for at in kept_moments(folder) if (layers := layers_at(folder, at)) is not None]
    ways = [np.linalg.norm(layers[0].kernel - kept[0][0].kernel) for layers in kept]
    assert all(later > 1.1 * earlier for earlier, later in pairwise(ways))  # from step to step they go farther
    for layer, trained in zip(kept[-1], network.layers, strict=True):
        np.testing.assert_allclose(layer.kernel, trained.kernel, rtol=1e-3, atol=1e-6)
        np.testing.assert_allclose(layer.bias, trained.bias, rtol=1e-3, atol=1e-6)


def test_a_broken_run_ends_in_the_same_bits(whole: tuple[Path, Page], tmp_path: Path) -> None:
    before = Page(stop_after=1)
    assert not run(tmp_path / "run", before)
    (partial,) = before.all("result")
    assert "test" not in partial  # the test images are opened by a finished run only
    assert load_classifier(tmp_path / "run" / "model.onnx").num_classes == 10
    keep_moment(tmp_path / "run", 1.5, [np.zeros((784, 10)), np.zeros(10)])  # of an epoch that was broken off
    after = Page()
    assert run(tmp_path / "run", after, reported=0)  # the server was killed between saving and reporting an epoch
    assert [(data["epoch"], "confusion" in data) for data in after.all("epoch")] == [(1, False), (2, True)]
    assert kept_moments(tmp_path / "run") == [0, 0.5, 1, 2]
    images = load_mnist()[1].images[:500]
    expected, found = (load_classifier(path / "model.onnx") for path in (whole[0], tmp_path / "run"))
    np.testing.assert_array_equal(found.predict_logits(images), expected.predict_logits(images))


def test_two_runs_are_measured_on_the_same_images() -> None:
    mnist = load_mnist()
    small, large = choose_data(mnist, 5_000), choose_data(mnist)
    assert small.validation is not None
    assert large.validation is not None
    assert small.validation.digest == large.validation.digest
    assert (len(small.train), len(large.train), len(large.validation)) == (5000, 55_000, 5000)
    held_out = {image.tobytes() for image in large.validation.images}
    assert not any(image.tobytes() in held_out for image in small.train.images)
