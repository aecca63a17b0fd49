"""Overload and endurance: what is counted, on a real server for a second and on calls that leak."""

import mmap
from pathlib import Path

import pytest

from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout


def test_a_server_answers_all_or_says_503(tmp_path: Path) -> None:
    overload, settings = load("reliability.overload"), load("settings").Settings(tmp_path, root=tmp_path)
    settings.work.mkdir(exist_ok=True)
    reports = list[str]()
    run = overload.measure_overload(1.0, settings, reports.append, large=3000)
    rows = {(row.subject, row.measure): row for row in run.rows}
    for subject in ("four large ones, nothing else", "one image beside four large ones", "twelve large ones"):
        sent = rows[subject, "lost"].n
        assert sent
        assert rows[subject, "answered"].value + rows[subject, "503"].value == sent
        assert rows[subject, "p99"].value >= rows[subject, "median"].value > 0
    assert rows["all", "lost"].value == 0
    assert rows["four large ones", "times as long"].value > 0
    assert rows["memory", "at the end"].value > 50
    assert reports


def test_what_does_not_come_whole_is_lost() -> None:
    answers = load("reliability.overload").Answers()
    for status, took in ((200, 1.0), (503, 2.0), (None, 3.0), (200, 4.0)):
        answers.note(status, took)
    assert (answers.sent, answers.lost, answers.took_ms) == (4, 1, [1.0, 4.0])
    assert dict(answers.statuses) == {200: 2, 503: 1}


def test_memory_that_stays_between_requests_is_growth_and_what_swings_is_not() -> None:
    memory_rows = load("reliability.overload").memory_rows
    for each_round, growth in ((0.0, 0.0), (1.0, 0.38)):
        held = [(10.0 * number, 200.0 + each_round * number) for number in range(1, 101)]
        rows = {row.measure: row.value for row in memory_rows(held, 900.0, 1000.0)}
        assert rows["at most"] == 900.0
        assert rows["growth"] == pytest.approx(growth, abs=0.02)


def test_calls_that_keep_something_grow() -> None:
    memory_over, kept = load("reliability.endurance").memory_over, list[mmap.mmap]()

    def fill(_: int) -> mmap.mmap:
        block = mmap.mmap(-1, 100_000)  # of the system itself: Python's own memory may have been used before
        block.write(b"x" * 100_000)
        return block

    early, late = memory_over(lambda number: kept.append(fill(number)), 1000)
    assert 80 < late - early < 120
    early, late = memory_over(fill, 1000)
    assert abs(late - early) < 20


def test_each_call_is_measured_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    endurance = load("reliability.endurance")
    monkeypatch.setattr(endurance, "LEAST", 3)
    run = endurance.measure_endurance(30)
    for kind, count in {"predict": 30, "read_digit": 3, "read_number": 3}.items():
        row = next(row for row in run.rows if (row.subject, row.measure) == (kind, "at the end"))
        assert row.n == count
        assert row.value > 50
