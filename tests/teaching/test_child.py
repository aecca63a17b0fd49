"""The server's end of a run's process."""

import os
import threading
from pathlib import Path

import pytest

from digitnet.teaching.child import Child


def test_a_process_that_is_told_to_stop_when_it_is_gone_has_ended_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not sent yet goes nowhere when the pipe is closed."""
    (tmp_path / "gone_at_once.py").write_text("import sys; sys.stdin.close(); sys.exit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    told: list[str] = []
    is_over = threading.Event()

    def ended(sentence: str) -> None:
        told.append(sentence)
        is_over.set()

    child = Child("gone_at_once", tmp_path, os.open(os.devnull, os.O_RDONLY), lambda *_: None, ended)
    assert child._process.stdin is not None  # noqa: SLF001 - the moment between two threads is made here
    child._process.stdin.write(b"stop\n")  # noqa: SLF001
    assert is_over.wait(30)
    assert "code 3" in told[0]
