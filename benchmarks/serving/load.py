"""Many connections at once, from a client in a process of its own: wrk where it is installed, else this module.

    python -m benchmarks.serving.load PORT CONNECTIONS SECONDS MESSAGES

Each connection sends a request, waits for its answer and sends the next. The own client, one thread without a library,
needs about three times the processor time of wrk, which the server then lacks. Both print the same JSON.
"""

import json
import re
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks.environments import last_line
from benchmarks.processes import BenchmarkError
from benchmarks.serving.client import HOST
from benchmarks.serving.messages import read_messages
from benchmarks.settings import REPOSITORY

_SCRIPT = Path(__file__).with_name("load.lua")
_TO_END = 30.0  # seconds that the client may take beyond the time that was asked for
_TIMEOUT = 10  # seconds after which wrk counts a request as lost
_CHUNK = 1 << 18  # bytes read at once
_POLL = 0.1  # seconds after which the clock is read where nothing arrives


def client_name() -> str:
    """The client that `load` uses here, with its version."""
    if not shutil.which("wrk"):
        return "a client of our own in Python"
    finished = subprocess.run(["wrk", "-v"], check=False, capture_output=True, text=True)  # noqa: S607
    version = re.search(r"wrk (?:debian/)?([\d.]+)", finished.stdout + finished.stderr)
    return f"wrk {version[1]}" if version else "wrk"


def load(port: int, messages: Path, connections: int, seconds: float) -> dict[str, Any]:
    """Send requests over many connections, each the next one as soon as it has its answer.

    Returns `requests`, `seconds`, `per_second`, `errors`, `median_ms`, `p99_ms`, `max_ms`. Raises BenchmarkError where
    the client failed.

    Args:
        port: Of a server on this machine.
        messages: A file of `write_messages`; sent in turn.
        connections: So many at the same time.
        seconds: To go on for.
    """
    file = str(messages.resolve())
    if shutil.which("wrk"):
        wrk = ["wrk", "--threads", "1", "--connections", str(connections), "--timeout", f"{_TIMEOUT}s"]
        address = [f"http://{HOST}:{port}/", "--", file]
        command = [*wrk, "--duration", f"{max(1, round(seconds))}s", "--script", str(_SCRIPT), *address]
    else:
        module = [sys.executable, "-m", "benchmarks.serving.load"]
        command = [*module, str(port), str(connections), str(seconds), file]
    limit = seconds + _TO_END
    try:
        finished = subprocess.run(command, check=False, capture_output=True, text=True, timeout=limit, cwd=REPOSITORY)
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError("the client did not end") from error
    lines = [line for line in finished.stdout.splitlines() if line.startswith("{")]
    if not lines:
        raise BenchmarkError(f"the client failed: {last_line(finished.stderr + finished.stdout)}")
    measured: dict[str, Any] = json.loads(lines[-1])
    return {**measured, "per_second": measured["requests"] / measured["seconds"]}


@dataclass
class _OpenConnection:
    """What of its answer has come, and when the request was sent."""

    socket: socket.socket
    sent: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    def send(self, message: bytes) -> None:
        self.received.clear()
        self.sent = time.perf_counter()
        self.socket.sendall(message)


def request_repeatedly(port: int, connections: int, seconds: float, messages: Sequence[bytes]) -> dict[str, float]:
    """The own client: send requests for a while.

    Returns `requests` answered, `seconds`, `errors` (statuses from 400 on, and connections that were closed), and the
    `summary` of the time from sending a request to its whole answer. Raises OSError where nobody listens.

    Args:
        port: Of a server on this machine.
        connections: So many at the same time.
        seconds: To go on for.
        messages: Whole requests, sent in turn.
    """
    turns, took, errors = cycle(messages), [], 0
    with selectors.DefaultSelector() as selector:
        lines = [_OpenConnection(socket.create_connection((HOST, port), 10.0)) for _ in range(connections)]
        began = time.perf_counter()
        for line in lines:
            line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(line.socket, selectors.EVENT_READ, line)
            line.send(next(turns))
        while time.perf_counter() < began + seconds and selector.get_map():
            for key, _ in selector.select(_POLL):
                line = key.data
                chunk = line.socket.recv(_CHUNK)
                line.received += chunk
                status = _status_of_whole(line.received) if chunk else 0
                if status is None:
                    continue
                took.append(1e3 * (time.perf_counter() - line.sent))
                errors += not 200 <= status < 400
                if chunk:
                    line.send(next(turns))
                else:
                    selector.unregister(line.socket)
        elapsed = time.perf_counter() - began
        for line in lines:
            line.socket.close()
    return {"requests": len(took), "seconds": elapsed, "errors": errors, **summary(took)}


def summary(milliseconds: Sequence[float]) -> dict[str, float]:
    """`median_ms`, `p99_ms` and `max_ms` of some durations; 0 where there are none."""
    ordered = sorted(milliseconds) or [0.0]
    p99 = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    return {"median_ms": statistics.median(ordered), "p99_ms": p99, "max_ms": ordered[-1]}


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
    port, connections, seconds, path = sys.argv[1:5]
    measured = request_repeatedly(int(port), int(connections), float(seconds), read_messages(Path(path)))
    sys.stdout.write(json.dumps(measured) + "\n")
