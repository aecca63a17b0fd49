"""What fails around a batch: a scheduler that dies, a link between two hosts that is cut, a disk that is full."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitnet.datasets import Dataset
from digitnet.datasets.idx import write_idx
from extras import needs_scale
from patience import PATIENCE, wait_until

pytestmark = [
    needs_scale,
    pytest.mark.skipif(
        not os.environ.get("DIGITNET_TEST_SCALE"),
        reason="schedulers, links and disks that fail take minutes: scripts/test-scale or make test-all runs this",
    ),
]
IS_ROOT = sys.platform == "linux" and os.geteuid() == 0
needs_hosts = pytest.mark.skipif(
    not IS_ROOT or shutil.which("ip") is None,
    reason="two hosts as network namespaces need root and ip (Debian's iproute2)",
)
needs_mount = pytest.mark.skipif(not IS_ROOT or shutil.which("mount") is None, reason="a small disk needs root")
PARTS = 40
IMAGES_A_FILE = 1000


@pytest.fixture
def sources(tmp_path: Path, mnist: tuple[Dataset, Dataset], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Files of images, each of which is a part of a tenth of a second."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    images = mnist[0].images[: PARTS * IMAGES_A_FILE]
    for place in range(PARTS):
        path = tmp_path / "data" / f"{place:02d}-images-idx3-ubyte"
        write_idx(path, images[place * IMAGES_A_FILE : (place + 1) * IMAGES_A_FILE])
    return [f"data/{place:02d}-images-idx3-ubyte" for place in range(PARTS)]


@contextmanager
def running(*command: str, within: Sequence[str] = ()) -> Iterator["subprocess.Popen[str]"]:
    """A process and all that it starts, which end with the block."""
    process = subprocess.Popen(
        [*within, sys.executable, "-m", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if command[0] == "digitnet" else subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        end(process)


def end(process: "subprocess.Popen[str]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE)


def batch(sources: list[str], out: str, *options: str) -> tuple[str, ...]:
    return ("digitnet", "batch", *sources, "--task", "predict", "--out", out, "--json", *options)


def finished_parts(out: str) -> int:
    return len(list(Path(out).glob("part-*")))


def run_whole(*arguments: str, within: Sequence[str] = ()) -> tuple[int, str, str]:
    with running(*arguments, within=within) as process:
        output, errors = process.communicate(timeout=PATIENCE)
        return process.returncode, output, errors


def expect_every_row_once(out: str) -> None:
    """Every image has its row, and rows are those of another folder that one process has written."""
    assert rows_in(out) == rows_in("alone")
    assert len(rows_in(out)) == PARTS * IMAGES_A_FILE


def rows_in(folder: str) -> list[dict[str, Any]]:
    import pyarrow.parquet  # noqa: PLC0415 - comes with an extra

    names = ["file", "index", "text", "confidences", "status", "error"]
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(folder, columns=names).to_pylist()
    return sorted(rows, key=lambda row: (row["file"], row["index"]))


def read_alone(sources: list[str]) -> None:
    code, _, errors = run_whole(*batch(sources, "alone", "--workers", "1"))
    assert code == 0, errors


class Cluster:
    """A scheduler, and a worker of two processes; each may run somewhere else."""

    def __init__(self, stack: ExitStack, host: str = "127.0.0.1", *, port: int) -> None:
        self.address = f"tcp://{host}:{port}"
        self._stack, self._host, self._port = stack, host, port

    def start_scheduler(self, within: Sequence[str] = ()) -> "subprocess.Popen[str]":
        options = ("--host", self._host, "--port", str(self._port), "--no-dashboard")
        return self._start(("distributed.cli.dask_scheduler", *options), within)

    def start_workers(self, host: str = "127.0.0.1", within: Sequence[str] = ()) -> "subprocess.Popen[str]":
        """Workers that are started again whenever they end, as systemd and Kubernetes do."""
        options = ("--host", host, "--nworkers", "2", "--nthreads", "1", "--no-dashboard")
        again = (*within, "sh", "-c", 'while :; do "$@"; sleep 1; done', "sh")
        return self._start(("distributed.cli.dask_worker", self.address, *options), again)

    def _start(self, command: tuple[str, ...], within: Sequence[str]) -> "subprocess.Popen[str]":
        return self._stack.enter_context(running(*command, within=within))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def wait_for_workers(cluster: Cluster, within: Sequence[str] = ()) -> None:
    """Wait until the scheduler has two workers, as seen from its own host."""
    program = (
        f"import distributed\nwith distributed.Client({cluster.address!r}, timeout={PATIENCE}) as client:\n"
        f"    client.wait_for_workers(2, timeout={PATIENCE})"
    )
    subprocess.run([*within, sys.executable, "-c", program], check=True, timeout=PATIENCE, capture_output=True)


def free_port() -> int:
    import socket  # noqa: PLC0415 - for one number

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def test_a_scheduler_that_is_killed_and_a_new_one(sources: list[str], stack: ExitStack) -> None:
    read_alone(sources)
    cluster = Cluster(stack, port=free_port())
    scheduler, workers = cluster.start_scheduler(), cluster.start_workers()
    wait_for_workers(cluster)
    with running(*batch(sources, "out", "--scheduler", cluster.address)) as process:
        wait_until(lambda: finished_parts("out") >= PARTS // 4 or process.poll() is not None)
        end(scheduler)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, errors
    assert errors.splitlines()[-1].endswith(
        "the scheduler was lost. What is finished is safe: run the same command once more, when it is back"
    )
    assert "Traceback" not in errors
    end(workers)
    before = {path.name: path.stat().st_mtime_ns for path in Path("out").glob("part-*")}
    assert PARTS // 4 <= len(before) < PARTS
    cluster.start_scheduler()
    cluster.start_workers()
    wait_for_workers(cluster)
    code, output, errors = run_whole(*batch(sources, "out", "--scheduler", cluster.address))
    assert code == 0, errors
    assert json.loads(output)["parts_read"] == PARTS - len(before)
    assert {name: Path("out", name).stat().st_mtime_ns for name in before} == before
    expect_every_row_once("out")


@contextmanager
def two_hosts() -> Iterator[tuple[list[str], list[str], Callable[[str], None]]]:
    """Two network namespaces with a link: what runs a command in each, and what sets the link up or down."""
    first, second = f"digitnet-a-{os.getpid()}", f"digitnet-b-{os.getpid()}"

    tool = shutil.which("ip") or "ip"

    def ip(*words: str, check: bool = True) -> None:
        subprocess.run([tool, *words], check=check, capture_output=True)

    try:
        for name in (first, second):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        ip("link", "add", "dnet-a", "netns", first, "type", "veth", "peer", "name", "dnet-b", "netns", second)
        for name, device, address in ((first, "dnet-a", HOSTS[0]), (second, "dnet-b", HOSTS[1])):
            ip("-n", name, "address", "add", f"{address}/24", "dev", device)
            ip("-n", name, "link", "set", device, "up")
        inside = [[tool, "netns", "exec", name] for name in (first, second)]
        yield inside[0], inside[1], lambda state: ip("-n", second, "link", "set", "dnet-b", state)
    finally:
        for name in (first, second):
            ip("netns", "delete", name, check=False)


HOSTS = ("10.231.77.1", "10.231.77.2")


@needs_hosts
@pytest.mark.parametrize("cut_seconds", [5, 45])  # after 30 Dask gives a silent connection up, and its workers end
def test_two_hosts_with_a_link_that_is_cut_and_comes_back(
    sources: list[str], stack: ExitStack, cut_seconds: int
) -> None:
    read_alone(sources)
    here, there, set_link = stack.enter_context(two_hosts())
    cluster = Cluster(stack, HOSTS[0], port=8786)
    cluster.start_scheduler(here)
    cluster.start_workers(HOSTS[1], there)
    wait_for_workers(cluster, here)
    with running(*batch(sources, "out", "--scheduler", cluster.address), within=here) as process:
        wait_until(lambda: finished_parts("out") >= PARTS // 4 or process.poll() is not None)
        set_link("down")
        time.sleep(cut_seconds)
        assert process.poll() is None
        assert finished_parts("out") < PARTS
        set_link("up")
        output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors
    assert json.loads(output)["rows"] == PARTS * IMAGES_A_FILE
    assert f"{cluster.address} has no TLS" in errors
    expect_every_row_once("out")


@needs_mount
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_disk_that_is_full_and_then_is_not(sources: list[str], stack: ExitStack, workers: str) -> None:
    read_alone(sources)
    size = sum(path.stat().st_size for path in Path("alone").iterdir())
    Path("disk").mkdir()
    mount, unmount = shutil.which("mount") or "mount", shutil.which("umount") or "umount"
    subprocess.run([mount, "-t", "tmpfs", "-o", f"size={size // 2}", "tmpfs", "disk"], check=True)
    stack.callback(subprocess.run, [unmount, "disk"], check=True)
    command = batch(sources, "disk/out", "--workers", workers)
    code, _, errors = run_whole(*command)
    assert code == 1
    assert "cannot be written: No space left on device. What is finished is safe" in errors.splitlines()[-1]
    assert "Traceback" not in errors
    names = {path.name for path in Path("disk/out").iterdir()}
    before = {name for name in names if name.startswith("part-")}
    assert 1 <= len(before) < PARTS
    assert "_manifest.json" not in names
    subprocess.run([mount, "-o", f"remount,size={4 * size}", "disk"], check=True)
    code, output, errors = run_whole(*command)
    assert code == 0, errors
    assert json.loads(output)["parts_read"] == PARTS - len(before)
    expect_every_row_once("disk/out")
    assert not list(Path("disk/out").glob(".unfinished-*"))


def test_the_images_of_a_part_are_others_in_each(sources: list[str]) -> None:
    """Else rows that stand in the wrong place would not be seen."""
    texts = {np.fromfile(name, np.uint8, offset=16).tobytes() for name in sources}
    assert len(texts) == PARTS
