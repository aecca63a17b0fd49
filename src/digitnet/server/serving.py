"""What all endpoints share."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from starlette.requests import Request
from starlette.types import Scope

from digitnet.inference.classifier import Classifier
from digitnet.server.batching import Batcher
from digitnet.server.metrics import Metrics
from digitnet.server.priorities import Lane
from digitnet.server.settings import Settings

__all__ = ["Serving", "attach", "headers_of", "in_thread", "serving_in", "serving_of"]

T = TypeVar("T")

_SERVING = "digitnet.serving"
_HEADERS = "digitnet.headers"


@dataclass(slots=True, eq=False)
class Serving:
    """What all endpoints share, for as long as the server runs.

    Attributes:
        classifier: The model, safe to call from any thread.
        settings: Limits and switches.
        batcher: Answers images.
        calls: The threads for pictures and other blocking work.
        metrics: What is counted.
        stopping: Set when the server is asked to end.
        held_bytes: Of bodies that are in memory now.
    """

    classifier: Classifier
    settings: Settings
    batcher: Batcher
    calls: Lane
    metrics: Metrics
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    held_bytes: int = 0

    def close(self) -> None:
        """Let the threads end; what they are doing is finished."""
        self.batcher.close()
        self.calls.close()


def attach(scope: Scope, serving: Serving, headers: dict[bytes, bytes]) -> None:
    """Put into a request's scope what its endpoint may ask for."""
    scope[_SERVING] = serving
    scope[_HEADERS] = headers


def serving_in(scope: Scope) -> Serving:
    """What all endpoints share, from a request's scope."""
    return cast("Serving", scope[_SERVING])


def serving_of(request: Request) -> Serving:
    """What all endpoints share: the classifier, the settings, whether the server is about to stop."""
    return serving_in(request.scope)


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """A request's headers by their names in lower case; of a repeated one the last."""
    return cast("dict[bytes, bytes]", scope[_HEADERS])


async def in_thread(request: Request, function: Callable[..., T], *args: Any) -> T:
    """Call a function that blocks, in one of the server's threads; see `Lane.run`.

    Args:
        request: The request it is for.
        function: Called once with the arguments.
        args: Its arguments.

    Returns:
        What it returns.

    Raises:
        RequestError: 503, too many calls wait already.
        Exception: What the function raises.
    """
    return await serving_of(request).calls.run(function, *args)
