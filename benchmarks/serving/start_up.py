"""From the start of a server to its first answer, one server after the other; and its memory."""

import time
from typing import Any

from benchmarks.processes import BenchmarkError
from benchmarks.progress import Progress
from benchmarks.results import Result
from benchmarks.rounds import new_result, skip
from benchmarks.serving.client import ClientError, Connection
from benchmarks.serving.load import load
from benchmarks.serving.messages import write_messages
from benchmarks.serving.served import DIGITNET, STARTED, Served
from benchmarks.serving.servers import serving, versions_of
from benchmarks.serving.turns import CONNECTIONS
from benchmarks.settings import Settings
from digitnet import load_mnist
from digitnet.arrays import Images

__all__ = ["compare_start_up"]

_LOAD_SECONDS = 2.0
_EXPECTED = 5.0  # seconds of one start, load and end
_OURS_TIMES = 3  # as often as the peers have a turn


def compare_start_up(settings: Settings) -> Result:
    """Start each server, alone on the machine; a start before the first fills the disk cache and does not count."""
    rounds = settings.rounds_or(1)
    result = new_result("start_up", settings, rounds=rounds)
    images = load_mnist()[1].images[:CONNECTIONS]
    order = [(0, served) for served in STARTED]
    for number in range(1, rounds + 1):
        order += [(number, served) for served in (*[DIGITNET] * (_OURS_TIMES - 1), *STARTED)]
    progress = Progress("start", len(order) * _EXPECTED)
    for number, served in order:
        if served.name in result.skipped:
            continue
        try:
            measured = _measure(served, images, settings)
        except (BenchmarkError, ClientError, OSError) as error:
            progress.say(f"{served.name} {skip(result, served.name, str(error))}")
            continue
        rows = result.measured.setdefault(served.name, [])
        if number:
            rows.append({"round": len(rows), **measured})
        else:
            result.versions[served.name] = versions_of(served, settings)
        text = f"{measured['ready_seconds']:.2f} s, {measured['resident_mb']:.0f} MB"
        progress.step(f"{served.name}: {text}{'' if number else ', does not count'}", _EXPECTED)
    return result


def _measure(served: Served, images: Images, settings: Settings) -> dict[str, Any]:
    message = served.forms.compact(images[:1])
    with serving(served, settings) as server:
        ready = server.memory()
        with Connection(server.port) as connection:
            began = time.perf_counter()
            answer = connection.ask(message)
            first = time.perf_counter() - began
        if answer.status != 200:
            raise BenchmarkError(f"answers with status {answer.status}")
        path = settings.work / "data" / "messages.bin"
        write_messages([served.forms.compact(images[number : number + 1]) for number in range(len(images))], path)
        load(server.port, path, CONNECTIONS, _LOAD_SECONDS)
        loaded = server.memory()
    return {
        "ready_seconds": server.ready_seconds,
        "first_answer_ms": 1e3 * first,
        "resident_mb": ready.resident_mb,
        "proportional_mb": ready.proportional_mb,
        "loaded_resident_mb": loaded.resident_mb,
        "loaded_proportional_mb": loaded.proportional_mb,
        "processes": loaded.processes,
    }
