"""The confusion matrix and its cells, against the classifier asked directly."""

import base64
from typing import Any

import numpy as np
import pytest

from digitnet.datasets import Dataset, load_mnist
from digitnet.inference.classifier import Classifier
from digitnet.studio.mistakes_routes import Mistakes
from studio_page import Page


@pytest.fixture(scope="module")
def test_set() -> Dataset:
    return load_mnist()[1]


def test_the_matrix_is_that_of_the_classifier(page: Page, classifier: Classifier, test_set: Dataset) -> None:
    told = page.get("mistakes").json()
    predicted = classifier.predict(test_set.images)
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (test_set.labels, predicted), 1)
    errors = int((predicted != test_set.labels).sum())
    assert told == {"n": 10_000, "errors": errors, "confusion": expected.tolist(), "second_network": True}


def test_another_network_makes_other_mistakes(page: Page) -> None:
    told = page.get("mistakes", model=page.small).json()
    assert told["n"] == 10_000
    assert told["errors"] > 7000  # weights at random
    assert not told["second_network"]


def test_a_cell_has_the_images_that_it_counts(page: Page, classifier: Classifier, test_set: Dataset) -> None:
    confusion = np.array(page.get("mistakes").json()["confusion"])
    wrong = confusion - np.diag(np.diag(confusion))
    true, predicted = np.unravel_index(wrong.argmax(), wrong.shape)
    told = page.get("mistakes/cell", true=int(true), predicted=int(predicted)).json()
    assert told["total"] == wrong.max() == len(told["digits"])
    confidences = [digit["confidence"] for digit in told["digits"]]
    assert confidences == sorted(confidences, reverse=True)
    for digit in told["digits"]:
        image = test_set.images[digit["index"]]
        assert base64.b64decode(digit["image"]) == image.tobytes()
        assert (digit["label"], digit["predicted"]) == (
            test_set.labels[digit["index"]],
            classifier.predict(image[None])[0],
        )
        assert digit["confidence"] == pytest.approx(classifier.predict_proba(image[None]).max(), abs=1e-6)


def test_what_is_right_begins_with_the_least_sure_and_comes_in_parts(page: Page) -> None:
    def part(limit: int, offset: int) -> dict[str, Any]:
        told: dict[str, Any] = page.get("mistakes/cell", true=7, predicted=7, limit=limit, offset=offset).json()
        return told

    whole = part(9, 0)["digits"]
    confidences = [digit["confidence"] for digit in whole]
    assert confidences == sorted(confidences)
    assert part(4, 0)["digits"] + part(5, 4)["digits"] == whole
    assert part(9, part(1, 0)["total"])["digits"] == []
    assert len(page.get("mistakes/cell", true=7, predicted=7).json()["digits"]) == 60


def test_of_equally_sure_ones_the_first_comes_first() -> None:
    labels, predicted = np.array([1, 1, 2, 1], np.uint8), np.array([2, 2, 2, 2], np.uint8)
    found = Mistakes(labels, predicted, np.array([0.5, 0.9, 0.7, 0.5], np.float32), False)
    assert found.cell(1, 2).tolist() == [1, 0, 3]
    assert found.cell(2, 1).tolist() == []
    assert found.errors == 3


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ({"predicted": 1}, 400, "true is '': expected a whole number from 0 to 9"),
        ({"true": 1, "predicted": 10}, 400, "predicted is '10': expected a whole number from 0 to 9"),
        ({"true": "-1", "predicted": 1}, 400, "true is '-1'"),
        ({"true": "1e0", "predicted": 1}, 400, "true is '1e0'"),
        ({"true": "\u0661", "predicted": 1}, 400, "true is"),
        ({"true": 1, "predicted": 1, "limit": 0}, 400, "limit is '0': expected a whole number from 1 to 200"),
        ({"true": 1, "predicted": 1, "limit": 201}, 400, "limit is '201'"),
        ({"true": 1, "predicted": 1, "offset": "9" * 30}, 400, "offset is '999"),
        ({"true": 1, "predicted": 1, "model": "run-0"}, 404, "there is no run 'run-0'"),
    ],
)
def test_a_wrong_question_is_told_so(page: Page, query: dict[str, Any], status: int, error: str) -> None:
    response = page.get("mistakes/cell", **query)
    assert response.status_code == status
    assert error in response.json()["error"]


def test_a_network_of_other_classes_has_no_mistakes_to_count(page: Page) -> None:
    response = page.get("mistakes", model=page.few_classes)
    assert response.status_code == 422
    assert response.json()["error"] == "this network knows 3 classes: its mistakes cannot be counted on MNIST's ten"
