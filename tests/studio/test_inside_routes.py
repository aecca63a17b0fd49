"""The glass box over HTTP: what is told is what the network does, and wrong questions are told so."""

import base64
from typing import Any

import numpy as np
import pytest

from digitnet.datasets import Dataset, load_mnist
from digitnet.inference.classifier import Classifier
from digitnet.inspection import Network, explain, read_network
from digitnet.model_file.contract import bundled_model_path
from digitnet.studio.inspectors import NetworkInspector
from digitnet.studio.lazy_mnist import LazyMnist
from made_up_model_files import model_file
from made_up_networks import made_up_network
from patience import wait_until
from studio_page import Page

SEVEN = load_mnist()[1].images[0]
IMAGE = base64.b64encode(SEVEN.tobytes()).decode()
UNITS = [layer.units for layer in read_network(bundled_model_path().read_bytes()).hidden]
BEHIND = len(UNITS)  # no hidden layer has this number


@pytest.fixture(scope="module")
def small() -> Network:
    return read_network(model_file())


def explained(page: Page, **question: Any) -> dict[str, Any]:
    response = page.post("explain", json={"image": IMAGE, **question})
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told


def test_the_loaded_network_says_what_the_classifier_says(page: Page, classifier: Classifier) -> None:
    told = explained(page)
    probabilities = classifier.predict_proba(SEVEN[None])[0]
    assert told["label"] == 7
    np.testing.assert_allclose(told["probabilities"], probabilities, atol=0.01)
    assert told["without_changes"] == {"label": 7, "probabilities": told["probabilities"]}


def test_the_parts_add_up_as_the_page_adds_them(page: Page) -> None:
    for model in ("", page.small):
        told = explained(page, model=model)
        parts = zip(told["attribution"], told["blank"], told["switched"], strict=True)
        sums = [sum(row) + blank + switched for row, blank, switched in parts]
        np.testing.assert_allclose(sums, told["logits"], rtol=1e-4, atol=1e-3)
        assert {len(row) for row in told["attribution"]} == {784}


def test_each_layer_is_told_in_full(page: Page, small: Network) -> None:
    told = explained(page, model=page.small)
    found = explain(small, SEVEN)
    assert [(layer["name"], layer["units"]) for layer in told["layers"]] == [
        ("hidden layer 1", 20),
        ("hidden layer 2", 12),
    ]
    for layer, expected in zip(told["layers"], found.layers, strict=True):
        levels = np.frombuffer(base64.b64decode(layer["activations"]), np.uint8)
        assert levels.max() == 255
        largest = expected.activations.max()
        np.testing.assert_allclose(levels / 255 * largest, expected.activations, atol=largest / 500)
        assert layer["active"] == expected.active
        assert [neuron["unit"] for neuron in layer["strongest"]] == [neuron.unit for neuron in expected.strongest]
        for neuron, strong in zip(layer["strongest"], expected.strongest, strict=True):
            field = np.frombuffer(base64.b64decode(neuron["field"]), np.int8)
            assert np.abs(field).max() == 127
            np.testing.assert_allclose(field / 127, strong.field / np.abs(strong.field).max(), atol=0.005)
            assert neuron["contribution"] == pytest.approx(strong.contribution)


def test_a_neuron_that_is_off_changes_the_answer_and_nothing_else(page: Page) -> None:
    before = explained(page, model=page.small)
    off = [[1, neuron["unit"]] for neuron in before["layers"][1]["strongest"] if neuron["contribution"] > 0]
    after = explained(page, model=page.small, switched_off=off)
    assert after["label"] != before["label"]
    assert after["without_changes"] == {"label": before["label"], "probabilities": before["probabilities"]}
    assert after["layers"][0]["activations"] == before["layers"][0]["activations"]
    switched = [neuron["unit"] for neuron in after["layers"][1]["strongest"] if neuron["switched_off"]]
    assert sorted(switched) == sorted(unit for _, unit in off)
    assert explained(page, model=page.small)["label"] == before["label"]  # it is on again for the next one


def test_another_class_is_explained_if_it_is_asked_about(page: Page) -> None:
    told = explained(page, label=3)
    assert told["label"] == 7
    assert "speaks for 3" in told["sentences"]["attribution"]
    assert explained(page, label=None)["sentences"]["attribution"] != told["sentences"]["attribution"]


def test_every_part_has_a_sentence(page: Page) -> None:
    said = explained(page)["sentences"]
    assert said.keys() == {"answer", "attribution", "comparison", "layers", "neurons", "change", "neighbours"}
    assert said.pop("change") == ""  # all neurons are on
    assert all(len(sentence.split()) >= 8 and sentence.endswith(".") for sentence in said.values())


def test_what_the_second_network_says_is_told_where_there_is_one(page: Page, classifier: Classifier) -> None:
    second = classifier.predict_second_network(SEVEN[None])
    assert second is not None
    share = f"{min(100 * float(second[0, 7]), 99.99):.2f} % for 7"
    assert f"trained on more kinds of pens, is {share}" in explained(page)["sentences"]["answer"]
    assert "second network" not in explained(page, model=page.small)["sentences"]["answer"]


def test_the_nearest_training_digits_come_when_all_have_been_looked_at(page: Page, small: Network) -> None:
    first = explained(page, model=page.small)
    assert first["neighbours_ready"] or "a few seconds" in first["sentences"]["neighbours"]
    wait_until(lambda: explained(page, model=page.small)["neighbours_ready"])
    told = explained(page, model=page.small)["neighbours"]
    train = load_mnist()[0]
    places = [near["index"] for near in told]
    answers = small.look(train.images[places]).activations[-1] - small.look(SEVEN[None]).activations[-1]
    distances = (answers**2).sum(axis=1).tolist()
    assert len(set(places)) == 12
    assert distances == sorted(distances)
    for near in told:
        assert near["label"] == train.labels[near["index"]]
        assert base64.b64decode(near["image"]) == train.images[near["index"]].tobytes()
    every_tenth = small.look(train.images[::10]).activations[-1] - small.look(SEVEN[None]).activations[-1]
    assert distances[-1] <= np.sort((every_tenth**2).sum(axis=1))[11]


def test_a_neuron_tells_what_it_looks_for_and_what_excites_it(page: Page, small: Network) -> None:
    test = load_mnist()[1]
    for layer, unit in ((0, 3), (1, 5)):
        told = page.get("neuron", model=page.small, layer=layer, unit=unit).json()
        answers = small.look(test.images).activations[layer][:, unit]
        places = [found["index"] for found in told["strongest_images"]]
        best = np.sort(answers)[::-1][:12]
        np.testing.assert_allclose(answers[places], best[best > 0], rtol=1e-3)
        assert [found["label"] for found in told["strongest_images"]] == test.labels[places].tolist()
        assert len(base64.b64decode(told["field"])) == 784
        assert told["sentence"].startswith(f"This neuron of layer {layer + 1}")
    assert told["outgoing"] == pytest.approx(small.layers[2].kernel[5].tolist())
    assert page.get("neuron", model=page.small, layer=0, unit=3).json()["outgoing"] is None


def test_a_network_of_other_classes_is_compared_with_no_digits(page: Page) -> None:
    told = explained(page, model=page.few_classes)
    assert (told["neighbours"], told["neighbours_ready"]) == ([], True)
    assert len(told["probabilities"]) == 3
    assert page.get("neuron", model=page.few_classes, layer=0, unit=0).json()["strongest_images"] == []


@pytest.mark.parametrize(
    ("question", "status", "error"),
    [
        ({"image": None}, 400, "image is None: expected base64 of 784 bytes, 28 rows of 28"),
        ({"image": "###"}, 400, "image is not base64"),
        ({"image": IMAGE[:-8]}, 400, "image has 780 bytes: expected 784, 28 rows of 28"),
        ({"image": IMAGE + "\n"}, 400, "image is not base64"),
        ({"image": "\u00e4" * 10}, 400, "image is not base64"),
        ({"pixels": 1}, 400, "'pixels' is not known: expected image, label, model, switched_off"),
        ({"model": 3}, 400, "model is 3: expected a text"),
        ({"model": "run-1"}, 404, "there is no run 'run-1'"),
        ({"label": 10}, 400, "label is 10: expected a whole number from 0 to 9"),
        ({"label": True}, 400, "label is True"),
        ({"label": "7"}, 400, "label is '7'"),
        ({"switched_off": {"0": 1}}, 400, "switched_off is not a list"),
        ({"switched_off": [[0, 1]] * 4097}, 400, "switched_off is not a list of at most 4,096 pairs"),
        ({"switched_off": [3]}, 400, "switched_off has 3: expected a pair of layer and unit"),
        ({"switched_off": [[0, 1, 2]]}, 400, "switched_off has [0, 1, 2]"),
        ({"switched_off": [[0, 1.5]]}, 400, "a unit of switched_off is 1.5"),
        ({"switched_off": [[-1, 0]]}, 400, "a layer of switched_off is -1"),
        ({"switched_off": [[BEHIND, 0]]}, 422, f"no hidden layer {BEHIND}: this network has {BEHIND}, from 0"),
        ({"switched_off": [[0, UNITS[0]]]}, 422, f"no neuron {UNITS[0]} in hidden layer 0: it has {UNITS[0]}, from 0"),
    ],
)
def test_a_wrong_question_is_told_so(page: Page, question: dict[str, Any], status: int, error: str) -> None:
    response = page.post("explain", json={"image": IMAGE, **question})
    assert response.status_code == status
    assert error in response.json()["error"]


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ({"unit": 0}, 400, "layer is '': expected a whole number from 0 to"),
        ({"layer": 0, "unit": "one"}, 400, "unit is 'one'"),
        ({"layer": BEHIND, "unit": 0}, 422, f"there is no hidden layer {BEHIND}"),
        ({"layer": 1, "unit": UNITS[1]}, 422, f"no neuron {UNITS[1]} in hidden layer 1: it has {UNITS[1]}, from 0"),
        ({"layer": 0, "unit": 0, "model": "lesson-1"}, 404, "there is no run 'lesson-1'"),
    ],
)
def test_a_wrong_neuron_is_told_so(page: Page, query: dict[str, Any], status: int, error: str) -> None:
    response = page.get("neuron", **query)
    assert response.status_code == status
    assert error in response.json()["error"]


def test_a_question_is_no_larger_than_it_need_be(page: Page) -> None:
    response = page.post("explain", json={"image": "A" * 70_000})
    assert response.status_code == 413


class _Few(LazyMnist):
    """Some of the digits, so that looking at all of them is quick."""

    @property
    def train(self) -> Dataset:
        train = super().train
        return Dataset(train.images[:600], train.labels[:600], "some", num_classes=10)


def test_all_training_digits_are_looked_at_once_and_in_the_background() -> None:
    inside = NetworkInspector(made_up_network(), _Few())
    assert inside.nearest(SEVEN, 3) is None
    wait_until(lambda: inside.nearest(SEVEN, 3) is not None)
    found = inside.nearest(SEVEN, 3)
    assert found is not None
    assert len(found) == 3
    assert max(found) < 600
