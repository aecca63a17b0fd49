"""The one way in: guard, routes, errors, measurements, log. An ASGI application without layers around it."""

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
from digitnet.server.priorities import busy
from digitnet.server.replies import error_response, without_folders
from digitnet.server.routes import Route, Routes
from digitnet.server.serving import Serving, attach
from digitnet.server.unknown import unknown

__all__ = ["Gate"]

_log = logging.getLogger("digitnet.server")
_UNKNOWN = "unknown"  # in measurements: no endpoint
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})  # in measurements
_ALWAYS = [(b"x-content-type-options", b"nosniff"), (b"cross-origin-resource-policy", b"same-origin")]
_CLOSED_BY_CLIENT = 499  # in log and measurements, as in nginx's


class Gate:
    """The application.

    Attributes:
        serving: What all endpoints share.
    """

    def __init__(
        self,
        serving: Serving,
        routes: Routes,
        extra_routes: Sequence[BaseRoute] = (),
        closing: Sequence[Callable[[], None]] = (),
    ) -> None:
        self._closing = closing
        self.serving = serving
        self._routes = routes
        self._others = Router(list(extra_routes), redirect_slashes=False, default=_no_such_path)
        self._guard = Guard(serving.settings)
        self._log = AccessLog() if serving.settings.access_log else None
        self._prefix = "/" + serving.settings.root_path.strip("/")
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or start and end with the server."""
        if scope["type"] == "http":
            await self._measured(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _measured(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        serving = self.serving
        headers = dict(scope["headers"])
        attach(scope, serving, headers)
        exit_ = _Exit(send, [*_ALWAYS, *self._guard.response_headers(headers)])
        serving.metrics.begin()
        self._in_progress += 1
        try:
            await self._answered(scope, receive, exit_)
        except asyncio.CancelledError:
            exit_.status = exit_.status or _CLOSED_BY_CLIENT
            raise
        finally:
            self._in_progress -= 1
            release(scope, serving)
            seconds = time.perf_counter() - began
            method = scope["method"] if scope["method"] in _METHODS else "other"
            serving.metrics.end(exit_.name, method, exit_.status, seconds)
            if self._log is not None:
                self._log.write(scope, exit_.status, exit_.size, seconds)

    async def _answered(self, scope: Scope, receive: Receive, exit_: "_Exit") -> None:
        """Answer a request in any case."""
        try:
            await self._passed(scope, receive, exit_)
        except RequestError as error:
            response = error_response(error.status, str(error), error.headers)
        except DigitnetError as error:
            response = error_response(422, without_folders(str(error)))
        except HTTPException as error:
            response = error_response(error.status_code, error.detail, tuple((error.headers or {}).items()))
        except Exception:
            _log.exception("a mistake of the server's own, at %s", exit_.name)
            if exit_.status:
                raise  # the connection is closed, since its response cannot be completed
            response = error_response(500, "the server made a mistake, which is in its log")
        else:
            return
        if not exit_.status:
            await response(scope, receive, exit_.send)

    async def _passed(self, scope: Scope, receive: Receive, exit_: "_Exit") -> None:
        headers = scope["digitnet.headers"]
        path = self._path(scope)
        route = self._routes.get(path)
        if route is not None:
            exit_.name = route.name
        self._guard.check(headers)
        is_light = route is not None and route.is_open  # who watches over the server is to see it alive
        if self._in_progress > self.serving.settings.requests and not is_light:
            raise busy()
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            response = Response(status_code=204, headers=self._guard.preflight_headers(headers))
        elif route is not None:
            if not route.is_open:
                self._guard.check_token(headers)
            response = await _called(route, Request(scope, receive))
        elif path == "" and self._prefix != "/":
            response = RedirectResponse(self._prefix + "/", 308)
        else:
            self._guard.check_token(headers)
            await self._pass_on(scope, receive, exit_, path)
            return
        await response(scope, receive, exit_.send)

    async def _pass_on(self, scope: Scope, receive: Receive, exit_: "_Exit", path: str) -> None:
        """To the routes that others have added."""
        scope["path"] = path
        scope["root_path"] = ""
        scope["app"] = self
        await self._others(scope, receive, exit_.send)
        if exit_.status != 404:
            exit_.name = "/" + path.split("/")[1]

    def _path(self, scope: Scope) -> str:
        """The path without the prefix; it may be there or not, as the proxy in front does it."""
        path: str = scope["path"]
        if self._prefix != "/" and (path == self._prefix or path.startswith(self._prefix + "/")):
            return path[len(self._prefix) :]
        return path

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
            await send({"type": "lifespan.startup.complete"})

    def close(self) -> None:
        """Let the threads end, and all that others have added; write the last of the log."""
        self.serving.stopping.set()
        for close in self._closing:
            close()
        self.serving.close()
        if self._log is not None:
            self._log.flush()


class _Exit:
    """Where a response leaves: adds headers to it, and notes its status and size."""

    __slots__ = ("_headers", "_send", "name", "size", "status")

    def __init__(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._send = send
        self._headers = headers
        self.name = _UNKNOWN  # of the endpoint, in measurements
        self.status = 0
        self.size = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], *self._headers]
        else:
            self.size += len(message.get("body", b""))
        await self._send(message)


async def _called(route: Route, request: Request) -> Response:
    endpoint = route.endpoints.get(request.method)
    if endpoint is None:
        raise RequestError(f"the method {request.method} is not offered here", 405, (("Allow", route.methods),))
    return await endpoint(request)


async def _no_such_path(scope: Scope, _receive: Receive, _send: Send) -> None:
    raise unknown(scope["path"])
