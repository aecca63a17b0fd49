"""The endpoints `explain` and `neuron`: why a network answers as it does, and what each neuron looks for."""

from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digitnet.arrays import Images
from digitnet.errors import RequestError
from digitnet.inspection import (
    Explanation,
    Network,
    Neuron,
    explain,
    field_of,
    sentences,
    words_for_neighbours,
    words_for_neuron,
    words_for_second_network,
)
from digitnet.inspection.explanation import LayerExplanation
from digitnet.server import in_thread, json_response, read_json
from digitnet.studio.error_status import text_of, with_error_status
from digitnet.studio.inspectors import NetworkInspector, NetworkInspectors
from digitnet.studio.lazy_mnist import LazyMnist
from digitnet.studio.networks import Networks
from digitnet.studio.request_values import UNITS_MAX, check_below, image_of, switches_of, whole_number
from digitnet.studio.teaching import LOADED
from digitnet.studio.teaching.encoding import encoded_bytes, encoded_fields

__all__ = ["inside_routes"]

_MAX_QUESTION_BYTES = 64 << 10  # an image in base64 takes 1 KB, each switched-off neuron about 10 bytes
_NEIGHBOURS = 12  # training digits that are shown; as many as a row of the page has room for
_KNOWN_FIELDS = frozenset({"image", "model", "switched_off", "label", "truth"})


def inside_routes(inspectors: NetworkInspectors, networks: Networks, mnist: LazyMnist) -> list[Route]:
    """`explain` and `neuron`, below /studio/.

    Args:
        inspectors: The inspectors of all networks.
        networks: The networks, whose second networks are asked as well.
        mnist: The digits that are shown beside an answer.

    Returns:
        Routes for `make_app`.
    """
    box = _GlassBox(inspectors, networks, mnist)

    async def explained(request: Request) -> Response:
        content = await read_json(request, _MAX_QUESTION_BYTES)
        if unknown := sorted(content.keys() - _KNOWN_FIELDS):
            raise RequestError(f"{unknown[0]!r:.40} is not known: expected {', '.join(sorted(_KNOWN_FIELDS))}")
        labels = (content.get("label"), content.get("truth"))
        question = (text_of(content, "model", LOADED), image_of(content), switches_of(content), *labels)
        return json_response(await in_thread(request, box.explain, *question))

    async def neuron(request: Request) -> Response:
        layer, unit = (whole_number(request, name, 0, UNITS_MAX) for name in ("layer", "unit"))
        model_id = request.query_params.get("model", LOADED)
        return json_response(await in_thread(request, box.neuron, model_id, layer, unit))

    return [
        Route("/studio/explain", with_error_status(explained), methods=["POST"]),
        Route("/studio/neuron", with_error_status(neuron), methods=["GET"]),
    ]


class _GlassBox:
    """Answers questions about networks; safe to use from any thread."""

    def __init__(self, inspectors: NetworkInspectors, networks: Networks, mnist: LazyMnist) -> None:
        self._inspectors = inspectors
        self._networks = networks
        self._mnist = mnist

    def explain(
        self, model_id: str, image: Images, off: list[tuple[int, int]], label: object, truth: object
    ) -> dict[str, Any]:
        inspector = self._inspectors.get(model_id)
        network = inspector.network
        classes = len(network.class_names)
        asked = None if label is None else check_below("label", label, classes)
        right = None if truth is None else check_below("truth", truth, classes)
        found = explain(network, image, switched_off=off, label=asked)
        nearest, words = self._neighbours(inspector, image, found)
        layers = zip(network.hidden, found.layers, strict=True)
        return {
            "label": found.label,
            "probabilities": found.probabilities,
            "logits": found.logits,
            "blank": found.attribution.blank,
            "switched": found.attribution.switched,
            "is_piecewise_linear": network.is_piecewise_linear,
            "attribution": np.ascontiguousarray(found.attribution.pixels),
            "layers": [
                {"name": f"hidden layer {number}", "units": layer.units, **_layer(seen)}
                for number, (layer, seen) in enumerate(layers, start=1)
            ],
            "neighbours": nearest or [],
            "neighbours_ready": nearest is not None,
            "sentences": self._sentences(model_id, image, network, found, right) | {"neighbours": words},
            "without_changes": {"label": found.usual_label, "probabilities": found.usual_probabilities},
        }

    def _sentences(
        self, model_id: str, image: Images, network: Network, found: Explanation, truth: int | None
    ) -> dict[str, str]:
        words = sentences(network, found, truth)
        second = self._networks.classifier(model_id).predict_second_network(image[np.newaxis])
        if second is not None:
            words["answer"] += " " + words_for_second_network(network.class_names, second[0].tolist())
        return words

    def neuron(self, model_id: str, layer: int, unit: int) -> dict[str, Any]:
        inspector = self._inspectors.get(model_id)
        network = inspector.network
        network.check_neuron(layer, unit)
        places = inspector.exciting(layer, unit)
        test = self._mnist.test if places else None
        images = np.zeros((0, 28, 28), np.uint8) if test is None else test.images[places]
        labels = [] if test is None else test.labels[places].tolist()
        is_last = layer == len(network.hidden) - 1
        return {
            "field": encoded_bytes(encoded_fields(field_of(network, layer, unit, images)[np.newaxis])),
            "strongest_images": [
                {"index": place, "label": label, "image": encoded_bytes(image)}
                for place, label, image in zip(places, labels, images, strict=True)
            ],
            "outgoing": network.layers[-1].kernel[unit].tolist() if is_last else None,
            "sentence": words_for_neuron(network, layer, labels),
        }

    def _neighbours(
        self, inspector: NetworkInspector, image: Images, found: Explanation
    ) -> tuple[list[dict[str, Any]] | None, str]:
        """The nearest training digits, None while they are not known yet; and a sentence about them."""
        if not inspector.has_digit_classes:
            return [], "This network was not trained on the ten digits, so it is not compared with them."
        places = inspector.nearest(image, _NEIGHBOURS)
        if places is None:
            return None, words_for_neighbours(inspector.network.class_names, found.label, [])
        train = self._mnist.train
        labels = train.labels[places].tolist()
        shown = [
            {"index": place, "label": label, "image": encoded_bytes(train.images[place])}
            for place, label in zip(places, labels, strict=True)
        ]
        return shown, words_for_neighbours(inspector.network.class_names, found.usual_label, labels)


def _layer(seen: LayerExplanation) -> dict[str, Any]:
    loudest = np.abs(seen.activations).max(initial=0)
    levels = np.abs(seen.activations) * (255 / loudest if loudest > 0 else 0)
    fields = encoded_fields(np.stack([neuron.field for neuron in seen.strongest])) if seen.strongest else ()
    return {
        "active": seen.active,
        "activations": encoded_bytes(np.rint(levels).astype(np.uint8)),
        "strongest": [_neuron(*pair) for pair in zip(seen.strongest, fields, strict=True)],
    }


def _neuron(neuron: Neuron, field: Any) -> dict[str, Any]:
    return {
        "unit": neuron.unit,
        "contribution": neuron.contribution,
        "field": encoded_bytes(field),
        "switched_off": neuron.is_off,
    }
