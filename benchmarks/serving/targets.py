"""The targets of serving, each beside what was measured."""

from collections.abc import Mapping

from benchmarks.page.markdown import interval, times
from benchmarks.page.targets import Target
from benchmarks.results import Result
from benchmarks.serving.figures import ALL_MEASURES, median_of, milliseconds, speed_ratio, total_of
from benchmarks.serving.served import DIGITNET, PEERS, UNBATCHED
from benchmarks.serving.turns import (
    BATCHES,
    CONNECTIONS,
    IDLE_COMPACT,
    IDLE_JSON,
    IMAGES_OF_A_BATCH,
    LOAD_COMPACT,
    label,
)

__all__ = ["targets"]

_MEDIAN_MS, _P99_MS = 2.0, 5.0  # of one request on an idle server
_PER_SECOND, _LOAD_P99_MS = 2_500.0, 40.0
_IMAGES_PER_SECOND = 60_000.0
_NO_SLOWER = 0.95  # of the speed without batching: what two rounds differ by anyway
_FLAT = 0.05
_READY_SECONDS, _READY_MB = 1.5, 250.0
_FIRST_ANSWER_MS, _PAGE_BYTES = 1000.0, 300_000
_WHILE_DRAWING_MS = 50.0


def targets(results: Mapping[str, Result]) -> list[Target]:
    """All targets, in order, whatever was measured."""
    turns = results.get("turns")
    return [
        *_idle(turns),
        *_load(turns),
        *_batching(turns),
        *(_peer(turns, peer.name) for peer in PEERS),
        *_soak(results.get("soak")),
        *_start(results.get("start_up")),
        *_page(results.get("page")),
    ]


def _at_most(what: str, value: float | None, bound: float, wanted: str, measured: str) -> Target:
    return Target(what, wanted) if value is None else Target(what, wanted, measured, value <= bound)


def _milliseconds(what: str, value: float | None, bound: float) -> Target:
    return _at_most(what, value, bound, f"at most {bound:g} ms", milliseconds(value))


def _idle(turns: Result | None) -> list[Target]:
    rows = []
    for measure, form in ((IDLE_JSON, "JSON"), (IDLE_COMPACT, "binary")):
        name = label(measure, DIGITNET.name)
        what = f"`infer`, one image, {form}, idle server"
        rows.append(_milliseconds(f"{what}: median", median_of(turns, name, "median_ms"), _MEDIAN_MS))
        rows.append(_milliseconds(f"{what}: p99", median_of(turns, name, "p99_ms"), _P99_MS))
    return rows


def _load(turns: Result | None) -> list[Target]:
    name = label(LOAD_COMPACT, DIGITNET.name)
    what = f"`infer`, one image, binary, {CONNECTIONS} connections, one worker"
    batches = median_of(turns, label(BATCHES, DIGITNET.name), "per_second")
    images = None if batches is None else batches * IMAGES_OF_A_BATCH
    return [
        _at_least(what, median_of(turns, name, "per_second"), _PER_SECOND, "requests/s"),
        _milliseconds(f"{what}: p99", median_of(turns, name, "p99_ms"), _LOAD_P99_MS),
        _none(f"{what}: errors", total_of(turns, name, "errors")),
        _at_least(f"batches of {IMAGES_OF_A_BATCH}, binary", images, _IMAGES_PER_SECOND, "images/s"),
    ]


def _at_least(what: str, value: float | None, bound: float, unit: str) -> Target:
    wanted = f"at least {bound:,.0f} {unit}"
    return Target(what, wanted) if value is None else Target(what, wanted, f"{value:,.0f} {unit}", value >= bound)


def _none(what: str, count: float | None) -> Target:
    return Target(what, "0") if count is None else Target(what, "0", f"{count:,.0f}", count == 0)


def _batching(turns: Result | None) -> list[Target]:
    rows = []
    for measure, what, wanted, bound in (
        (LOAD_COMPACT, f"batching, {CONNECTIONS} connections: speed", "more than without", 1.0),
        (IDLE_COMPACT, "batching, idle server: speed", "as without (0.95 times or more)", _NO_SLOWER),
    ):
        ratio = speed_ratio(turns, measure, DIGITNET.name, UNBATCHED.name)
        text = "" if ratio is None else f"{times(ratio)} times ({interval(ratio)})"
        met = None if ratio is None else ratio.median > bound
        rows.append(Target(what, wanted, text, met))
    return rows


def _peer(turns: Result | None, peer: str) -> Target:
    """Ahead in everything that was measured of it."""
    what, wanted = f"speed against {peer}, same model file", "ahead in each measure"
    ratios = [ratio.median for measure in ALL_MEASURES if (ratio := speed_ratio(turns, measure, DIGITNET.name, peer))]
    if not ratios:
        return Target(what, wanted)
    return Target(what, wanted, f"{min(ratios):.2f} to {max(ratios):.2f} times as fast", min(ratios) > 1)


def _soak(soak: Result | None) -> list[Target]:
    what = "an hour's worth of mixed good and bad requests in 5 minutes"
    row = soak.measured.get(DIGITNET.name, [None])[0] if soak else None
    wanted = ["0 lost", "0 answers of 500", "each the status that is due", "memory flat (within 5 %)"]
    if row is None:
        return [Target(what, each) for each in wanted]
    broken = sum(count for status, count in row["statuses"].items() if int(status) == 500)
    drift = row["end_mb"] / row["warm_mb"] - 1
    found = [
        (f"{row['lost']:,} of {row['sent']:,} lost", row["lost"] == 0),
        (f"{broken:,}", broken == 0),
        (f"{row['wrong']:,} others", row["wrong"] == 0),
        (f"{row['warm_mb']:.0f} MB to {row['end_mb']:.0f} MB ({100 * drift:+.1f} %)", abs(drift) <= _FLAT),
    ]
    return [Target(what, each, text, met) for each, (text, met) in zip(wanted, found, strict=True)]


def _start(start: Result | None) -> list[Target]:
    name = DIGITNET.name
    seconds = median_of(start, name, "ready_seconds")
    text = "" if seconds is None else f"{seconds:.2f} s"
    rows = [_at_most("start to ready", seconds, _READY_SECONDS, f"at most {_READY_SECONDS:g} s", text)]
    for what, key in (("memory when ready", "resident_mb"), ("memory under load", "loaded_resident_mb")):
        value = median_of(start, name, key)
        measured = "" if value is None else f"{value:.0f} MB"
        rows.append(_at_most(what, value, _READY_MB, f"at most {_READY_MB:g} MB", measured))
    return rows


def _page(page: Result | None) -> list[Target]:
    name = DIGITNET.name
    first, weight = median_of(page, name, "first_answer_ms"), median_of(page, name, "bytes")
    after = median_of(page, name, "after_pointer_ms")
    text = "" if weight is None else f"{weight / 1000:.0f} KB"
    return [
        _milliseconds("page: first answer after load", first, _FIRST_ANSWER_MS),
        _milliseconds("page: from the pointer to that answer", after, _WHILE_DRAWING_MS),
        _at_most("page: weight", weight, _PAGE_BYTES, f"at most {_PAGE_BYTES // 1000} KB", text),
        _none("page: files loaded from elsewhere", total_of(page, name, "elsewhere")),
    ]
