"""The endpoints `mistakes` and `mistakes/cell`: the confusion matrix on MNIST's test set, and the images of a cell."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digitnet.arrays import AnyArray, ConfusionMatrix, Indices, Labels
from digitnet.errors import RequestError
from digitnet.evaluation.metrics import confusion_matrix
from digitnet.inference.classifier import Classifier
from digitnet.server import in_thread, json_response
from digitnet.studio.error_status import with_error_status
from digitnet.studio.file_cache import FileCache
from digitnet.studio.lazy_mnist import LazyMnist
from digitnet.studio.networks import Networks
from digitnet.studio.request_values import whole_number
from digitnet.studio.teaching import LOADED
from digitnet.studio.teaching.encoding import encoded_bytes

__all__ = ["Mistakes", "mistakes_routes"]

_LIMIT = 60  # images of a cell in one answer, by default; as many as the page shows at a time
_LIMIT_MAX = 200  # chosen by hand
_OFFSET_MAX = 10_000  # no cell has more


@dataclass(frozen=True, slots=True, eq=False)
class Mistakes:
    """The answers of a network on the test set.

    Attributes:
        labels: True classes, uint8 (n,).
        predicted_labels: Predicted classes, uint8 (n,).
        confidences: Probabilities of the predicted classes, float32 (n,).
        has_second_network: Whether pictures are answered by another network too, which is not counted here.
    """

    labels: Labels
    predicted_labels: Labels
    confidences: NDArray[np.float32]
    has_second_network: bool

    @property
    def confusion(self) -> ConfusionMatrix:
        """The confusion matrix, int64 (10, 10), [true, predicted]."""
        return confusion_matrix(self.labels, self.predicted_labels, 10)

    @property
    def errors(self) -> int:
        """Number of wrong answers."""
        return int((self.labels != self.predicted_labels).sum())

    def cell(self, true: int, predicted: int) -> Indices:
        """The images of one cell of the matrix.

        Args:
            true: True class.
            predicted: Predicted class.

        Returns:
            Positions in the test set, int64 (k,): mistakes by falling confidence, right answers by rising confidence.
        """
        found = np.flatnonzero((self.labels == true) & (self.predicted_labels == predicted))
        order = self.confidences[found] if true == predicted else -self.confidences[found]
        return found[np.argsort(order, kind="stable")]


def mistakes_routes(networks: Networks, mnist: LazyMnist) -> list[Route]:
    """`mistakes` and `mistakes/cell`, below /studio/.

    Args:
        networks: The networks that can be asked.
        mnist: The test set.

    Returns:
        Routes for `make_app`.
    """
    counter = _Counter(networks, mnist)

    async def count(request: Request) -> Response:
        found = await in_thread(request, counter.count, request.query_params.get("model", LOADED))
        counts = {"n": len(found.labels), "errors": found.errors, "confusion": found.confusion.tolist()}
        return json_response({**counts, "second_network": found.has_second_network})

    async def cell(request: Request) -> Response:
        true, predicted = (whole_number(request, name, 0, 9) for name in ("true", "predicted"))
        limit = whole_number(request, "limit", 1, _LIMIT_MAX, _LIMIT)
        offset = whole_number(request, "offset", 0, _OFFSET_MAX, 0)
        found = await in_thread(request, counter.count, request.query_params.get("model", LOADED))
        places = found.cell(true, predicted)
        digits = [_described(found, mnist.test.images, place) for place in places[offset : offset + limit].tolist()]
        return json_response({"total": len(places), "digits": digits})

    return [
        Route("/studio/mistakes", with_error_status(count), methods=["GET"]),
        Route("/studio/mistakes/cell", with_error_status(cell), methods=["GET"]),
    ]


def _described(found: Mistakes, images: AnyArray, place: int) -> dict[str, Any]:
    return {
        "index": place,
        "label": int(found.labels[place]),
        "predicted": int(found.predicted_labels[place]),
        "confidence": float(found.confidences[place]),
        "image": encoded_bytes(images[place]),
    }


class _Counter:
    """Evaluates each network on the test set, once."""

    def __init__(self, networks: Networks, mnist: LazyMnist) -> None:
        self._networks = networks
        self._mnist = mnist
        self._kept: FileCache[Mistakes] = FileCache()

    def count(self, model_id: str) -> Mistakes:
        classifier = self._networks.classifier(model_id)
        if classifier.num_classes != 10:
            raise RequestError(
                f"this network knows {classifier.num_classes} classes: its mistakes cannot be counted on MNIST's ten",
                422,
            )
        return self._kept.get(self._networks.file(model_id), lambda: self._counted(classifier))

    def _counted(self, classifier: Classifier) -> Mistakes:
        test = self._mnist.test
        probabilities = classifier.predict_proba(test.images)
        predicted = probabilities.argmax(axis=1).astype(np.uint8)
        has_second = classifier.predict_second_network(test.images[:1]) is not None
        return Mistakes(test.labels, predicted, probabilities.max(axis=1), has_second)
