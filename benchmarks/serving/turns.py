"""Everyone in turn: one request on an idle server, 32 connections, batches; all servers are there at the same time."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.processes import BenchmarkError
from benchmarks.progress import Progress
from benchmarks.results import Result
from benchmarks.rounds import new_result, skip
from benchmarks.serving.client import ClientError, Connection
from benchmarks.serving.latency import idle_latency
from benchmarks.serving.load import client_name, load
from benchmarks.serving.messages import Message, write_messages
from benchmarks.serving.served import DIGITNET, PEERS, UNBATCHED, Served
from benchmarks.serving.servers import Server, serving, versions_of
from benchmarks.settings import Settings
from digitnet import load_classifier, load_mnist
from digitnet.arrays import Images

__all__ = [
    "BATCHES",
    "CONNECTIONS",
    "IDLE_COMPACT",
    "IDLE_JSON",
    "IMAGES_OF_A_BATCH",
    "LOAD_COMPACT",
    "LOAD_JSON",
    "compare_turns",
    "label",
]

CONNECTIONS = 32
IMAGES_OF_A_BATCH = 256
_BATCH_CONNECTIONS = 4  # two to be answered, two on their way
_IMAGES = 512  # different ones, sent in turn
_CHECKED = 64
_TOLERANCE = 1e-5  # of a probability, since JSON may round it

IDLE_JSON = "idle, JSON"
IDLE_COMPACT = "idle, compact"
LOAD_JSON = "32 connections, JSON"
LOAD_COMPACT = "32 connections, compact"
BATCHES = "batches of 256, compact"


@dataclass(frozen=True)
class Measure:
    """One thing that is measured of each server.

    Attributes:
        name: In the results.
        is_compact: Whether pixels are sent in the compact form.
        connections: At the same time; 0 is one connection with pauses.
        images: Of a request.
        seconds: Of a turn.
    """

    name: str
    is_compact: bool
    connections: int
    images: int
    seconds: float

    def messages(self, served: Served, images: Images) -> list[bytes]:
        """The requests for one server."""
        form: Message = served.forms.compact if self.is_compact else served.forms.json
        starts = range(0, len(images) - self.images + 1, self.images)
        return [form(images[start : start + self.images]) for start in starts]


MEASURES = (
    Measure(IDLE_JSON, is_compact=False, connections=0, images=1, seconds=1.5),
    Measure(IDLE_COMPACT, is_compact=True, connections=0, images=1, seconds=1.5),
    Measure(LOAD_JSON, is_compact=False, connections=CONNECTIONS, images=1, seconds=3.0),
    Measure(LOAD_COMPACT, is_compact=True, connections=CONNECTIONS, images=1, seconds=4.0),
    Measure(BATCHES, is_compact=True, connections=_BATCH_CONNECTIONS, images=IMAGES_OF_A_BATCH, seconds=2.0),
)


def label(measure: str, who: str) -> str:
    """What the results call one thing measured of one server."""
    return f"{measure} x {who}"


def compare_turns(settings: Settings) -> Result:
    """Let every server have its turn at each measure, round after round."""
    rounds = settings.rounds_or(3)
    result = new_result("turns", settings, rounds=rounds, client=client_name())
    everyone = (DIGITNET, UNBATCHED, *PEERS)
    measures = [measure for measure in MEASURES if not settings.quick or measure.is_compact]
    step = 1.0 if settings.quick else 0.0
    expected = rounds * len(everyone) * sum(step or measure.seconds for measure in measures)
    progress = Progress("turns", expected + 4.0 * len(everyone))
    images = np.ascontiguousarray(load_mnist()[1].images[:_IMAGES])
    with ExitStack() as stack:
        alive = _start(everyone, images, stack, result, settings, progress)
        for number, measure in ((number, measure) for number in range(rounds) for measure in measures):
            seconds = step or measure.seconds
            for who, server in list(alive.items()):
                text = _turn(measure, server, images, seconds, number, result, settings)
                if who in result.skipped:
                    del alive[who]
                progress.step(f"round {number + 1} of {rounds}, {measure.name}, {who}: {text}", seconds)
    return result


def _start(
    everyone: Sequence[Served],
    images: Images,
    stack: ExitStack,
    result: Result,
    settings: Settings,
    progress: Progress,
) -> dict[str, Server]:
    alive = {}
    expected = _expected_answers(images)
    for served in everyone:
        try:
            server = stack.enter_context(serving(served, settings))
            _check(server, images, expected)
        except (BenchmarkError, ClientError, OSError) as error:
            text = skip(result, served.name, str(error))
        else:
            alive[served.name] = server
            result.versions[served.name] = versions_of(served, settings)
            result.said[served.name] = {"compact": served.forms.compact_name}
            text = "is ready, and answers as it should"
        progress.step(f"{served.name} {text}", 4.0)
    return alive


def _expected_answers(images: Images) -> Callable[[int], Any]:
    probabilities = load_classifier().predict_proba(images[:_CHECKED])
    return lambda number: probabilities[number : number + 1]


def _check(server: Server, images: Images, expected: Callable[[int], Any]) -> None:
    """See that a server answers as the classifier does, so that nobody wins by computing less.

    Raises:
        BenchmarkError: It does not.
    """
    forms = server.served.forms
    ways = ((forms.json, forms.read_json), (forms.compact, forms.read_compact))
    with Connection(server.port) as connection:
        for form, read in ways:
            for number in range(_CHECKED):
                answer = connection.ask(form(images[number : number + 1]))
                if answer.status != 200:
                    raise BenchmarkError(f"answers with status {answer.status}: {answer.body[:100]!r}")
                off = np.abs(read(answer.headers, answer.body) - expected(number)).max()
                if not off <= _TOLERANCE:
                    raise BenchmarkError(f"its probabilities are off by {off:.2g}")


def _turn(
    measure: Measure, server: Server, images: Images, seconds: float, number: int, result: Result, settings: Settings
) -> str:
    """Measure one thing of one server; gives what to say of it."""
    who = server.served.name
    messages = measure.messages(server.served, images)
    try:
        if measure.connections:
            path = _written(messages, settings)
            measured = load(server.port, path, measure.connections, seconds)
            text = f"{measured['per_second'] * measure.images:,.0f} images/s, {measured['errors']} errors"
        else:
            measured = idle_latency(server.port, messages, seconds)
            text = f"{measured['median_ms']:.2f} ms"
        measured["resident_mb"] = server.memory().resident_mb
    except (BenchmarkError, ClientError, OSError) as error:
        return skip(result, who, str(error))
    row = {"round": number, "images": measure.images, **measured}
    result.measured.setdefault(label(measure.name, who), []).append(row)
    return text


def _written(messages: Sequence[bytes], settings: Settings) -> Path:
    path = settings.work / "data" / "messages.bin"
    write_messages(messages, path)
    return path
