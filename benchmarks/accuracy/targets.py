"""The targets of accuracy, each beside what was measured."""

from collections.abc import Sequence

from benchmarks.accuracy.bundled import Bundled
from benchmarks.accuracy.measured import Measurement
from benchmarks.accuracy.summary import Summary, committees, current, summaries
from benchmarks.page.markdown import percent
from benchmarks.page.targets import Target

__all__ = ["GOALS", "duration", "targets"]

_SEEDS = 5  # that a mean is taken over
GOALS = {  # error rates that are not to be exceeded
    "quick": 0.0160,
    "standard": 0.0075,
    "record": 0.0035,
    "bundled": 0.0030,
    "augmented": 0.0028,
    "committee": 0.0025,
}
_STANDARD_SECONDS, _RECORD_SECONDS = 90.0, 30 * 60.0
_AUGMENTED_MS = 20.0
_ECE, _NLL = 0.0015, 0.013


def targets(rows: Sequence[Measurement], bundled: Bundled) -> list[Target]:
    """All targets, in order, whatever was measured.

    A mean over fewer seeds than five is shown, but neither met nor missed.
    """
    found = summaries(rows)
    evaluation = bundled.evaluation
    return [
        _mean("`quick`", found.get("quick"), GOALS["quick"]),
        _mean("`standard`", found.get("standard"), GOALS["standard"], _STANDARD_SECONDS),
        _mean("`record`", found.get("record"), GOALS["record"], _RECORD_SECONDS),
        _at_most(f"the bundled model ({bundled.name}), one pass", evaluation.errors / evaluation.n, GOALS["bundled"]),
        _augmented([row for row in current(rows) if row.preset == "record"]),
        _committee(committees(rows)),
        _at_most("calibration error of the bundled model", evaluation.ece, _ECE),
        Target(
            "log loss of the bundled model",
            f"at most {_NLL:.3f} nats",
            f"{evaluation.nll:.4f} nats",
            evaluation.nll <= _NLL,
        ),
    ]


def _at_most(what: str, rate: float, bound: float) -> Target:
    return Target(what, f"at most {percent(bound)}", percent(rate), rate <= bound)


def _mean(preset: str, summary: Summary | None, bound: float, seconds: float | None = None) -> Target:
    """The mean error rate over the seeds, and the median duration where that is limited."""
    what = f"{preset}, mean of {_SEEDS} seeds, one pass"
    wanted = f"at most {percent(bound)}" + (f" within {duration(seconds)}" if seconds else "")
    if summary is None:
        return Target(what, wanted)
    text = percent(summary.mean, 3) + (f" in {duration(summary.seconds)}" if seconds else "")
    if len(summary.rows) < _SEEDS:
        return Target(what, wanted, f"{text}, {len(summary.rows)} of {_SEEDS} seeds")
    return Target(what, wanted, text, summary.mean <= bound and (seconds is None or summary.seconds <= seconds))


def _augmented(rows: Sequence[Measurement]) -> Target:
    """The mean over the seeds; of several numbers of copies the largest that is quick enough for all of them."""
    what = "`record` with augmented inference"
    wanted = f"at most {percent(GOALS['augmented'])} within {_AUGMENTED_MS:g} ms an image"
    by_copies: dict[int, list[tuple[float, float]]] = {}
    for row in rows:
        for entry in row.augmented:
            by_copies.setdefault(entry["copies"], []).append((entry["errors"] / row.n, entry["ms_altered"] or 0.0))
    if not by_copies:
        return Target(what, wanted)
    in_time = [copies for copies, found in by_copies.items() if max(ms for _, ms in found) <= _AUGMENTED_MS]
    copies = max(in_time) if in_time else min(by_copies)
    found = by_copies[copies]
    rate, slowest = sum(rate for rate, _ in found) / len(found), max(ms for _, ms in found)
    seeds = f"{len(found)} seed{'' if len(found) == 1 else 's'}"
    text = f"{percent(rate, 3)} in {slowest:.1f} ms, {copies} copies, {seeds}"
    return Target(what, wanted, text, rate <= GOALS["augmented"] and slowest <= _AUGMENTED_MS)


def _committee(rows: Sequence[Measurement]) -> Target:
    """The largest committee, so that none is chosen by what it does on the test images."""
    what, wanted = "a committee, one pass of each member", f"at most {percent(GOALS['committee'])}"
    if not rows:
        return Target(what, wanted)
    row = rows[-1]
    return Target(what, wanted, f"{percent(row.errors / row.n)}, {row.kind}", row.errors / row.n <= GOALS["committee"])


def duration(seconds: float) -> str:
    """`88.4 s`, `29.6 min`: three digits."""
    return f"{seconds:.3g} s" if seconds < 120 else f"{seconds / 60:.3g} min"
