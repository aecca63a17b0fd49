"""Numbers of the page: medians over rounds, and how many times as fast one server is as another."""

import statistics
from collections.abc import Sequence

from benchmarks.ratios import Ratio, paired_ratio
from benchmarks.results import Result
from benchmarks.serving.turns import BATCHES, IDLE_COMPACT, IDLE_JSON, LOAD_COMPACT, LOAD_JSON, label

__all__ = ["ALL_MEASURES", "median_of", "milliseconds", "speed_ratio", "total_of"]

ALL_MEASURES = (IDLE_JSON, IDLE_COMPACT, LOAD_JSON, LOAD_COMPACT, BATCHES)
_IDLE = (IDLE_JSON, IDLE_COMPACT)


def median_of(result: Result | None, name: str, key: str) -> float | None:
    """The median over the rounds, or None where nothing was measured."""
    values: Sequence[float] = result.column(name, key) if result else ()
    return statistics.median(values) if values else None


def total_of(result: Result | None, name: str, key: str) -> float | None:
    """The sum over the rounds, or None where nothing was measured."""
    values: Sequence[float] = result.column(name, key) if result else ()
    return sum(values) if values else None


def speed_ratio(result: Result | None, measure: str, who: str, other: str) -> Ratio | None:
    """How many times as fast `who` is as `other`: by requests a second, or the latency of an idle server."""
    if result is None:
        return None
    key = "median_ms" if measure in _IDLE else "per_second"
    ours, theirs = (result.by_round(label(measure, name), key) for name in (who, other))
    return paired_ratio(theirs, ours) if measure in _IDLE else paired_ratio(ours, theirs)


def milliseconds(value: float | None) -> str:
    """`1.23 ms`, or a dash."""
    return "-" if value is None else f"{value:.2f} ms" if value < 9.995 else f"{value:.1f} ms"
