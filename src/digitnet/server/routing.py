"""The ASGI application: access checks, routes, errors, metrics and log, without middleware.

Routes of our own are found in a dictionary: with Starlette's router a worker answers a fifth fewer requests in a
second of processor time (docs/log.md, 2026-11-30, "what Starlette can do for the server").
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Router
from starlette.types import Message, Receive, Scope, Send

from digitnet.errors import DigitnetError, RequestError
from digitnet.server.access_log import AccessLog
from digitnet.server.bodies import release
from digitnet.server.guard import Guard
from digitnet.server.not_found import not_found
from digitnet.server.replies import error_response, without_folders
from digitnet.server.routes import Route, Routes
from digitnet.server.serving import Serving, attach
from digitnet.server.thread_pool import overloaded

__all__ = ["Application"]

_log = logging.getLogger("digitnet.server")
_UNKNOWN = "unknown"  # label in metrics of requests without an endpoint
_METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
)  # labels in metrics; all others are "other"
_SECURITY_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"cross-origin-resource-policy", b"same-origin")]
_PRIVATE = "/studio/"  # below it are a user's drawings, corrections and runs
_CLIENT_CLOSED = 499  # status in log and metrics, as in nginx's


class Application:
    """The application.

    Attributes:
        serving: State shared by all endpoints.
    """

    def __init__(
        self,
        serving: Serving,
        routes: Routes,
        extra_routes: Sequence[BaseRoute] = (),
        closing: Sequence[Callable[[], None]] = (),
    ) -> None:
        """Put the application together.

        Args:
            serving: State shared by all endpoints.
            routes: Routes of our own, by path; they come first.
            extra_routes: More routes, of Starlette.
            closing: Functions to call when the server ends.
        """
        self._closing = closing
        self.serving = serving
        self._routes = routes
        self._extra_routes = Router(list(extra_routes), redirect_slashes=False, default=_no_such_path)
        self._guard = Guard(serving.settings)
        self._log = AccessLog() if serving.settings.access_log else None
        self._prefix = "/" + serving.settings.root_path.strip("/")
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or follow the server's start and end (lifespan)."""
        if scope["type"] == "http":
            await self._handle(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._follow_lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        serving = self.serving
        headers = dict(scope["headers"])
        attach(scope, serving, headers)
        recorder = _RecordingSend(send, [*_SECURITY_HEADERS, *self._guard.response_headers(headers)])
        serving.metrics.request_started()
        self._in_progress += 1
        try:
            await self._respond(scope, receive, recorder)
        except asyncio.CancelledError:
            recorder.status = recorder.status or _CLIENT_CLOSED
            raise
        finally:
            self._in_progress -= 1
            release(scope, serving)
            seconds = time.perf_counter() - start
            method = scope["method"] if scope["method"] in _METHODS else "other"
            serving.metrics.request_finished(recorder.name, method, recorder.status, seconds)
            if self._log is not None:
                self._log.write(scope, recorder.status, recorder.size, seconds)

    def refused(self, client: tuple[str, int] | None, status: int, size: int, reason: str) -> None:
        """Count and log what a connection refused before it was a request.

        Args:
            client: Address and port; None where they are unknown.
            status: Status of the response.
            size: Size of the response's body in bytes.
            reason: What was wrong with it.
        """
        self.serving.metrics.request_started()
        self.serving.metrics.request_finished(_UNKNOWN, "other", status, 0.0)
        if self._log is not None:
            self._log.write_refusal(client, status, size, reason)

    async def _respond(self, scope: Scope, receive: Receive, recorder: "_RecordingSend") -> None:
        """Turn every error into a response."""
        try:
            await self._call_route(scope, receive, recorder)
        except RequestError as error:
            response = error_response(error.status, str(error), error.headers)
        except DigitnetError as error:
            response = error_response(422, without_folders(str(error)))
        except HTTPException as error:
            response = error_response(error.status_code, error.detail, tuple((error.headers or {}).items()))
        except Exception:
            _log.exception("an error of the server itself, at %s", recorder.name)
            if recorder.status:
                raise  # the response cannot be completed, so the connection is closed
            response = error_response(500, "the server failed; the error is in its log")
        else:
            return
        if not recorder.status:
            await response(scope, receive, recorder.send)

    async def _call_route(self, scope: Scope, receive: Receive, recorder: "_RecordingSend") -> None:
        headers = scope["digitnet.headers"]
        path = self._path(scope)
        route = self._routes.get(path)
        if route is not None:
            recorder.name = route.name
        self._guard.check(headers)
        is_light = route is not None and route.is_open  # health checks and files of the page
        if self._in_progress > self.serving.settings.requests and not is_light:
            raise overloaded()
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            response = Response(status_code=204, headers=self._guard.preflight_headers(headers))
        elif route is not None:
            if not route.is_open:
                self._guard.check_token(headers)
            response = await _call_endpoint(route, Request(scope, receive))
        elif path == "" and self._prefix != "/":
            response = RedirectResponse(self._prefix + "/", 308)
        else:
            self._guard.check_token(headers)
            if path.startswith(_PRIVATE):
                self._guard.check_private(scope.get("client"), headers)
            await self._call_extra_routes(scope, receive, recorder, path)
            return
        await response(scope, receive, recorder.send)

    async def _call_extra_routes(self, scope: Scope, receive: Receive, recorder: "_RecordingSend", path: str) -> None:
        """Look among the extra routes."""
        scope["path"] = path
        scope["root_path"] = ""
        scope["app"] = self
        await self._extra_routes(scope, receive, recorder.send)
        if recorder.status != 404:
            recorder.name = "/" + path.split("/")[1]

    def _path(self, scope: Scope) -> str:
        """The path without the prefix, which the proxy in front may have removed already."""
        path: str = scope["path"]
        if self._prefix != "/" and (path == self._prefix or path.startswith(self._prefix + "/")):
            return path[len(self._prefix) :]
        return path

    async def _follow_lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
            await send({"type": "lifespan.startup.complete"})

    def close(self) -> None:
        """End the threads and whatever else is to be closed, and write the rest of the log."""
        self.serving.stopping.set()
        for close in self._closing:
            close()
        self.serving.close()
        if self._log is not None:
            self._log.flush()


class _RecordingSend:
    """Sends a response with more headers, and records its status and size."""

    __slots__ = ("_headers", "_send", "name", "size", "status")

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._send = send
        self._headers = headers
        self.name = _UNKNOWN  # of the route, in metrics
        self.status = 0
        self.size = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], *self._headers]
        else:
            self.size += len(message.get("body", b""))
        await self._send(message)


async def _call_endpoint(route: Route, request: Request) -> Response:
    endpoint = route.endpoints.get(request.method)
    if endpoint is None:
        raise RequestError(f"the method {request.method} is not allowed here", 405, (("Allow", route.methods),))
    return await endpoint(request)


async def _no_such_path(scope: Scope, _receive: Receive, _send: Send) -> None:
    raise not_found(scope["path"])
