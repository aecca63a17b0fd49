"""The endpoints of TensorFlow Serving's REST API, for its clients.

Source:
    https://www.tensorflow.org/tfx/serving/api_rest
"""

from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from digitnet.arrays import IMAGE_SIDE, Images
from digitnet.errors import RequestError
from digitnet.server.bodies import read_json
from digitnet.server.numbers import to_images
from digitnet.server.replies import json_response
from digitnet.server.routes import Routes, get, post
from digitnet.server.serving import serving_of
from digitnet.server.settings import MODEL_NAME, MODEL_VERSION
from digitnet.server.tensors import INPUT

__all__ = ["routes"]

_SIGNATURE = "serving_default"
_FLOAT, _UINT8 = "DT_FLOAT", "DT_UINT8"


def routes() -> Routes:
    """The routes of the protocol."""
    model = f"/v1/models/{MODEL_NAME}"
    paths = (model, f"{model}/versions/{MODEL_VERSION}")
    return {
        **{path: get(model, status) for path in paths},
        **{f"{path}/metadata": get(f"{model}/metadata", metadata) for path in paths},
        **{f"{path}:predict": post(f"{model}:predict", predict) for path in paths},
    }


async def status(_: Request) -> Response:
    """Which versions there are."""
    version = {"version": MODEL_VERSION, "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    return json_response({"model_version_status": [version]})


async def metadata(request: Request) -> Response:
    """Inputs and outputs of the model."""
    classes = serving_of(request).classifier.num_classes
    signature = {
        "inputs": {INPUT: _described(_UINT8, (-1, IMAGE_SIDE, IMAGE_SIDE))},
        "outputs": {"probabilities": _described(_FLOAT, (-1, classes))},
        "method_name": "tensorflow/serving/predict",
    }
    return json_response(
        {
            "model_spec": {"name": MODEL_NAME, "signature_name": "", "version": MODEL_VERSION},
            "metadata": {"signature_def": {"signature_def": {_SIGNATURE: signature}}},
        }
    )


async def predict(request: Request) -> Response:
    """Probabilities of images: row by row for `instances`, as one array for `inputs`."""
    content = await read_json(request)
    if content.get("signature_name", _SIGNATURE) != _SIGNATURE:
        raise RequestError(f'there is no such signature_name: expected "{_SIGNATURE}", or none')
    if ("instances" in content) == ("inputs" in content):
        raise RequestError("expected either instances or inputs: an array of images of 28 x 28 pixels")
    images = _rows(content["instances"]) if "instances" in content else _columns(content["inputs"])
    answers = await serving_of(request).batcher.answer(images)
    key = "predictions" if "instances" in content else "outputs"
    return json_response({key: np.ascontiguousarray(answers.probabilities)})


def _rows(instances: Any) -> Images:
    if not isinstance(instances, list) or not instances:
        raise RequestError("instances is not an array of one image or more")
    if all(isinstance(row, dict) for row in instances):
        if not all(set(row) == {INPUT} for row in instances):
            raise RequestError(f'an instance that is an object has the one key "{INPUT}"')
        instances = [row[INPUT] for row in instances]
    return to_images(instances, "instances")


def _columns(inputs: Any) -> Images:
    if isinstance(inputs, dict):
        if set(inputs) != {INPUT}:
            raise RequestError(f'inputs, as an object, has the one key "{INPUT}"')
        inputs = inputs[INPUT]
    return to_images(inputs, "inputs")


def _described(kind: str, shape: tuple[int, ...]) -> dict[str, Any]:
    sizes = [{"size": str(length), "name": ""} for length in shape]
    return {"dtype": kind, "tensor_shape": {"dim": sizes, "unknown_rank": False}, "name": ""}
