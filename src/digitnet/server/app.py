"""The application, put together."""

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from digitnet.inference.classifier import Classifier
from digitnet.parallel import available_cores
from digitnet.server import open_inference, page, pictures, tensorflow_serving
from digitnet.server.batching import Batcher
from digitnet.server.metrics import CONTENT_TYPE, Metrics
from digitnet.server.openapi import description
from digitnet.server.priorities import Lane
from digitnet.server.replies import json_response
from digitnet.server.routes import Routes, get
from digitnet.server.routing import Gate
from digitnet.server.serving import Serving, serving_of
from digitnet.server.settings import Settings

__all__ = ["make_app", "own_routes"]


def make_app(
    classifier: Classifier,
    settings: Settings,
    extra_routes: Sequence[BaseRoute] = (),
    closing: Sequence[Callable[[], None]] = (),
) -> Gate:
    """Make an ASGI application that serves a model.

    Args:
        classifier: The model.
        settings: Limits and switches.
        extra_routes: More routes, at the root; our own paths come first.
        closing: Called when the server has ended.

    Returns:
        The application, to be used by one event loop.
    """
    metrics = Metrics()
    batcher = Batcher(
        classifier,
        waiting_images=settings.waiting_images,
        together=settings.batching,
        observe=metrics.infer,
    )
    calls = Lane("calls", max(2, available_cores()), settings.waiting_calls)
    serving = Serving(classifier, settings, batcher, calls, metrics)
    return Gate(serving, {**page.routes(), **own_routes()}, extra_routes, closing)


def own_routes() -> Routes:
    """All paths but those of the page."""
    return {
        **open_inference.routes(),
        **tensorflow_serving.routes(),
        **pictures.routes(),
        "/metrics": get("/metrics", _metrics),
        "/openapi.json": get("/openapi.json", _openapi),
    }


async def _metrics(request: Request) -> Response:
    return Response(serving_of(request).metrics.text(), 200, {"Content-Type": CONTENT_TYPE})


async def _openapi(request: Request) -> Response:
    serving = serving_of(request)
    return json_response(description(serving.classifier.num_classes, serving.settings))
