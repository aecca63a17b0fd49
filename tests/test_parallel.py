"""Cores under affinities and quotas, hand-made or really pinned; and slices: each image once, nothing left behind."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from digitnet import parallel
from digitnet.parallel import allowed_cores, available_cores, for_each_slice, keep_to_cores
from patience import PATIENCE


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A machine of eight cores without any control group."""
    monkeypatch.setattr(os, "process_cpu_count", lambda: 8, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(parallel, "_OWN_GROUPS", tmp_path / "own")
    monkeypatch.setattr(parallel, "_GROUPS", tmp_path / "groups")
    parallel._quota_cores.cache_clear()  # noqa: SLF001
    yield tmp_path
    parallel._quota_cores.cache_clear()  # noqa: SLF001


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_without_control_groups_all_cores_of_the_process_count(groups: Path) -> None:
    assert not (groups / "own").exists()
    assert available_cores() == 8


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("max 100000\n", 8),
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),  # one core and a half: a second one is of use
        ("10000 100000\n", 1),
        ("1600000 100000\n", 8),  # more than there are
        ("", 8),
        ("fast 0", 8),
        ("100000 0", 8),
    ],
)
def test_a_quota_of_version_2(groups: Path, limit: str, expected: int) -> None:
    put(groups / "own", "0::/\n")
    put(groups / "groups/cpu.max", limit)
    assert available_cores() == expected
    assert allowed_cores() == 8  # a quota takes time, no cores: as many threads are started


def test_the_tightest_quota_on_the_way_to_the_root_counts(groups: Path) -> None:
    put(groups / "own", "0::/machine/box/job\n")
    put(groups / "groups/machine/cpu.max", "300000 100000")
    put(groups / "groups/machine/box/job/cpu.max", "max 100000")
    assert available_cores() == 3


def test_a_neighbours_quota_does_not(groups: Path) -> None:
    put(groups / "own", "0::/machine/box\n")
    put(groups / "groups/machine/other/cpu.max", "100000 100000")
    put(groups / "cpu.max", "100000 100000")  # beside the groups, not above one
    assert available_cores() == 8


@pytest.mark.parametrize(("quota", "expected"), [("-1", 8), ("250000", 3), ("400000", 4)])
@pytest.mark.parametrize("folder", ["", "docker/1234"])
def test_a_quota_of_version_1(groups: Path, quota: str, expected: int, folder: str) -> None:
    put(groups / "own", "5:cpuset:/elsewhere\n4:cpu,cpuacct:/docker/1234\n0::/\n")
    put(groups / "groups/cpu" / folder / "cpu.cfs_quota_us", f"{quota}\n")
    put(groups / "groups/cpu" / folder / "cpu.cfs_period_us", "100000\n")
    assert available_cores() == expected


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="a process cannot be pinned to a core here")
def test_a_process_that_is_pinned_to_one_core_has_one() -> None:
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
        "from digitnet.parallel import allowed_cores, available_cores; print(available_cores(), allowed_cores())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "1 1\n"


@pytest.mark.parametrize("n", [0, 1, 256, 257, 511, 512, 513, 767, 768, 1000, 1025, 5000, 60_001])
@pytest.mark.parametrize("max_threads", [None, 1, 2, 3, 64])
def test_every_image_is_worked_on_once(n: int, max_threads: int | None) -> None:
    counts = [0] * n
    lengths: list[int] = []

    def work(part: slice) -> None:
        lengths.append(part.stop - part.start)
        for place in range(part.start, part.stop):
            counts[place] += 1

    for_each_slice(work, n, max_threads)
    assert counts == [1] * n
    assert max(lengths, default=1) <= (256 if n >= 512 else 511)
    assert min(lengths, default=1) >= 1


@pytest.mark.parametrize("max_threads", [None, 2, 64])
def test_few_images_stay_with_the_thread_that_has_them(max_threads: int | None) -> None:
    seen = []
    for n in (1, 2, 32, 511):
        for_each_slice(lambda part: seen.append((threading.get_ident(), part)), n, max_threads)
    assert seen == [(threading.get_ident(), slice(0, n)) for n in (1, 2, 32, 511)]


def threads_that_meet(expected: int, max_threads: int | None) -> set[int]:
    """Work on one slice a thread; each waits until all of the expected threads have one."""
    meeting, seen = threading.Barrier(expected), set()

    def work(_: slice) -> None:
        seen.add(threading.get_ident())
        meeting.wait(timeout=PATIENCE)  # breaks, which is an error, if fewer come together

    for_each_slice(work, max(512, 256 * expected), max_threads)
    return seen


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_many_images_are_worked_on_by_that_many_threads_at_once(threads: int) -> None:
    assert len(threads_that_meet(threads, threads)) == threads


@pytest.mark.parametrize("cores", [1, 2, 4])
def test_unasked_all_cores_of_the_process_are_taken(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(parallel, "available_cores", lambda: cores)
    seen = threads_that_meet(cores, None)
    assert len(seen) == cores
    assert threading.get_ident() in seen


@pytest.mark.parametrize("failing", range(8))
@pytest.mark.parametrize("max_threads", [1, 2, 4])
def test_a_failure_is_that_of_the_caller(failing: int, max_threads: int) -> None:
    def work(part: slice) -> None:
        if part.start // 256 == failing:
            raise ZeroDivisionError(f"slice {failing}")

    with pytest.raises(ZeroDivisionError, match=f"slice {failing}"):
        for_each_slice(work, 8 * 256, max_threads)
    assert threads_of_slices() == set()


def threads_of_slices() -> set[threading.Thread]:
    """The threads that are there to work on slices; those of other tests have other names."""
    return {thread for thread in threading.enumerate() if thread.name.startswith("digitnet_")}


def test_after_a_failure_of_the_caller_the_others_do_not_go_on() -> None:
    caller, done = threading.get_ident(), []
    has_failed = threading.Event()

    def work(part: slice) -> None:
        if threading.get_ident() == caller:
            has_failed.set()
            raise KeyboardInterrupt
        has_failed.wait(timeout=PATIENCE)
        done.append(part)

    with pytest.raises(KeyboardInterrupt):
        for_each_slice(work, 1000 * 256, 2)
    assert len(done) < 1000 - 1


def test_where_no_thread_can_be_started_the_caller_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    seen: list[slice] = []
    for_each_slice(seen.append, 3000, 4)
    assert sorted(place for part in seen for place in range(part.start, part.stop)) == list(range(3000))


def test_no_thread_is_left() -> None:
    seen: set[bool] = set()
    for_each_slice(lambda _: seen.add(bool(threads_of_slices())), 10_000, 4)
    assert True in seen
    assert threads_of_slices() == set()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a process to cores")
@pytest.mark.parametrize(
    ("place", "cores", "expected"),
    [(0, 1, {0}), (1, 2, {2, 3}), (3, 2, {6, 7}), (4, 2, {0, 1}), (0, 99, set(range(8)))],
)
@pytest.mark.usefixtures("groups")
def test_processes_share_the_cores_out(
    monkeypatch: pytest.MonkeyPatch, place: int, cores: int, expected: set[int]
) -> None:
    kept: list[set[int]] = []
    monkeypatch.setattr(os, "sched_setaffinity", lambda _, allowed: kept.append(allowed))
    keep_to_cores(place, cores)
    assert kept == [expected]
