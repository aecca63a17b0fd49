"""The Open Inference Protocol, without a socket."""

import json

import numpy as np
import pytest

import digitnet
from digitnet.inference.classifier import Classifier
from digitnet.server.routing import Application
from live_server import INFER, ask, asked, some_images


def test_the_server_says_who_it_is(app: Application) -> None:
    assert ask(app, "GET", "/v2").json() == {
        "name": "digitnet",
        "version": digitnet.__version__,
        "extensions": ["binary_tensor_data"],
    }


@pytest.mark.parametrize("path", ["/v2/models/digitnet", "/v2/models/digitnet/versions/1"])
def test_the_model_says_what_it_takes_and_gives(app: Application, path: str) -> None:
    found = ask(app, "GET", path).json()
    assert found["inputs"] == [{"name": "images", "datatype": "UINT8", "shape": [-1, 28, 28]}]
    assert found["outputs"] == [
        {"name": "probabilities", "datatype": "FP32", "shape": [-1, 10]},
        {"name": "logits", "datatype": "FP32", "shape": [-1, 10]},
        {"name": "labels", "datatype": "UINT8", "shape": [-1]},
    ]
    assert ask(app, "GET", f"{path}/ready").json() == {"name": "digitnet", "ready": True}


def test_it_is_live_and_ready(app: Application) -> None:
    assert ask(app, "GET", "/v2/health/live").json() == {"live": True}
    assert ask(app, "GET", "/v2/health/ready").json() == {"ready": True}


@pytest.mark.parametrize("path", [INFER, "/v2/models/digitnet/versions/1/infer"])
def test_answers_are_the_classifiers_own(app: Application, classifier: Classifier, path: str) -> None:
    images = some_images(3)
    response = ask(app, "POST", path, json=asked(images, id="first"))
    assert response.status_code == 200
    found = response.json()
    assert found["id"] == "first"
    outputs = {output["name"]: output["data"] for output in found["outputs"]}
    np.testing.assert_array_equal(np.float32(outputs["probabilities"]), classifier.predict_proba(images).ravel())
    np.testing.assert_array_equal(np.float32(outputs["logits"]), classifier.predict_logits(images).ravel())
    assert outputs["labels"] == classifier.predict(images).tolist()


def test_binary_tensors_both_ways(app: Application, classifier: Classifier) -> None:
    images = some_images(2)
    tensor = {"name": "images", "shape": [2, 28, 28], "datatype": "UINT8"}
    head = json.dumps(
        {
            "inputs": [{**tensor, "parameters": {"binary_data_size": images.nbytes}}],
            "outputs": [{"name": "probabilities", "parameters": {"binary_data": True}}],
        }
    ).encode()
    response = ask(
        app,
        "POST",
        INFER,
        content=head + images.tobytes(),
        headers={"Inference-Header-Content-Length": str(len(head))},
    )
    assert response.headers["content-type"] == "application/octet-stream"
    length = int(response.headers["inference-header-content-length"])
    assert json.loads(response.content[:length])["outputs"][0]["parameters"] == {"binary_data_size": 80}
    np.testing.assert_array_equal(
        np.frombuffer(response.content[length:], "<f4").reshape(2, 10), classifier.predict_proba(images)
    )


@pytest.mark.parametrize("length", ["", "-1", "1.5", "many", "9" * 13, "+3"])
def test_a_length_that_is_no_number_is_refused(app: Application, length: str) -> None:
    headers = {"Inference-Header-Content-Length": length}
    response = ask(app, "POST", INFER, content=b"{}", headers=headers)
    assert response.status_code == 400
    assert "is not a number of bytes" in response.json()["error"]


def test_compressed_bodies_are_refused(app: Application) -> None:
    response = ask(app, "POST", INFER, content=b"{}", headers={"Content-Encoding": "gzip"})
    assert response.status_code == 415


def test_json_has_a_limit_of_its_own(app: Application) -> None:
    response = ask(app, "POST", INFER, content=b" " * (8 << 20) + b"{}")
    assert response.status_code == 413
    assert response.json() == {"error": "the body is too large: at most 8,388,608 bytes are read"}


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/v2/models/resnet", "there is no such model: the model here is digitnet"),
        ("/v2/models/resnet/infer", "there is no such model: the model here is digitnet"),
        ("/v1/models/half_plus_two:predict", "there is no such model: the model here is digitnet"),
        ("/v2/models/digitnet/versions/2/infer", "there is no such version of digitnet: the version here is 1"),
        ("/v1/models/digitnet/versions/7:predict", "there is no such version of digitnet: the version here is 1"),
        ("/v2/models/digitnet/generate", "there is nothing at this path"),
    ],
)
def test_unknown_models_and_versions(app: Application, path: str, sentence: str) -> None:
    response = ask(app, "POST", path, json={})
    assert response.status_code == 404
    assert sentence in response.json()["error"]
