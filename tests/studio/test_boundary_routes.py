"""Where a run draws the line between two digits: the numbers are those of its model file and of the weights it kept."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.inference.classifier import load_classifier
from digitnet.inspection import Layer
from digitnet.inspection.blends import blended
from digitnet.studio import boundary_routes as boundary_module
from digitnet.studio.boundary_routes import boundary_routes
from digitnet.studio.lazy_mnist import LazyMnist
from digitnet.studio.teaching import Workshop
from digitnet.studio.teaching.held_out import split_held_out
from digitnet.studio.teaching.jobs import Jobs
from digitnet.studio.teaching.weight_moments import keep_moment, layers_at
from made_up_model_files import model_file
from made_up_networks import made_up_network
from studio_page import Page


def arrays(seed: int) -> Sequence[AnyArray]:
    return [array for layer in made_up_network((20, 12), seed=seed).layers for array in (layer.kernel, layer.bias)]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A run that kept its weights before the first epoch, in it, and after the last; one that has none; a lesson."""
    from digitnet.server import Settings, make_app  # noqa: PLC0415 - not there without the extra

    folder = tmp_path_factory.mktemp("studio")
    jobs = Jobs(folder / "runs")
    ended = jobs.create(
        "run", {"activation": "leaky_relu"}, "20-12", files={"model.onnx": model_file((20, 12), "LeakyRelu")}
    )
    for at, seed in ((0, 1), (0.5, 2), (3, 0)):
        keep_moment(jobs.path(ended.id), at, arrays(seed))
    (jobs.path(ended.id) / "events.jsonl").write_text(
        '{"event": "epoch", "data": {"epoch": 3}}\n{"event": "state", "data": {"status": "finished"}}\n'
    )
    empty = jobs.create("run", {}, "none yet")
    jobs.create("lesson", {}, "a copy")
    routes = boundary_routes(Workshop(folder, None, training=False), LazyMnist())
    return Page(make_app(load_classifier(), Settings(access_log=False), routes), ended.id, empty.id, folder)


def decoded(text: str, kind: str, *shape: int) -> AnyArray:
    return np.frombuffer(base64.b64decode(text), kind).reshape(shape)


def asked(page: Page, **query: Any) -> dict[str, Any]:
    answer = page.get("training/boundary", **{"id": page.small, "a": 4, "b": 9, **query})
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def test_the_last_moment_is_what_the_model_file_answers(page: Page) -> None:
    found = asked(page)
    assert [frame["at"] for frame in found["frames"]] == [0, 0.5, 3]
    images = decoded(found["images"], "u1", 2, 4, 28, 28)
    side = found["side"]
    sheet = blended(images)
    file = page.folder / "runs" / page.small / "model.onnx"
    expected = load_classifier(file).predict_proba(sheet.reshape(-1, 28, 28))
    last = found["frames"][-1]
    shares = decoded(last["shares"], "<u2", 2, side * side) / 65535
    np.testing.assert_allclose(shares, expected[:, [4, 9]].T, atol=1e-4)
    winners = decoded(last["winners"], "u1", side * side)
    np.testing.assert_array_equal(winners, expected.argmax(axis=1))
    assert len(set(winners.tolist())) > 2


def test_earlier_moments_are_what_numpy_makes_of_their_weights(page: Page) -> None:
    found = asked(page)
    sheet = blended(decoded(found["images"], "u1", 2, 4, 28, 28)).reshape(-1, 784) / 255
    values = sheet
    for kernel, bias in zip(arrays(2)[::2], arrays(2)[1::2], strict=True):
        halves = [array.astype(np.float16).astype(np.float64) for array in (kernel, bias)]
        logits = values @ halves[0] + halves[1]
        values = np.where(logits > 0, logits, 0.2 * logits)  # as Keras has it
    powers = np.exp(logits / 1.7)  # the temperature of the model file
    expected = powers / powers.sum(axis=1, keepdims=True)
    shares = decoded(found["frames"][1]["shares"], "<u2", 2, len(sheet)) / 65535
    np.testing.assert_allclose(shares, expected[:, [4, 9]].T, atol=1e-4)


def test_the_digits_are_held_out_ones_of_both_classes(page: Page) -> None:
    _, held_out = split_held_out(LazyMnist().train)
    places = {image.tobytes(): place for place, image in enumerate(held_out.images)}
    seen = []
    for examples in (0, 1):
        images = decoded(asked(page, a=3, b=8, examples=examples)["images"], "u1", 8, 28, 28)
        seen.append([places[image.tobytes()] for image in images])  # each is one of them
        assert held_out.labels[seen[-1]].tolist() == [3, 3, 3, 3, 8, 8, 8, 8]
    assert not set(seen[0]) & set(seen[1])


def test_only_moments_after_the_one_that_is_known_are_read_and_worked_out(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[float] = []

    def layers_read(folder: Path, at: float) -> tuple[Layer, ...] | None:
        read.append(at)
        return layers_at(folder, at)

    monkeypatch.setattr(boundary_module, "layers_at", layers_read)
    frames = asked(page, after="0")["frames"]
    assert [(frame["at"], "shares" in frame) for frame in frames] == [(0, False), (0.5, True), (3, True)]
    assert read == [0.5]  # the last one is in the model file
    assert asked(page, id=page.few_classes)["frames"] == []  # has no weights yet


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ({"b": 4}, 400, "a and b are both 4"),
        ({"a": 10}, 400, "a is '10': expected a whole number from 0 to 9"),
        ({"examples": 1001}, 400, "examples"),
        ({"after": "nan"}, 400, "after is 'nan'"),
        ({"id": "run-1"}, 404, "there is no run"),
        ({"id": "lesson"}, 404, "is a lesson: expected a run"),
    ],
)
def test_what_cannot_be_answered_is_refused(page: Page, query: dict[str, Any], status: int, sentence: str) -> None:
    if query.get("id") == "lesson":
        query = {"id": next(path.name for path in (page.folder / "runs").iterdir() if path.name.startswith("lesson"))}
    answer = page.get("training/boundary", **{"id": page.small, "a": 4, "b": 9, **query})
    assert answer.status_code == status
    assert sentence in answer.json()["error"]


def test_a_run_whose_files_are_gone_has_no_moments(page: Page) -> None:
    folder = page.folder / "runs" / page.few_classes / "weights"
    folder.mkdir()
    (folder / "0001.000.npz").write_bytes(b"damaged")
    assert asked(page, id=page.few_classes)["frames"] == []
