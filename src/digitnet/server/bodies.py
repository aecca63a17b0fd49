"""A request's body, within limits of size and time."""

import asyncio
import re
from typing import Any

import orjson
from starlette.requests import Request
from starlette.types import Scope

from digitnet.errors import RequestError
from digitnet.server.priorities import busy
from digitnet.server.serving import Serving, headers_of, serving_in

__all__ = ["CUT_OFF", "parse_json", "read_body", "read_json", "release"]

CUT_OFF = "digitnet.cut_off"  # in the scope of a request whose client has ended the connection within the body
_CLOSE = (("Connection", "close"),)  # what is left of the body is not read
_HELD = "digitnet.held"  # in the scope: bytes of this request's body that count


async def read_body(request: Request, limit: int | None = None, seconds: float | None = None) -> bytes:
    """Read all of a request's body.

    Args:
        request: The request.
        limit: Bytes at most; None for the server's setting.
        seconds: The body must be complete after so long; None for the server's setting.

    Returns:
        The bytes.

    Raises:
        RequestError: 413 above the limit, 408 after the time, 400 for a body that was cut off, 503 where all bodies
            together take too much.
    """
    scope = request.scope
    serving = serving_in(scope)
    most = serving.settings.body_bytes if limit is None else limit
    announced = _announced(scope, most)
    patience = serving.settings.body_seconds if seconds is None else seconds
    try:
        async with asyncio.timeout(patience):
            body = await _received(request, serving, most)
    except TimeoutError as error:
        raise RequestError(f"the body did not arrive within {patience:g} seconds", 408, _CLOSE) from error
    if scope.get(CUT_OFF) or (announced is not None and len(body) != announced):
        expected = "" if announced is None else f": expected {announced:,} bytes"
        raise RequestError(f"the body was cut off after {len(body):,} bytes{expected}")
    return body


def release(scope: Scope, serving: Serving) -> None:
    """A request has ended: its body counts no longer."""
    serving.held_bytes -= scope.pop(_HELD, 0)


async def read_json(request: Request, limit: int | None = None) -> dict[str, Any]:
    """Read a body that is an object of JSON.

    Args:
        request: The request.
        limit: Bytes at most; None for the server's setting.

    Returns:
        The object.

    Raises:
        RequestError: 400 for anything else; and as `read_body` does.
    """
    settings = serving_in(request.scope).settings
    return parse_json(await read_body(request, settings.json_bytes if limit is None else limit))


def parse_json(text: bytes) -> dict[str, Any]:
    """An object of JSON; strict: no NaN, no number that is none, no depth without end.

    Args:
        text: UTF-8.

    Returns:
        The object.

    Raises:
        RequestError: 400, it is something else.
    """
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RequestError(f"the body is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise RequestError(f"the body is JSON, but not an object: found {_kind(content)}")
    return content


def _announced(scope: Scope, most: int) -> int | None:
    """The length that the headers tell, which is refused before any of it is read if it is too much."""
    text = headers_of(scope).get(b"content-length")
    if text is None:
        return None
    if not re.fullmatch(rb"[0-9]{1,20}", text):
        raise RequestError("the Content-Length is not a number of bytes")
    length = int(text)
    if length > most:
        raise _too_large(most)
    return length


async def _received(request: Request, serving: Serving, most: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise RequestError("the connection ended before the body did")
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > most:
            raise _too_large(most)
        _hold(request.scope, serving, len(chunk))
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _hold(scope: Scope, serving: Serving, size: int) -> None:
    if serving.held_bytes + size > serving.settings.all_bodies_bytes:
        raise busy()
    serving.held_bytes += size
    scope[_HELD] = scope.get(_HELD, 0) + size


def _too_large(most: int) -> RequestError:
    return RequestError(f"the body is too large: at most {most:,} bytes are read", 413, _CLOSE)


def _kind(content: Any) -> str:
    kinds = {list: "an array", str: "a text", bool: "a truth value", int: "a number", float: "a number"}
    return kinds.get(type(content), "null")
