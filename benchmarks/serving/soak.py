"""An hour's worth of requests, good and bad, in five minutes: what is lost, what breaks, where memory goes."""

import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from benchmarks.processes import BenchmarkError
from benchmarks.progress import Progress
from benchmarks.results import Result
from benchmarks.rounds import new_result, skip
from benchmarks.serving.client import ClientError, Connection
from benchmarks.serving.messages import infer_json
from benchmarks.serving.mixture import Case, Manner, cases
from benchmarks.serving.served import DIGITNET
from benchmarks.serving.servers import Server, serving, versions_of
from benchmarks.settings import Settings
from digitnet import load_mnist
from digitnet.arrays import Images

__all__ = ["RATE", "SECONDS", "Tally", "compare_soak", "flatness"]

SECONDS = 300.0
RATE = 200.0  # requests a second: 60,000 in five minutes, which are 17 a second for an hour
_CLIENTS = 16
_SLOW_CLIENTS = 4  # each sends a byte a second, again and again
_SAMPLE_SECONDS = 1.0
_BEHIND = 30.0  # seconds that the requests may take longer than planned, before the rest is left out
_WARM_UP = 30.0  # seconds until every kind of request has come many times and memory counts
_WINDOW = 30.0  # seconds of which the median memory is taken, after the warm-up and at the end
_QUICK = 20.0
_EXAMPLES = 8  # of what went wrong


@dataclass
class Tally:
    """What became of the requests; shared by the clients.

    Attributes:
        sent: Requests.
        good: Of these, the ones that had to be answered with 200.
        statuses: How many answers there were of each status.
        lost: Requests that got no whole answer though one was due.
        wrong: Answers with another status than was due.
        cut: Requests that were cut off, to which no answer is due.
        slow: Statuses that slow clients got.
        took_ms: Of good requests, sent at a bounded rate.
        examples: A few of what was lost or wrong.
    """

    sent: int = 0
    good: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    wrong: int = 0
    cut: int = 0
    slow: Counter[int] = field(default_factory=Counter)
    took_ms: list[float] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, case: Case, status: int | None, took_ms: float, reason: str = "") -> None:
        """Count a request and its answer; None for no answer."""
        with self.lock:
            self.sent += 1
            self.good += case.is_good
            if status is not None:
                self.statuses[status] += 1
            if case.manner is Manner.CUT:
                self.cut += 1
            if case.is_good and status == 200:
                self.took_ms.append(took_ms)
            is_wrong = status is not None and not case.is_right(status)
            is_lost = status is None and case.manner is not Manner.CUT
            self.wrong += is_wrong
            self.lost += is_lost
            if (is_wrong or is_lost) and len(self.examples) < _EXAMPLES:
                self.examples.append(f"{case.name}: {reason or status}")


def compare_soak(settings: Settings) -> Result:
    """Send the mixture, and watch the memory."""
    seconds = _QUICK if settings.quick else SECONDS
    result = new_result("soak", settings, seconds=seconds, rate=RATE, clients=_CLIENTS, slow_clients=_SLOW_CLIENTS)
    progress = Progress("soak", seconds + 2.0)
    images = load_mnist()[1].images[:256]
    try:
        with serving(DIGITNET, settings) as server:
            result.versions[DIGITNET.name] = versions_of(DIGITNET, settings)
            progress.step("digitnet is ready", 2.0)
            measured = _soak(server, images, seconds)
    except (BenchmarkError, ClientError, OSError) as error:
        progress.say(skip(result, DIGITNET.name, str(error)))
        return result
    result.said["digitnet"] = {"examples": measured.pop("examples")}
    result.measured[DIGITNET.name] = [{"round": 0, **measured}]
    progress.step(f"{measured['sent']:,} requests, {measured['lost']} lost, {measured['wrong']} wrong", seconds)
    return result


def _soak(server: Server, images: Images, seconds: float) -> dict[str, Any]:
    at_ready = server.memory().resident_mb
    tally = Tally()
    began = time.perf_counter()
    end = began + seconds
    plan = _Plan(cases(images), end)
    clients = [threading.Thread(target=_client, args=(server.port, plan, tally)) for _ in range(_CLIENTS)]
    slow = [threading.Thread(target=_slow_client, args=(server.port, images, end, tally)) for _ in range(_SLOW_CLIENTS)]
    for thread in (*clients, *slow):
        thread.start()
    samples = _memory_until(server, began, end)
    for thread in (*clients, *slow):
        thread.join()
    with Connection(server.port) as connection:
        is_well = connection.ask(infer_json(images[:1])).status == 200
    took = sorted(tally.took_ms) or [0.0]
    return {
        "seconds": time.perf_counter() - began,
        "sent": tally.sent,
        "good": tally.good,
        "lost": tally.lost,
        "wrong": tally.wrong,
        "cut": tally.cut,
        "statuses": {str(status): count for status, count in sorted(tally.statuses.items())},
        "slow": {str(status): count for status, count in sorted(tally.slow.items())},
        "median_ms": statistics.median(took),
        "p99_ms": took[int(0.99 * len(took))],
        "is_well": is_well,
        "ready_mb": at_ready,
        **flatness(samples, seconds),
        "examples": tally.examples,
    }


class _Plan:
    """Which request comes next, and when: the same mixture at an even rate, whoever is free sends it."""

    def __init__(self, every: Sequence[Case], end: float) -> None:
        self._cases = [case for case in every for _ in range(case.share)]
        self._random = random.Random(0)  # noqa: S311 - a mixture, not a secret
        self._lock = threading.Lock()
        self._next = time.perf_counter()
        self._end = end
        self._round: list[Case] = []

    def take(self) -> Case | None:
        """The next request, at its time; None when it is over."""
        with self._lock:
            if not self._round:
                self._round = self._random.sample(self._cases, len(self._cases))
            due, case = self._next, self._round.pop()
            self._next += 1 / RATE
        if due >= self._end or time.perf_counter() >= self._end + _BEHIND:
            return None
        time.sleep(max(0.0, due - time.perf_counter()))
        return case


def _client(port: int, plan: _Plan, tally: Tally) -> None:
    connection: Connection | None = None
    while (case := plan.take()) is not None:
        status, reason = None, ""
        began = time.perf_counter()
        try:
            connection = connection or Connection(port)
            if case.manner is Manner.CUT:
                connection.send(case.message)
                connection.end()
                answer = connection.receive()
            else:
                answer = connection.ask(case.message)
            status, keeps = answer.status, not answer.is_last and case.manner is Manner.WHOLE
        except (ClientError, OSError) as error:
            reason, keeps = str(error), False
        tally.note(case, status, 1e3 * (time.perf_counter() - began), reason)
        if connection and not keeps:
            connection.close()
            connection = None
    if connection:
        connection.close()


def _slow_client(port: int, images: Images, end: float, tally: Tally) -> None:
    """Send a byte a second of a request, until the server has had enough; again and again."""
    message = infer_json(images[:1])
    while time.perf_counter() < end:
        with suppress(ClientError, OSError), Connection(port, timeout=1.0) as connection:
            start = message.index(b"\r\n\r\n") + 4
            connection.send(message[:start])
            for position in range(start, len(message)):
                if time.perf_counter() >= end:
                    return
                connection.send(message[position : position + 1])
                if (status := _answer_within_a_second(connection)) is not None:
                    with tally.lock:
                        tally.slow[status] += 1
                    break


def _answer_within_a_second(connection: Connection) -> int | None:
    try:
        return connection.receive().status
    except ClientError as error:
        if isinstance(error.__cause__, TimeoutError):
            return None
        raise


def _memory_until(server: Server, began: float, end: float) -> list[tuple[float, float]]:
    samples = []
    while (now := time.perf_counter()) < end:
        samples.append((now - began, server.memory().resident_mb))
        time.sleep(_SAMPLE_SECONDS)
    return samples


def flatness(samples: Sequence[tuple[float, float]], seconds: float) -> dict[str, float]:
    """Memory after the warm-up and at the end, each the median of a while; and the most.

    Args:
        samples: Pairs of seconds since the start and megabytes, at least one in each quarter of the time.
        seconds: That it went on for.

    Returns:
        `warm_mb`, `end_mb`, `most_mb`.
    """
    warm_up = min(_WARM_UP, seconds / 4)
    window = min(_WINDOW, seconds / 4)
    early = [mb for at, mb in samples if warm_up <= at < warm_up + window]
    late = [mb for at, mb in samples if at >= seconds - window]
    return {
        "warm_mb": statistics.median(early),
        "end_mb": statistics.median(late),
        "most_mb": max(mb for _, mb in samples),
    }
