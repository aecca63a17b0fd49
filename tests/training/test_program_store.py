"""Compiled programs on disk: what is intact comes back, and nothing else is ever run."""

import errno
import os
import stat
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from digitnet.training import program_store as module
from digitnet.training.program_store import ProgramStore, make_own_folder

PROGRAM = bytes(range(256)) * 3
NAME, OTHER = "jit_step-01-cache", "jit_other-23-cache"

posix_only = pytest.mark.skipif(os.name == "nt", reason="owners, modes, links and pipes of POSIX")


def filled_store(tmp_path: Path, *names: str, mark: str = "abc") -> ProgramStore:
    store = ProgramStore(tmp_path / "store", mark)
    store.folder.mkdir(exist_ok=True)
    source = Path(tempfile.mkdtemp(dir=tmp_path))
    for name in names:
        (source / name).write_bytes(PROGRAM)
    store.take_from(source, [])
    return store


def copied(store: ProgramStore, tmp_path: Path) -> tuple[dict[str, bytes], int]:
    """What comes out of a store, and how much of it was damaged."""
    private = Path(tempfile.mkdtemp(dir=tmp_path))
    names, damaged = store.copy_to(private)
    found = {path.name: path.read_bytes() for path in private.iterdir()}
    assert set(found) == set(names)
    return found, damaged


def flip(place: int) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[place] ^= 1
        path.write_bytes(content)

    return change


def to_a_link(path: Path) -> None:
    path.rename(path.with_name("aside"))
    path.symlink_to("aside")


def to_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(flip(0), id="digest"),
        pytest.param(flip(32), id="first byte"),
        pytest.param(flip(-1), id="last byte"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-1]), id="cut short"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes() + b"\0"), id="longer"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(PROGRAM), id="no digest"),
        pytest.param(lambda path: path.write_bytes(path.with_name(OTHER).read_bytes()), id="of another name"),
        pytest.param(to_a_link, id="link", marks=posix_only),
        pytest.param(to_a_pipe, id="pipe", marks=posix_only),
    ],
)
def test_a_damaged_program_is_removed_and_the_others_stay(damage: Callable[[Path], object], tmp_path: Path) -> None:
    store = filled_store(tmp_path, NAME, OTHER)
    assert copied(store, tmp_path) == ({NAME: PROGRAM, OTHER: PROGRAM}, 0)
    damage(store.folder / NAME)
    assert copied(store, tmp_path) == ({OTHER: PROGRAM}, 1)
    assert not os.path.lexists(store.folder / NAME)
    assert copied(store, tmp_path) == ({OTHER: PROGRAM}, 0)


def test_a_program_of_another_machine_is_damaged(tmp_path: Path) -> None:
    store = filled_store(tmp_path, NAME, mark="this machine")
    assert copied(ProgramStore(store.folder, "another machine"), tmp_path) == ({}, 1)


def test_what_is_no_program_stays_where_it_is(tmp_path: Path) -> None:
    store = filled_store(tmp_path)
    (store.folder / NAME).mkdir()
    (store.folder / ".DS_Store").touch()
    assert copied(store, tmp_path) == ({}, 1)
    assert {path.name for path in store.folder.iterdir()} == {NAME, ".DS_Store"}


@pytest.mark.parametrize(("error", "damaged"), [(PermissionError(errno.EACCES, "x"), 1), (FileNotFoundError(), 0)])
def test_a_program_that_cannot_be_read_is_left_out(
    error: OSError, damaged: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = filled_store(tmp_path, NAME)

    def fail(_: Path) -> bytes:
        raise error

    monkeypatch.setattr(Path, "read_bytes", fail)
    assert store.copy_to(tmp_path) == ([], damaged)


def test_an_empty_program_is_not_kept(tmp_path: Path) -> None:
    store = filled_store(tmp_path)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / NAME).touch()  # what Ctrl-C between open and write leaves
    store.take_from(tmp_path / "new", [])
    assert list(store.folder.iterdir()) == []


def test_two_runs_that_compiled_the_same_leave_one_of_them(tmp_path: Path) -> None:
    first = filled_store(tmp_path, NAME).folder / NAME
    first.with_name("seen by a third run").hardlink_to(first)
    assert copied(filled_store(tmp_path, NAME), tmp_path) == ({NAME: PROGRAM}, 0)
    assert first.stat().st_nlink == 1  # another file in its place: nobody ever sees one half written


@pytest.mark.parametrize(("limit", "value"), [("_MAX_ENTRIES", 2), ("_MAX_BYTES", 2 * (len(PROGRAM) + 32))])
def test_what_was_not_used_for_longest_goes_first(
    limit: str, value: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = filled_store(tmp_path, "a-cache", "b-cache", "c-cache")
    for seconds, name in ((30, "a"), (20, "b"), (10, "c")):
        os.utime(store.folder / f"{name}-cache", (0, time.time() - seconds))
    private = Path(tempfile.mkdtemp(dir=tmp_path))
    known, _ = store.copy_to(private)
    os.utime(private / "a-cache")  # JAX read it
    monkeypatch.setattr(module, limit, value)
    store.take_from(private, known)
    assert {path.name for path in store.folder.iterdir()} == {"a-cache", "c-cache"}


def test_a_huge_file_is_not_even_read(tmp_path: Path) -> None:
    store = filled_store(tmp_path, NAME)
    with (store.folder / OTHER).open("wb") as file:
        file.truncate(2**40)  # takes no room on the disk
    assert copied(store, tmp_path) == ({NAME: PROGRAM}, 0)
    assert not (store.folder / OTHER).exists()


@posix_only
def test_a_new_folder_is_for_its_user_alone(tmp_path: Path) -> None:
    make_own_folder(tmp_path / "above" / "own")
    assert stat.S_IMODE((tmp_path / "above" / "own").stat().st_mode) == 0o700
    make_own_folder(tmp_path / "above" / "own")


@posix_only
@pytest.mark.parametrize("mode", [0o500, 0o700, 0o755])
def test_a_folder_that_others_may_read_is_no_danger(mode: int, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own").chmod(mode)
    make_own_folder(tmp_path / "own")


def open_to(mode: int) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        path.mkdir()
        path.chmod(mode)

    return change


@posix_only
@pytest.mark.parametrize(
    ("arrange", "reason"),
    [
        pytest.param(lambda path: path.write_text("x"), "not a folder", id="file"),
        pytest.param(lambda path: path.symlink_to(path.parent), "not a folder", id="link"),
        pytest.param(lambda path: path.symlink_to("nowhere"), "not a folder", id="link to nowhere"),
        pytest.param(open_to(0o720), "other users may write to it", id="group"),
        pytest.param(open_to(0o1702), "other users may write to it", id="all"),
    ],
)
def test_a_folder_that_may_not_be_ours_alone(arrange: Callable[[Path], object], reason: str, tmp_path: Path) -> None:
    arrange(tmp_path / "own")
    with pytest.raises(OSError, match=reason) as caught:
        make_own_folder(tmp_path / "own")
    assert caught.value.filename == str(tmp_path / "own")


@posix_only
def test_the_folder_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    with pytest.raises(PermissionError, match="belongs to another user"):
        make_own_folder(tmp_path)
