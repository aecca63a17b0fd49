"""The application, assembled from its parts."""

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
from digitnet.server.replies import json_response
from digitnet.server.routes import Routes, get
from digitnet.server.routing import Application
from digitnet.server.serving import Serving, serving_of
from digitnet.server.settings import Settings
from digitnet.server.thread_pool import BoundedThreadPool

__all__ = ["make_app", "own_routes"]


def make_app(
    classifier: Classifier,
    settings: Settings,
    extra_routes: Sequence[BaseRoute] = (),
    closing: Sequence[Callable[[], None]] = (),
) -> Application:
    """Make an ASGI application that serves a model.

    Args:
        classifier: The model.
        settings: The server's settings.
        extra_routes: More routes, at the root; our own paths come first.
        closing: Functions to call when the server ends.

    Returns:
        The application, for one event loop.
    """
    metrics = Metrics()
    batcher = Batcher(
        classifier,
        waiting_images=settings.waiting_images,
        together=settings.batching,
        observe=metrics.inference_started,
        seconds=settings.answer_seconds,
    )
    calls = BoundedThreadPool("calls", max(2, available_cores()), settings.waiting_calls, settings.answer_seconds)
    serving = Serving(classifier, settings, batcher, calls, metrics)
    return Application(serving, {**page.routes(), **own_routes()}, extra_routes, closing)


def own_routes() -> Routes:
    """All routes but those of the page."""
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
