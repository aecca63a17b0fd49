"""What the server is, and what is written in a drawing or a picture."""

import base64
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import cv2
import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digitnet.arrays import AnyArray
from digitnet.errors import RequestError
from digitnet.inference.answers import outcome
from digitnet.inference.classifier import Classifier
from digitnet.inference.trace import Trace
from digitnet.pictures.mnist_frame import to_mnist_frame
from digitnet.pictures.size_limits import MAX_PIXELS
from digitnet.server import in_thread, json_response, read_body, serving_of
from digitnet.studio.error_status import with_error_status
from digitnet.studio.networks import Networks
from digitnet.studio.request_values import one_of
from digitnet.studio.teaching import LOADED, Workshop
from digitnet.studio.teaching.encoding import encoded_bytes
from digitnet.studio.teaching.settings import described_settings

__all__ = ["reading_routes"]

_STEP_SIDE = 480  # pixels of the longer side: what the page has room for
_STEPS_MAX = 8
_PNG_COMPRESSION = 1  # of 9: a larger file is loaded from the same machine sooner than a smaller one is made


def reading_routes(networks: Networks, workshop: Workshop) -> list[Route]:
    """`about` and `read`, below /studio/.

    Args:
        networks: Who answers.
        workshop: Which others there are.

    Returns:
        Routes for `make_app`.
    """

    async def about(request: Request) -> Response:
        return json_response(await in_thread(request, _introduction, networks, workshop, _limits(request)))

    async def read(request: Request) -> Response:
        mode = one_of(request, "mode", ("number", "digit"))
        with_steps = one_of(request, "steps", ("0", "1")) == "1"
        model_id = request.query_params.get("model", LOADED)
        picture = await read_body(request)
        if not picture:
            raise RequestError("the body is empty: expected a picture")
        return json_response(await in_thread(request, _read, networks, model_id, picture, mode, with_steps))

    return [
        Route("/studio/about", about, methods=["GET"]),
        Route("/studio/read", with_error_status(read), methods=["POST"]),
    ]


def _limits(request: Request) -> dict[str, int]:
    return {"picture_bytes": serving_of(request).settings.body_bytes, "picture_pixels": MAX_PIXELS}


def _introduction(networks: Networks, workshop: Workshop, limits: dict[str, int]) -> dict[str, Any]:
    loaded = networks.loaded
    metadata = loaded.metadata
    return {
        "version": version("digitnet"),
        "model": {
            "id": LOADED,
            "name": networks.name,
            "class_names": list(loaded.class_names),
            "parameters": sum(layer["parameters"] for layer in metadata.layers),
            "precision": metadata.precision,
            "members": max(1, len(metadata.committee)),
        },
        "models": [{"id": LOADED, "name": networks.name}, *workshop.models()],
        "answering": workshop.answering,
        "training": {
            "available": not workshop.reason,
            "reason": workshop.reason,
            "settings": described_settings(),
        },
        "limits": limits,
    }


def _read(networks: Networks, model_id: str, picture: bytes, mode: str, with_steps: bool) -> dict[str, Any]:
    classifier: Classifier = networks.classifier(model_id)
    look = classifier.trace_digit if mode == "digit" else classifier.trace_number
    trace = look(picture, with_steps=with_steps)
    height, width = trace.ink.shape
    return {
        **outcome("", trace.reading),
        "width": width,
        "height": height,
        "images": [encoded_bytes(image) for image in trace.images],
        "refused": _refused(trace),
        "others": max((digit.others for digit in trace.digits), default=0),
        "steps": _steps(trace.steps),
    }


def _refused(trace: Trace) -> str | None:
    """All ink as one image in MNIST's frame, where no digit was found in it: what a correction is about then."""
    framed = None if len(trace.images) else to_mnist_frame(trace.ink)
    return None if framed is None else encoded_bytes(framed.image)


def _steps(steps: Sequence[tuple[str, AnyArray]]) -> list[dict[str, str]]:
    return [{"name": name, "png": _png_url(pixels)} for name, pixels in steps[:_STEPS_MAX]]


def _png_url(pixels: AnyArray) -> str:
    """A picture, scaled down, as a PNG file in a URL.

    Args:
        pixels: uint8 (height, width) grey or (height, width, 3) RGB.
    """
    shrink = _STEP_SIDE / max(pixels.shape[:2])
    if shrink < 1:
        size = (max(1, round(pixels.shape[1] * shrink)), max(1, round(pixels.shape[0] * shrink)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    blue_first = pixels if pixels.ndim == 2 else pixels[:, :, ::-1]
    _, content = cv2.imencode(".png", np.ascontiguousarray(blue_first), [cv2.IMWRITE_PNG_COMPRESSION, _PNG_COMPRESSION])
    return "data:image/png;base64," + base64.b64encode(content.tobytes()).decode("ascii")
