"""The frames of a trace: made-up events whose sums are known."""

from typing import Any

import pytest

from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout

frames = load("serving.frames")


def event(name: str, start: float, length: float, *, processor: float | None = None, thread: int = 1) -> dict[str, Any]:
    """One event, in milliseconds."""
    times = {"ts": 1e3 * start, "dur": 1e3 * length} | ({} if processor is None else {"tdur": 1e3 * processor})
    return {"name": name, "ph": "X", "pid": 7, "tid": thread, **times}


def test_a_frame_is_its_script_its_style_and_its_painting() -> None:
    trace = [
        event("FireAnimationFrame", 0, 5, processor=4),
        event("Layout", 1, 2, processor=2),  # inside the script: counted once
        event("UpdateLayoutTree", 5, 1, processor=1),
        event("Commit", 7, 2, processor=0.5),
        event("FireAnimationFrame", 20, 3, processor=3),
        event("Commit", 24, 1, processor=1),
    ]
    assert frames.frames_of(reversed(trace)) == [frames.Frame(5.5, 8.0), frames.Frame(4.0, 4.0)]


def test_what_no_script_has_painted_and_other_threads_do_not_count() -> None:
    trace = [
        event("FireAnimationFrame", 0, 1),
        event("Commit", 2, 1),
        event("Paint", 10, 5),  # the cursor of a field blinks
        event("Commit", 16, 1),
        event("FireAnimationFrame", 20, 1),  # still running when the trace ends
        event("Commit", 3, 50, thread=2),
        {"name": "Commit", "ph": "I", "ts": 0, "pid": 7, "tid": 1},
    ]
    assert frames.frames_of(trace) == [frames.Frame(2.0, 2.0)]
    assert frames.frames_of([]) == []


def test_the_table_has_median_and_percentile() -> None:
    moved = [frames.Frame(float(number), 2.0 * number) for number in range(1, 101)]
    lines = frames.table_of({"moved": moved, "nothing happens": []}).splitlines()
    assert lines[2] == "| moved | 100 | 50.5 | 96.0 | 101.0 | 192.0 |"
    assert lines[3] == "| nothing happens | 0 |  |  |  |  |"


def test_events_without_their_time_on_the_processor_count_by_the_clock() -> None:
    assert frames.frames_of([event("FireAnimationFrame", 0, 1), event("Commit", 1, 2)])[0].processor == pytest.approx(3)
