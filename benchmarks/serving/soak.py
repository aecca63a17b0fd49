"""An hour's worth of requests, good and bad, in five minutes: what is lost, what breaks, where memory goes."""

import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from benchmarks.processes import BenchmarkError
from benchmarks.results import Row, Run, new_run
from benchmarks.serving.client import ClientError, Connection
from benchmarks.serving.load import summary
from benchmarks.serving.messages import infer_json
from benchmarks.serving.mixture import Case, Manner, cases
from benchmarks.serving.servers import DIGITNET, Server, serving
from benchmarks.settings import Settings
from digitnet import load_mnist
from digitnet.arrays import Images

_SECONDS, _QUICK_SECONDS = 300.0, 20.0
_RATE = 200.0  # requests a second: 60,000 in five minutes, which are 17 a second for an hour
_CLIENTS = 16
_SLOW_CLIENTS = 4  # each sends a byte a second, again and again
_BEHIND = 30.0  # seconds that the requests may take longer than planned, before the rest is left out
_WARM_UP = 30.0  # seconds until every kind of request has come many times and memory counts
_WINDOW = 30.0  # seconds of which the median memory is taken, after the warm-up and at the end
_EXAMPLES = 8  # of what went wrong


@dataclass
class Tally:
    """What became of the requests; shared by the clients."""

    # `sent`; `good`, which had to be answered with 200; `lost`, which got no whole answer though one was due; `wrong`,
    # answered with another status than was due; `cut` off, to which no answer is due
    counts: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)  # how many answers there were of each status
    slow: Counter[int] = field(default_factory=Counter)  # statuses that slow clients got
    took_ms: list[float] = field(default_factory=list)  # of good requests, sent at a bounded rate
    examples: list[str] = field(default_factory=list)  # a few of what was lost or wrong
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, case: Case, status: int | None, took_ms: float, reason: str = "") -> None:
        """Count a request and its answer; None for no answer."""
        is_cut = case.manner is Manner.CUT
        is_wrong = status is not None and not case.is_right(status)
        is_lost = status is None and not is_cut
        with self.lock:
            self.counts.update(sent=1, good=case.is_good, lost=is_lost, wrong=is_wrong, cut=is_cut)
            if status is not None:
                self.statuses[status] += 1
            if case.is_good and status == 200:
                self.took_ms.append(took_ms)
            if (is_wrong or is_lost) and len(self.examples) < _EXAMPLES:
                self.examples.append(f"{case.name}: {reason or status}")


def compare_soak(settings: Settings) -> list[Run]:
    """Send the mixture, and watch the memory."""
    seconds = _QUICK_SECONDS if settings.quick else _SECONDS
    run = new_run("soak", "python -m benchmarks.serving soak", quick=settings.quick, seconds=seconds)
    run.settings |= {"rate": int(_RATE), "clients": _CLIENTS, "slow_clients": _SLOW_CLIENTS}
    images = load_mnist()[1].images[:256]
    try:
        with serving(DIGITNET, settings) as server:
            run.add_versions(DIGITNET.versions(settings))
            run.rows = _soak(server, images, seconds, run)
    except (BenchmarkError, ClientError, OSError) as error:
        run.skip(DIGITNET.name, str(error))
    return [run]


def _soak(server: Server, images: Images, seconds: float, run: Run) -> list[Row]:
    at_ready, tally, samples = server.memory().resident_mb, Tally(), []
    began = time.perf_counter()
    end = began + seconds
    plan = _Plan(cases(images), end)
    clients = [threading.Thread(target=_client, args=(server.port, plan, tally)) for _ in range(_CLIENTS)]
    clients += [
        threading.Thread(target=_slow_client, args=(server.port, images, end, tally)) for _ in range(_SLOW_CLIENTS)
    ]
    for thread in clients:
        thread.start()
    while (now := time.perf_counter()) < end:
        samples.append((now - began, server.memory().resident_mb))
        time.sleep(1.0)
    for thread in clients:
        thread.join()
    took = time.perf_counter() - began
    with Connection(server.port) as connection:
        connection.ask(infer_json(images[:1]))  # raises where the server does not answer any more
    run.settings["slow"] = ", ".join(f"{count} times by {status}" for status, count in tally.slow.items()) or "never"
    run.settings["examples"] = "; ".join(tally.examples) or "none"
    return rows_of_tally(tally, took, {"memory when ready": at_ready, **flatness(samples, seconds)})


def rows_of_tally(tally: Tally, seconds: float, memory: dict[str, float]) -> list[Row]:
    """The rows of a soak; each number of requests is of all that were sent."""
    sent = tally.counts["sent"]
    rows = [Row("digitnet", "duration", seconds, "seconds", sent)]
    counts = {**tally.counts, "answers of 500": tally.statuses[500]}
    rows += [Row("digitnet", name, count, "requests", sent) for name, count in counts.items()]
    times = summary(tally.took_ms)
    rows += [Row("digitnet", name, times[f"{name}_ms"], "ms", len(tally.took_ms)) for name in ("median", "p99")]
    rows += [Row("digitnet", name, value, "MB") for name, value in memory.items()]
    drift = memory["memory at the end"] / memory["memory warm"] - 1
    rows.append(Row("digitnet", "memory growth", drift, "share"))
    return rows + [Row(str(status), "answers", count, "answers") for status, count in sorted(tally.statuses.items())]


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
            self._next += 1 / _RATE
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
    """Send a byte a second of a request, until the server refuses to wait any longer; again and again."""
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


def flatness(samples: Sequence[tuple[float, float]], seconds: float) -> dict[str, float]:
    """Memory after the warm-up and at the end, each the median of a while; and the most.

    Returns `memory warm`, `memory at the end`, `memory at most`.
    """
    warm_up, window = min(_WARM_UP, seconds / 4), min(_WINDOW, seconds / 4)
    early = [mb for at, mb in samples if warm_up <= at < warm_up + window]
    late = [mb for at, mb in samples if at >= seconds - window]
    most = max(mb for _, mb in samples)
    return {
        "memory warm": statistics.median(early),
        "memory at the end": statistics.median(late),
        "memory at most": most,
    }
