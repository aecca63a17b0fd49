"""State shared by all endpoints, and how an endpoint gets at it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from starlette.requests import Request
from starlette.types import Scope

from digitnet.inference.classifier import Classifier
from digitnet.server.batching import Batcher
from digitnet.server.metrics import Metrics
from digitnet.server.settings import Settings
from digitnet.server.thread_pool import BoundedThreadPool

__all__ = ["Serving", "attach", "headers_of", "in_thread", "serving_in", "serving_of"]

T = TypeVar("T")

_SERVING = "digitnet.serving"
_HEADERS = "digitnet.headers"


@dataclass(slots=True, eq=False)
class Serving:
    """State shared by all endpoints, for as long as the server runs.

    Attributes:
        classifier: The model, safe to call from any thread.
        settings: Limits and switches.
        batcher: Classifies images.
        calls: Threads for pictures and other blocking work.
        metrics: Counters and histograms.
        stopping: Set when the server begins to shut down.
        held_bytes: Size of all bodies that are in memory now.
    """

    classifier: Classifier
    settings: Settings
    batcher: Batcher
    calls: BoundedThreadPool
    metrics: Metrics
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    held_bytes: int = 0

    def close(self) -> None:
        """Let the threads end; calls that run are finished."""
        self.batcher.close()
        self.calls.close()


def attach(scope: Scope, serving: Serving, headers: dict[bytes, bytes]) -> None:
    """Put the shared state and the headers into a request's scope."""
    scope[_SERVING] = serving
    scope[_HEADERS] = headers


def serving_in(scope: Scope) -> Serving:
    """The shared state, from a request's scope."""
    return cast("Serving", scope[_SERVING])


def serving_of(request: Request) -> Serving:
    """The shared state, from a request: the classifier, the settings, whether the server shuts down."""
    return serving_in(request.scope)


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """A request's headers by their names in lower case; of a repeated header the last."""
    return cast("dict[bytes, bytes]", scope[_HEADERS])


async def in_thread(request: Request, function: Callable[..., T], *args: Any) -> T:
    """Call a blocking function in one of the server's threads; see `BoundedThreadPool.run`.

    Args:
        request: The request that needs its result.
        function: Called once with the arguments.
        args: Its arguments.

    Returns:
        What it returns.

    Raises:
        RequestError: 503, too many calls wait already.
        Exception: What the function raises.
    """
    return await serving_of(request).calls.run(function, *args)
