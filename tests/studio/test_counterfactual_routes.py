"""What would change an answer, over HTTP: the numbers are those of the model file that answers."""

import base64
from typing import Any

import numpy as np
import pytest

from digitnet.arrays import Images
from digitnet.datasets import load_mnist
from digitnet.inference.classifier import Classifier
from studio_page import Page

FOUR = load_mnist()[1].images[115]  # one that is close to a 9


def encoded(image: Images) -> str:
    return base64.b64encode(image.tobytes()).decode()


def decoded(text: str) -> Images:
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(28, 28)


def test_what_is_found_changes_the_answer_of_the_model_itself(page: Page, classifier: Classifier) -> None:
    told = page.post("counterfactual", json={"image": encoded(FOUR), "target": 9}).json()
    assert told["found"]
    assert (told["before"]["label"], told["label"]) == (4, 9)
    changed = decoded(told["image"])
    assert int(classifier.predict(changed[None])[0]) == 9
    assert sorted(told["pixels"]) == np.flatnonzero((changed != FOUR).ravel()).tolist()
    assert len(told["steps"]) == len(told["pixels"]) + 1
    np.testing.assert_allclose(told["steps"][0], told["before"]["probabilities"], atol=1e-6)
    np.testing.assert_allclose(told["steps"][-1], classifier.predict_proba(changed[None])[0], atol=1e-6)
    difference = changed.astype(int) - FOUR
    assert told["ink"]["added"] == pytest.approx(difference.clip(min=0).sum() / 255)
    assert told["ink"]["removed"] == pytest.approx(-difference.clip(max=0).sum() / 255)
    words = f"With {len(told['pixels'])} of 784 pixels changed, the answer is 9 instead of 4: "
    assert told["sentences"]["change"].startswith(words)
    assert told["sentences"]["second"].startswith("This page looks into one of the two networks")


def test_an_image_is_answered_as_it_is(page: Page, classifier: Classifier) -> None:
    told = page.post("answer", json={"image": encoded(FOUR)}).json()
    np.testing.assert_allclose(told["probabilities"], classifier.predict_proba(FOUR[None])[0], atol=1e-6)
    assert told["label"] == 4
    assert (
        len(page.post("answer", json={"image": encoded(FOUR), "model": page.few_classes}).json()["probabilities"]) == 3
    )


def test_blank_paper_has_no_ink_to_change(page: Page) -> None:
    told = page.post("counterfactual", json={"image": encoded(np.zeros((28, 28), np.uint8))}).json()
    assert not told["found"]
    assert "That is no proof" in told["sentences"]["change"]


def test_a_network_that_was_trained_here_is_asked_too(page: Page) -> None:
    told = page.post("counterfactual", json={"image": encoded(FOUR), "model": page.small}).json()
    assert told["found"]
    assert told["label"] != told["before"]["label"]
    assert told["sentences"]["second"] == ""


@pytest.mark.parametrize(
    ("path", "changes", "status", "words"),
    [
        ("counterfactual", {"target": 10}, 400, "target is 10: expected a whole number from 0 to 9"),
        ("counterfactual", {"target": "9"}, 400, "target is '9'"),
        ("counterfactual", {"target": 4}, 422, "the answer is 4 already"),
        ("counterfactual", {"ink": 3}, 400, "'ink' is not known: expected image, model, target"),
        ("counterfactual", {"image": "AAAA"}, 400, "image has 3 bytes"),
        ("counterfactual", {"model": "nobody"}, 404, "nobody"),
        ("answer", {"target": 9}, 400, "'target' is not known"),
        ("answer", {"image": None}, 400, "image is None"),
        ("answer", {"model": 7}, 400, "model is 7"),
    ],
)
def test_wrong_questions_are_told_so(page: Page, path: str, changes: dict[str, Any], status: int, words: str) -> None:
    response = page.post(path, json={"image": encoded(FOUR), **changes})
    assert response.status_code == status
    assert words in response.json()["error"]
