"""Trainings that are killed, and disasters: the experiments themselves, on a quick stand-in for digitnet train."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout

# Counts twelve epochs in its checkpoint, and makes its model file from them; one that `FORGETS` begins from 0 again.
# On a small disk it waits after the first epoch until something has happened to it.
TRAINER = """
import json, os, sys, time
from pathlib import Path
arguments = sys.argv[1:]
if arguments[0] == "verify":
    sys.exit(0)
is_resumed = "--resume" in arguments
run = Path(arguments[arguments.index("--resume" if is_resumed else "--out") + 1])
state = run / "checkpoint" / "state.npz"
def replace(path, text):
    beside = path.with_name(f".unfinished-{os.getpid()}")
    beside.write_text(text)
    beside.replace(path)
if not is_resumed:
    run.mkdir()
    (run / "checkpoint").mkdir()
    (run / "run.json").write_text("{}")
epochs = int(state.read_text()) if state.exists() else 0
seen = 0 if FORGETS and is_resumed else epochs
try:
    for epoch in range(epochs, 12):
        time.sleep(0.05)
        seen += 1
        replace(state, str(epoch + 1) + " " * 70_000)
        while run.parent.name == "disk" and not is_resumed and epoch == 0:
            disk = os.statvfs(run)
            if disk.f_bavail == 0 or disk.f_flag & os.ST_RDONLY:
                break
            time.sleep(0.01)
    replace(run / "model.onnx", str(seen))
    replace(run / "history.csv", "epoch,accuracy,loss,seconds" + str(time.time()))
    replace(run / "metrics.json", json.dumps({"test": seen}))
except OSError as error:
    for left in run.rglob(".unfinished-*"):
        left.unlink()
    sys.exit(f"{state}: {error.strerror}")
"""


def use_stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, *, forgets: bool = False) -> None:
    program = folder / "trainer.py"
    program.write_text(TRAINER.replace("FORGETS", str(forgets)))
    kills, disasters = load("reliability.kills"), load("reliability.disasters")
    training = kills.Training("stand-in", ())
    for module in (kills, disasters):
        monkeypatch.setattr(module, "digitnet_command", lambda *words: [sys.executable, str(program), *words])
        monkeypatch.setattr(module, "small", lambda folder: folder.mkdir(parents=True) or training)


def values(run: Any, subject: str) -> dict[str, float]:
    return {row.measure: row.value for row in run.rows if row.subject == subject}


@pytest.mark.parametrize(("forgets", "same"), [(False, 4), (True, 0)])
def test_what_a_killed_run_ends_in_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgets: bool, same: int
) -> None:
    use_stand_in(tmp_path, monkeypatch, forgets=forgets)
    kills, settings = load("reliability.kills"), load("settings").Settings(tmp_path, root=tmp_path / "work")
    kill = load("reliability.disasters").kill_after_an_epoch
    monkeypatch.setattr(kills, "kill_after", lambda training, run, _: kill(training, run) or True)
    reports = list[str]()
    (run,) = kills.measure_kills(4, 0, 0, settings, reports.append)
    found = values(run, "stand-in")
    assert (found["identical"], found["other"]) == (same, 4 - same)
    assert found["kills"] >= 4
    assert reports[-1] == f"stand-in: {same} of 4 as the one that was left alone"
    assert run.experiment == "kills of stand-in"
    assert not (tmp_path / "work" / "kills").exists()


def test_a_run_that_is_over_first_was_not_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_stand_in(tmp_path, monkeypatch)
    kills = load("reliability.kills")
    assert not kills.kill_after(kills.Training("stand-in", ()), tmp_path / "run", 600.0)
    assert (tmp_path / "run" / "metrics.json").exists()
    assert kills.kill_after(kills.Training("stand-in", ()), tmp_path / "other", 0.0)
    assert not (tmp_path / "other" / "metrics.json").exists()


def test_moments_are_spread_over_the_whole_run() -> None:
    moments = [load("reliability.kills").kill_moment(np.random.default_rng(seed), 10.0) for seed in range(200)]
    assert min(moments) < 1
    assert max(moments) > 9


@pytest.mark.parametrize("forgets", [False, True])
def test_each_disaster_says_what_was_printed_and_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgets: bool
) -> None:
    use_stand_in(tmp_path, monkeypatch, forgets=forgets)
    disasters, settings = load("reliability.disasters"), load("settings").Settings(tmp_path, root=tmp_path / "work")
    run = disasters.measure_disasters(settings, lambda _: None)
    assert set(disasters.DISASTERS) == {row.subject for row in run.rows if row.subject != "all"} | set(run.skipped)
    limit = values(run, "limit of a file's size")
    assert (limit["exit code"], limit["lines"]) == (1, 1)
    moved = values(run, "killed, then the folder moved")
    assert moved == {"exit code": 0, "lines": 0, "identical": int(not forgets)}
    full = values(run, "disk full after an epoch")
    assert not full or full == {"exit code": 1, "lines": 1, "identical": int(not forgets)}
    assert (values(run, "all")["other"] > 0) == forgets


def test_the_command_of_the_experiments_is_digitnet() -> None:
    assert load("reliability.kills").digitnet_command("train", "-q")[1:] == ["-m", "digitnet", "train", "-q"]
