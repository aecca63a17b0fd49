"""The HTTP server: Open Inference Protocol, TensorFlow Serving's REST API, pictures; limits, metrics, log.

    app = make_app(classifier, Settings(), extra_routes=())       an ASGI application; `run` serves it

settings            every limit and switch
replies             JSON responses and error responses
routes              endpoints by path and method
thread_pool         blocking work in threads, with a bounded queue
large_requests      large requests, worked off in slices, in turn
batching            concurrent requests that share an inference
metrics             metrics for Prometheus
serving             state shared by all endpoints: classifier, settings, threads, metrics
bodies              reading a request's body, with limits of size and time
numbers             nested lists of JSON -> images
tensors             bodies of the Open Inference Protocol
open_inference      its endpoints
tensorflow_serving  the endpoints of TensorFlow Serving's REST API
uploads             a picture in a form
pictures            POST /read and /predict
openapi             the OpenAPI description, from openapi.json
page                the static files of the page
not_found           responses for unknown paths
guard               checks of host, origin and token
access_log          a line of JSON for each request
routing             the application: checks, routes, errors, metrics, log
app                 the application, assembled
connections         limits of a connection: headers, slow clients, closing
workers             several processes on one socket
running             sockets, start and graceful shutdown

Endpoints `async def f(request)` of more routes (`extra_routes`, of Starlette) may use these:

    raise RequestError("one sentence", status)        becomes {"error": "one sentence"} with that status; so does
                                                      any other `DigitnetError`, with 422
    return error_response(status, "one sentence")     the same as a response
    return json_response(content, status=200)         JSON by orjson: dicts, lists, dataclasses, NumPy arrays
    body = await read_body(request, limit, seconds)   bytes; 413 above `limit` bytes, 408 after `seconds`; each may be
                                                      None for the server's own settings
    content = await read_json(request, limit)         the same, as an object of JSON; 400 if it is not one
    value = await in_thread(request, function, *args) a blocking call in one of a few threads; 503 if too many wait
    serving_of(request)                               `Serving`: .classifier, .settings, .stopping (asyncio.Event, set
                                                      when the server begins to shut down: an endless stream must end)

Host, origin and token have been checked before; security headers, metrics and log are added around the endpoint.
"""

from digitnet.server.app import make_app
from digitnet.server.bodies import read_body, read_json
from digitnet.server.guard import is_loopback
from digitnet.server.replies import error_response, json_response
from digitnet.server.running import open_socket, run
from digitnet.server.serving import Serving, in_thread, serving_of
from digitnet.server.settings import Settings

__all__ = [
    "Serving",
    "Settings",
    "error_response",
    "in_thread",
    "is_loopback",
    "json_response",
    "make_app",
    "open_socket",
    "read_body",
    "read_json",
    "run",
    "serving_of",
]
