"""The small network over HTTP: its weights as they are in its file, and steps of training on one image."""

import base64
from typing import Any

import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.datasets import load_mnist
from digitnet.evaluation.evaluation import evaluate
from digitnet.inference.classifier import Classifier
from digitnet.inspection import Layer, Network, read_network, training_step, with_temperature_inside
from digitnet.model_file.contract import open_model
from digitnet.studio.diagram_routes import SMALL_MODEL_PATH
from studio_page import Page

MISTAKES = 477  # of the 10,000 test images, by the network that `make small-network` bundles
TEST = load_mnist()[1]
SEVEN = TEST.images[0]
IMAGE = base64.b64encode(SEVEN.tobytes()).decode()


@pytest.fixture(scope="module")
def network() -> Network:
    return with_temperature_inside(read_network(SMALL_MODEL_PATH))


def decoded(layer: dict[str, str], like: Layer) -> list[AnyArray]:
    parts = (("kernel", like.kernel.shape), ("bias", like.bias.shape))
    return [np.frombuffer(base64.b64decode(layer[name]), "<f4").reshape(shape) for name, shape in parts]


def question(page: Page, **changes: Any) -> dict[str, Any]:
    layers = page.get("diagram").json()["layers"]
    return {"layers": layers, "image": IMAGE, "label": 2, "learning_rate": 0.1, "steps": 1, **changes}


def test_the_small_network_makes_the_mistakes_that_the_page_states(page: Page) -> None:
    classifier = Classifier(*open_model(SMALL_MODEL_PATH))
    assert evaluate(classifier, TEST).errors == MISTAKES
    assert page.get("diagram").json()["test"] == {"n": 10_000, "errors": MISTAKES}


def test_the_weights_give_the_answers_of_the_model_file(page: Page, network: Network) -> None:
    told = page.get("diagram").json()
    values = TEST.images[:200].reshape(-1, 784) / 255
    for place, (layer, like) in enumerate(zip(told["layers"], network.layers, strict=True)):
        kernel, bias = decoded(layer, like)
        values = values @ kernel + bias
        values = np.maximum(values, 0) if place < 2 else values
    expected = Classifier(*open_model(SMALL_MODEL_PATH)).predict_proba(TEST.images[:200])
    softmax = np.exp(values) / np.exp(values).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(softmax, expected, atol=1e-5)
    assert [layer.units for layer in network.layers] == [16, 16, 10]
    assert told["class_names"] == list("0123456789")


def test_a_step_is_that_of_the_glass_box(page: Page, network: Network) -> None:
    told = page.post("step", json=question(page)).json()
    step = training_step(network, SEVEN, 2, 0.1)
    assert told["loss"] == pytest.approx(step.loss)
    assert told["losses"] == [told["loss"]]
    assert told["loss_after"] < told["loss"]
    for mine, error in zip(told["errors"], step.errors, strict=True):
        np.testing.assert_allclose(mine, error, rtol=1e-6)
    for mine, values in zip(told["activations"], step.seen.activations, strict=True):
        np.testing.assert_allclose(mine, values[0], rtol=1e-6)
    for name, layers in (("gradients", step.gradients), ("layers", step.after.layers)):
        for mine, layer in zip(told[name], layers, strict=True):
            for part, expected in zip(decoded(mine, layer), (layer.kernel, layer.bias), strict=True):
                np.testing.assert_array_equal(part, expected)


def test_ten_steps_are_one_after_the_other(page: Page) -> None:
    at_once = page.post("step", json=question(page, steps=10)).json()
    layers, losses = question(page)["layers"], []
    for _ in range(10):
        told = page.post("step", json=question(page, layers=layers)).json()
        layers = told["layers"]
        losses.append(told["loss"])
    assert at_once["losses"] == pytest.approx(losses)
    assert at_once["layers"] == layers
    assert losses[-1] < losses[0] / 2


def test_a_unit_that_is_off_stays_as_it_is(page: Page, network: Network) -> None:
    unit = int(np.argmax(training_step(network, SEVEN, 2, 0.1).seen.activations[1]))
    told = page.post("step", json=question(page, switched_off=[[1, unit]])).json()
    assert told["errors"][1][unit] == 0
    assert told["activations"][1][unit] == 0


def test_weights_that_run_away_are_told_in_one_line(page: Page) -> None:
    kernel = np.full((784, 16), 1e30, np.float32)
    layers = question(page)["layers"]
    layers[0]["kernel"] = base64.b64encode(kernel.tobytes()).decode()
    response = page.post("step", json=question(page, layers=layers, learning_rate=10.0, steps=50))
    assert response.status_code == 422
    assert "choose a smaller one" in response.json()["error"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"label": 10}, "label is 10: expected a whole number from 0 to 9"),
        ({"label": None}, "label is None"),
        ({"image": "AAAA"}, "image has 3 bytes"),
        ({"learning_rate": 0}, "learning_rate is 0: expected a number above 0"),
        ({"learning_rate": "much"}, "learning_rate is 'much'"),
        ({"learning_rate": True}, "learning_rate is True"),
        ({"steps": 0}, "steps is 0: expected a whole number from 1 to 1,000"),
        ({"steps": 1.5}, "steps is 1.5"),
        ({"layers": []}, "layers is not a list of 3 layers"),
        ({"layers": [1, 2, 3]}, "kernel of layer 0 is not base64 of 12,544 numbers"),
        ({"momentum": 0.9}, "'momentum' is not known"),
    ],
)
def test_wrong_questions_are_told_so(page: Page, changes: dict[str, Any], words: str) -> None:
    response = page.post("step", json=question(page, **changes))
    assert response.status_code == 400
    assert words in response.json()["error"]


def test_a_unit_that_does_not_exist_is_refused(page: Page) -> None:
    response = page.post("step", json=question(page, switched_off=[[2, 0]]))
    assert response.status_code == 422
    assert "there is no hidden layer 2" in response.json()["error"]


def test_weights_that_are_no_numbers_are_refused(page: Page) -> None:
    layers = question(page)["layers"]
    layers[2]["bias"] = base64.b64encode(np.full(10, np.nan, "<f4").tobytes()).decode()
    response = page.post("step", json=question(page, layers=layers))
    assert response.status_code == 400
    assert response.json()["error"].startswith("bias of layer 2 has a weight that is no number")
