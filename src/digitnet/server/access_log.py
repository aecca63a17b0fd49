"""The access log: a line of JSON on stderr for each request, written in groups."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from starlette.types import Scope

from digitnet.errors.escaping import escape_controls_in_json
from digitnet.server.replies import dump_json

__all__ = ["AccessLog"]

_FLUSH_SECONDS = 0.1  # longest time that a line waits for others to be written with; chosen by hand


class AccessLog:
    """Writes a line for each request and its response."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._lines: list[bytes] = []

    def write(self, scope: Scope, status: int, size: int, seconds: float) -> None:
        """Add the line of a request that has been answered.

        Args:
            scope: Scope of the request.
            status: Status of its response; 0 if there was none.
            size: Size of the response's body in bytes.
            seconds: Time from the request to the end of its response.
        """
        self._add(
            scope.get("client"),
            {
                "method": scope["method"],
                "path": scope["path"].encode("utf-8", "backslashreplace").decode(),
                "status": status,
                "bytes": size,
                "milliseconds": round(1000 * seconds, 3),
            },
        )

    def write_refusal(self, client: tuple[str, int] | None, status: int, size: int, reason: str) -> None:
        """Add the line of what was refused before it was a request; its method and path are not known.

        Args:
            client: Address and port; None where they are unknown.
            status: Status of the response.
            size: Size of the response's body in bytes.
            reason: What was wrong with it.
        """
        self._add(
            client,
            {"method": None, "path": None, "status": status, "bytes": size, "milliseconds": 0.0, "error": reason},
        )

    def _add(self, client: tuple[str, int] | None, entry: dict[str, Any]) -> None:
        if not self._lines:
            asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self.flush)
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._lines.append(dump_json({"time": time, "client": client[0] if client else None, **entry}))

    def flush(self) -> None:
        """Write all lines that wait."""
        if self._lines:
            text = escape_controls_in_json(b"\n".join([*self._lines, b""]).decode())
            self._lines.clear()
            stream = self._stream or sys.stderr
            stream.write(text)
            stream.flush()
