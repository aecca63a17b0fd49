"""The studio's folder: only its owner can look into it."""

import os
import stat
from pathlib import Path

import pytest

from digitnet.studio.teaching.errors import StorageError
from digitnet.studio.teaching.private_folder import default_studio_folder, make_private_folder, missing_for_training
from extras import HAS_TRAINING

needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs the rights of POSIX")


@needs_posix
def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = make_private_folder(tmp_path / "a" / "b")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@needs_posix
def test_a_folder_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_private_folder(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be used as the studio's folder"):
        make_private_folder(tmp_path / "file")


def test_where_it_is_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_studio_folder() == tmp_path / "digitnet" / "studio"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert default_studio_folder() == tmp_path / ".local" / "share" / "digitnet" / "studio"


def test_what_training_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    if HAS_TRAINING:
        assert missing_for_training() == ""
    monkeypatch.setattr(
        "digitnet.studio.teaching.private_folder.find_spec", lambda name: None if name == "keras" else 1
    )
    assert missing_for_training() == (
        "Training needs the training extra (keras missing here): pip install 'digitnet[train]'"
    )
