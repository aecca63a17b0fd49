"""Dask: the same rows as in one process, a worker that is killed, versions, addresses."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from digitnet.errors import BatchError
from digitnet.scale import cluster as module
from digitnet.scale.batch import one_process
from digitnet.scale.cluster import check_workers, connected, exposure, parts_on
from digitnet.scale.parts import Part, cut_parts
from digitnet.scale.sources import find_items
from digitnet.scale.versions import differing, own_versions
from extras import needs_scale
from patience import wait_until
from scale_jobs import job_for

pytestmark = needs_scale


def parts_of(scans: Path) -> list[Part]:
    """A part for each picture."""
    return [part for item in find_items([str(scans)], takes_images=False) for part in cut_parts([item])]


def rows_in(folder: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet  # noqa: PLC0415 - comes with an extra

    table = pyarrow.parquet.read_table(folder).drop(["seconds"]).sort_by("file")
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def test_a_cluster_gives_the_rows_of_one_process_with_a_worker_killed(cluster: Any, scans: Path) -> None:
    with one_process() as run:
        assert len(list(run(job_for("alone"), iter(parts_of(scans))))) == 6
    pids = cluster.run(os.getpid)
    together = parts_on(cluster)(job_for("together"), iter(parts_of(scans)))
    done = [next(together)]
    os.kill(min(pids.values()), signal.SIGKILL)
    done += together
    assert sorted(each.name for each in done) == sorted(part.name for part in parts_of(scans))
    assert rows_in(Path("together")) == rows_in(Path("alone"))
    wait_until(lambda: are_kept_to_cores(cluster))  # the one that took the place of the dead, too


def are_kept_to_cores(cluster: Any) -> bool:
    """Whether there are two workers, each on its own core, where the system can do that."""
    if sys.platform != "linux":
        return True
    found = [sorted(its) for its in cluster.run(os.sched_getaffinity, 0, on_error="ignore").values()]
    return len(found) == 2 and sorted(found) == [[core] for core in sorted(os.sched_getaffinity(0))[:2]]


@pytest.mark.usefixtures("scans")
def test_no_more_parts_are_taken_than_workers_can_use(cluster: Any) -> None:
    taken: list[str] = []

    def parts() -> Any:
        for place in range(30):
            taken.append(str(place))
            yield Part(f"{place}", ())

    run = parts_on(cluster)(job_for("out"), parts())
    next(run)
    assert len(taken) <= 3 * 2 + 1
    assert len(list(run)) == 29


def test_an_error_of_a_worker_ends_the_run_in_one_line(cluster: Any, scans: Path) -> None:
    (scans.parent / "file").write_text("no folder")
    with pytest.raises(BatchError, match=r"cannot be written: Not a directory"):
        list(parts_on(cluster)(job_for("file/out"), iter(parts_of(scans)[:1])))


def test_workers_with_other_versions_are_named(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    check_workers(cluster, job_for())
    different = {**own_versions(), "numpy": "0.1"}
    monkeypatch.setattr(module, "differing", lambda _, found: differing(different, found))
    with pytest.raises(BatchError, match=r"tcp://127.0.0.1:\d+: numpy .* instead of 0.1"):
        check_workers(cluster, job_for())


def test_a_scheduler_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CONNECT_SECONDS", 0.2)
    for address in ("tcp://127.0.0.1:1", "nonsense://x"):
        with pytest.raises(BatchError, match=rf"no Dask scheduler answers at {address} "), connected(address):
            pass


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:8786", "localhost:8786", "tcp://[::1]:8786", "tls://10.0.0.5:8786"]
)
def test_loopback_and_tls_are_safe(address: str) -> None:
    assert exposure(address) is None


@pytest.mark.parametrize("address", ["tcp://10.0.0.5:8786", "scheduler.example:8786", "ws://192.168.1.1:80"])
def test_what_others_can_reach_is_said(address: str) -> None:
    assert f"{address} has no TLS: anyone who reaches that port can run any code" in (exposure(address) or "")


class NoWorkers:
    """A client whose workers are gone, of a cluster that makes no new ones."""

    status = "running"
    cluster: Any = None

    def __init__(self) -> None:
        self.workers = {"tcp://127.0.0.1:1": 1}

    def nthreads(self) -> dict[str, int]:
        return self.workers


def test_a_run_without_workers_asks_for_new_ones_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now, asked = [0.0], list[int]()
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr("time.sleep", lambda _: now.__setitem__(0, now[0] + 1))
    client = NoWorkers()
    watch = module._Watch(client)  # noqa: SLF001 - what a whole cluster would take minutes for
    watch.wait_until(lambda: now[0] > 500)
    client.workers = {}
    client.cluster = type("Cluster", (), {"scale": lambda _, n: asked.append(n)})()
    watch.wait_until(lambda: now[0] > 530)
    assert set(asked) == {1}
    with pytest.raises(BatchError, match="all workers are gone"):
        watch.wait_until(lambda: False)
