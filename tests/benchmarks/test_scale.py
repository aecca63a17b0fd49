"""Killed batches: lost, doubled and changed rows are told apart, and the page is as it is written today."""

import subprocess
import sys
from pathlib import Path

import pytest

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


def test_the_page_is_current() -> None:
    results = load("results")
    runs = results.load_runs(results.MEASURED / "scale.json")
    assert (REPOSITORY / "docs" / "scale.md").read_text(encoding="utf-8") == load("pages").page_text("scale", runs)
    for run in runs:
        wrong = [row.value for row in run.rows if row.measure in MUST_BE_NONE]
        assert not any(wrong)
