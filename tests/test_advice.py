import os
import subprocess
import sys
from pathlib import Path

import pytest

from advice import BROWSER_HINT, advice


def test_nothing_is_said_where_nothing_failed() -> None:
    assert advice([], "python") == []


def test_the_command_can_be_pasted_into_a_shell() -> None:
    lines = advice(
        ["tests/datasets/test_idx.py::test_it[a b]", "tests/datasets/test_idx.py::test_other"], ".venv/bin/python"
    )
    assert lines[1].strip() == ".venv/bin/python -m pytest 'tests/datasets/test_idx.py::test_it[a b]'"
    assert not any(BROWSER_HINT in line for line in lines)


def test_after_a_failure_on_the_page_it_is_said_where_the_browser_comes_from() -> None:
    assert (
        BROWSER_HINT in advice(["tests/test_files.py::test_it", "tests/studio/web/test_draw.py::test_it"], "python")[-1]
    )


@pytest.mark.parametrize(
    ("test", "named"),
    [
        ("def test_wrong():\n    assert 1 == 2\n", True),
        ("import pytest\n@pytest.fixture\ndef broken():\n    raise OSError\ndef test_wrong(broken): ...\n", True),
        ("def test_wrong(): ...\n", False),
    ],
    ids=["failure", "error", "pass"],
)
def test_a_failed_run_ends_with_the_command_for_the_failed_test(tmp_path: Path, test: str, named: bool) -> None:
    (tmp_path / "test_it.py").write_text(test, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.fspath(Path(__file__).parent)}
    command = [sys.executable, "-m", "pytest", "-p", "advice", "--rootdir", os.fspath(tmp_path), "test_it.py"]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    last = run.stdout.splitlines()[-6:]
    assert any(line.endswith(" -m pytest test_it.py::test_wrong") for line in last) is named
