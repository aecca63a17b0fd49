"""The section about how cost grows."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.comparisons.engines import best_rates
from benchmarks.contestants.contest import HIDDEN_SIZES
from benchmarks.page.markdown import duration, percent, prose, section, table
from benchmarks.results import Result
from benchmarks.workload import answering_operations, floor_seconds

__all__ = ["TRAINING_LINES", "Line", "answering_lines", "growth_section", "training_line"]

Line = list[dict[str, float]]  # points with x, seconds, floor and peak_mb

TRAINING_LINES = {"width": "hidden width", "batch size": "batch size", "images": "images in an epoch"}
_MNIST = 60_000


def training_line(result: Result, line: str) -> Line:
    """The points of one line: seconds an epoch, beside the floor of the same epoch.

    Where fewer images were seen than an epoch has, the seconds are in proportion.
    """
    return [
        {
            "x": point["x"],
            "images": point["images"],
            "seconds": point["seconds"] * _epoch_of(line, point) / point["images"],
            "floor": floor_seconds(_epoch_of(line, point), _sizes_of(line, point), _rate(result)),
            "peak_mb": point["peak_mb"],
        }
        for point in result.measured.get(line, [])
    ]


def _epoch_of(line: str, point: dict[str, Any]) -> int:
    return int(point["x"]) if line == "images" else _MNIST


def _sizes_of(line: str, point: dict[str, Any]) -> Sequence[int]:
    return (point["x"], point["x"]) if line == "width" else HIDDEN_SIZES


def answering_lines(result: Result) -> dict[str, Line]:
    """For each precision the points: seconds a call, beside the floor of the products in float32."""
    operations = answering_operations(HIDDEN_SIZES)
    return {
        precision: [
            {**point, "floor": point["x"] * operations / _rate(result)}
            for point in result.measured[f"answers, {precision}"]
        ]
        for precision in ("float32", "int8")
        if result.measured.get(f"answers, {precision}")
    }


def _rate(result: Result) -> float:
    rates = best_rates(result).values()
    return statistics.median(rates) if rates else float("nan")


def growth_section(result: Result) -> str:
    """Tables and figures of all lines."""
    return section(
        "How cost grows",
        prose(f"""
            digitnet alone, each point in a process of its own (memory only ever grows), in random order so that a
            drift of the machine bends no line; a point is the median of the epochs, or calls, of its process. The
            floor is the products of the network at {_rate(result) / 1e9:,.0f} GFLOP/s, the median of the machine's
            best rates before and after. Everything but what is varied is as above: 784-512-512-10, batches of 128,
            60,000 images."""),
        "![An epoch and its memory, against width, batch size and images](figures/performance_growth.png)",
        *(_training_table(result, line, label) for line, label in TRAINING_LINES.items()),
        prose("""
            Wide networks were given fewer images ("seen") and their time was scaled up to an epoch. More images than
            60,000 are the same ones again."""),
        "![Answers and their memory against the images of a call](figures/performance_answering.png)",
        _answering_table(result),
        prose("""
            The memory of a call includes the images themselves, 784 bytes each. The floor is that of float32; int8 has
            more operations in each instruction, so it may go below."""),
        prose("""
            What this does not show: peers. Where they stand at one width, one batch size and two sizes of calls is
            above."""),
    )


def _training_table(result: Result, line: str, label: str) -> str:
    rows = [
        [
            f"{point['x']:,.0f}",
            duration(point["seconds"]),
            duration(point["floor"]),
            percent(point["floor"] / point["seconds"], 0),
            f"{point['peak_mb']:,.0f}",
            f"{point['images']:,.0f}",
        ]
        for point in training_line(result, line)
    ]
    return table([label, "an epoch", "floor", "share", "peak MB", "seen"], rows)


def _answering_table(result: Result) -> str:
    lines = answering_lines(result)
    sizes = sorted({int(point["x"]) for line in lines.values() for point in line})
    columns: list[tuple[str, Callable[[dict[str, float]], str]]] = [
        ("a call", lambda point: duration(point["seconds"])),
        ("images a second", lambda point: f"{point['x'] / point['seconds']:,.0f}"),
        ("peak MB", lambda point: f"{point['peak_mb']:,.0f}"),
    ]
    header = ["images of a call", *(f"{name}, {precision}" for precision in lines for name, _ in columns)]
    rows = []
    for size in sizes:
        cells = [f"{size:,}"]
        for line in lines.values():
            points = [point for point in line if point["x"] == size]
            cells += [show(points[0]) if points else "-" for _, show in columns]
        rows.append(cells)
    return table(header, rows)
