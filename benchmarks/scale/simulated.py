"""Many workers on one machine, which only wait: what a part costs the scheduler, and how many it keeps up with."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from benchmarks.processes import BenchmarkError
from benchmarks.results import Row, Run, new_run
from benchmarks.scale.batches import processor_seconds
from benchmarks.scale.free_port import free_port
from benchmarks.scale.light_workers import wait
from benchmarks.settings import Settings
from digitnet.scale.cluster import connected, spread
from digitnet.scale.parts import SMALLEST, Item, Part

__all__ = ["WORKERS", "measure_simulated", "subject_of"]

WORKERS = (4, 16, 64, 256)
_AHEAD = 3  # as `digitnet batch` sends them
_WARM_UP = 2  # parts a worker before time counts
_WAITING = 4  # parts a worker of those that wait; chosen by hand
_END_SECONDS = 60


def subject_of(workers: int) -> str:
    """What the rows of so many workers are about."""
    return f"{workers} workers"


def measure_simulated(
    parts: int, part_seconds: float, settings: Settings, report: Callable[[str], None]
) -> Iterator[Run]:
    """Send parts to 4, 16, 64 and 256 workers: such as take no time at all, and such as take a while.

    Args:
        parts: How many that take no time.
        part_seconds: What the others take; four for each worker.
        settings: Is only asked whether this is a quick run.
        report: Is told how far it is.
    """
    command = f"python -m benchmarks.scale simulated --parts {parts} --part-seconds {part_seconds:g}"
    run = new_run("simulated workers", command, quick=settings.quick, parts=parts, part_seconds=part_seconds)
    for n in WORKERS:
        with _cluster(n) as (client, processes):
            _timed(client, processes, 0.0, _WARM_UP * n)
            at_once = _timed(client, processes, 0.0, parts)
            waiting = _timed(client, processes, part_seconds, _WAITING * n)
        subject = subject_of(n)
        run.rows += [
            Row(subject, "rate", parts / at_once["seconds"], "parts a second", parts),
            *(Row(subject, name, 1000 * at_once[name] / parts, "ms a part", parts) for name in processes),
            Row(subject, "starter", 1000 * at_once["starter"] / parts, "ms a part", parts),
            Row(subject, "busy", _WAITING * part_seconds / waiting["seconds"], "share", _WAITING * n),
        ]
        report(f"{n} workers: {parts / at_once['seconds']:.0f} parts a second; waiting {waiting['seconds']:.1f} s")
    yield run


@contextmanager
def _cluster(n: int) -> Iterator[tuple[Any, dict[str, int]]]:
    """A scheduler and a process of workers: a client, and the number of each process."""
    address = f"tcp://127.0.0.1:{free_port()}"
    host, _, port = address.removeprefix("tcp://").partition(":")
    options = ("--host", host, "--port", port, "--no-dashboard")
    quiet: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    scheduler = subprocess.Popen([sys.executable, "-m", "distributed.cli.dask_scheduler", *options], **quiet)
    program = [sys.executable, "-m", "benchmarks.scale.light_workers", address, str(n)]
    workers = subprocess.Popen(program, stdin=subprocess.PIPE, **quiet)
    try:
        if workers.stdout is None or workers.stdout.readline() != b"ready\n":
            raise BenchmarkError("the workers did not start")
        with connected(address) as client:
            yield client, {"scheduler": scheduler.pid, "workers": workers.pid}
    finally:
        for process in (workers, scheduler):
            process.terminate()
            process.wait(_END_SECONDS)


def _timed(client: Any, processes: dict[str, int], seconds: float, parts: int) -> dict[str, float]:
    """Seconds that parts took, and of processor time of each process; `starter` is this one."""
    before = {name: processor_seconds(pid) for name, pid in processes.items()}
    own, began = time.process_time(), time.monotonic()
    done = sum(1 for _ in spread(client, partial(wait, seconds), map(_part, range(parts)), ahead=_AHEAD))
    if done != parts:
        raise BenchmarkError(f"{done} of {parts} parts came back")
    took = {"seconds": time.monotonic() - began, "starter": time.process_time() - own}
    return took | {name: processor_seconds(pid) - before[name] for name, pid in processes.items()}


def _part(number: int) -> Part:
    """A part as large as one of some hundred pictures."""
    names = (f"scans/{number:06d}/{place:03d}.png" for place in range(SMALLEST.pictures))
    items = tuple(Item(name, name, "picture", "123456-1764555555555555555") for name in names)
    return Part(f"{number:024x}", items)
