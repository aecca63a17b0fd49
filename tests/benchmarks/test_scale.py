"""Killed batches: lost, doubled and changed rows are told apart, and the page is as it is written today."""

import subprocess
import sys
from pathlib import Path

import pytest

from extras import needs_scale
from made_up_benchmarks import REPOSITORY, load, needs_checkout
from patience import wait_until

pytestmark = needs_checkout
MUST_BE_NONE = {"lost", "twice", "other", "other rows", "parts again", "other tables", "runs again"}


def row(file: str, text: str = "7") -> dict[str, object]:
    return {"file": file, "index": None, "text": text}


def test_each_kind_of_damage_is_counted() -> None:
    compared = load("scale.stops").compared
    expected = [row("a"), row("b"), row("c")]
    assert compared(expected, expected) == {"lost": 0, "twice": 0, "other": 0}
    assert compared([row("a"), row("a"), row("b", "1")], expected) == {"lost": 1, "twice": 1, "other": 1}


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_workers_below_a_process_are_found() -> None:
    batches = load("scale.batches")
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()', 'spawn_main'])"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as parent:
        wait_until(lambda: len(batches.descendants(parent.pid)) == 1)
        assert parent.stdin is not None
        parent.stdin.close()
    assert batches.descendants(parent.pid) == []


def test_a_batch_that_fails_says_why(tmp_path: Path) -> None:
    batches = load("scale.batches")
    process = batches.start_batch((tmp_path / "nowhere.png", "--out", tmp_path / "out"))
    with pytest.raises(load("processes").BenchmarkError, match=r"nowhere.png cannot be read: No such file"):
        batches.finished(process)


@needs_scale
def test_the_model_of_cost_finds_what_made_the_seconds() -> None:
    """Seconds made of 2 ms a picture and 30 ms a part are taken apart again."""
    cost = load("scale.cost")
    counts = [(1000, 1), (1000, 100), (5000, 20)]
    a_picture, a_part = cost.fitted(counts, [2.03, 5.0, 10.6])
    assert (a_picture, a_part) == (pytest.approx(0.002), pytest.approx(0.03))


@needs_scale
def test_a_plan_is_bounded_by_its_scheduler() -> None:
    """1,000,000 pictures of 1 ms in parts of 1,000, each with 1 s more; the scheduler takes 10 ms for a part."""
    cost = load("scale.cost")
    costs = cost.Costs(a_picture=0.001, a_part=1.0, bytes_a_picture=0.0)
    few = cost.plan(10**6, 1000, costs, 0.01, 20)
    assert few == (1000, 2.0, pytest.approx(100 / 3600), pytest.approx(0.1), pytest.approx(200))
    many = cost.plan(10**6, 1000, costs, 0.01, 1000)
    assert (many.hours, many.scheduler) == (pytest.approx(10 / 3600), pytest.approx(1.0))


def test_growth_is_told_from_the_start() -> None:
    growth = load("scale.memory").growth
    rises_at_first = [(float(second), 100.0 + min(second, 60)) for second in range(200)]
    assert growth(rises_at_first) == 0
    assert growth([(float(second), 100.0 + second) for second in range(160)]) == pytest.approx(
        90 / 164.5
    )  # medians of the first and the last ten from 60 on
    assert growth(rises_at_first[:70]) is None


def test_the_page_is_current() -> None:
    results = load("results")
    runs = results.load_runs(results.MEASURED / "scale.json")
    assert (REPOSITORY / "docs" / "scale.md").read_text(encoding="utf-8") == load("pages").page_text("scale", runs)
    for run in runs:
        wrong = [row.value for row in run.rows if row.measure in MUST_BE_NONE]
        assert not any(wrong)
