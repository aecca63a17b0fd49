"""Limits of a connection: size, number and time of headers, idle time, and a close that loses no response.

What RFC 9112 forbids is refused, since a proxy in front might read it otherwise than this server does: no Host or two,
no version of HTTP/1, a transfer coding other than chunked, and chunks without a size.

uvicorn's protocol on httptools lacks these: it reads headers of any size, waits for them for any time, does not answer
a client that has shut down its sending side, and closes a connection with unread data, so that the kernel resets it and
the client loses the response. The names of uvicorn that this relies on are pinned by tests/server/test_connections.py.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from digitnet.server.bodies import CUT_OFF, MALFORMED
from digitnet.server.replies import dump_json
from digitnet.server.settings import Settings

__all__ = ["Connection"]

# A client that is refused while it sends is read from for a while ("lingering close"), so that it gets the response.
_LINGER_SECONDS = 2.0  # chosen by hand
_LINGER_BYTES = 64 << 20  # chosen by hand: twice the default limit of a body

_VERSIONS = frozenset({"1.0", "1.1"})  # of HTTP

# Takes the client's address, the status and size of the response, and the reason.
_Refused: TypeAlias = Callable[[tuple[str, int] | None, int, int, str], None]


class Connection(HttpToolsProtocol):
    """One connection of one client."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        settings: Settings,
        refused: _Refused,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._settings = settings
        self._tell_refused = refused
        self._refusal = (400, "this is not a request of HTTP/1.1")
        self._timer: asyncio.TimerHandle | None = None
        self._in_headers = True  # or before the first of them
        self._in_body = False
        self._header_bytes = 0  # received; a body that came in the same packet is counted too
        self._parsed_bytes = 0
        self._lingered = -1  # bytes discarded during a lingering close; -1 before it
        self._is_broken = False  # what comes cannot be read as requests any more
        self._deferred: tuple[int, str] | None = None  # a refusal that waits for responses to earlier requests

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self._lingering_transport = _LingeringTransport(transport, self)
        if len(self.connections) > self._settings.connections:
            self._refuse(503, "the server has as many connections as it allows: try again")
        else:
            self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """A client has disconnected."""
        self._stop_timer()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Data have come: part of a request, or several requests."""
        if self._lingered >= 0:
            self._discard(len(data))
            return
        if self._is_broken:
            return
        if self._in_headers:
            self._header_bytes += len(data)
        super().data_received(data)
        if self._in_headers and self._lingered < 0 and not self.transport.is_closing():
            if self._header_bytes > self._settings.header_bytes:
                self._refuse(*self._too_large())
            elif self._timer is None:
                self._expect_headers()

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client has shut down its sending side; it may still read.

        Returns:
            Whether the connection stays open, for a response.
        """
        if self._lingered >= 0 or self.cycle is None or self.cycle.response_complete:
            if self._lingered < 0 and self._in_headers and self._header_bytes:
                self._refuse(400, "the request ended within its headers")
                return True
            return False
        self.cycle.keep_alive = False
        if self._in_body:
            self._in_body = False
            self._end_body(CUT_OFF)
        return True

    def _end_body(self, reason: str) -> None:
        """Let whoever reads the body know that no more will come of it."""
        cast("dict[str, Any]", self.cycle.scope)[reason] = True
        self.cycle.more_body = False
        self.cycle.message_event.set()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_headers = True
        self._parsed_bytes = 0

    def on_url(self, url: bytes) -> None:
        """A part of the request line is complete."""
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header is complete."""
        super().on_header(name, value)
        self._count(len(name) + len(value))
        if len(self.headers) > self._settings.headers:
            self._refusal = (431, f"there are too many headers: at most {self._settings.headers} are read")
            raise ValueError(self._refusal[1])  # ends the parser, which ends in `send_400_response`

    def _count(self, size: int) -> None:
        self._parsed_bytes += size
        if self._parsed_bytes > self._settings.header_bytes:
            self._refusal = self._too_large()
            raise ValueError(self._refusal[1])

    def _too_large(self) -> tuple[int, str]:
        return 431, f"the headers are too large: at most {self._settings.header_bytes:,} bytes are read"

    def on_headers_complete(self) -> None:
        """The headers of a request are complete, and its endpoint is called."""
        fault = self._fault_of_headers()
        if fault is not None:
            self._refusal = (400, fault)
            raise ValueError(fault)
        self._stop_timer()
        super().on_headers_complete()  # raises where the path is none
        self._in_headers = False
        self._in_body = True
        self._header_bytes = 0
        self.cycle.transport = self._lingering_transport  # type: ignore[assignment]

    def _fault_of_headers(self) -> str | None:
        """What RFC 9112 forbids in the request line and the headers; None if there is nothing of it."""
        version = self.parser.get_http_version()
        if version not in _VERSIONS:
            return "the request line does not end in HTTP/1.1 or HTTP/1.0"
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and version == "1.1"):
            return f"there are {hosts} Host headers: expected one" if hosts else "there is no Host header: expected one"
        codings = [value for name, value in self.headers if name == b"transfer-encoding"]
        if codings and (version == "1.0" or [coding.strip().lower() for coding in codings] != [b"chunked"]):
            return "the Transfer-Encoding is not known here: expected chunked, once, in HTTP/1.1"
        return None

    def on_message_complete(self) -> None:
        """The body of a request is complete, or it has none."""
        self._in_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """A response is complete; if the body of its request is not, the rest of it must not be read as a request."""
        if self._lingered >= 0:
            self.server_state.total_requests += 1
        elif self._in_body and not self.pipeline:
            self.server_state.total_requests += 1
            self._linger()
        else:
            super().on_response_complete()
            if self._deferred is not None and self.cycle.response_complete:
                self._refuse(*self._deferred)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's sentence
        """Refuse what the parser could not read; within a body, let the endpoint that reads it refuse."""
        self._is_broken = True
        if self._in_body and not self.cycle.response_complete:
            self.cycle.keep_alive = False
            self._end_body(MALFORMED)
        else:
            self._refuse(*self._refusal)

    def timeout_keep_alive_handler(self) -> None:
        """The connection was idle for too long; a response that the client has not read by then is dropped."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def close_after_sending(self) -> None:
        """Close the connection; if the client is still sending, linger so that it gets the response."""
        if self._in_body or (self._in_headers and self._header_bytes):
            self._linger()
        else:
            self.transport.close()

    def _expect_headers(self) -> None:
        self._timer = self.loop.call_later(self._settings.header_seconds, self._time_out_headers)

    def _time_out_headers(self) -> None:
        self._timer = None
        if self._header_bytes:
            self._refuse(408, f"the headers did not arrive within {self._settings.header_seconds:g} seconds")
        else:
            self.transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: int, sentence: str) -> None:
        """Send an error before there is a request, after the responses to earlier ones, and close."""
        self._stop_timer()
        self._is_broken = True
        if self.transport.is_closing() or self._lingered >= 0:
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._deferred = (status, sentence)
            return
        body = dump_json({"error": sentence})
        head = b"content-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n" % len(body)
        again = b"retry-after: 1\r\n" if status == 503 else b""
        self.transport.write(b"".join([STATUS_LINE[status], head, again, b"\r\n", body]))
        self._tell_refused(self.client, status, len(body), sentence)
        self._linger()

    def _linger(self) -> None:
        """Shut down the sending side, and discard what the client still sends."""
        self._lingered = 0
        self._stop_timer()
        self._unset_keepalive_if_required()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self._timer = self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def _discard(self, size: int) -> None:
        self._lingered += size
        if self._lingered > _LINGER_BYTES:
            self.transport.abort()


class _LingeringTransport:
    """The transport as uvicorn's response sees it: only `close` is another one."""

    __slots__ = ("close", "is_closing", "write")

    def __init__(self, transport: asyncio.Transport, connection: Connection) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = connection.close_after_sending
