"""available_cores under affinities and quotas: hand-made control groups, and a process that is really pinned."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from digitnet import cores
from digitnet.cores import available_cores


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A machine of eight cores without any control group."""
    monkeypatch.setattr(os, "process_cpu_count", lambda: 8, raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(cores, "_OWN_GROUPS", tmp_path / "own")
    monkeypatch.setattr(cores, "_GROUPS", tmp_path / "groups")
    cores._quota_cores.cache_clear()  # noqa: SLF001
    yield tmp_path
    cores._quota_cores.cache_clear()  # noqa: SLF001


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
        "from digitnet.cores import available_cores; print(available_cores())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "1\n"
