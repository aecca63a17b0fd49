"""A run's process made up for tests: it reports like a real one, and does what its settings say, without a network."""

from pathlib import Path

import pytest

__all__ = ["use_made_up_runs"]

CHILD = """
import json, os, signal, sys, time
from digitnet.studio.teaching.process_control import run_as_child


def work(folder, control):
    job = json.loads((folder / "job.json").read_bytes())
    does = job["settings"]["does"]
    for epoch in range(job["epochs_reported"] + 1, 4):
        control.emit("step", epoch=epoch, fraction=0.5)
        control.emit("epoch", epoch=epoch, validation_accuracy=epoch / 10, loss=1.0)
        print("what a library prints")
        if does == "wait":
            for _ in range(100_000):  # longer than any test; a run asks as often
                if control.stop.requested:
                    return False
                time.sleep(0.01)
        if does == "break down":
            raise ZeroDivisionError
        if does == "fail":
            from digitnet.errors import TrainingDivergedError
            raise TrainingDivergedError(f"{folder}/checkpoint is of no use")
        if does == "die":
            os.kill(os.getpid(), signal.SIGKILL)
    (folder / "model.onnx").write_bytes(b"weights")
    control.emit("result", accepted=does != "be worse", reason="It is worse." if does == "be worse" else "")
    return True


run_as_child(work)
"""


def use_made_up_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs and lessons be processes that only report.

    Args:
        folder: Where to write their program.
        monkeypatch: Undoes it.
    """
    (folder / "made_up_child.py").write_text(CHILD)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setattr("digitnet.studio.teaching.runs._MODULES", {"run": "made_up_child", "lesson": "made_up_child"})
