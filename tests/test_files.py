"""Files are whole or absent."""

import stat
from pathlib import Path

import pytest

from digitnet.files import replaced_file, write_atomically


def test_text_and_bytes_arrive(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a.txt", "é")
    write_atomically(tmp_path / "b", b"\x00\x01")
    assert (tmp_path / "a.txt").read_bytes() == "é".encode()
    assert (tmp_path / "b").read_bytes() == b"\x00\x01"


def test_a_failure_half_way_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail_half_way() -> None:
        with replaced_file(path) as temporary:
            temporary.write_text("ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_half_way()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_atomically(tmp_path / "ours", "x")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "ours")}
    assert len(modes) == 1


def test_a_missing_folder_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "nowhere" / "a", "x")
