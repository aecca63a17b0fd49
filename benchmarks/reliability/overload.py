"""More requests than a server can answer, large and small ones: what is lost, how long one image waits, the memory."""

import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.results import Row, Run, new_run
from benchmarks.serving.client import ClientError, Connection
from benchmarks.serving.load import summary
from benchmarks.serving.messages import infer_binary
from benchmarks.serving.servers import DIGITNET, Server, serving
from benchmarks.settings import Settings
from digitnet import load_mnist

__all__ = ["Answers", "measure_overload", "memory_rows"]

_LARGE = 42_000  # images of a large request: nearly the greatest body that a server takes, 32 MiB
_TOGETHER = 4  # large requests at once, which a server can answer
_TOO_MANY = 12  # of them at once: twice as many as may wait
_PROBES, _PROBE_PAUSE = 4, 0.02  # connections that ask for one image after the other, and seconds between two of them
_CROWD = 32  # connections that ask for one image after the other without a pause
_TIMEOUT = 180.0  # seconds for one answer, three times as long as a server lets a request wait
_REST = 0.5  # seconds without a request after each round, before what the server still holds is looked at


@dataclass
class Answers:
    """What became of the requests of one size; shared by the clients.

    Attributes:
        statuses: How many answers there were of each status.
        lost: Requests without a whole answer.
        took_ms: Of answers of 200.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    took_ms: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, status: int | None, took_ms: float) -> None:
        """Count one; None for no whole answer."""
        with self.lock:
            if status is None:
                self.lost += 1
                return
            self.statuses[status] += 1
            if status == 200:
                self.took_ms.append(took_ms)

    @property
    def sent(self) -> int:
        """All requests."""
        return self.lost + self.statuses.total()


@dataclass
class _Phases:
    """What was measured: each phase comes again and again."""

    alone: Answers = field(default_factory=Answers)  # four large requests and nothing else
    beside: Answers = field(default_factory=Answers)  # four large requests with small ones beside them
    probes: Answers = field(default_factory=Answers)  # these small ones
    too_many: Answers = field(default_factory=Answers)  # more large requests than may wait
    crowd: Answers = field(default_factory=Answers)  # small ones beside those
    seconds_alone: list[float] = field(default_factory=list)  # that four large requests took
    seconds_beside: list[float] = field(default_factory=list)


def measure_overload(seconds: float, settings: Settings, report: Callable[[str], None], large: int = _LARGE) -> Run:
    """Ask a real server for more than it can answer.

    Args:
        seconds: How long.
        settings: Where the server writes its log.
        report: Gets a line now and then.
        large: Images of a large request.

    Returns:
        The run; its rows have a subject for each kind of request.
    """
    run = new_run("overload", f"python -m benchmarks.reliability overload --seconds {seconds:g}", seconds=int(seconds))
    run.settings |= {"large": f"{large:,}", "together": _TOGETHER, "too_many": _TOO_MANY, "crowd": _CROWD}
    images = load_mnist()[0].images
    messages = infer_binary(images[:1]), infer_binary(images[:large])
    phases, samples, held = _Phases(), list[tuple[float, float]](), list[tuple[float, float]]()
    with serving(DIGITNET, settings) as server, _sampled(server, samples):
        began = time.perf_counter()
        while (passed := time.perf_counter() - began) < seconds:
            _round(server.port, *messages, phases)
            time.sleep(_REST)
            held.append((time.perf_counter() - began, server.memory().resident_mb))
            report(f"{passed:.0f} of {seconds:.0f} s: {phases.crowd.sent + phases.probes.sent:,} small requests")
        lasted = time.perf_counter() - began
        with Connection(server.port) as connection:
            connection.ask(messages[0])  # raises where the server does not answer any more
    run.rows = [*_rows(phases), *memory_rows(held, max(mb for _, mb in samples), lasted)]
    return run


def _round(port: int, small: bytes, large: bytes, phases: _Phases) -> None:
    """Each phase once, one after the other, so that a machine that is slow for a while is slow for all."""
    phases.seconds_alone.append(_send_at_once(port, large, _TOGETHER, phases.alone))
    with _asking(port, small, _PROBES, _PROBE_PAUSE, phases.probes):
        phases.seconds_beside.append(_send_at_once(port, large, _TOGETHER, phases.beside))
    with _asking(port, small, _CROWD, 0.0, phases.crowd):
        _send_at_once(port, large, _TOO_MANY, phases.too_many)


def _send_at_once(port: int, message: bytes, count: int, answers: Answers) -> float:
    """The seconds until all are answered."""
    began = time.perf_counter()
    threads = [threading.Thread(target=_send, args=(port, message, answers)) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def _send(port: int, message: bytes, answers: Answers) -> None:
    began = time.perf_counter()
    try:
        with Connection(port, _TIMEOUT) as connection:
            status: int | None = connection.ask(message).status
    except (ClientError, OSError):
        status = None
    answers.note(status, 1e3 * (time.perf_counter() - began))


@contextmanager
def _asking(port: int, message: bytes, count: int, pause: float, answers: Answers) -> Iterator[None]:
    """Connections that ask for the same again and again, while the block lasts."""
    is_over = threading.Event()
    threads = [threading.Thread(target=_ask_again, args=(port, message, pause, answers, is_over)) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _ask_again(port: int, message: bytes, pause: float, answers: Answers, is_over: threading.Event) -> None:
    connection: Connection | None = None
    while not is_over.wait(pause):
        began = time.perf_counter()
        try:
            connection = connection or Connection(port, _TIMEOUT)
            answer = connection.ask(message)
            answers.note(answer.status, 1e3 * (time.perf_counter() - began))
            if not answer.is_last:
                continue
        except (ClientError, OSError):
            answers.note(None, 0.0)
        if connection:
            connection.close()
        connection = None
    if connection:
        connection.close()


@contextmanager
def _sampled(server: Server, samples: list[tuple[float, float]]) -> Iterator[None]:
    """The memory of a server every quarter of a second, while the block lasts."""
    is_over, began = threading.Event(), time.perf_counter()

    def sample() -> None:
        while not is_over.wait(0.25):
            samples.append((time.perf_counter() - began, server.memory().resident_mb))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _rows(phases: _Phases) -> list[Row]:
    rows = []
    named = {
        "four large ones, nothing else": phases.alone,
        "four large ones, small ones beside them": phases.beside,
        "one image beside four large ones": phases.probes,
        "twelve large ones": phases.too_many,
        "one image beside twelve large ones, 32 connections": phases.crowd,
    }
    for subject, answers in named.items():
        times = summary(answers.took_ms)
        rows += _counts(subject, [answers])
        rows += [Row(subject, name, times[f"{name}_ms"], "ms", len(answers.took_ms)) for name in ("median", "p99")]
    rows += _counts("all", list(named.values()))
    rounds = len(phases.seconds_alone)
    medians = [statistics.median(seconds) for seconds in (phases.seconds_alone, phases.seconds_beside)]
    ratios = [b / a for a, b in zip(phases.seconds_alone, phases.seconds_beside, strict=True)]
    rows += [
        Row("four large ones", "alone", medians[0], "s", rounds),
        Row("four large ones", "beside", medians[1], "s", rounds),
        Row("four large ones", "times as long", statistics.median(ratios), "times", rounds),
    ]
    return rows


def _counts(subject: str, every: Sequence[Answers]) -> list[Row]:
    sent, lost = (sum(getattr(answers, name) for answers in every) for name in ("sent", "lost"))
    answered, refused = (sum(answers.statuses[status] for answers in every) for status in (200, 503))
    counts = {"answered": answered, "503": refused, "other": sent - lost - answered - refused, "lost": lost}
    return [Row(subject, name, count, "requests", sent) for name, count in counts.items()]


def memory_rows(held: Sequence[tuple[float, float]], most: float, seconds: float) -> list[Row]:
    """What the server holds between requests, after the first tenth of the time and at the end, and the most it had.

    While large requests come and go, memory swings by their size; what leaks is what stays when nothing is asked.
    """
    tenth = seconds / 10
    early = [mb for at, mb in held if at >= tenth][: max(1, len(held) // 10)]
    late = [mb for at, mb in held if at > seconds - tenth] or [held[-1][1]]
    warm, end = statistics.median(early or [held[0][1]]), statistics.median(late)
    named = {"warm": warm, "at the end": end, "at most": most}
    return [
        *(Row("memory", name, value, "MB", len(held)) for name, value in named.items()),
        Row("memory", "growth", end / warm - 1, "share", len(held)),
    ]
