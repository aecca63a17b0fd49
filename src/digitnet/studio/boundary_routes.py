"""The endpoint `training/boundary`: where a network that trains draws the line between two classes, over time."""

import re
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digitnet.arrays import Images
from digitnet.datasets import Dataset
from digitnet.errors import ModelFileError, RequestError
from digitnet.inspection import Network, read_network
from digitnet.inspection.activations import keras_activation
from digitnet.inspection.blends import blended, paired_examples
from digitnet.model_file.contract import MODEL_FILE_NAMES
from digitnet.server import in_thread, json_response
from digitnet.studio.error_status import with_error_status
from digitnet.studio.lazy_mnist import LazyMnist
from digitnet.studio.request_values import whole_number
from digitnet.studio.teaching import Workshop
from digitnet.studio.teaching.encoding import encoded_bytes
from digitnet.studio.teaching.held_out import split_held_out
from digitnet.studio.teaching.weight_moments import kept_moments, layers_at

__all__ = ["boundary_routes"]

_EXAMPLES_MAX = 1000  # sets of digits to ask for; behind the last they come again
_SHARE_MAX = 65_535  # what a share of 1 is sent as


def boundary_routes(workshop: Workshop, mnist: LazyMnist) -> list[Route]:
    """`training/boundary`, below /studio/.

    Args:
        workshop: Has the runs.
        mnist: Has the digits.

    Returns:
        Routes for `make_app`.
    """
    boundaries = _Boundaries(workshop, mnist)

    async def boundary(request: Request) -> Response:
        first, second = (whole_number(request, name, 0, 9) for name in ("a", "b"))
        if first == second:
            raise RequestError(f"a and b are both {first}: expected two different digits")
        examples = whole_number(request, "examples", 0, _EXAMPLES_MAX, 0)
        after = request.query_params.get("after", "-1")
        if not re.fullmatch(r"-1|[0-9]{1,4}(\.[0-9]{1,3})?", after):
            raise RequestError(f"after is {after!r:.40}: expected how many epochs had passed, as 2 or 0.5")
        job_id = request.query_params.get("id", "")
        found = await in_thread(request, boundaries.of, job_id, (first, second), examples, float(after))
        return json_response(found)

    return [Route("/studio/training/boundary", with_error_status(boundary), methods=["GET"])]


class _Boundaries:
    """Answers to the questions of the page; safe to use from any thread."""

    def __init__(self, workshop: Workshop, mnist: LazyMnist) -> None:
        self._runs = workshop.runs
        self._mnist = mnist

    @cached_property
    def _held_out(self) -> Dataset:
        return split_held_out(self._mnist.train)[1]

    def of(self, job_id: str, classes: tuple[int, int], examples: int, after: float) -> dict[str, Any]:
        """The blends of some digits, and what the network of a run answers to them at each moment after one."""
        job, summary = self._runs.get(job_id)
        if job.kind != "run":
            raise RequestError(f"{job.name} is a lesson: expected a run", 404)
        folder = self._runs.path(job_id)
        ended = None if summary.status == "running" else _network_of(folder)
        places = paired_examples(self._held_out.images, self._held_out.labels, classes, examples)
        sheet = blended(self._held_out.images[places])
        temperature = ended.temperature if ended else 1.0
        activation = job.settings.get("activation", "relu")
        last = None if ended is None else float(summary.epochs_done)  # what is kept of this moment is less exact
        frames: list[dict[str, Any]] = []
        for at in sorted({*kept_moments(folder), *([] if last is None else [last])}):
            if at <= after:  # the page has it already
                frames.append({"at": at})
                continue
            network = ended if at == last else _network_at(folder, at, activation, temperature)
            if network is not None:
                frames.append({"at": at, **_answers(network, sheet, classes)})
        return {
            "classes": list(classes),
            "side": len(sheet),
            "images": encoded_bytes(self._held_out.images[places]),
            "frames": frames,
        }


def _network_of(folder: Path) -> Network | None:
    """The network that answers, of a run that has ended; None where it ended without one."""
    try:
        return read_network(folder / MODEL_FILE_NAMES["float32"])
    except ModelFileError:
        return None


def _network_at(folder: Path, at: float, activation: str, temperature: float) -> Network | None:
    layers = layers_at(folder, at)
    if layers is None:
        return None
    names = tuple(str(label) for label in range(layers[-1].units))
    return Network(layers, (keras_activation(activation),) * (len(layers) - 1), temperature, names)


def _answers(network: Network, sheet: Images, classes: tuple[int, int]) -> dict[str, str]:
    """Row by row the shares of both classes, and the class of the largest share, for each blend."""
    seen = network.look(sheet.reshape(-1, *sheet.shape[2:]))
    probabilities = network.probabilities(seen.logits)
    shares = np.rint(probabilities[:, classes].astype(np.float64) * _SHARE_MAX).astype("<u2")
    return {
        "shares": encoded_bytes(shares.T),
        "winners": encoded_bytes(probabilities.argmax(axis=1).astype(np.uint8)),
    }
