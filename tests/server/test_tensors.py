"""Inference requests and responses, to the byte."""

import json
from typing import Any

import numpy as np
import pytest

from digitnet.errors import RequestError
from digitnet.server.large_requests import Answers
from digitnet.server.tensors import InferenceRequest, binary_tensors, json_pieces, read_request
from live_server import asked, some_images

IMAGES = some_images(2)
TENSOR = asked(IMAGES)["inputs"][0]
BINARY = {key: value for key, value in TENSOR.items() if key != "data"}
ANSWERS = Answers(
    np.array([[0.25, 0.75], [0.5, 0.5]], np.float32),
    np.array([[-1, 2], [3, 3]], np.float32),
)


def dumped(content: Any) -> bytes:
    return json.dumps(content).encode()


def written(request: InferenceRequest, answers: Answers) -> tuple[bytes, int | None]:
    """The body of a response, and how many bytes of it are JSON, or None where all are."""
    head, tensors = b"".join(json_pieces(request, answers)), binary_tensors(request, answers)
    return b"".join([head, *tensors]), len(head) if tensors else None


def binary(size: Any = IMAGES.nbytes, tail: bytes = IMAGES.tobytes(), **more: Any) -> tuple[bytes, int]:
    head = dumped({"inputs": [{**BINARY, "parameters": {"binary_data_size": size}}], **more})
    return head + tail, len(head)


@pytest.mark.parametrize("data", [IMAGES.tolist(), IMAGES.reshape(-1).tolist()], ids=["nested", "flat"])
def test_numbers_are_read(data: list[Any]) -> None:
    request = read_request(dumped({"id": "42", "inputs": [{**TENSOR, "data": data}]}), None)
    np.testing.assert_array_equal(request.images, IMAGES)
    assert request.id == "42"
    assert request.outputs == (("probabilities", False), ("logits", False), ("labels", False))


def test_a_binary_tensor_is_read() -> None:
    request = read_request(*binary(parameters={"binary_data_output": True}, outputs=[{"name": "labels"}]))
    np.testing.assert_array_equal(request.images, IMAGES)
    assert request.outputs == (("labels", True),)
    assert not request.with_logits


def test_an_output_says_itself_how_it_is_wanted() -> None:
    outputs = [{"name": "logits", "parameters": {"binary_data": False}}, {"name": "labels"}]
    request = read_request(dumped(asked(IMAGES, parameters={"binary_data_output": True}, outputs=outputs)), None)
    assert request.outputs == (("logits", False), ("labels", True))
    assert request.with_logits


def test_a_response_in_json() -> None:
    outputs = (("probabilities", False), ("logits", False), ("labels", False))
    body, length = written(InferenceRequest(IMAGES, outputs, "a name"), ANSWERS)
    assert length is None
    assert json.loads(body) == {
        "id": "a name",
        "model_name": "digitnet",
        "model_version": "1",
        "outputs": [
            {"name": "probabilities", "datatype": "FP32", "shape": [2, 2], "data": [0.25, 0.75, 0.5, 0.5]},
            {"name": "logits", "datatype": "FP32", "shape": [2, 2], "data": [-1, 2, 3, 3]},
            {"name": "labels", "datatype": "UINT8", "shape": [2], "data": [1, 0]},
        ],
    }


def test_a_response_with_tensors_after_the_json() -> None:
    body, length = written(
        InferenceRequest(IMAGES, (("labels", True), ("probabilities", False), ("logits", True)), None), ANSWERS
    )
    assert length is not None
    head = json.loads(body[:length])
    assert "id" not in head
    assert [output.get("parameters") for output in head["outputs"]] == [
        {"binary_data_size": 2},
        None,
        {"binary_data_size": 16},
    ]
    assert body[length:] == b"\x01\x00" + np.array([-1, 2, 3, 3], "<f4").tobytes()


def wrong(**changes: Any) -> bytes:
    return dumped({"inputs": [{**TENSOR, **changes}]})


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "the body is not JSON"),
        (b'{"inputs": [', "the body is not JSON"),
        (b"[" * 100_000, "the body is not JSON"),
        (b'{"inputs": NaN}', "the body is not JSON"),
        (b"\xff\xfe", "the body is not JSON"),
        (b"[]", "found an array"),
        (b"{}", "inputs is not an array of one object"),
        (b'{"inputs": {}}', "inputs is not an array of one object"),
        (dumped({"inputs": [TENSOR, TENSOR]}), "inputs is not an array of one object"),
        (dumped({"id": 7, **asked(IMAGES)}), "id is not a string"),
        (wrong(name="picture"), 'the name of the input is "picture"'),
        (wrong(name=None), "the name of the input is null"),
        (wrong(datatype="FP32"), 'the datatype of "images" is "FP32"'),
        (wrong(shape=[2, 28, 27]), 'the shape of "images" is [2,28,27]'),
        (wrong(shape=[-2, 28, 28]), 'the shape of "images" is [-2,28,28]'),
        (wrong(shape=[2.0, 28, 28]), 'the shape of "images"'),
        (wrong(shape=[True, 28, 28]), 'the shape of "images"'),
        (wrong(shape="[2, 28, 28]"), 'the shape of "images"'),
        (wrong(shape=[3, 28, 28]), "expected [3, 28, 28], or flat"),
        (wrong(shape=[2**40, 28, 28]), "or flat"),
        (wrong(data=[[1, 2]]), "expected [2, 28, 28], or flat"),
        (wrong(data=[[[300] * 28] * 28] * 2), "holds 300"),
        (dumped({"inputs": [BINARY]}), "neither data nor a binary_data_size"),
        (wrong(parameters=[]), "are not an object"),
        (wrong(parameters={"shared_memory_region": "x"}), "shared memory"),
        (wrong(parameters={"binary_data_size": 1568}), "both data and a binary_data_size"),
        (dumped(asked(IMAGES, outputs={})), "outputs is not an array"),
        (dumped(asked(IMAGES, outputs=[1])), "outputs is not an array"),
        (dumped(asked(IMAGES, outputs=[{"name": "softmax"}])), 'there is no output "softmax"'),
        (dumped(asked(IMAGES, outputs=[{"name": []}])), "there is no output []"),
        (dumped(asked(IMAGES, outputs=[{"name": "labels"}] * 2)), "requested twice"),
        (
            dumped(asked(IMAGES, outputs=[{"name": "labels", "parameters": {"classification": 3}}])),
            "classification is not offered",
        ),
        (dumped(asked(IMAGES, parameters={"binary_data_output": 1})), "binary_data_output is not true or false"),
    ],
)
def test_what_is_wrong_is_said(body: bytes, sentence: str) -> None:
    with pytest.raises(RequestError) as refused:
        read_request(body, None)
    assert refused.value.status == 400
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        (binary(size=IMAGES.nbytes - 1), "[2, 28, 28] of UINT8 are 1,568 bytes"),
        (binary(size=True), "of UINT8 are 1,568 bytes"),
        (binary(size="1568"), "of UINT8 are 1,568 bytes"),
        (binary(tail=IMAGES.tobytes()[:-1]), "1,567 bytes follow the JSON: expected the 1,568"),
        (binary(tail=IMAGES.tobytes() + b"."), "1,569 bytes follow the JSON: expected the 1,568"),
        ((binary()[0], 10**9), "Inference-Header-Content-Length is 1,000,000,000, but the body has"),
        ((binary()[0], 10), "the body is not JSON"),
        ((dumped(asked(IMAGES)) + b"more", len(dumped(asked(IMAGES)))), "4 bytes follow the JSON"),
    ],
)
def test_lies_about_sizes_are_found_out(request_: tuple[bytes, int], sentence: str) -> None:
    with pytest.raises(RequestError) as refused:
        read_request(*request_)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("n", [0, 1, 511, 512, 513, 1300])
@pytest.mark.parametrize("is_binary", [False, True])
def test_a_long_response_is_written_in_pieces_to_the_same_json(n: int, *, is_binary: bool) -> None:
    rng = np.random.default_rng(n)
    answers = Answers(rng.random((n, 10), np.float32), rng.normal(size=(n, 10)).astype(np.float32))
    outputs = (("probabilities", False), ("labels", is_binary), ("logits", False))
    pieces = list(json_pieces(InferenceRequest(some_images(1), outputs, "x"), answers))
    assert len(pieces) == 1 + sum(max(0, -(-n // 512) - 1) for _, is_tensor in outputs if not is_tensor)
    found = json.loads(b"".join(pieces))
    assert [(output["name"], output["shape"]) for output in found["outputs"]] == [
        ("probabilities", [n, 10]),
        ("labels", [n]),
        ("logits", [n, 10]),
    ]
    expected = {"probabilities": answers.probabilities, "logits": answers.logits}
    for output in found["outputs"]:
        if output["name"] == "labels" and is_binary:
            assert output["parameters"] == {"binary_data_size": n}
            continue
        values = expected.get(output["name"], answers.probabilities.argmax(axis=1))
        np.testing.assert_array_equal(np.array(output["data"], np.float32), np.ravel(values).astype(np.float32))
