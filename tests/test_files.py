"""Files are whole or absent."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from digitnet.files import new_folder, replaced_file, write_atomically


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


KILLED = """
import os, signal, sys
from pathlib import Path
from digitnet.files import new_folder, replaced_file
with replaced_file(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no process can be asked for there")
def test_what_a_killed_writer_left_is_deleted_by_the_next(tmp_path: Path) -> None:
    run = subprocess.run([sys.executable, "-c", KILLED, tmp_path / "a.txt"], check=False)
    assert run.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert (left.name[:12], left.read_text()) == (".unfinished-", "half")
    write_atomically(tmp_path / "b.txt", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]


def test_what_somebody_is_writing_stays(tmp_path: Path) -> None:
    """In this process, on another machine, and by another program that uses folders of that name."""
    elsewhere, old, folder = (tmp_path / f".unfinished-{name}" for name in ("0-1-a.npz", "older.npz", "folder"))
    elsewhere.touch()
    old.touch()
    folder.mkdir()
    two_days_ago = time.time() - 2 * 86_400
    os.utime(old, (two_days_ago, two_days_ago))
    os.utime(folder, (two_days_ago, two_days_ago))
    with replaced_file(tmp_path / "a") as temporary:
        write_atomically(tmp_path / "b", "x")
        assert temporary.exists()
        assert (elsewhere.exists(), old.exists(), folder.exists()) == (True, False, True)


def test_a_folder_is_there_as_a_whole(tmp_path: Path) -> None:
    with new_folder(tmp_path / "ours") as temporary:
        (temporary / "a").write_text("a")
        assert not (tmp_path / "ours").exists()
    (tmp_path / "plain").mkdir()
    assert [path.name for path in (tmp_path / "ours").iterdir()] == ["a"]
    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_a_folder_that_fails_half_way_is_not_there(tmp_path: Path) -> None:
    def fail_half_way() -> None:
        with new_folder(tmp_path / "ours") as temporary:
            (temporary / "a").write_text("a")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_half_way()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no process can be asked for there")
def test_the_folder_of_a_killed_writer_is_deleted_by_the_next(tmp_path: Path) -> None:
    code = KILLED.replace("replaced_file", "new_folder").replace("temporary.write", "(temporary / 'a').write")
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path / "ours")], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 1
    write_atomically(tmp_path / "next", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["next"]


@pytest.mark.skipif(sys.platform == "win32", reason="there a folder cannot be opened as a file")
def test_the_new_name_is_on_the_disk_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[int, bool]] = []
    fsync = os.fsync

    def noting(handle: int) -> None:
        synced.append((os.fstat(handle).st_ino, (tmp_path / "a").exists()))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noting)
    write_atomically(tmp_path / "a", "text")
    assert synced == [((tmp_path / "a").stat().st_ino, False), (tmp_path.stat().st_ino, True)]
    synced.clear()
    with new_folder(tmp_path / "b") as folder:
        (folder / "c").mkdir()
        (folder / "c" / "d").write_text("text")
    expected = [tmp_path / "b" / "c", tmp_path / "b" / "c" / "d", tmp_path / "b", tmp_path]
    assert [inode for inode, _ in synced] == [path.stat().st_ino for path in expected]
