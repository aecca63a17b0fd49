"""Runs and lessons as processes: one at a time, and none is lost, whatever becomes of it or of the server."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from digitnet.studio.teaching.errors import BusyError, FullError, NotFoundError
from digitnet.studio.teaching.runs import RUNS_MAX, Runs
from digitnet.studio.teaching.training_lock import TrainingLock
from patience import wait_until


def start(runs: Runs, does: str = "finish", **more: Any) -> str:
    return runs.start("run", {"does": does}, "32", **more)


def ended(runs: Runs, job_id: str) -> str:
    """How a run ended, when its process is gone."""
    wait_until(lambda: runs.news(job_id, 0).is_over)
    return runs.get(job_id)[1].status


def told(runs: Runs, job_id: str) -> list[tuple[int, str, str]]:
    return [(event.number, event.kind, event.data.get("status", "")) for event in runs.news(job_id, 0).events]


def test_a_run_tells_what_happens_in_order(runs: Runs) -> None:
    job_id = start(runs)
    assert ended(runs, job_id) == "finished"
    assert told(runs, job_id) == [
        (1, "state", "running"),
        (2, "epoch", ""),
        (3, "epoch", ""),
        (4, "epoch", ""),
        (5, "result", ""),
        (6, "state", "finished"),
    ]
    (described,) = runs.describe()
    assert described["epochs_done"] == 3
    assert described["validation_accuracy"] == 0.3
    assert described["result"] == {"accepted": True, "reason": ""}
    assert not described["resumable"]


def test_news_begin_behind_what_is_known(runs: Runs) -> None:
    job_id = start(runs)
    ended(runs, job_id)
    assert [event.number for event in runs.news(job_id, 4).events] == [5, 6]
    assert runs.news(job_id, 6).events == []
    assert runs.news(job_id, 99).events == []


def test_where_an_epoch_stands_is_told_but_not_kept(runs: Runs, folder: Path) -> None:
    job_id = start(runs, "wait")
    wait_until(lambda: len(runs.news(job_id, 0).events) == 2)
    assert runs.news(job_id, 0).transient is None  # the epoch has taken its place
    kept = (folder / "runs" / job_id / "events.jsonl").read_text()
    assert "fraction" not in kept


def test_one_run_at_a_time(runs: Runs) -> None:
    first = start(runs, "wait")
    with pytest.raises(BusyError, match="Run 1: 32 is under way"):
        start(runs)
    with pytest.raises(BusyError, match="Run 1: 32 is under way"):
        runs.start("lesson", {"does": "finish"}, "a copy")
    assert [job.id for job, _ in runs.all()] == [first]


def test_the_next_may_begin_as_soon_as_one_has_told_its_end(runs: Runs) -> None:
    first = start(runs)
    wait_until(lambda: runs.get(first)[1].status == "finished")
    second = start(runs)
    assert ended(runs, second) == "finished"
    assert [job.number for job, _ in runs.all()] == [2, 1]


def test_a_stopped_run_goes_on_where_it_was(runs: Runs, folder: Path) -> None:
    job_id = start(runs, "wait")
    wait_until(lambda: runs.get(job_id)[1].epochs_done == 1)
    runs.stop(job_id)
    assert ended(runs, job_id) == "stopped"
    assert runs.describe()[0]["resumable"]
    change(folder, job_id, "finish")
    runs.resume(job_id)
    assert ended(runs, job_id) == "finished"
    epochs = [event.data["epoch"] for event in runs.news(job_id, 0).events if event.kind == "epoch"]
    assert epochs == [1, 2, 3]  # none is told twice
    with pytest.raises(BusyError, match="is finished"):
        runs.resume(job_id)


def change(folder: Path, job_id: str, does: str) -> None:
    path = folder / "runs" / job_id / "job.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "settings": {"does": does}}))


@pytest.mark.parametrize(
    ("does", "sentence"),
    [
        ("fail", "checkpoint is of no use"),  # and nothing of where the folder is
        ("break down", "The process of this run broke down (code 1): log.txt in its folder tells more."),
        pytest.param(
            "die",
            "The process of this run was ended from outside (SIGKILL): is there enough memory?",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals"),
        ),
    ],
)
def test_a_run_that_fails_says_why(runs: Runs, does: str, sentence: str) -> None:
    job_id = start(runs, does)
    assert ended(runs, job_id) == "failed"
    assert runs.get(job_id)[1].error == sentence
    assert ended(runs, start(runs)) == "finished"  # and is in nobody's way


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_a_run_whose_server_was_killed_can_be_resumed(runs: Runs, folder: Path) -> None:
    job_id = start(runs)
    ended(runs, job_id)
    events = folder / "runs" / job_id / "events.jsonl"
    lines = events.read_text().splitlines(keepends=True)
    events.write_text("".join(lines[:2]) + lines[2][:20])  # as it was in the middle of its second epoch
    runs.close()
    after = Runs(folder)
    assert after.get(job_id)[1].status == "interrupted"
    after.resume(job_id)
    assert ended(after, job_id) == "finished"
    assert [event.data["epoch"] for event in after.news(job_id, 0).events if event.kind == "epoch"] == [1, 2, 3]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_a_run_ends_with_its_server(folder: Path, runs: Runs) -> None:
    code = (
        "import sys, time; from pathlib import Path; from digitnet.studio.teaching import runs\n"
        "runs._MODULES = {'run': 'made_up_child'}\n"
        "print(runs.Runs(Path(sys.argv[1])).start('run', {'does': 'wait'}, 'x'), flush=True); time.sleep(1000)"
    )
    server = os.popen(f"exec {sys.executable} -c \"{code}\" '{folder}' & echo $!; wait")  # noqa: S605
    process, job_id = int(server.readline()), server.readline().strip()
    wait_until(lambda: runs.get(job_id)[1].epochs_done == 1)
    assert runs.get(job_id)[1].status == "running"
    with pytest.raises(BusyError, match="another run is under way"):
        start(runs)
    with pytest.raises(BusyError, match="started by another server"):
        runs.stop(job_id)
    with pytest.raises(BusyError, match="stop it first"):
        runs.delete(job_id)
    os.kill(process, signal.SIGKILL)
    wait_until(lambda: runs.get(job_id)[1].status == "interrupted")  # its process has let go of the lock
    server.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_another_servers_run_is_in_the_way_of_ours(runs: Runs, folder: Path) -> None:
    lock = TrainingLock(folder / "training.lock")
    with pytest.raises(BusyError, match="another run is under way"):
        start(runs)
    assert runs.all() == []
    lock.release()
    assert ended(runs, start(runs)) == "finished"


def test_a_run_is_deleted_with_all_that_it_has(runs: Runs, folder: Path) -> None:
    job_id = start(runs, "wait")
    with pytest.raises(BusyError, match="stop it first"):
        runs.delete(job_id)
    runs.stop(job_id)
    ended(runs, job_id)
    runs.delete(job_id)
    assert list((folder / "runs").iterdir()) == []
    for action in (runs.delete, runs.stop, runs.resume, runs.get, lambda job: runs.news(job, 0)):
        with pytest.raises(NotFoundError, match="may have been deleted"):
            action(job_id)


def test_the_oldest_makes_room(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    assert RUNS_MAX == 20
    monkeypatch.setattr("digitnet.studio.teaching.runs.RUNS_MAX", 2)
    first = start(runs)
    ended(runs, first)
    second = start(runs)
    ended(runs, second)
    third = start(runs, keep={first})
    ended(runs, third)
    assert [job.id for job, _ in runs.all()] == [third, first]
    assert [job.number for job, _ in runs.all()] == [3, 1]


def test_what_a_lesson_begins_with_makes_no_room_for_it(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not like the taught copy goes back to it."""
    monkeypatch.setattr("digitnet.studio.teaching.runs.RUNS_MAX", 2)
    first = start(runs)
    ended(runs, first)
    ended(runs, start(runs))
    lesson = runs.start("lesson", {"does": "finish"}, "a copy", base=first)
    assert [job.id for job, _ in runs.all()] == [lesson, first]
    ended(runs, lesson)


def test_a_full_disk_is_told_before_the_run(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitnet.studio.teaching.runs._FREE_BYTES", 1 << 60)
    with pytest.raises(FullError, match="make room first"):
        start(runs)
    monkeypatch.undo()


def test_a_lesson_is_not_resumed(runs: Runs) -> None:
    job_id = runs.start("lesson", {"does": "wait"}, "a copy", base="")
    wait_until(lambda: runs.get(job_id)[1].epochs_done == 1)
    runs.stop(job_id)
    ended(runs, job_id)
    with pytest.raises(BusyError, match="start a new run"):
        runs.resume(job_id)


def test_what_is_not_under_way_is_not_stopped(runs: Runs) -> None:
    job_id = start(runs)
    ended(runs, job_id)
    runs.close()
    with pytest.raises(BusyError, match="not under way"):
        runs.stop(job_id)


def test_closing_stops_the_run_and_keeps_it(folder: Path) -> None:
    runs = Runs(folder)
    job_id = start(runs, "wait")
    wait_until(lambda: runs.get(job_id)[1].epochs_done == 1)
    runs.close()
    assert Runs(folder).get(job_id)[1].status == "stopped"
