"""The limits of a connection before there is a request: headers, slow clients, and an end that loses no response.

uvicorn's protocol on httptools, with what it leaves open: it reads headers without end, waits for them without end,
does not answer a client that has ended its side, and closes a connection with unread data, which takes the last
response from a client that is still sending.
"""

import asyncio
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from digitnet.server.bodies import CUT_OFF
from digitnet.server.replies import dump_json
from digitnet.server.settings import Settings

__all__ = ["Connection"]

_LINGER_SECONDS = 2.0  # a client that is refused while it sends has so long to notice
_LINGER_BYTES = 64 << 20


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
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._settings = settings
        self._refusal = (400, "this is not a request of HTTP/1.1")
        self._timer: asyncio.TimerHandle | None = None
        self._in_headers = True  # or before them
        self._in_body = False
        self._header_bytes = 0  # received; of a request that came whole, its body is among them
        self._parsed_bytes = 0
        self._lingered = -1  # bytes that were thrown away since the connection is about to close; -1 before that

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        self._patience = _Patience(transport, self)
        if len(self.connections) > self._settings.connections:
            self._refuse(503, "the server has as many connections as it can hold: try again")
        else:
            self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """A client has gone."""
        self._stop_timer()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Something has come: part of a request, or many requests."""
        if self._lingered >= 0:
            self._throw_away(len(data))
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
        """The client sends no more; it may still listen.

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
            cast("dict[str, Any]", self.cycle.scope)[CUT_OFF] = True
            self.cycle.more_body = False
            self.cycle.message_event.set()
        return True

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
        """The headers of a request are complete: it is answered, whether or not there is a body."""
        self._stop_timer()
        self._in_headers = False
        self._in_body = True
        self._header_bytes = 0
        super().on_headers_complete()
        self.cycle.transport = self._patience  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        """The body of a request is complete, or it has none."""
        self._in_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """A response has been handed over; if its request has not come whole, the rest of it is no other request."""
        if self._lingered >= 0:
            self.server_state.total_requests += 1
        elif self._in_body and not self.pipeline:
            self.server_state.total_requests += 1
            self._linger()
        else:
            super().on_response_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - it is uvicorn's, and in its words
        """What came is no request."""
        self._refuse(*self._refusal)

    def timeout_keep_alive_handler(self) -> None:
        """Nothing has come for long; a client that has not taken its response by then does not get it."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def close_patiently(self) -> None:
        """Close, after a client that is still sending has had the time to read the response."""
        if self._in_body or (self._in_headers and self._header_bytes):
            self._linger()
        else:
            self.transport.close()

    def _expect_headers(self) -> None:
        self._timer = self.loop.call_later(self._settings.header_seconds, self._headers_are_late)

    def _headers_are_late(self) -> None:
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
        """Answer what never became a request."""
        self._stop_timer()
        if self.transport.is_closing() or self._lingered >= 0:
            return
        if self.cycle is None or self.cycle.response_complete:  # else another response is on its way
            body = dump_json({"error": sentence})
            head = b"content-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n" % len(body)
            again = b"retry-after: 1\r\n" if status == 503 else b""
            self.transport.write(b"".join([STATUS_LINE[status], head, again, b"\r\n", body]))
        self._linger()

    def _linger(self) -> None:
        """Say that no more will come from here, and throw away what still comes from there."""
        self._lingered = 0
        self._stop_timer()
        self._unset_keepalive_if_required()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self._timer = self.loop.call_later(_LINGER_SECONDS, self.transport.close)

    def _throw_away(self, size: int) -> None:
        self._lingered += size
        if self._lingered > _LINGER_BYTES:
            self.transport.abort()


class _Patience:
    """The transport as a response sees it: everything as it is, but its end."""

    __slots__ = ("close", "is_closing", "write")

    def __init__(self, transport: asyncio.Transport, connection: Connection) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = connection.close_patiently
