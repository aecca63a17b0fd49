"""HTTP: the Open Inference Protocol, TensorFlow Serving's, pictures; limits, measurements, log.

    app = make_app(classifier, Settings(), extra_routes=())       an ASGI application; `run` serves it

settings            every limit and switch, in one place
replies             JSON responses and errors
serving             what all endpoints share: classifier, settings, threads, counters
bodies              a request's body, within limits of size and time
lanes               blocking work in threads, so many at a time and so many waiting
batching            concurrent requests answered together
tensors             bytes -> images, answer -> bytes, as the Open Inference Protocol writes them
numbers             nested lists of JSON -> images
open_inference      its endpoints
tensorflow_serving  the endpoints that TensorFlow Serving's clients call
uploads             a picture in a form
pictures            POST /read and /predict
metrics             what Prometheus collects
access_log          a line of JSON for each request
openapi             the description of all of this
page                static files, or a list of the endpoints where there is no page
guard               hosts, origins and the token
gate                the one way in: guard, errors, measurements, log
connections         limits of a connection before there is a request: headers, slow clients
running             sockets, start and graceful end

For routes that others add (`extra_routes`, of Starlette), these may be used in an endpoint `async def f(request)`:

    raise RequestError("one sentence", status)        becomes {"error": "one sentence"} with that status; so does any other
                                                      `DigitnetError`, with 422. (`digitnet.errors.RequestError`)
    return error_response(status, "one sentence")     the same as a response
    return json_response(content, status=200)         JSON by orjson: dicts, lists, dataclasses, NumPy arrays
    body = await read_body(request, limit, timeout)   bytes; 413 above `limit` bytes, 408 after `timeout` seconds; each
                                                      may be None for the server's own settings
    content = await read_json(request, limit)         the same, as an object of JSON; 400 if it is not one
    value = await in_thread(request, function, *args) blocking work in one of a few threads; 503 when too many wait
    serving_of(request)                               `Serving`: .classifier, .settings, .stopping (asyncio.Event, set when
                                                      the server is asked to end: an endless stream should end then)

Origin, host and token have been checked by then; security headers, metrics and log are added outside of the endpoints.
"""
