"""A client of one connection that stays open, which sends whole requests and reads whole answers."""

import socket
from contextlib import suppress
from dataclasses import dataclass

HOST = "127.0.0.1"
_CHUNK = 1 << 16  # bytes read at once
_HEAD_MAX = 1 << 16  # bytes of headers


class ClientError(Exception):
    """There was no whole answer; the text describes what came instead."""


@dataclass(frozen=True)
class Answer:
    """One answer: its HTTP status, its headers by name in lower case, its body without framing."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def is_last(self) -> bool:
        """Whether the server closes the connection after it."""
        return self.headers.get("connection", "").lower() == "close"


class Connection:
    """A connection to a server on this machine.

    It reads HTTP itself: what Python's own client adds to each answer is as long as the server needs for it. Raises
    OSError where nobody listens.
    """

    def __init__(self, port: int, timeout: float = 30.0) -> None:
        self._socket = socket.create_connection((HOST, port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def send(self, part: bytes) -> None:
        """Send some bytes of a request."""
        self._socket.sendall(part)

    def end(self) -> None:
        """Announce that nothing more will be sent; answers can still come."""
        self._socket.shutdown(socket.SHUT_WR)

    def ask(self, message: bytes) -> Answer:
        """Send a whole request and wait for its whole answer; raises as `receive`."""
        with suppress(BrokenPipeError, ConnectionResetError):  # a refusal may be sent before all has been read
            self.send(message)
        return self.receive()

    def receive(self) -> Answer:
        """Wait for the next whole answer.

        Raises ClientError where none came, or only a part.
        """
        while (end := self._rest.find(b"\r\n\r\n")) < 0:
            self._more("no answer")
            if len(self._rest) > _HEAD_MAX:
                raise ClientError("headers without an end")
        head, self._rest = self._rest[:end].decode("latin-1"), self._rest[end + 4 :]
        first, *lines = head.split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        try:
            return Answer(int(first.split(" ", 2)[1]), headers, self._body(headers))
        except (ValueError, IndexError) as error:
            raise ClientError(f"not an answer of HTTP: {first[:80]}") from error

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self._exactly(int(headers.get("content-length", "0")))
        body = b""
        while True:
            while (end := self._rest.find(b"\r\n")) < 0:
                self._more("a part of an answer")
            size, self._rest = int(self._rest[:end], 16), self._rest[end + 2 :]
            body += self._exactly(size)
            self._exactly(2)
            if not size:
                return body

    def _exactly(self, count: int) -> bytes:
        while len(self._rest) < count:
            self._more("a part of an answer")
        body, self._rest = self._rest[:count], self._rest[count:]
        return body

    def _more(self, found: str) -> None:
        try:
            chunk = self._socket.recv(_CHUNK)
        except (TimeoutError, ConnectionResetError) as error:
            raise ClientError(f"{found}: {str(error) or type(error).__name__}") from error
        if not chunk:
            raise ClientError(f"{found}: the server closed the connection")
        self._rest += chunk
