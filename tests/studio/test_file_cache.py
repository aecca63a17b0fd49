"""What was made of a file is made again when the file has changed, and not before."""

import os
import threading
from pathlib import Path

import pytest

from digitnet.studio.file_cache import FileCache
from patience import PATIENCE


def test_it_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("1")
    kept: FileCache[str] = FileCache()
    assert kept.get(path, path.read_text) == "1"
    assert kept.get(path, lambda: "made again") == "1"


def test_another_content_is_another_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("1")
    kept: FileCache[str] = FileCache()
    kept.get(path, path.read_text)
    path.write_text("2")
    os.utime(path, ns=(0, 5))  # as if it had been written later
    assert kept.get(path, path.read_text) == "2"


def test_those_asked_for_last_stay(tmp_path: Path) -> None:
    kept: FileCache[str] = FileCache(limit=2)
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_text("")
    for path in (paths[0], paths[1], paths[0], paths[2]):
        kept.get(path, lambda: "first")
    assert [kept.get(path, lambda: "second") for path in (paths[0], paths[2])] == ["first", "first"]
    assert kept.get(paths[1], lambda: "second") == "second"


def test_what_cannot_be_made_is_tried_again(tmp_path: Path) -> None:
    kept: FileCache[str] = FileCache()
    path = tmp_path / "missing"
    with pytest.raises(OSError, match="No such file"):
        kept.get(path, path.read_text)
    assert kept.get(path, lambda: "there") == "there"


def test_two_threads_make_it_once(tmp_path: Path) -> None:
    kept: FileCache[int] = FileCache()
    begun, may_end = threading.Event(), threading.Event()
    made = []

    def make() -> int:
        begun.set()
        may_end.wait(PATIENCE)
        made.append(1)
        return len(made)

    threads = [threading.Thread(target=kept.get, args=(tmp_path / "a", make)) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert begun.wait(PATIENCE)
    may_end.set()
    for thread in threads:
        thread.join()
    assert made == [1]
