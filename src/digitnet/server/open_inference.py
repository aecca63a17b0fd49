"""The endpoints of the Open Inference Protocol, version 2, over REST: what KServe, Triton and MLServer speak.

Source:
    https://github.com/kserve/open-inference-protocol (REST), and Triton's extension for binary tensor data.
"""

import asyncio
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from digitnet import __version__
from digitnet.arrays import IMAGE_SIDE
from digitnet.errors import RequestError
from digitnet.server.bodies import read_buffer
from digitnet.server.replies import json_response
from digitnet.server.routes import Routes, get, post
from digitnet.server.serving import Serving, headers_of, serving_of
from digitnet.server.settings import MODEL_NAME, MODEL_VERSION
from digitnet.server.tensors import INPUT, OUTPUTS, binary_tensors, json_pieces, read_request

__all__ = ["JSON_LENGTH", "routes"]

JSON_LENGTH = "Inference-Header-Content-Length"

_JSON_LENGTH = JSON_LENGTH.lower().encode()


def routes() -> Routes:
    """The routes of the protocol."""
    model = f"/v2/models/{MODEL_NAME}"
    version = f"{model}/versions/{MODEL_VERSION}"
    return {
        "/v2": get("/v2", server_metadata),
        "/v2/health/live": get("/v2/health/live", live, is_open=True),
        "/v2/health/ready": get("/v2/health/ready", ready, is_open=True),
        **{path: get(model, model_metadata) for path in (model, version)},
        **{f"{path}/ready": get(f"{model}/ready", model_ready) for path in (model, version)},
        **{f"{path}/infer": post(f"{model}/infer", infer) for path in (model, version)},
    }


async def server_metadata(_: Request) -> Response:
    """Name and version of the server."""
    return json_response({"name": "digitnet", "version": __version__, "extensions": ["binary_tensor_data"]})


async def live(_: Request) -> Response:
    """Whether the process answers at all."""
    return json_response({"live": True})


async def ready(request: Request) -> Response:
    """Whether it accepts requests: no longer when it is shutting down."""
    is_ready = _is_ready(serving_of(request))
    return json_response({"ready": is_ready}, 200 if is_ready else 503)


async def model_ready(request: Request) -> Response:
    """Whether the one model accepts requests."""
    is_ready = _is_ready(serving_of(request))
    return json_response({"name": MODEL_NAME, "ready": is_ready}, 200 if is_ready else 503)


async def model_metadata(request: Request) -> Response:
    """Inputs and outputs of the model."""
    classes = serving_of(request).classifier.num_classes
    return json_response(
        {
            "name": MODEL_NAME,
            "versions": [MODEL_VERSION],
            "platform": "onnxruntime_onnx",
            "inputs": [{"name": INPUT, "datatype": "UINT8", "shape": [-1, IMAGE_SIDE, IMAGE_SIDE]}],
            "outputs": [_described(name, datatype, classes) for name, datatype in OUTPUTS.items()],
        }
    )


async def infer(request: Request) -> Response:
    """Classify images."""
    serving = serving_of(request)
    headers = headers_of(request.scope)
    if b"content-encoding" in headers:
        raise RequestError("compressed bodies are not read: send it without Content-Encoding", 415)
    length = _json_length(headers)
    limits = serving.settings
    body = await read_buffer(request, limits.json_bytes if length is None else limits.body_bytes)
    wanted = read_request(body, length)
    answers = await serving.batcher.answer(wanted.images, with_logits=wanted.with_logits)
    pieces: list[bytes] = []
    for piece in json_pieces(wanted, answers):
        if pieces:
            await asyncio.sleep(0)  # others are answered before a long response is written further
        pieces.append(piece)
    tensors = binary_tensors(wanted, answers)
    if not tensors:
        return Response(b"".join(pieces), media_type="application/json")
    json_length = sum(map(len, pieces))
    return Response(b"".join([*pieces, *tensors]), 200, {JSON_LENGTH: str(json_length)}, "application/octet-stream")


def _json_length(headers: dict[bytes, bytes]) -> int | None:
    text = headers.get(_JSON_LENGTH)
    if text is None:
        return None
    if not re.fullmatch(rb"[0-9]{1,12}", text):
        raise RequestError(f"{JSON_LENGTH} is not a number of bytes")
    return int(text)


def _described(name: str, datatype: str, classes: int) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": [-1] if name == "labels" else [-1, classes]}


def _is_ready(serving: Serving) -> bool:
    return not serving.stopping.is_set()
