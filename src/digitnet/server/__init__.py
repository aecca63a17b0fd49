"""HTTP: the Open Inference Protocol, TensorFlow Serving's, pictures; limits, measurements, log.

    app = make_app(classifier, Settings(), extra_routes=())       an ASGI application; `run` serves it

settings            every limit and switch, in one place
replies             JSON responses and errors
routes              what an endpoint is
lanes               blocking work in threads, so many at a time and so many waiting
batching            concurrent requests answered together
metrics             what Prometheus collects
serving             what all endpoints share: classifier, settings, threads, counters
bodies              a request's body, within limits of size and time
numbers             nested lists of JSON -> images
tensors             bytes -> images, answer -> bytes, as the Open Inference Protocol writes them
open_inference      its endpoints
tensorflow_serving  the endpoints that TensorFlow Serving's clients call
uploads             a picture in a form
pictures            POST /read and /predict
schemas             what the bodies look like, as JSON Schema
openapi             the description of all of this
page                the static files
unknown             what is said of a path that there is not
guard               hosts, origins and the token
access_log          a line of JSON for each request
gate                the one way in: guard, errors, measurements, log
app                 the application, put together
connections         limits of a connection before there is a request: headers, slow clients
workers             several processes on one socket
running             sockets, start and graceful end

For routes that others add (`extra_routes`, of Starlette), these may be used in an endpoint `async def f(request)`:

    raise RequestError("one sentence", status)        becomes {"error": "one sentence"} with that status; so does
                                                      any other `DigitnetError`, with 422
    return error_response(status, "one sentence")     the same as a response
    return json_response(content, status=200)         JSON by orjson: dicts, lists, dataclasses, NumPy arrays
    body = await read_body(request, limit, seconds)   bytes; 413 above `limit` bytes, 408 after `seconds`; each may be
                                                      None for the server's own settings
    content = await read_json(request, limit)         the same, as an object of JSON; 400 if it is not one
    value = await in_thread(request, function, *args) blocking work in one of a few threads; 503 when too many wait
    serving_of(request)                               `Serving`: .classifier, .settings, .stopping (asyncio.Event, set
                                                      when the server is asked to end: an endless stream should end)

Origin, host and token have been checked by then; security headers, metrics and log are added outside of the endpoints.
"""

from digitnet.server.app import make_app
from digitnet.server.bodies import read_body, read_json
from digitnet.server.replies import error_response, json_response
from digitnet.server.running import open_socket, run
from digitnet.server.serving import Serving, in_thread, serving_of
from digitnet.server.settings import Settings

__all__ = [
    "Serving",
    "Settings",
    "error_response",
    "in_thread",
    "json_response",
    "make_app",
    "open_socket",
    "read_body",
    "read_json",
    "run",
    "serving_of",
]
