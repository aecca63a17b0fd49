"""The one form of results: rows from rounds, and files in which a run takes the place of the one before."""

import json
from pathlib import Path

import pytest

from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout


def test_rounds_become_rows() -> None:
    results = load("results")
    rounds = results.Rounds()
    for number, (ours, theirs) in enumerate([(1.0, 2.0), (2.0, 6.0), (1.5, 3.0)]):
        rounds.add("ours", number, {"seconds": ours, "text": "no number"})
        rounds.add("theirs", number, {"seconds": theirs})
    assert rounds.row("ours", "seconds", "s") == [results.Row("ours", "seconds", 1.5, "s", 3, (1.0, 2.0))]
    assert rounds.row("ours", "seconds", "s", "peak", max)[0].value == 2.0
    (times,) = rounds.times("theirs", "ours", "seconds")
    assert (times.measure, times.value, times.unit, times.n) == ("times", 2.0, "times", 3)
    assert times.interval == (2.0, 3.0)
    assert rounds.row("ours", "text", "s") == rounds.times("nobody", "ours", "seconds") == []


def test_errors_are_compared_as_a_share() -> None:
    row = load("results").Row
    assert row("network", "errors", 39, "errors", 10_000).number == 0.0039
    assert row("network", "seconds", 39, "s", 5).number == 39


def test_runs_survive_the_file_and_take_the_place_of_their_like(tmp_path: Path) -> None:
    results, path = load("results"), tmp_path / "made" / "results.json"
    assert results.load_runs(path) == []
    row = results.Row("Cireşan", "error", 0.35, "share", 5, (0.1, 0.5), (0.2, 0.4), [[1, 2]])
    first = results.Run("epoch", "", "a command", versions={"numpy": "2"}, rows=[row, row])
    other = results.Run("epoch", "another name", rows=[row])
    for run in (first, other):
        results.record(run, path)
    assert results.load_runs(path) == [first, other]
    better = results.Run("epoch", rows=[results.Row("b", "c", 2.0, "s")])
    results.record(better, path)
    assert results.load_runs(path) == [better, other]
    lines = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[2].strip().removesuffix("]},")) == {
        "subject": "b",
        "measure": "c",
        "value": 2.0,
        "unit": "s",
    }


def test_versions_of_several_contestants_stand_side_by_side() -> None:
    run = load("results").new_run("epoch", "a command", quick=True, rounds=3)
    run.add_versions({"numpy": "2.1", "keras": "3"})
    run.add_versions({"numpy": "2.0", "keras": "3"})
    assert run.versions == {"numpy": "2.0, 2.1", "keras": "3"}
    assert run.settings == {"rounds": 3, "quick": True}
    assert run.date
    assert run.machine["cores"] >= 1


def test_a_file_holds_no_number_that_json_does_not_know(tmp_path: Path) -> None:
    results = load("results")
    with pytest.raises(ValueError, match="not JSON compliant"):
        results.record(results.Run("epoch", rows=[results.Row("a", "b", float("nan"), "s")]), tmp_path / "a.json")
