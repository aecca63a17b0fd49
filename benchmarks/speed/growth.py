"""How cost grows: an epoch with width, batch size and images; answers with the images of a call. Memory too."""

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.arithmetic import floor_seconds, training_operations
from benchmarks.contestants.contest import BATCH_SIZE, HIDDEN_SIZES
from benchmarks.processes import BenchmarkError, Contestant, running
from benchmarks.results import Row, Run, new_run
from benchmarks.rounds import Progress, play
from benchmarks.settings import Settings
from benchmarks.speed.answers import digitnet_answers, network
from benchmarks.speed.training import best_rates, digitnet_training, rate_turns

_LINES = {
    "width": (128, 256, 512, 1024, 2048, 4096),
    "batch size": (32, 64, 128, 256, 512, 1024, 2048, 4096),
    "images": (6_000, 15_000, 30_000, 60_000, 120_000, 240_000),
}
_CALLS = (1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
_MNIST = 60_000  # training images
_EPOCHS = 4  # of each point; the first compiles and does not count
_OPERATIONS = 2.5e11  # of an epoch; wider networks see fewer images, and their time is scaled up


@dataclass(frozen=True)
class _Point:
    """One process that measures one point of one line."""

    line: str
    x: int
    contestant: Contestant
    request: dict[str, Any]


def compare_growth(settings: Settings) -> list[Run]:
    """Measure each point in a process of its own, since memory only ever grows; in random order, against drift."""
    network(settings, anew=False)
    names = [*(f"growth with {line}" for line in _LINES), "growth of calls"]
    asked: dict[str, Any] = {"quick": settings.quick, "rounds": 1}
    runs = {name: new_run(name, "python -m benchmarks growth", **asked) for name in names}
    before = best_rates(play(rate_turns(settings), (0,), runs[names[0]], settings)[0])
    points = [*_training_points(settings), *_answering_points(settings)]
    random.Random(0).shuffle(points)  # noqa: S311 - an order, not a secret
    progress, measured = Progress("growth", len(points)), {}
    for point in points:
        run = runs.get(f"growth with {point.line}", runs["growth of calls"])
        measured[point.line, point.x], text = _measure(point, run, settings)
        progress.step(f"{point.line} {point.x:,}: {text}")
    after = best_rates(play(rate_turns(settings), (0,), runs[names[0]], settings)[0])
    rate = statistics.median([*before.values(), *after.values()]) if before or after else float("nan")
    for point in sorted(points, key=lambda point: point.x):
        answer = measured[point.line, point.x]
        if answer and point.line in _LINES:
            run = runs[f"growth with {point.line}"]
            run.settings["rate"] = f"{rate / 1e9:,.0f}"
            run.rows += training_rows(point.line, point.x, point.request["images"], answer, rate)
        elif answer:
            runs["growth of calls"].rows += _answering_rows(point, answer)
    return list(runs.values())


def _training_points(settings: Settings) -> list[_Point]:
    whole = 6_000 if settings.quick else _MNIST
    points = []
    for line, places in _LINES.items():
        for x in places[::5] if settings.quick else places:
            request: dict[str, Any] = {"epochs": 2 if settings.quick else _EPOCHS, "images": whole}
            if line == "width":  # whole batches of as many images as there is time for
                batches = max(20, round(_OPERATIONS / training_operations((x, x)) / BATCH_SIZE))
                request |= {"hidden_sizes": [x, x], "images": min(whole, batches * BATCH_SIZE)}
            elif line == "batch size":
                request["batch_size"] = x
            elif not settings.quick:
                request["images"] = x
            points.append(_Point(line, x, digitnet_training(settings, f"digitnet, {line} {x}"), request))
    return points


def _answering_points(settings: Settings) -> list[_Point]:
    sizes = _CALLS[::5] if settings.quick else _CALLS
    budget = 0.1 if settings.quick else 0.6  # seconds
    return [
        _Point(precision, size, digitnet_answers(settings, precision, 0), {"images": size, "budget": budget})
        for precision in ("float32", "int8")
        for size in sizes
    ]


def _measure(point: _Point, run: Run, settings: Settings) -> tuple[dict[str, float], str]:
    """The seconds and the memory of one point, and the text to show; nothing where its process failed."""
    try:
        with running(point.contestant, settings) as process:
            run.add_versions(process.ready["versions"])
            answer = process.ask(point.request)
    except BenchmarkError as error:
        return {}, run.skip(point.contestant.name, str(error))
    seconds = answer["seconds"]
    if isinstance(seconds, list):
        seconds = statistics.median(seconds[1:])
    return {"seconds": seconds, "peak": answer["peak_mb"]}, f"{seconds:.3g} s, {answer['peak_mb']:.0f} MB"


def training_rows(line: str, x: int, seen: int, answer: dict[str, float], rate: float) -> list[Row]:
    """Seconds of an epoch beside its floor; where fewer images were seen than it has, they are in proportion."""
    images = x if line == "images" else _MNIST
    sizes: Sequence[int] = (x, x) if line == "width" else HIDDEN_SIZES
    seconds, floor = answer["seconds"] * images / seen, floor_seconds(images, sizes, rate)
    subject = f"{x:,}"
    return [
        Row(subject, "seconds", seconds, "s", 1),
        Row(subject, "floor", floor, "s", 1),
        Row(subject, "share", floor / seconds, "share", 1),
        Row(subject, "peak", answer["peak"], "MB", 1),
        Row(subject, "seen", seen, "images", 1),
    ]


def _answering_rows(point: _Point, answer: dict[str, float]) -> list[Row]:
    subject, precision = f"{point.x:,}", point.line
    return [
        Row(subject, f"{precision} seconds", answer["seconds"], "s", 1),
        Row(subject, f"{precision} per second", point.x / answer["seconds"], "images/s", 1),
        Row(subject, f"{precision} peak", answer["peak"], "MB", 1),
    ]
