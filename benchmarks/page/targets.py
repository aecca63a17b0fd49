"""The targets, each beside what was measured."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.comparisons.answers import MANY, OURS_FLOAT32, OURS_INT8
from benchmarks.comparisons.cold_start import EMPTY_CACHE, FILLED_CACHE, KERAS_EXAMPLE
from benchmarks.comparisons.engines import best_rates
from benchmarks.comparisons.start_up import HELP, PREDICT
from benchmarks.contestants.contest import HIDDEN_SIZES
from benchmarks.page.markdown import duration, interval, percent, times
from benchmarks.ratios import Ratio, paired_ratio
from benchmarks.results import Result
from benchmarks.workload import floor_seconds

__all__ = ["Target", "cold_start_ratio", "default_precision", "over_bare_runtime", "shares_of_floor", "targets"]

_EXTRA_SECONDS = 15e-6  # that an answer may take beyond the bare session
_MEDIAN_ACCURACY, _LEAST_ACCURACY = 0.984, 0.983  # Keras's example after 20 epochs; and what every seed must reach


@dataclass(frozen=True)
class Target:
    """One row.

    Attributes:
        what: Is measured.
        wanted: In words.
        measured: In words; empty where it was not measured.
        met: Whether it is; None where it was not measured.
    """

    what: str
    wanted: str
    measured: str = ""
    met: bool | None = None


def targets(results: Mapping[str, Result]) -> list[Target]:
    """All targets, in order, whatever was measured."""
    nothing = Result("", "", quick=False, machine={})
    part = {name: results.get(name, nothing) for name in ("epoch", "cold_start", "answers", "start_up")}
    return [
        *_epoch(part["epoch"]),
        *_cold_start(part["cold_start"]),
        *_answers(part["answers"]),
        _at_most(f"`{PREDICT}`, whole process", part["start_up"].column(PREDICT, "seconds"), 0.35),
        _at_most(f"`{HELP}`, whole process", part["start_up"].column(HELP, "seconds"), 0.15),
        _memory(
            "memory at peak, `digitnet train --preset quick`", part["cold_start"], (EMPTY_CACHE, FILLED_CACHE), 900
        ),
        _memory(f"memory at peak, `{PREDICT}`", part["start_up"], (PREDICT,), 150),
    ]


def _epoch(result: Result) -> list[Target]:
    ours = result.by_round("digitnet", "seconds")
    rows = [
        _times_as_fast(f"an epoch, against {name}", paired_ratio(result.by_round(peer, "seconds"), ours), bound)
        for peer, name, bound in (
            ("Keras fit, TensorFlow", "Keras `fit` on TensorFlow", 3.5),
            ("Keras fit, JAX", "Keras `fit` on JAX", 2),
            ("PyTorch loop", "a PyTorch loop written by hand", 2),
        )
    ]
    what, wanted = "an epoch, share of the matrix-product floor", "at least 50 %"
    shares = shares_of_floor(result)
    if not shares:
        return [*rows, Target(what, wanted)]
    share = statistics.median(shares)
    spread = f" ({percent(min(shares), 0)} to {percent(max(shares), 0)})" if len(shares) > 1 else ""
    return [*rows, Target(what, wanted, percent(share, 0) + spread, share >= 0.5)]


def shares_of_floor(result: Result) -> list[float]:
    """For each round, what an epoch takes at least / what ours took."""
    ours = result.by_round("digitnet", "seconds")
    return [
        floor_seconds(result.settings["images"], HIDDEN_SIZES, rate) / ours[number]
        for number, rate in best_rates(result).items()
        if number in ours
    ]


def _cold_start(result: Result) -> list[Target]:
    rows = []
    for name in (EMPTY_CACHE, FILLED_CACHE):
        what = f"cold start to 98.40 %, {name.partition(', ')[2]}, against Keras's example on TensorFlow"
        wanted = "at most 1/12 of the time; median 98.40 %, every seed 98.30 %"
        ratio = cold_start_ratio(result, name)
        accuracies = result.column(name, "accuracy")
        if ratio is None:
            rows.append(Target(what, wanted))
            continue
        middle, least = statistics.median(accuracies), min(accuracies)
        met = ratio.median >= 12 and middle >= _MEDIAN_ACCURACY and least >= _LEAST_ACCURACY
        seconds = duration(statistics.median(result.column(name, "seconds")))
        text = f"{seconds}, 1/{times(ratio)}; median {percent(middle)}, lowest {percent(least)}"
        rows.append(Target(what, wanted, text, met))
    return rows


def cold_start_ratio(result: Result, name: str) -> Ratio | None:
    """How many times as long the peer took; each of our rounds beside the peer's nearest one."""
    ours, theirs = result.measured.get(name, []), result.measured.get(KERAS_EXAMPLE, [])
    if not theirs:
        return None
    numbers = [our["round"] for our in ours]
    nearest = {number: min(theirs, key=lambda their: abs(their["round"] - number))["seconds"] for number in numbers}
    return paired_ratio(nearest, result.by_round(name, "seconds"))


def _answers(result: Result) -> list[Target]:
    ours = default_precision(result)

    def against(peer: str, images: int) -> Ratio | None:
        mine = result.by_round(f"{images:,} x {ours}", "seconds")
        return paired_ratio(result.by_round(f"{images:,} x {peer}", "seconds"), mine)

    extra = over_bare_runtime(result, ours)
    what, wanted = "one image, against the bare ONNX Runtime", "at most 15 µs more"
    bare = Target(what, wanted)
    if extra:
        middle = statistics.median(extra)
        sign = "more" if middle >= 0 else "less"
        bare = Target(what, wanted, f"{duration(abs(middle))} {sign}", middle <= _EXTRA_SECONDS)
    keras = [against(f"Keras predict, {engine}", MANY) for engine in ("JAX", "TensorFlow")]
    fastest = min((ratio for ratio in keras if ratio), key=lambda ratio: ratio.median, default=None)
    return [
        _times_as_fast("one image, against Keras `predict` on JAX", against("Keras predict, JAX", 1), 15),
        _times_as_fast(
            "one image, against Keras `predict` on TensorFlow", against("Keras predict, TensorFlow", 1), 500
        ),
        bare,
        _times_as_fast("10,000 images, against Keras `predict`, the faster of the two", fastest, 5),
        _times_as_fast("10,000 images, against float32 ONNX Runtime", against("ONNX Runtime, defaults", MANY), 2),
    ]


def default_precision(result: Result) -> str:
    """Which of our contestants is what a user gets who asks for no precision."""
    is_int8 = result.said.get(OURS_INT8, {}).get("is_default", False)
    return OURS_INT8 if is_int8 else OURS_FLOAT32


def over_bare_runtime(result: Result, ours: str) -> list[float]:
    """For each round, seconds of one answer beyond the faster of the two bare sessions."""
    columns = [
        result.column(f"1 x {name}", "seconds") for name in ("ONNX Runtime, defaults", "ONNX Runtime, one thread")
    ]
    bare = [min(pair) for pair in zip(*(column for column in columns if column), strict=False)]
    return [mine - theirs for mine, theirs in zip(result.column(f"1 x {ours}", "seconds"), bare, strict=False)]


def _times_as_fast(what: str, ratio: Ratio | None, bound: float) -> Target:
    wanted = f"at least {bound:g} times as fast"
    if ratio is None:
        return Target(what, wanted)
    spread = f" ({interval(ratio)})" if ratio.low is not None else ""
    return Target(what, wanted, f"{times(ratio)} times{spread}", ratio.median >= bound)


def _at_most(what: str, seconds: Sequence[float], bound: float) -> Target:
    wanted = f"at most {bound:g} s"
    if not seconds:
        return Target(what, wanted)
    middle = statistics.median(seconds)
    return Target(what, wanted, f"{middle:.3f} s ({min(seconds):.3f} to {max(seconds):.3f})", middle <= bound)


def _memory(what: str, result: Result, names: Sequence[str], bound: float) -> Target:
    """The highest peak of all rounds."""
    wanted = f"at most {bound:g} MB"
    peaks = [peak for name in names for peak in result.column(name, "peak_mb")]
    if not peaks:
        return Target(what, wanted)
    return Target(what, wanted, f"{max(peaks):,.0f} MB", max(peaks) <= bound)
