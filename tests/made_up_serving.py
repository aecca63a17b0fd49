"""Made-up results of the benchmarks of serving, and a server that answers as it is told, for their tests."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from made_up_benchmarks import in_rounds, load, result_of

__all__ = ["all_results", "answering", "page_result", "soak_result", "start_result", "turns_result"]

MEASURES = ("IDLE_JSON", "IDLE_COMPACT", "LOAD_JSON", "LOAD_COMPACT", "BATCHES")
SPEEDS = {
    "digitnet": (1.0, 0.5, 2000.0, 4000.0, 300.0),  # ms, ms, and requests a second
    "digitnet, no batching": (1.0, 0.5, 1500.0, 2000.0, 300.0),
    "MLServer": (2.0, 2.0, 1000.0, 1000.0, 100.0),
    "BentoML": (4.0, 3.0, 500.0, 500.0, 50.0),
    "BentoML, batching": (5.0, 4.0, 600.0, 600.0, 60.0),
    "LitServe": (3.0, 3.0, 1200.0, 1250.0, 90.0),
}


def turns_result(**changes: tuple[float, ...]) -> Any:
    """Three rounds in which the machine drifts; `changes` by name of a server."""
    turns = load("serving.turns")
    drift = (1.0, 0.5, 0.8)
    measured = {}
    for who, speeds in (SPEEDS | changes).items():
        for name, speed in zip(MEASURES, speeds, strict=True):
            measure = getattr(turns, name)
            if name.startswith("IDLE"):
                rows = in_rounds("median_ms", [speed / factor for factor in drift], p99_ms=2 * speed, errors=0)
            else:
                rows = in_rounds("per_second", [speed * factor for factor in drift], p99_ms=25.0, errors=0)
            measured[turns.label(measure, who)] = rows
    said = {who: {"compact": "base64 in JSON"} for who in SPEEDS if not who.startswith("digitnet")}
    said |= {who: {"compact": "binary tensors"} for who in SPEEDS if who.startswith("digitnet")}
    versions = {"digitnet": {"onnxruntime": "1.0"}, "MLServer": {"mlserver": "9.9"}}
    settings = {"rounds": 3, "client": "wrk 4.1.0"}
    return result_of("turns", measured, said=said, versions=versions, settings=settings)


def soak_result(**changes: Any) -> Any:
    row = {
        "round": 0,
        "seconds": 300.5,
        "sent": 60_000,
        "good": 48_000,
        "lost": 0,
        "wrong": 0,
        "cut": 500,
        "statuses": {"200": 48_000, "400": 11_000, "404": 500},
        "slow": {"408": 36},
        "median_ms": 1.5,
        "p99_ms": 20.0,
        "is_well": True,
        "ready_mb": 120.0,
        "warm_mb": 150.0,
        "end_mb": 153.0,
        "most_mb": 160.0,
        **changes,
    }
    settings = {"seconds": 300.0, "rate": 200.0, "clients": 16, "slow_clients": 4}
    return result_of("soak", {"digitnet": [row]}, settings=settings, said={"digitnet": {"examples": []}})


def start_result(seconds: float = 0.9, megabytes: float = 120.0) -> Any:
    def rows(factor: float) -> list[dict[str, Any]]:
        memory = {
            "first_answer_ms": 4.0,
            "resident_mb": factor * megabytes,
            "proportional_mb": factor * megabytes - 10,
            "loaded_resident_mb": factor * megabytes + 20,
            "loaded_proportional_mb": factor * megabytes + 10,
            "processes": 1,
        }
        return in_rounds("ready_seconds", [factor * seconds], **memory)

    return result_of("start_up", {"digitnet": rows(1), "MLServer": rows(2)}, settings={"rounds": 1})


def page_result(**changes: Any) -> Any:
    row = {"bytes": 120_000, "files": 30, "elsewhere": 0, "after_pointer_ms": 30.0, "text": "7", **changes}
    return result_of("page", {"digitnet": in_rounds("first_answer_ms", [400.0, 420.0], **row)}, settings={"rounds": 2})


def all_results() -> dict[str, Any]:
    results = (turns_result(), soak_result(), start_result(), page_result())
    return {result.comparison: result for result in results}


@contextmanager
def answering(*answers: bytes, seen: list[bytes] | None = None) -> Iterator[int]:
    """A server on a free port, which gives each request the next of the answers, again and again; yields the port.

    A request ends after the body that its Content-Length announces. An empty answer closes the connection. `seen` gets
    the first line of each request.
    """
    turn = iter(range(1_000_000))
    lock = threading.Lock()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while first := self._read():
                with lock:
                    if seen is not None:
                        seen.append(first)
                    answer = answers[next(turn) % len(answers)]
                if not answer:
                    return
                self.wfile.write(answer)

        def _read(self) -> bytes:
            first = line = self.rfile.readline()
            length = 0
            while line not in {b"\r\n", b""}:
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
                line = self.rfile.readline()
            self.rfile.read(length)
            return first

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
