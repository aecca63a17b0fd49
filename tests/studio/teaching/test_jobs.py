"""The folders of runs: written whole, and nothing that a browser says becomes a path."""

import json
import os
import time
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import pytest

from digitnet.studio.teaching.errors import NotFoundError
from digitnet.studio.teaching.jobs import Jobs, Kind, summarise
from digitnet.studio.teaching.journal import Event

KINDS: tuple[Kind, ...] = ("run", "lesson", "run")


def test_what_was_told_is_read_back(folder: Path) -> None:
    jobs = Jobs(folder / "runs")
    job = jobs.create("lesson", {"epochs": 2}, "a copy", "run-1", {"base.onnx": b"weights"})
    assert Jobs(folder / "runs").all() == [job]
    assert (jobs.path(job.id) / "base.onnx").read_bytes() == b"weights"
    assert (job.kind, job.number, job.name, job.base) == ("lesson", 1, "Lesson 1: a copy", "run-1")
    assert jobs.get(job.id) == job


def test_another_name_keeps_the_number_and_all_else_that_is_noted(folder: Path) -> None:
    jobs = Jobs(folder / "runs")
    job = jobs.create("run", {"epochs": 2}, "128-64")
    file = jobs.path(job.id) / "job.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "epochs_reported": 1}))
    renamed = jobs.rename(job.id, "no cure")
    assert renamed == replace(job, name="Run 1: no cure") == jobs.get(job.id)
    assert json.loads(file.read_text())["epochs_reported"] == 1
    with pytest.raises(NotFoundError):
        jobs.rename("run-1", "none")


@pytest.mark.parametrize("job_id", ["", "..", "run-", "run-1/../..", "run-g", "/etc", "run-1\n", "lesson-" + "1" * 20])
def test_other_names_are_of_no_run(folder: Path, job_id: str) -> None:
    with pytest.raises(NotFoundError, match="there is no run"):
        Jobs(folder / "runs").get(job_id)


def test_a_run_elsewhere_is_none_of_ours(folder: Path) -> None:
    elsewhere = Jobs(folder)
    job = elsewhere.create("run", {}, "x")
    with pytest.raises(NotFoundError, match="there is no run"):
        Jobs(folder / "runs").get(f"../{job.id}")


def test_a_way_to_a_run_is_not_its_name(folder: Path) -> None:
    jobs = Jobs(folder / "runs")
    job = jobs.create("run", {}, "x")
    with pytest.raises(NotFoundError, match="there is no run"):
        jobs.get(f"{job.id}/../{job.id}")


def test_only_what_was_left_half_made_long_ago_is_removed(folder: Path) -> None:
    """What another server makes at this moment looks the same."""
    left, young = (folder / "runs" / f".unfinished-{name}" for name in ("left", "young"))
    for path in (left, young):
        path.mkdir(parents=True)
    minutes_ago = time.time() - 100
    os.utime(left, (minutes_ago, minutes_ago))
    Jobs(folder / "runs")
    assert (left.exists(), young.exists()) == (False, True)


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", '{"id": "run-1"}', "[" * 100_000], ids=len)
def test_a_damaged_folder_is_left_out(folder: Path, content: str) -> None:
    jobs = Jobs(folder / "runs")
    good = jobs.create("run", {}, "x")
    bad = folder / "runs" / "run-1"
    bad.mkdir()
    (bad / "job.json").write_text(content)
    (folder / "runs" / "notes.txt").touch()
    assert jobs.all() == [good]


def test_a_copied_folder_does_not_pass_for_the_other_run(folder: Path) -> None:
    jobs = Jobs(folder / "runs")
    job = jobs.create("run", {}, "x")
    (folder / "runs" / "run-1").mkdir()
    (folder / "runs" / "run-1" / "job.json").write_bytes((jobs.path(job.id) / "job.json").read_bytes())
    assert jobs.all() == [job]


def test_each_kind_is_counted_by_itself(folder: Path) -> None:
    jobs = Jobs(folder / "runs")
    first, lesson, second = (jobs.create(kind, {}, "x") for kind in KINDS)
    assert (first.number, lesson.number, second.number) == (1, 1, 2)
    assert len({first.id, lesson.id, second.id}) == 3  # also within one millisecond


def test_the_newest_is_first_whatever_its_kind(folder: Path) -> None:
    """Also of those that were made within one millisecond."""
    jobs = Jobs(folder / "runs")
    made = [jobs.create(kind, {}, "x") for kind in KINDS * 4]
    assert jobs.all() == made[::-1]


def test_the_newest_is_first_though_the_clock_was_set_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, _: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime(2001, 1, 1, tzinfo=UTC)

    jobs = Jobs(folder / "runs")
    before = jobs.create("run", {}, "x")
    monkeypatch.setattr("digitnet.studio.teaching.jobs.datetime", Clock)
    after = jobs.create("lesson", {}, "x")
    assert jobs.all() == [after, before]


def test_a_summary_takes_the_last_of_each_kind() -> None:
    events = [
        Event(1, "state", {"status": "running"}),
        Event(2, "epoch", {"epoch": 1, "validation_accuracy": 0.5}),
        Event(3, "epoch", {"epoch": 2, "validation_accuracy": 0.6}),
        Event(4, "state", {"status": "failed", "error": "why"}),
    ]
    summary = summarise(events)
    assert (summary.status, summary.error, summary.epochs_done, summary.validation_accuracy) == (
        "failed",
        "why",
        2,
        0.6,
    )
    assert summarise([]).status == "interrupted"  # it was made, and the server ended before it said a word
