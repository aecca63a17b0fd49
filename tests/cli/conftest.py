"""The command in this process, for tests of what it refuses."""

from collections.abc import Callable
from pathlib import Path

import pytest

from digitnet.cli import main


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[object, str]]:
    """The command in this process, for requests that are refused: their exit code and stderr.

    A process of its own would spend most of its time on importing. That a mistake ends a whole process in the same way
    is held by `test_a_mistake_ends_a_whole_process_in_the_same_way`.
    """

    def run(*arguments: str, cwd: Path) -> tuple[object, str]:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr("sys.argv", ["digitnet", *arguments])
        monkeypatch.setattr("gc.freeze", lambda: None)  # the tests go on after the command has ended
        with pytest.raises(SystemExit) as end:
            main()
        output, errors = capfd.readouterr()
        assert output == ""
        return end.value.code, errors

    return run
