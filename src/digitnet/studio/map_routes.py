"""The endpoints `map`, `map/digits` and `map/place`: test digits on a plane, and where another image stands there."""

import re
import threading
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digitnet.arrays import Images
from digitnet.errors import RequestError
from digitnet.inspection import Network, read_network
from digitnet.inspection.digit_map import DIGIT_MAP_PATH, DigitMap, read_digit_map, weighted_place
from digitnet.model_file.contract import bundled_model_path
from digitnet.server import in_thread, json_response, read_json
from digitnet.studio.error_status import with_error_status
from digitnet.studio.lazy_mnist import LazyMnist
from digitnet.studio.request_values import image_of
from digitnet.studio.teaching.encoding import encoded_bytes

__all__ = ["map_routes"]

Array: TypeAlias = NDArray[np.float32]

_DIGITS_MAX = 60  # in one answer; as many as the page shows at a time
_NEIGHBOURS = 8  # by which an image is placed; chosen by hand
_BATCH = 500  # images in one pass, which bounds the memory; chosen by hand
_MAX_QUESTION_BYTES = 4 << 10  # an image in base64 takes 1 KB


def map_routes(mnist: LazyMnist, path: Path = DIGIT_MAP_PATH) -> list[Route]:
    """`map`, `map/digits` and `map/place`, below /studio/.

    Args:
        mnist: The digits.
        path: The file of the map.

    Returns:
        Routes for `make_app`.
    """
    found = _Map(mnist, path)

    async def described(request: Request) -> Response:
        return json_response(await in_thread(request, found.description))

    async def digits(request: Request) -> Response:
        text = request.query_params.get("numbers", "")
        if not re.fullmatch(r"[0-9]{1,5}(,[0-9]{1,5})*", text) or text.count(",") >= _DIGITS_MAX:
            raise RequestError(
                f"numbers is {text!r:.40}: expected at most {_DIGITS_MAX} numbers of test digits, as 4,8"
            )
        return json_response(await in_thread(request, found.digits, [int(number) for number in text.split(",")]))

    async def place(request: Request) -> Response:
        content = await read_json(request, _MAX_QUESTION_BYTES)
        if unknown := sorted(content.keys() - {"image"}):
            raise RequestError(f"{unknown[0]!r:.40} is not known: expected image")
        return json_response(await in_thread(request, found.place, image_of(content)))

    return [
        Route("/studio/map", with_error_status(described), methods=["GET"]),
        Route("/studio/map/digits", with_error_status(digits), methods=["GET"]),
        Route("/studio/map/place", with_error_status(place), methods=["POST"]),
    ]


class _Map:
    """The map of the bundled network, read when it is first asked for; safe to use from any thread."""

    def __init__(self, mnist: LazyMnist, path: Path) -> None:
        self._mnist = mnist
        self._path = path
        self._lock = threading.Lock()

    @cached_property
    def _digits(self) -> DigitMap:
        return read_digit_map(self._path)

    @cached_property
    def _network(self) -> Network:
        return read_network(bundled_model_path())

    @cached_property
    def _activations(self) -> Array:
        """Of the last hidden layer, for each digit of the map, float32 (n, units)."""
        images = self._mnist.test.images[self._digits.numbers]
        starts = range(0, len(images), _BATCH)
        return np.concatenate([self._network.look(images[at : at + _BATCH]).activations[-1] for at in starts])

    def description(self) -> dict[str, Any]:
        """All that is needed to draw it."""
        digits = self._digits
        labels = self._mnist.test.labels[digits.numbers]
        return {
            "n": len(digits.numbers),
            "errors": int((labels != digits.predicted_labels).sum()),
            "numbers": encoded_bytes(digits.numbers.astype("<u2")),
            "labels": encoded_bytes(labels),
            "predicted": encoded_bytes(digits.predicted_labels),
            "planes": {name: encoded_bytes(places.astype("<u2")) for name, places in self._planes()},
            "pca_shares": digits.pca_shares,
        }

    def digits(self, numbers: list[int]) -> dict[str, Any]:
        """Some test digits, each with what it is and what is answered to it."""
        places = np.searchsorted(self._digits.numbers, numbers)
        for number, place in zip(numbers, places, strict=True):
            if place == len(self._digits.numbers) or self._digits.numbers[place] != number:
                raise RequestError(f"test digit {number} is not on the map", 404)
        test = self._mnist.test
        return {
            "digits": [
                {
                    "index": number,
                    "label": int(test.labels[number]),
                    "predicted": int(self._digits.predicted_labels[place]),
                    "image": encoded_bytes(test.images[number]),
                }
                for number, place in zip(numbers, places.tolist(), strict=True)
            ]
        }

    def place(self, image: Images) -> dict[str, Any]:
        """Where an image stands on both planes, by the digits that the last hidden layer finds most alike."""
        with self._lock:  # so that the digits are run through the network once
            activations = self._activations
        seen = self._network.look(image[np.newaxis])
        distances = np.sqrt(((activations - seen.activations[-1]) ** 2).sum(axis=1))
        nearest = np.argsort(distances, kind="stable")[:_NEIGHBOURS]
        return {
            "label": int(seen.logits[0].argmax()),
            "neighbours": self._digits.numbers[nearest].tolist(),
            "places": {name: weighted_place(places[nearest], distances[nearest]) for name, places in self._planes()},
        }

    def _planes(self) -> list[tuple[str, NDArray[np.uint16]]]:
        return [("umap", self._digits.umap), ("pca", self._digits.pca)]
