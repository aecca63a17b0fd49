"""A client of many connections, for machines without wrk: a process of its own, one thread, no library.

    python -m benchmarks.serving.hammer PORT CONNECTIONS SECONDS MESSAGES

Each connection sends a request, waits for its answer and sends the next. Prints the JSON that `load.lua` prints. It
needs about three times the processor time of wrk, which the server then lacks.
"""

import json
import selectors
import socket
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from benchmarks.serving.client import HOST
from benchmarks.serving.messages import read_messages

__all__ = ["hammer"]

_CHUNK = 1 << 18
_POLL = 0.1  # seconds


@dataclass
class _Line:
    """One connection: what of its answer has come, and when the request was sent."""

    socket: socket.socket
    sent: float = 0.0
    received: bytearray = field(default_factory=bytearray)


def main() -> None:
    """Run as the arguments say."""
    port, connections, seconds, path = sys.argv[1:5]
    print(json.dumps(hammer(int(port), int(connections), float(seconds), read_messages(Path(path)))))  # noqa: T201


def hammer(port: int, connections: int, seconds: float, messages: list[bytes]) -> dict[str, float]:
    """Send requests for a while.

    Args:
        port: Of a server on this machine.
        connections: So many at the same time.
        seconds: To go on for.
        messages: Whole requests, sent in turn.

    Returns:
        `requests` answered, `seconds`, `errors` (statuses from 400 on, and connections that were closed), and
        `median_ms`, `p99_ms`, `max_ms` of the time from sending a request to its whole answer.

    Raises:
        OSError: Nobody listens.
    """
    turns = cycle(messages)
    took: list[float] = []
    errors = 0
    with selectors.DefaultSelector() as selector:
        lines = [_Line(_connected(port)) for _ in range(connections)]
        began = time.perf_counter()
        for line in lines:
            selector.register(line.socket, selectors.EVENT_READ, line)
            _send(line, turns)
        end = began + seconds
        while time.perf_counter() < end and selector.get_map():
            for key, _ in selector.select(_POLL):
                line = key.data
                chunk = line.socket.recv(_CHUNK)
                line.received += chunk
                status = _status_of_whole(line.received) if chunk else 0
                if status is None:
                    continue
                took.append(time.perf_counter() - line.sent)
                errors += not 200 <= status < 400
                if chunk:
                    _send(line, turns)
                else:
                    selector.unregister(line.socket)
        elapsed = time.perf_counter() - began
        for line in lines:
            line.socket.close()
    return _summary(took, elapsed, errors)


def _summary(took: list[float], elapsed: float, errors: int) -> dict[str, float]:
    milliseconds = sorted(1e3 * value for value in took) or [0.0]
    return {
        "requests": len(took),
        "seconds": elapsed,
        "errors": errors,
        "median_ms": statistics.median(milliseconds),
        "p99_ms": milliseconds[min(len(milliseconds) - 1, int(0.99 * len(milliseconds)))],
        "max_ms": milliseconds[-1],
    }


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection((HOST, port), 10.0)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _send(line: _Line, turns: Iterator[bytes]) -> None:
    line.received.clear()
    line.sent = time.perf_counter()
    line.socket.sendall(next(turns))


def _status_of_whole(received: bytearray) -> int | None:
    """The status of an answer that has come whole, or None."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(received[:end]).lower()
    _, found, rest = head.partition(b"\r\ncontent-length:")
    length = int(rest.split(b"\r\n", 1)[0]) if found else 0
    return int(head.split(b" ", 2)[1]) if len(received) >= end + 4 + length else None


if __name__ == "__main__":
    main()
