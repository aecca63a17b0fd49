"""A request's body, within limits of size and time."""

import asyncio
import re
from typing import Any

import orjson
from starlette.requests import Request
from starlette.types import Scope

from digitnet.errors import RequestError
from digitnet.server.serving import Serving, headers_of, serving_in
from digitnet.server.thread_pool import overloaded

__all__ = ["CUT_OFF", "MALFORMED", "parse_json", "read_body", "read_buffer", "read_json", "release"]

CUT_OFF = "digitnet.cut_off"  # in the scope: the client ended the connection within the body
MALFORMED = "digitnet.malformed"  # in the scope: the body is not in chunks as it says
_CLOSE = (("Connection", "close"),)  # the rest of the body is not read
_HELD = "digitnet.held"  # in the scope: bytes of this body that count in `Serving.held_bytes`


async def read_body(request: Request, limit: int | None = None, seconds: float | None = None) -> bytes:
    """Read all of a request's body.

    Args:
        request: The request.
        limit: As for `read_buffer`.
        seconds: As for `read_buffer`.

    Returns:
        The bytes.

    Raises:
        RequestError: As `read_buffer`.
    """
    return bytes(await read_buffer(request, limit, seconds))


async def read_buffer(request: Request, limit: int | None = None, seconds: float | None = None) -> bytes | bytearray:
    """Read all of a request's body, without copying the whole of it: that blocks others for up to 0.1 seconds.

    Args:
        request: The request.
        limit: Largest body in bytes; None for the server's setting.
        seconds: Time in which the body must be complete; None for the server's setting.

    Returns:
        The bytes.

    Raises:
        RequestError: 413 above the limit, 408 after the time, 400 for a body that was cut off, 503 if all bodies
            together take too much memory.
    """
    scope = request.scope
    serving = serving_in(scope)
    largest = serving.settings.body_bytes if limit is None else limit
    length = _content_length(scope, largest)
    timeout = serving.settings.body_seconds if seconds is None else seconds
    try:
        async with asyncio.timeout(timeout):
            body = await _received(request, serving, largest)
    except TimeoutError as error:
        raise RequestError(f"the body did not arrive within {timeout:g} seconds", 408, _CLOSE) from error
    if scope.get(MALFORMED):
        raise RequestError("the body is not in chunks: expected the size of each in hexadecimal digits", 400, _CLOSE)
    if scope.get(CUT_OFF) or (length is not None and len(body) != length):
        expected = "" if length is None else f": expected {length:,} bytes"
        raise RequestError(f"the body was cut off after {len(body):,} bytes{expected}")
    return body


def release(scope: Scope, serving: Serving) -> None:
    """Stop counting the body of a request that has ended."""
    serving.held_bytes -= scope.pop(_HELD, 0)


async def read_json(request: Request, limit: int | None = None) -> dict[str, Any]:
    """Read a body that is an object of JSON.

    Args:
        request: The request.
        limit: Largest body in bytes; None for the server's setting.

    Returns:
        The object.

    Raises:
        RequestError: 400 for anything else; and as `read_body` does.
    """
    settings = serving_in(request.scope).settings
    return parse_json(await read_body(request, settings.json_bytes if limit is None else limit))


def parse_json(text: bytes | bytearray) -> dict[str, Any]:
    """Parse a JSON object strictly: no NaN or Infinity, and a limited depth.

    Args:
        text: UTF-8.

    Returns:
        The object.

    Raises:
        RequestError: 400, the text is anything else.
    """
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise RequestError(f"the body is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise RequestError(f"the body is JSON, but not an object: found {_kind(content)}")
    return content


def _content_length(scope: Scope, largest: int) -> int | None:
    """The header Content-Length, if there is one; a body above the limit is refused before any of it is read."""
    text = headers_of(scope).get(b"content-length")
    if text is None:
        return None
    if not re.fullmatch(rb"[0-9]{1,20}", text):
        raise RequestError("the Content-Length is not a number of bytes")
    length = int(text)
    if length > largest:
        raise _too_large(largest)
    return length


async def _received(request: Request, serving: Serving, largest: int) -> bytes | bytearray:
    body: bytes | bytearray = b""
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise RequestError("the connection ended before the body did")
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > largest:
            raise _too_large(largest)
        _reserve(request.scope, serving, len(chunk))
        more = message.get("more_body", False)
        if size == len(chunk) and not more:
            return chunk
        if not body:
            body = bytearray()
        body += chunk  # grows in place: large blocks of memory are moved by their page tables
        if not more:
            return body


def _reserve(scope: Scope, serving: Serving, size: int) -> None:
    if serving.held_bytes + size > serving.settings.all_bodies_bytes:
        raise overloaded()
    serving.held_bytes += size
    scope[_HELD] = scope.get(_HELD, 0) + size


def _too_large(largest: int) -> RequestError:
    return RequestError(f"the body is too large: at most {largest:,} bytes are read", 413, _CLOSE)


def _kind(content: Any) -> str:
    kinds = {list: "an array", str: "a string", bool: "true or false", int: "a number", float: "a number"}
    return kinds.get(type(content), "null")
