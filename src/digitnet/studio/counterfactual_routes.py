"""The endpoints `counterfactual` and `answer`: what would change an answer, and the answer to an image as it is."""

from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digitnet.arrays import Images
from digitnet.errors import RequestError
from digitnet.inspection import find_counterfactual, words_for_counterfactual, words_for_second_network
from digitnet.server import in_thread, json_response, read_json
from digitnet.studio.error_status import text_of, with_error_status
from digitnet.studio.inspectors import NetworkInspectors
from digitnet.studio.networks import Networks
from digitnet.studio.request_values import check_below, image_of
from digitnet.studio.teaching import LOADED
from digitnet.studio.teaching.encoding import encoded_bytes

__all__ = ["counterfactual_routes"]

_MAX_QUESTION_BYTES = 4 << 10  # an image in base64 takes 1 KB
_OF_AN_ANSWER = frozenset({"image", "model"})
_OF_A_SEARCH = frozenset({"image", "model", "target"})


def counterfactual_routes(inspectors: NetworkInspectors, networks: Networks) -> list[Route]:
    """`counterfactual` and `answer`, below /studio/.

    Args:
        inspectors: The weights of all networks, for the gradients.
        networks: The networks, which have the last word on an answer.

    Returns:
        Routes for `make_app`.
    """
    changer = _Changer(inspectors, networks)

    async def counterfactual(request: Request) -> Response:
        content = await _content(request, _OF_A_SEARCH)
        question = (text_of(content, "model", LOADED), image_of(content), content.get("target"))
        return json_response(await in_thread(request, changer.search, *question))

    async def answer(request: Request) -> Response:
        content = await _content(request, _OF_AN_ANSWER)
        question = (text_of(content, "model", LOADED), image_of(content))
        return json_response(await in_thread(request, changer.answer, *question))

    return [
        Route("/studio/counterfactual", with_error_status(counterfactual), methods=["POST"]),
        Route("/studio/answer", with_error_status(answer), methods=["POST"]),
    ]


async def _content(request: Request, known: frozenset[str]) -> dict[str, Any]:
    content = await read_json(request, _MAX_QUESTION_BYTES)
    if unknown := sorted(content.keys() - known):
        raise RequestError(f"{unknown[0]!r:.40} is not known: expected {', '.join(sorted(known))}")
    return content


class _Changer:
    """Answers questions about changed images; safe to use from any thread."""

    def __init__(self, inspectors: NetworkInspectors, networks: Networks) -> None:
        self._inspectors = inspectors
        self._networks = networks

    def answer(self, model_id: str, image: Images) -> dict[str, Any]:
        """What the network answers to the image, by the model file itself."""
        probabilities = self._networks.classifier(model_id).predict_proba(image[np.newaxis])[0]
        return {"label": int(probabilities.argmax()), "probabilities": probabilities}

    def search(self, model_id: str, image: Images, target: object) -> dict[str, Any]:
        """The smallest change that is found, and the words for it."""
        network = self._inspectors.get(model_id).network
        asked = None if target is None else check_below("target", target, len(network.class_names))
        classifier = self._networks.classifier(model_id)
        found = find_counterfactual(network, classifier.predict_proba, image, target=asked)
        before = self.answer(model_id, image)
        words = words_for_counterfactual(network.class_names, before["label"], found)
        if found is None:
            return {"found": False, "before": before, "sentences": {"change": words, "second": ""}}
        second = classifier.predict_second_network(found.image[np.newaxis])
        about_second = "" if second is None else words_for_second_network(network.class_names, second[0].tolist())
        return {
            "found": True,
            "before": before,
            "label": found.label,
            "image": encoded_bytes(found.image),
            "pixels": found.pixels.tolist(),
            "steps": np.ascontiguousarray(found.probabilities),
            "ink": {"added": found.added, "removed": found.removed},
            "sentences": {"change": words, "second": about_second},
        }
