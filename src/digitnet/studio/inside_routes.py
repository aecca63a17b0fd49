"""Why a network answers as it does, and what each neuron looks for."""

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
from digitnet.inspection.explanation import LayerSeen
from digitnet.server import in_thread, json_response, read_json
from digitnet.studio.digits import Mnist
from digitnet.studio.insides import Inside, Insides
from digitnet.studio.networks import Networks
from digitnet.studio.questions import check_below, image_of, whole_number
from digitnet.studio.refusals import refusing, text_of
from digitnet.studio.teaching import LOADED
from digitnet.studio.teaching.encoding import encoded_bytes, encoded_fields

__all__ = ["inside_routes"]

_QUESTION = 64 << 10  # bytes: an image, and the names of some thousand neurons
_SWITCHES_MAX = 4096
_NEIGHBOURS = 12
_UNITS_MAX = 1 << 20
_KNOWN = frozenset({"image", "model", "switched_off", "label"})


def inside_routes(insides: Insides, networks: Networks, mnist: Mnist) -> list[Route]:
    """`explain` and `neuron`, below /studio/.

    Args:
        insides: Of all networks.
        networks: Whose second networks are asked too.
        mnist: The digits that are shown beside an answer.

    Returns:
        Routes for `make_app`.
    """
    box = _GlassBox(insides, networks, mnist)

    async def explained(request: Request) -> Response:
        content = await read_json(request, _QUESTION)
        if unknown := sorted(content.keys() - _KNOWN):
            raise RequestError(f"{unknown[0]!r:.40} is not known: expected {', '.join(sorted(_KNOWN))}")
        question = (text_of(content, "model", LOADED), image_of(content), _switches(content), content.get("label"))
        return json_response(await in_thread(request, box.explain, *question))

    async def neuron(request: Request) -> Response:
        layer, unit = (whole_number(request, name, 0, _UNITS_MAX) for name in ("layer", "unit"))
        model_id = request.query_params.get("model", LOADED)
        return json_response(await in_thread(request, box.neuron, model_id, layer, unit))

    return [
        Route("/studio/explain", refusing(explained), methods=["POST"]),
        Route("/studio/neuron", refusing(neuron), methods=["GET"]),
    ]


def _switches(content: dict[str, Any]) -> list[tuple[int, int]]:
    """The neurons that are off; whether there are such is seen when the network is known."""
    pairs = content.get("switched_off", [])
    if not isinstance(pairs, list) or len(pairs) > _SWITCHES_MAX:
        raise RequestError(f"switched_off is not a list of at most {_SWITCHES_MAX:,} pairs of layer and unit")
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise RequestError(f"switched_off has {pair!r:.40}: expected a pair of layer and unit")
        for name, value in zip(("a layer", "a unit"), pair, strict=True):
            check_below(f"{name} of switched_off", value, _UNITS_MAX)
    return [(layer, unit) for layer, unit in pairs]


class _GlassBox:
    """Looks inside networks; for any thread."""

    def __init__(self, insides: Insides, networks: Networks, mnist: Mnist) -> None:
        self._insides = insides
        self._networks = networks
        self._mnist = mnist

    def explain(self, model_id: str, image: Images, off: list[tuple[int, int]], label: object) -> dict[str, Any]:
        inside = self._insides.get(model_id)
        network = inside.network
        asked = None if label is None else check_below("label", label, len(network.class_names))
        found = explain(network, image, switched_off=off, label=asked)
        nearest, words = self._neighbours(inside, image, found)
        layers = zip(network.hidden, found.layers, strict=True)
        return {
            "label": found.label,
            "probabilities": found.probabilities,
            "logits": found.logits,
            "bias": found.attribution.bias,
            "attribution": np.ascontiguousarray(found.attribution.pixels),
            "layers": [
                {"name": f"hidden layer {number}", "units": layer.units, **_layer(seen)}
                for number, (layer, seen) in enumerate(layers, start=1)
            ],
            "neighbours": nearest or [],
            "neighbours_ready": nearest is not None,
            "sentences": self._sentences(model_id, image, network, found) | {"neighbours": words},
            "without_changes": {"label": found.usual_label, "probabilities": found.usual_probabilities},
        }

    def _sentences(self, model_id: str, image: Images, network: Network, found: Explanation) -> dict[str, str]:
        said = sentences(network, found)
        second = self._networks.classifier(model_id).predict_second_network(image[np.newaxis])
        if second is not None:
            said["answer"] += " " + words_for_second_network(network.class_names, second[0].tolist())
        return said

    def neuron(self, model_id: str, layer: int, unit: int) -> dict[str, Any]:
        inside = self._insides.get(model_id)
        network = inside.network
        network.check_neuron(layer, unit)
        places = inside.exciting(layer, unit)
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

    def _neighbours(self, inside: Inside, image: Images, found: Explanation) -> tuple[list[dict[str, Any]] | None, str]:
        """The nearest training digits, None where they are not known yet; and what that means."""
        if not inside.knows_digits:
            return [], "This network was not made for the ten digits, so none of them are near."
        places = inside.nearest(image, _NEIGHBOURS)
        if places is None:
            return None, words_for_neighbours(inside.network.class_names, found.label, [])
        train = self._mnist.train
        labels = train.labels[places].tolist()
        shown = [
            {"index": place, "label": label, "image": encoded_bytes(train.images[place])}
            for place, label in zip(places, labels, strict=True)
        ]
        return shown, words_for_neighbours(inside.network.class_names, found.usual_label, labels)


def _layer(seen: LayerSeen) -> dict[str, Any]:
    loudest = np.abs(seen.activations).max(initial=0)
    levels = np.abs(seen.activations) * (255 / loudest if loudest > 0 else 0)
    fields = encoded_fields(np.stack([neuron.field for neuron in seen.strongest]))
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
