"""The endpoints `diagram` and `step`: a network small enough to be drawn whole, and a step of training on one image."""

import base64
import binascii
import math
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digitnet.errors import ConfigurationError, ModelOutputError, RequestError
from digitnet.inspection import (
    Layer,
    Network,
    TrainingStep,
    read_network,
    training_step,
    with_temperature_inside,
)
from digitnet.model_file.contract import BUNDLED_FOLDER, MODEL_FILE_NAMES, open_model
from digitnet.server import in_thread, json_response, read_json
from digitnet.studio.error_status import with_error_status
from digitnet.studio.request_values import check_below, image_of, switches_of
from digitnet.studio.teaching.encoding import encoded_bytes

__all__ = ["SMALL_MODEL_PATH", "diagram_routes"]

SMALL_MODEL_PATH = BUNDLED_FOLDER / "small" / MODEL_FILE_NAMES["float32"]  # made by `make small-network`

_STEP_BYTES_MAX = 128 << 10  # 13,002 weights take 70 KB in base64, an image 1 KB, switched-off units a few
_STEPS_MAX = 1000  # a tenth of a second; the page asks for at most 100 at once
_RATE_MAX = 10.0  # beyond it one step throws the weights anywhere; chosen by hand
_KNOWN_FIELDS = frozenset({"layers", "image", "label", "learning_rate", "steps", "switched_off"})


def diagram_routes(path: Path = SMALL_MODEL_PATH) -> list[Route]:
    """`diagram` and `step`, below /studio/.

    Args:
        path: The model file of the network that is drawn.

    Returns:
        Routes for `make_app`.
    """
    small = _SmallNetwork(path)

    async def diagram(request: Request) -> Response:
        return json_response(await in_thread(request, small.description))

    async def step(request: Request) -> Response:
        content = await read_json(request, _STEP_BYTES_MAX)
        if unknown := sorted(content.keys() - _KNOWN_FIELDS):
            raise RequestError(f"{unknown[0]!r:.40} is not known: expected {', '.join(sorted(_KNOWN_FIELDS))}")
        return json_response(await in_thread(request, small.step, content))

    return [
        Route("/studio/diagram", with_error_status(diagram), methods=["GET"]),
        Route("/studio/step", with_error_status(step), methods=["POST"]),
    ]


class _SmallNetwork:
    """The network of the diagram, read when it is first asked for; safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def _network(self) -> Network:
        return with_temperature_inside(read_network(self._path))

    @cached_property
    def _test(self) -> dict[str, int]:
        _, metadata = open_model(self._path)
        return {name: metadata.metrics["test"][name] for name in ("n", "errors")}

    def description(self) -> dict[str, Any]:
        return {
            "class_names": self._network.class_names,
            "layers": [_encoded(layer) for layer in self._network.layers],
            "test": self._test,
        }

    def step(self, content: dict[str, Any]) -> dict[str, Any]:
        """What a number of steps on one image do to weights that the page may have changed before."""
        image, label = image_of(content), check_below("label", content.get("label"), len(self._network.class_names))
        rate, steps = _rate(content.get("learning_rate")), _steps(content.get("steps", 1))
        off = switches_of(content)
        network = self._sent(content.get("layers"))
        taken: list[TrainingStep] = []
        try:
            with np.errstate(over="ignore", invalid="ignore"):  # what becomes of it is looked at below
                for _ in range(steps + 1):  # the last one only tells the loss after all others
                    network = taken[-1].after if taken else network
                    taken.append(training_step(network, image, label, rate, switched_off=off))
        except ModelOutputError as error:
            raise _run_away(rate) from error
        if not all(np.isfinite(part).all() for layer in network.layers for part in (layer.kernel, layer.bias)):
            raise _run_away(rate)
        return _told(taken)

    def _sent(self, layers: object) -> Network:
        """The shipped network, with weights that the page sends."""
        shipped = self._network
        if not isinstance(layers, list) or len(layers) != len(shipped.layers):
            raise RequestError(f"layers is not a list of {len(shipped.layers)} layers, each with a kernel and a bias")
        sent = tuple(
            _decoded(layer, shape, place)
            for place, (layer, shape) in enumerate(zip(layers, shipped.layers, strict=True))
        )
        return Network(sent, shipped.activations, shipped.temperature, shipped.class_names)


def _encoded(layer: Layer) -> dict[str, str]:
    """Weights as base64 of little-endian float32, in row order, one row an input."""
    return {name: encoded_bytes(getattr(layer, name).astype("<f4")) for name in ("kernel", "bias")}


def _decoded(layer: object, like: Layer, place: int) -> Layer:
    parts = []
    for name, shape in (("kernel", like.kernel.shape), ("bias", like.bias.shape)):
        where = f"{name} of layer {place}"
        text = layer.get(name) if isinstance(layer, dict) else None
        try:
            content = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
        except (binascii.Error, ValueError):
            content = b""
        if len(content) != 4 * math.prod(shape):
            raise RequestError(f"{where} is not base64 of {math.prod(shape):,} numbers in float32")
        values = np.frombuffer(content, "<f4").reshape(shape).astype(np.float32)
        if not np.isfinite(values).all():
            raise RequestError(f"{where} has a weight that is no number: expected finite ones")
        parts.append(values)
    return Layer(*parts)


def _rate(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _RATE_MAX:
        raise RequestError(f"learning_rate is {value!r:.40}: expected a number above 0, at most {_RATE_MAX:g}")
    return float(value)


def _steps(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _STEPS_MAX:
        raise RequestError(f"steps is {value!r:.40}: expected a whole number from 1 to {_STEPS_MAX:,}")
    return value


def _run_away(rate: float) -> ConfigurationError:
    return ConfigurationError(f"the weights grew beyond all bounds at learning rate {rate:g}: choose a smaller one")


def _told(taken: list[TrainingStep]) -> dict[str, Any]:
    first, *_, last = taken
    return {
        "loss": first.loss,
        "losses": [step.loss for step in taken[:-1]],
        "loss_after": last.loss,
        "errors": [np.ascontiguousarray(error) for error in first.errors],
        "activations": [np.ascontiguousarray(values[0]) for values in first.seen.activations],
        "gradients": [_encoded(layer) for layer in first.gradients],
        "layers": [_encoded(layer) for layer in taken[-2].after.layers],
    }
