"""What TensorFlow Serving's clients ask, and get."""

from typing import Any

import numpy as np
import pytest

from digitnet.inference.classifier import Classifier
from digitnet.server.routing import Application
from live_server import ask, some_images

PREDICT = "/v1/models/digitnet:predict"
IMAGES = some_images(2)


def test_the_version_is_available(app: Application) -> None:
    for path in ("/v1/models/digitnet", "/v1/models/digitnet/versions/1"):
        (version,) = ask(app, "GET", path).json()["model_version_status"]
        assert (version["version"], version["state"]) == ("1", "AVAILABLE")


def test_metadata(app: Application) -> None:
    found = ask(app, "GET", "/v1/models/digitnet/metadata").json()
    signature = found["metadata"]["signature_def"]["signature_def"]["serving_default"]
    sizes = [dimension["size"] for dimension in signature["inputs"]["images"]["tensor_shape"]["dim"]]
    assert sizes == ["-1", "28", "28"]


@pytest.mark.parametrize("path", [PREDICT, "/v1/models/digitnet/versions/1:predict"])
@pytest.mark.parametrize(
    "content",
    [
        {"instances": IMAGES.tolist()},
        {"instances": IMAGES.reshape(2, 784).tolist(), "signature_name": "serving_default"},
        {"instances": [{"images": image.tolist()} for image in IMAGES]},
    ],
    ids=["rows", "flat rows", "named"],
)
def test_instances_become_predictions(
    app: Application, classifier: Classifier, path: str, content: dict[str, Any]
) -> None:
    found = ask(app, "POST", path, json=content).json()
    assert list(found) == ["predictions"]
    np.testing.assert_array_equal(np.float32(found["predictions"]), classifier.predict_proba(IMAGES))


@pytest.mark.parametrize("inputs", [IMAGES.tolist(), {"images": IMAGES[..., None].tolist()}])
def test_inputs_become_outputs(app: Application, classifier: Classifier, inputs: Any) -> None:
    found = ask(app, "POST", PREDICT, json={"inputs": inputs}).json()
    np.testing.assert_array_equal(np.float32(found["outputs"]), classifier.predict_proba(IMAGES))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({}, "either instances or inputs"),
        ({"instances": [], "inputs": []}, "either instances or inputs"),
        ({"instances": []}, "one image or more"),
        ({"instances": {"images": 1}}, "one image or more"),
        ({"instances": [{"pixels": []}]}, 'the one key "images"'),
        ({"inputs": {"pixels": []}}, 'the one key "images"'),
        ({"instances": (IMAGES / 255).tolist()}, "the division by 255 is in the model"),
        ({"instances": IMAGES[:, :, 1:].tolist()}, "instances has the shape [2, 28, 27]"),
        ({"instances": IMAGES.tolist(), "signature_name": "classify"}, "no such signature_name"),
    ],
)
def test_what_is_wrong_is_said(app: Application, content: dict[str, Any], sentence: str) -> None:
    response = ask(app, "POST", PREDICT, json=content)
    assert response.status_code == 400
    assert sentence in response.json()["error"]
