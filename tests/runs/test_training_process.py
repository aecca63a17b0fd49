"""The process of a planned run: an ordinary run folder, one process at a time, and an end with its starter."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.errors import RunFolderError
from digitnet.runs.planned_run import LOCKS, SweepJob, train_planned
from digitnet.runs.search import PlannedRun, Search, planned_runs
from extras import needs_training
from patience import PATIENCE, wait_until

pytestmark = needs_training
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")


@pytest.fixture
def job(tmp_path: Path) -> SweepJob:
    """A sweep of 200 images of noise."""
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (200, 28, 28), dtype=np.uint8), np.arange(200) % 10
    path = tmp_path / "noise.npz"
    np.savez(path, x_train=images, y_train=labels, x_test=images[:50], y_test=labels[:50])
    (tmp_path / "sweep").mkdir()
    return SweepJob(str(tmp_path / "sweep"), str(path))


def planned(**setting: Any) -> PlannedRun:
    dials = {"hidden_sizes": (8,), "epochs": 1, "validation_fraction": 0.25, "batch_size": 50, "max_weights": 9000}
    dials |= setting  # with a limit of weights there is no digit score, which would take most of the time
    (run,) = planned_runs(Search("quick", {name: (value,) for name, value in dials.items()}, (3,)))
    return run


def trained(job: SweepJob, run: PlannedRun) -> dict[str, Any]:
    from digitnet.runs.training_process import trained  # noqa: PLC0415 - needs the training extra

    return trained(*job, run.name, run.recipe.to_dict(), run.command(job.source, str(Path(job.folder) / run.name)))


def test_a_run_is_an_ordinary_run_folder_and_trained_once(job: SweepJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digitnet.runs.finish.save_figure", lambda *_: None)  # they take most of the time
    run = planned()
    assert trained(job, run) == {"error": "", "ends_sweep": False}
    folder = Path(job.folder) / run.name
    description = json.loads((folder / "run.json").read_text())
    assert description["settings"] == run.recipe.to_dict()
    assert description["command"][:4] == ["digitnet", "train", "--preset", "quick"]
    assert json.loads((folder / "metrics.json").read_text())["validation"]["n"] == 50
    before = (folder / "model.onnx").stat().st_mtime_ns
    assert trained(job, run)["error"] == ""
    assert (folder / "model.onnx").stat().st_mtime_ns == before


def test_what_only_one_run_cannot_do_does_not_end_the_sweep(job: SweepJob) -> None:
    answer = trained(job, planned(max_weights=10))
    assert answer["error"].startswith("the network 784-8-10 has 6,370 weights")
    assert not answer["ends_sweep"]
    gone = job._replace(source=f"{job.source}.gone")
    answer = trained(gone, planned())
    assert "noise.npz.gone does not exist" in answer["error"]
    assert answer["ends_sweep"]


@contextmanager
def locked(job: SweepJob, run: PlannedRun) -> Iterator[None]:
    """As if another process trained the run."""
    import fcntl  # noqa: PLC0415 - Windows has none

    path = Path(job.folder) / LOCKS / run.name
    path.parent.mkdir()
    with path.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@posix_only
def test_a_run_that_another_process_trains_is_waited_for(job: SweepJob) -> None:
    run, found = planned(), list[dict[str, Any]]()
    thread = threading.Thread(target=lambda: found.append(trained(job, run)))
    with locked(job, run):
        thread.start()
        wait_until(lambda: _waits_for_a_lock(Path(job.folder) / LOCKS / run.name))
        folder = Path(job.folder) / run.name
        folder.mkdir()
        (folder / "metrics.json").write_text("{}")  # the other one has finished
        assert found == []
    thread.join(PATIENCE)
    assert found == [{"error": "", "ends_sweep": False}]
    assert [path.name for path in folder.iterdir()] == ["metrics.json"]


@posix_only
def test_a_process_ends_with_its_starter(job: SweepJob) -> None:
    run = planned()
    with locked(job, run):
        process = subprocess.Popen(
            [sys.executable, "-m", "digitnet.runs.training_process"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stdin is not None
        process.stdin.write(f"{json.dumps([*job, run.name, run.recipe.to_dict(), []])}\n".encode())
        process.stdin.flush()
        wait_until(lambda: _waits_for_a_lock(Path(job.folder) / LOCKS / run.name))
        assert process.poll() is None
        process.stdin.close()  # as the system does for a starter that was killed
        assert process.wait(PATIENCE) == 1
        assert process.stdout is not None
        process.stdout.close()


def _waits_for_a_lock(path: Path) -> bool:
    """Whether some process waits for the lock of a file."""
    if not Path("/proc/locks").exists():
        pytest.skip("locks are seen in /proc")
    inode = f":{path.stat().st_ino} "
    return any("->" in line and inode in line for line in Path("/proc/locks").read_text().splitlines())


def answering(program: str) -> Callable[..., Any]:
    """`subprocess.Popen` with another program in place of what it should start."""
    real = subprocess.Popen
    return lambda _, **settings: real([sys.executable, "-c", program], **settings)


def test_a_process_that_dies_twice_is_a_result(job: SweepJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", answering("import os; os._exit(7)"))
    ended = train_planned(job, planned())
    assert ended.error == "its process died 2 times (exit code 7): does the network need more memory?"


def test_what_all_runs_would_fail_of_ends_the_sweep(job: SweepJob, monkeypatch: pytest.MonkeyPatch) -> None:
    program = """input(); print('{"error": "the disk is full", "ends_sweep": true}', flush=True); input()"""
    monkeypatch.setattr(subprocess, "Popen", answering(program))
    with pytest.raises(RunFolderError, match=r"seed-3-\w+: the disk is full"):
        train_planned(job, planned())
