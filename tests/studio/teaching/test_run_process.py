"""The server's end of a run's process."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from digitnet.studio.teaching.run_process import RunProcess
from patience import PATIENCE

_TELL = "import json, os, sys\ndef tell(**data): print(json.dumps({'event': 'told', 'data': data}), flush=True)\n"


class Started:
    """A process of a made-up module, and what is heard of it."""

    def __init__(self, folder: Path, code: str) -> None:
        (folder / "made_up_child.py").write_text(_TELL + code)
        self.heard: list[dict[str, Any]] = []
        self.told: list[str] = []
        self._has_told, self._is_over = threading.Event(), threading.Event()
        self.child = RunProcess("made_up_child", folder, os.open(os.devnull, os.O_RDONLY), self._hear, self._ended)

    def wait_for_a_word(self) -> dict[str, Any]:
        assert self._has_told.wait(PATIENCE)
        return self.heard[0]

    def wait_for_its_end(self) -> str:
        assert self._is_over.wait(PATIENCE)
        return self.told[0]

    def _hear(self, _: str, data: dict[str, Any]) -> None:
        self.heard.append(data)
        self._has_told.set()

    def _ended(self, sentence: str) -> None:
        self.told.append(sentence)
        self._is_over.set()


@pytest.fixture(autouse=True)
def importable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def test_a_process_that_is_told_to_stop_when_it_is_gone_has_ended_all_the_same(tmp_path: Path) -> None:
    """What was not sent yet goes nowhere when the pipe is closed."""
    started = Started(tmp_path, "sys.stdin.close(); sys.exit(3)")
    process = started.child._process  # noqa: SLF001 - the moment between two threads is made here
    assert process.stdin is not None
    process.stdin.write(b"stop\n")
    assert "code 3" in started.wait_for_its_end()


@pytest.mark.skipif(not hasattr(os, "getsid"), reason="there are no sessions on Windows")
def test_ctrl_c_at_the_server_is_not_for_it(tmp_path: Path) -> None:
    started = Started(tmp_path, "tell(session=os.getsid(0), process=os.getpid())")
    told = started.wait_for_a_word()
    assert told["session"] == told["process"] != os.getsid(0)
    started.wait_for_its_end()


def test_what_lies_in_the_working_directory_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "json.py").write_text("raise SystemExit('not the one of Python')")
    monkeypatch.chdir(elsewhere)
    started = Started(tmp_path, "tell(path=sys.path)")
    assert str(elsewhere) not in started.wait_for_a_word()["path"]
    started.wait_for_its_end()


@pytest.mark.skipif(not hasattr(os, "getsid"), reason="nothing can be ignored on Windows")
def test_one_that_does_not_listen_is_ended_by_force(tmp_path: Path) -> None:
    started = Started(
        tmp_path, "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntell()\ntime.sleep(1000)"
    )
    started.wait_for_a_word()
    started.child.close(0.1)
    assert started.told == [
        "The process of this run was ended from outside (SIGKILL): is there enough memory?",
    ]


def test_one_that_listens_ends_by_itself(tmp_path: Path) -> None:
    started = Started(tmp_path, "tell()\nsys.exit(7 if sys.stdin.readline() == 'stop\\n' else 8)")
    started.wait_for_a_word()
    started.child.close(PATIENCE)
    assert "code 7" in started.wait_for_its_end()


def test_a_line_that_is_no_event_is_passed_over(tmp_path: Path) -> None:
    lines = ("words", "[1]", '{"event": "told"}', json.dumps({"event": "told", "data": {"n": 1}}))
    started = Started(tmp_path, f"print({chr(10).join(lines)!r}, flush=True)")
    started.wait_for_its_end()
    assert started.heard == [{"n": 1}]
