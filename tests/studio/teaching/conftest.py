"""A folder for runs, and processes that only report."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from digitnet.studio.teaching.runs import Runs
from made_up_runs import use_made_up_runs


@pytest.fixture(autouse=True)
def made_up_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = tmp_path / "modules"
    modules.mkdir()
    use_made_up_runs(modules, monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "studio"
    path.mkdir()
    return path


@pytest.fixture
def runs(folder: Path) -> Iterator[Runs]:
    runs = Runs(folder)
    yield runs
    runs.close()
