"""Everyone in turn: one request on an idle server, 32 connections, batches, and the start of each server alone."""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.processes import BenchmarkError
from benchmarks.results import Rounds, Row, Run, new_run
from benchmarks.rounds import Progress, shown
from benchmarks.serving.client import ClientError, Connection
from benchmarks.serving.load import client_name, load, summary
from benchmarks.serving.messages import write_messages
from benchmarks.serving.servers import DIGITNET, PEERS, STARTED, UNBATCHED, Server, ServerKind, serving
from benchmarks.settings import Settings
from digitnet import load_classifier, load_mnist
from digitnet.arrays import AnyArray, Images

_CONNECTIONS = 32
_BATCH = 256  # images of a request
_BATCH_CONNECTIONS = 4  # two to be answered, two on their way
_IMAGES = 512  # different ones, sent in turn
_CHECKED = 64  # images whose probabilities are compared before anything is timed
_TOLERANCE = 1e-5  # of a probability, since JSON may round it
_WARM_UP = 50  # requests that do not count
_PAUSE = 0.002  # seconds between an answer and the next request: the server is idle when it comes
_START_LOAD = 2.0  # seconds of load before memory is measured
_OUR_STARTS = 3  # as often as the peers have a turn


@dataclass(frozen=True)
class _Measure:
    """One thing that is measured of each server, for some seconds; 0 connections are one with pauses."""

    name: str
    is_compact: bool
    connections: int
    images: int
    seconds: float

    def messages(self, kind: ServerKind, images: Images) -> list[bytes]:
        """The requests for one server."""
        form = kind.forms.compact if self.is_compact else kind.forms.json
        starts = range(0, len(images) - self.images + 1, self.images)
        return [form(images[start : start + self.images]) for start in starts]


_MEASURES = (
    _Measure("idle JSON", is_compact=False, connections=0, images=1, seconds=1.5),
    _Measure("idle compact", is_compact=True, connections=0, images=1, seconds=1.5),
    _Measure("load JSON", is_compact=False, connections=_CONNECTIONS, images=1, seconds=3.0),
    _Measure("load compact", is_compact=True, connections=_CONNECTIONS, images=1, seconds=4.0),
    _Measure("batches", is_compact=True, connections=_BATCH_CONNECTIONS, images=_BATCH, seconds=2.0),
)


def compare_turns(settings: Settings) -> list[Run]:
    """Let every server have its turn at each measure, round after round; all are there at the same time."""
    rounds, found = settings.rounds_or(3), Rounds()
    run = new_run("turns", "python -m benchmarks.serving turns", quick=settings.quick, rounds=rounds)
    measures = [measure for measure in _MEASURES if not settings.quick or measure.is_compact]
    everyone = (DIGITNET, UNBATCHED, *PEERS)
    forms = "; ".join(f"{kind.name}: {kind.forms.compact_name}" for kind in everyone if kind is not UNBATCHED)
    run.settings |= {"client": client_name(), "compact": forms, "cores": run.machine["cores"]}
    progress = Progress("turns", len(everyone) * (1 + rounds * len(measures)))
    images = np.ascontiguousarray(load_mnist()[1].images[:_IMAGES])
    with ExitStack() as stack:
        alive = _started(everyone, images, stack, run, settings, progress)
        for number in range(rounds):
            for measure in measures:
                for server in list(alive):
                    try:
                        answer = _turn(measure, server, images, settings)
                    except (BenchmarkError, ClientError, OSError) as error:
                        alive.remove(server)
                        text = run.skip(server.kind.name, str(error))
                    else:
                        found.add(server.kind.name, number, answer)
                        text = shown(answer)
                    progress.step(f"round {number}, {server.kind.name}: {text}")
    run.rows = rows_of_turns(found)
    return [run]


def _started(
    kinds: Sequence[ServerKind], images: Images, stack: ExitStack, run: Run, settings: Settings, progress: Progress
) -> list[Server]:
    """All servers that start and answer as the classifier does, so that nobody wins by computing less."""
    alive, expected = [], load_classifier().predict_proba(images[:_CHECKED])
    for kind in kinds:
        try:
            server = stack.enter_context(serving(kind, settings))
            _check(server, images, expected)
        except (BenchmarkError, ClientError, OSError) as error:
            text = run.skip(kind.name, str(error))
        else:
            alive.append(server)
            run.add_versions(kind.versions(settings))
            text = "is ready, and answers as it should"
        progress.step(f"{kind.name} {text}")
    return alive


def _check(server: Server, images: Images, expected: AnyArray) -> None:
    forms = server.kind.forms
    with Connection(server.port) as connection:
        for form, read in ((forms.json, forms.read_json), (forms.compact, forms.read_compact)):
            for number in range(_CHECKED):
                answer = connection.ask(form(images[number : number + 1]))
                if answer.status != 200:
                    raise BenchmarkError(f"answers with status {answer.status}: {answer.body[:100]!r}")
                off = np.abs(read(answer.headers, answer.body) - expected[number : number + 1]).max()
                if not off <= _TOLERANCE:
                    raise BenchmarkError(f"its probabilities are off by {off:.2g}")


def _turn(measure: _Measure, server: Server, images: Images, settings: Settings) -> dict[str, float]:
    """Measure one thing of one server."""
    seconds = 1.0 if settings.quick else measure.seconds
    messages = measure.messages(server.kind, images)
    if measure.connections:
        measured = load(server.port, _written(messages, settings), measure.connections, seconds)
        measured["per_second"] *= measure.images
    else:
        measured = idle_latency(server.port, messages, seconds)
    kept = ("median_ms", "p99_ms", "per_second", "errors")
    return {f"{measure.name} {name}": measured[name] for name in kept if name in measured}


def _written(messages: Sequence[bytes], settings: Settings) -> Path:
    path = settings.work / "data" / "messages.bin"
    write_messages(messages, path)
    return path


def idle_latency(port: int, messages: Sequence[bytes], seconds: float) -> dict[str, float]:
    """Send one request after the other on one connection, with a pause between them.

    Returns `median_ms`, `p99_ms` and `max_ms` from sending a request to its whole answer; `requests`; and `errors`,
    those whose status is not 200. Raises ClientError where there was no answer; OSError where nobody listens.
    """
    took, errors, turns = [], 0, cycle(messages)
    with Connection(port) as connection:
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
    return {**summary(took), "requests": len(took), "errors": errors}


def rows_of_turns(found: Rounds) -> list[Row]:
    """Medians over the rounds, and for each measure how many times as fast digitnet is as everyone else."""
    rows: list[Row] = []
    for kind in (DIGITNET, UNBATCHED, *PEERS):
        who, ratios = kind.name, []
        for measure in _MEASURES:
            name = measure.name
            key = f"{name} {'per_second' if measure.connections else 'median_ms'}"
            rows += found.row(who, f"{name} median_ms", "ms", f"{name} median")
            rows += found.row(who, f"{name} p99_ms", "ms", f"{name} p99")
            rows += found.row(who, f"{name} per_second", "images/s", f"{name} per second")
            rows += found.row(who, f"{name} errors", "answers", f"{name} errors", sum)
            pair = (DIGITNET.name, who) if measure.connections else (who, DIGITNET.name)
            ratios += [
                Row(who, f"{name} times", row.value, "times", row.n, interval=row.interval)
                for row in found.times(*pair, key)
            ]
        rows += ratios
        if ratios and kind in PEERS:
            values = [row.value for row in ratios]
            rows.append(
                Row(who, "times in all measures", min(values), "times", len(values), (min(values), max(values)))
            )
    return rows


def compare_start_up(settings: Settings) -> list[Run]:
    """Start each server, alone on the machine; a start before the first fills the disk cache and does not count."""
    rounds, found = settings.rounds_or(1), Rounds()
    run = new_run("start-up", "python -m benchmarks.serving start-up", quick=settings.quick, rounds=rounds)
    images = load_mnist()[1].images[:_CONNECTIONS]
    order = [(False, kind) for kind in STARTED]
    order += [(True, kind) for _ in range(rounds) for kind in (*[DIGITNET] * (_OUR_STARTS - 1), *STARTED)]
    progress = Progress("start-up", len(order))
    for number, (counts, kind) in enumerate(order):
        if kind.name in run.skipped:
            continue
        try:
            measured = _measure_start(kind, images, settings)
        except (BenchmarkError, ClientError, OSError) as error:
            progress.step(f"{kind.name} {run.skip(kind.name, str(error))}")
            continue
        if counts:
            found.add(kind.name, number, measured)
        else:
            run.add_versions(kind.versions(settings))
        progress.step(f"{kind.name}: {shown(measured)}{'' if counts else ', does not count'}")
    units = {"ready": "s", "first answer": "ms", "memory": "MB", "shared": "MB", "loaded": "MB", "loaded shared": "MB"}
    for kind in STARTED:
        run.rows += [row for name, unit in units.items() for row in found.row(kind.name, name, unit)]
        run.rows += found.row(kind.name, "processes", "processes")
    return [run]


def _measure_start(kind: ServerKind, images: Images, settings: Settings) -> dict[str, Any]:
    with serving(kind, settings) as server:
        ready = server.memory()
        with Connection(server.port) as connection:
            began = time.perf_counter()
            answer = connection.ask(kind.forms.compact(images[:1]))
            first = time.perf_counter() - began
        if answer.status != 200:
            raise BenchmarkError(f"answers with status {answer.status}")
        messages = [kind.forms.compact(images[number : number + 1]) for number in range(len(images))]
        load(server.port, _written(messages, settings), _CONNECTIONS, _START_LOAD)
        loaded = server.memory()
    return {
        "ready": server.ready_seconds,
        "first answer": 1e3 * first,
        "memory": ready.resident_mb,
        "shared": ready.proportional_mb,
        "loaded": loaded.resident_mb,
        "loaded shared": loaded.proportional_mb,
        "processes": loaded.processes,
    }
