"""A line of JSON on stderr for each request; many lines are written at once."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from starlette.types import Scope

from digitnet.server.replies import dump_json

__all__ = ["AccessLog"]

_SECONDS = 0.1  # a line may wait so long for others


class AccessLog:
    """Writes what was asked and how it was answered."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._lines: list[bytes] = []

    def write(self, scope: Scope, status: int, size: int, seconds: float) -> None:
        """Note a request that has been answered.

        Args:
            scope: Of the request.
            status: Of its response; 0 without a response.
            size: Bytes of the response's body.
            seconds: From the request to the end of its response.
        """
        client = scope.get("client")
        entry: dict[str, Any] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "client": client[0] if client else None,
            "method": scope["method"],
            "path": scope["path"].encode("utf-8", "backslashreplace").decode(),
            "status": status,
            "bytes": size,
            "milliseconds": round(1000 * seconds, 3),
        }
        if not self._lines:
            asyncio.get_running_loop().call_later(_SECONDS, self.flush)
        self._lines.append(dump_json(entry))

    def flush(self) -> None:
        """Write what has been noted."""
        if self._lines:
            text = b"\n".join([*self._lines, b""]).decode()
            self._lines.clear()
            stream = self._stream or sys.stderr
            stream.write(text)
            stream.flush()
