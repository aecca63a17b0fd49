"""The clients that people have already, over a real socket."""

import asyncio
import re
from typing import Any

import numpy as np
import pytest

from digitnet.datasets import load_mnist
from digitnet.inference.classifier import Classifier
from live_server import HOST, Live
from patience import PATIENCE

IMAGES = load_mnist()[1].images[:3]
LABELS = load_mnist()[1].labels[:3]
TIMEOUTS = {"connection_timeout": PATIENCE, "network_timeout": PATIENCE}


@pytest.fixture
def triton(server: Live) -> Any:
    http = pytest.importorskip("tritonclient.http", reason="needs tritonclient[http]")
    client = http.InferenceServerClient(f"{HOST}:{server.port}", **TIMEOUTS)
    yield http, client
    client.close()


def test_triton_finds_the_server_and_the_model(triton: Any) -> None:
    _, client = triton
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("digitnet")
    assert client.is_model_ready("digitnet", "1")
    assert client.get_server_metadata()["name"] == "digitnet"
    assert client.get_model_metadata("digitnet")["inputs"][0]["shape"] == [-1, 28, 28]


@pytest.mark.parametrize("sends_binary", [True, False])
@pytest.mark.parametrize("wants_binary", [True, False])
def test_triton_gets_the_classifiers_answers(
    triton: Any, classifier: Classifier, sends_binary: bool, wants_binary: bool
) -> None:
    http, client = triton
    images = http.InferInput("images", list(IMAGES.shape), "UINT8")
    images.set_data_from_numpy(IMAGES, binary_data=sends_binary)
    names = ("probabilities", "logits", "labels")
    wanted = [http.InferRequestedOutput(name, binary_data=wants_binary) for name in names]
    result = client.infer("digitnet", [images], outputs=wanted, request_id="abc")
    assert result.get_response()["id"] == "abc"
    assert ("data" in result.get_output("labels")) is not wants_binary
    np.testing.assert_array_equal(result.as_numpy("labels"), LABELS)
    np.testing.assert_array_equal(result.as_numpy("probabilities"), classifier.predict_proba(IMAGES))
    np.testing.assert_array_equal(result.as_numpy("logits"), classifier.predict_logits(IMAGES))


def test_triton_as_it_is_by_default(triton: Any) -> None:
    http, client = triton
    images = http.InferInput("images", list(IMAGES.shape), "UINT8")
    images.set_data_from_numpy(IMAGES)
    np.testing.assert_array_equal(client.infer("digitnet", [images]).as_numpy("labels"), LABELS)


def test_triton_may_ask_for_many_at_a_time(triton: Any, server: Live) -> None:
    http, _ = triton
    client = http.InferenceServerClient(f"{HOST}:{server.port}", concurrency=4, **TIMEOUTS)
    images = http.InferInput("images", list(IMAGES.shape), "UINT8")
    images.set_data_from_numpy(IMAGES)
    asked = [client.async_infer("digitnet", [images]) for _ in range(20)]
    for one in asked:
        np.testing.assert_array_equal(one.get_result().as_numpy("labels"), LABELS)
    client.close()


@pytest.mark.parametrize(
    ("model", "version", "datatype", "sentence"),
    [
        ("resnet", "", "UINT8", "there is no such model: the model here is digitnet"),
        ("digitnet", "2", "UINT8", "there is no such version of digitnet: the version here is 1"),
        ("digitnet", "", "FP32", 'the datatype of "images" is "FP32"'),
    ],
)
def test_triton_is_told_what_is_wrong(triton: Any, model: str, version: str, datatype: str, sentence: str) -> None:
    utils = pytest.importorskip("tritonclient.utils")
    http, client = triton
    images = http.InferInput("images", list(IMAGES.shape), datatype)
    images.set_data_from_numpy(IMAGES.astype(np.float32 if datatype == "FP32" else np.uint8))
    with pytest.raises(utils.InferenceServerException, match=re.escape(sentence)):
        client.infer(model, [images], model_version=version)


@pytest.mark.parametrize("is_binary", [True, False])
def test_kserve_gets_the_classifiers_answers(server: Live, classifier: Classifier, is_binary: bool) -> None:
    kserve = pytest.importorskip(
        "kserve", reason="kserve wants older packages than the rest: scripts/test-kserve or make test-all runs this"
    )

    async def asked() -> Any:
        client = kserve.InferenceRESTClient(kserve.RESTConfig(protocol="v2"))
        assert await client.is_server_live(server.url)
        assert await client.is_server_ready(server.url)
        assert await client.is_model_ready(server.url, "digitnet")
        images = kserve.InferInput("images", list(IMAGES.shape), "UINT8")
        images.set_data_from_numpy(IMAGES, binary_data=is_binary)
        request = kserve.InferRequest(model_name="digitnet", infer_inputs=[images], request_id="k")
        answer = await client.infer(server.url, request, model_name="digitnet")
        await client.close()
        return answer

    answer = asyncio.run(asked())
    assert answer.id == "k"
    outputs = {output.name: output.as_numpy() for output in answer.outputs}
    np.testing.assert_array_equal(outputs["labels"], LABELS)
    np.testing.assert_array_equal(outputs["probabilities"], classifier.predict_proba(IMAGES))
