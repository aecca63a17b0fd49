"""How long one request takes that has the server for itself."""

import statistics
import time
from collections.abc import Sequence
from itertools import cycle

from benchmarks.serving.client import Connection

__all__ = ["idle_latency"]

_WARM_UP = 50  # requests that do not count
_PAUSE = 0.002  # seconds between an answer and the next request: the server is idle when it comes


def idle_latency(port: int, messages: Sequence[bytes], seconds: float) -> dict[str, float]:
    """Send one request after the other on one connection, with a pause between them.

    Args:
        port: Of a server on this machine.
        messages: Whole requests, sent in turn.
        seconds: To go on for.

    Returns:
        `median_ms`, `p99_ms` and `max_ms` from sending a request to its whole answer; `requests`; and `errors`, those
        whose status is not 200.

    Raises:
        ClientError: There was no answer.
        OSError: Nobody listens.
    """
    took: list[float] = []
    errors = 0
    with Connection(port) as connection:
        turns = cycle(messages)
        for _ in range(_WARM_UP):
            connection.ask(next(turns))
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            message = next(turns)
            began = time.perf_counter()
            answer = connection.ask(message)
            took.append(1e3 * (time.perf_counter() - began))
            errors += answer.status != 200
            time.sleep(_PAUSE)
    took.sort()
    return {
        "median_ms": statistics.median(took),
        "p99_ms": took[int(0.99 * len(took))],
        "max_ms": took[-1],
        "requests": len(took),
        "errors": errors,
    }
