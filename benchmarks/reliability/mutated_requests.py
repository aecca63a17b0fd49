"""Mutated HTTP requests, sent to a real server: what it answers, and whether it is still there afterwards."""

import math
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.processes import log_file
from benchmarks.reliability.parsers import ANSWERED, DIED, HUNG, REFUSED, TRACEBACK, Outcome
from benchmarks.serving.client import HOST
from benchmarks.serving.servers import DIGITNET, Server, serving
from benchmarks.settings import Settings

__all__ = ["INTERNAL_ERROR", "UNANSWERED", "RequestSender", "outcome_of_answers", "sending"]

INTERNAL_ERROR = "HTTP 500"
UNANSWERED = "closed without an answer"  # none is due to a request that the client cut off

_LIMIT = 60.0  # seconds after which a connection is given up; chosen by hand
_STATUS = re.compile(rb"(?:\A|(?<=[\x00-\xff]))HTTP/1\.1 ([0-9]{3}) [A-Z][A-Za-z-]")


class RequestSender:
    """Sends whole requests, each over a connection of its own, and says what came of them.

    Args:
        server: That runs.
        log: What it prints.
    """

    def __init__(self, server: Server, log: Path) -> None:
        self._server, self._log, self._known = server, log, 0
        self.peak_mb = 0.0

    def outcome(self, _: str, content: bytes) -> Outcome:
        """Send one request, and say that no more will come."""
        began = time.perf_counter()
        try:
            answers = _answers(self._server.port, content)
        except TimeoutError:
            return Outcome(HUNG, math.inf, f"no end of the answer within {_LIMIT:.0f} s")
        except ConnectionRefusedError:
            return Outcome(DIED, 0.0, "nobody listens any more")
        outcome = outcome_of_answers(answers, time.perf_counter() - began)
        return self._new_traceback() or outcome

    def _new_traceback(self) -> Outcome | None:
        """What the server has printed since the last look, if that is a traceback."""
        with self._log.open("rb") as file:
            file.seek(self._known)
            printed = file.read()
        self._known += len(printed)
        if b"Traceback" not in printed:
            return None
        return Outcome(TRACEBACK, 0.0, printed[printed.index(b"Traceback") :].decode(errors="replace")[-500:])

    def close(self) -> None:
        """Note the memory; the server itself is ended where it was started."""
        self.peak_mb = self._server.memory().resident_mb


@contextmanager
def sending(settings: Settings) -> Iterator[RequestSender]:
    """A server for as long as the block lasts, and what sends to it."""
    settings.work.mkdir(parents=True, exist_ok=True)
    with serving(DIGITNET, settings) as server:
        yield RequestSender(server, log_file(f"serving {DIGITNET.name}", settings))


def outcome_of_answers(answers: bytes, seconds: float) -> Outcome:
    """What all answers over one connection amount to: the worst of them counts.

    Args:
        answers: All bytes that came.
        seconds: Until they had come.
    """
    statuses = [int(status) for status in _STATUS.findall(answers)]
    if 500 in statuses:
        return Outcome(INTERNAL_ERROR, seconds, answers[:200].decode(errors="replace"))
    if any(status >= 400 for status in statuses):
        return Outcome(REFUSED, seconds)
    return Outcome(ANSWERED if statuses else UNANSWERED, seconds)


def _answers(port: int, content: bytes) -> bytes:
    with socket.create_connection((HOST, port), _LIMIT) as connection:
        received = b""
        try:
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError, OSError):
            pass  # a refusal may come before all has been read
        try:
            while chunk := connection.recv(1 << 16):
                received += chunk
        except ConnectionResetError:
            pass
        return received
