"""How cost grows: an epoch with width, batch size and images; answers with the images of a call. Memory too."""

import random
import statistics
from dataclasses import dataclass
from typing import Any

from benchmarks.comparisons.answers import digitnet_answers, network
from benchmarks.comparisons.engines import digitnet_training, rate_turns
from benchmarks.contestants.contest import BATCH_SIZE, HIDDEN_SIZES
from benchmarks.processes import BenchmarkError, Contestant, running
from benchmarks.progress import Progress
from benchmarks.results import Result
from benchmarks.rounds import new_result, play, skip
from benchmarks.settings import Settings
from benchmarks.workload import training_operations

__all__ = ["BATCHES", "IMAGES", "WIDTHS", "compare_growth"]

WIDTHS = (128, 256, 512, 1024, 2048, 4096)
BATCHES = (32, 64, 128, 256, 512, 1024, 2048, 4096)
IMAGES = (6_000, 15_000, 30_000, 60_000, 120_000, 240_000)
CALLS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)

_EPOCHS = 4  # of each point; the first compiles and does not count
_OPERATIONS = 2.5e11  # of an epoch; wider networks see fewer images, and their time is scaled up
_RATE = 1.5e11  # operations a second on a usual machine, to estimate the time left from
_START = 5.0  # seconds until a process trains


@dataclass(frozen=True)
class _Point:
    """One process that measures one point of one line."""

    line: str
    x: int
    contestant: Contestant
    request: dict[str, Any]
    expected: float


def compare_growth(settings: Settings) -> Result:
    """Measure each point in a process of its own, since memory only ever grows; in random order, against drift."""
    result = new_result("growth", settings, epochs=_EPOCHS)
    network(settings, anew=False)
    points = [*_training_points(settings), *_answering_points(settings)]
    random.Random(0).shuffle(points)  # noqa: S311 - an order, not a secret
    play(rate_turns(settings), 1, result, settings)
    progress = Progress("growth", sum(point.expected for point in points))
    for number, point in enumerate(points, start=1):
        text = _measure(point, result, settings)
        progress.step(f"{number} of {len(points)}, {point.line} {point.x:,}: {text}", point.expected)
    play(rate_turns(settings), 1, result, settings, first=1)
    for line in result.measured.values():
        line.sort(key=lambda measured: measured.get("x", 0))
    return result


def _training_points(settings: Settings) -> list[_Point]:
    widths, batches, images = (WIDTHS[:3:2], BATCHES[2::3], IMAGES[:1]) if settings.quick else (WIDTHS, BATCHES, IMAGES)
    whole = 6_000 if settings.quick else 60_000
    points = [_training("width", width, settings, {"hidden_sizes": [width, width]}, whole) for width in widths]
    points += [_training("batch size", size, settings, {"batch_size": size}, whole) for size in batches]
    return points + [_training("images", n, settings, {}, n) for n in images]


def _training(line: str, x: int, settings: Settings, request: dict[str, Any], images: int) -> _Point:
    operations = training_operations(request.get("hidden_sizes", HIDDEN_SIZES))
    if line == "width":  # whole batches of as many images as there is time for
        images = min(images, max(20, round(_OPERATIONS / operations / BATCH_SIZE)) * BATCH_SIZE)
    epochs = 2 if settings.quick else _EPOCHS
    return _Point(
        line,
        x,
        digitnet_training(settings, f"digitnet, {line} {x}"),
        {"epochs": epochs, "images": images, **request},
        _START + epochs * images * operations / _RATE,
    )


def _answering_points(settings: Settings) -> list[_Point]:
    sizes = CALLS[::5] if settings.quick else CALLS
    return [
        _Point(
            f"answers, {precision}",
            size,
            digitnet_answers(settings, precision, checked=0),
            {"images": size, "budget": 0.1 if settings.quick else 0.6},
            1.5,
        )
        for precision in ("float32", "int8")
        for size in sizes
    ]


def _measure(point: _Point, result: Result, settings: Settings) -> str:
    """Run the process of one point; gives what to say of it."""
    name = point.contestant.name
    if name in result.skipped:
        return "skipped"
    try:
        with running(point.contestant, settings) as process:
            result.versions["digitnet"] = process.ready["versions"]
            answer = process.ask(point.request)
    except BenchmarkError as error:
        return skip(result, name, str(error))
    seconds = answer["seconds"]
    if isinstance(seconds, list):
        seconds = statistics.median(seconds[1:])
    measured = {"x": point.x, "images": point.request["images"], "seconds": seconds, "peak_mb": answer["peak_mb"]}
    result.measured.setdefault(point.line, []).append(measured)
    return f"{seconds:.3g} s, {answer['peak_mb']:.0f} MB"
