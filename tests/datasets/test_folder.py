from pathlib import Path

import pytest

from digitnet.datasets.folder import list_folder
from digitnet.errors import DatasetError, DatasetFormatError, DatasetNotFoundError


def test_lists_by_name(tmp_path: Path) -> None:
    for name in ("b", "a10", "a2", "B"):
        (tmp_path / name).touch()
    assert [path.name for path in list_folder(tmp_path)] == ["B", "a10", "a2", "b"]


def test_refuses_what_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatasetFormatError, match="file is a file: expected a folder"):
        list_folder(tmp_path / "file")
    with pytest.raises(DatasetNotFoundError, match="none does not exist: expected a folder"):
        list_folder(tmp_path / "none")


def test_refuses_what_the_system_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_self: Path) -> list[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", forbidden)
    with pytest.raises(DatasetError, match="cannot be listed: Permission denied"):
        list_folder(tmp_path)
