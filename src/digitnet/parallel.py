"""Work on many images at once: how many cores this process may use, and images slice by slice on all of them.

A slice is small enough for what is computed of it to stay in a core's cache, and long enough for Python not to matter.
Several threads run one session of a single thread each, instead of one session with threads of its own: those spin
while they wait, and wait for each other after every operator; these share nothing but what is left to do.
"""

import math
import os
import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path

__all__ = ["allowed_cores", "available_cores", "for_each_slice", "keep_to_cores"]

_OWN_GROUPS = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")
# Images; fastest of 64 to 1024, on one core and on two, in float32 and in int8. To start a thread and wake a core takes
# up to 0.4 ms, in which the smallest networks classify nearly as many: so each thread is to have one slice at least.
_SLICE = 256


def available_cores() -> int:
    """The cores that this process may keep busy at once.

    Returns:
        At least 1: the cores that it may run on, and no more than a container's quota gives it time for, rounded up.

    Source:
        cgroups(7); `cpu.max` of version 2, `cpu.cfs_quota_us` of version 1.
    """
    return max(1, min(allowed_cores(), _quota_cores()))


def allowed_cores() -> int:
    """The cores that this process may run on, however much time a container grants it on them.

    XLA divides its work among so many threads, and so decides in which order numbers are added up: a network that is
    trained on another number of cores differs in its last bits.

    Returns:
        At least 1.
    """
    if sys.version_info >= (3, 13):
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def keep_to_cores(place: int, cores: int) -> None:
    """Keep this process, and what it starts from now on, on some of the cores that it may run on.

    Nothing happens where the system cannot do that.

    Args:
        place: Its number, from 0, among the processes that share the cores; those beyond begin again at the first.
        cores: How many it gets, at least 1.
    """
    if sys.platform == "linux":
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {allowed[(place * cores + each) % len(allowed)] for each in range(cores)})


@cache
def _quota_cores() -> int:
    """Cores' worth of time that the tightest control group grants; without any limit a very large number."""
    try:
        lines = _OWN_GROUPS.read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        lines = []
    quotas = [math.inf]
    for line in lines:
        _, controllers, group = line.split(":", 2)  # such as 0::/user.slice, or 4:cpu,cpuacct:/docker/...
        if controllers and "cpu" not in controllers.split(","):
            continue
        root = _GROUPS / "cpu" if controllers else _GROUPS
        own = root / group.lstrip("/")
        # A group inside a container may have another path than it has out here: the root is looked at in any case.
        quotas += [_granted(folder) for folder in (own, *own.parents) if folder.is_relative_to(root)]
    return math.ceil(min(*quotas, sys.maxsize))


def _granted(folder: Path) -> float:
    """Cores' worth of time that one control group grants, above 0; infinity where it has no limit."""
    try:
        if (folder / "cpu.max").exists():
            quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()
        else:
            quota, period = (
                (folder / f"cpu.cfs_{name}_us").read_text(encoding="ascii") for name in ("quota", "period")
            )
        cores = int(quota) / int(period)
    except (OSError, ValueError, ArithmeticError):  # not there, or "max": no limit
        return math.inf
    return cores if cores > 0 else math.inf  # version 1 says -1 for no limit


def for_each_slice(work: Callable[[slice], None], n: int, max_threads: int | None = None) -> None:
    """Do some work for each of `n` images, in slices of up to 256, in any order.

    Fewer than 512 are worked on at once, by the calling thread alone. Threads that are started for more have ended
    when this returns.

    Args:
        work: Called once for each slice; safe to call from several threads at once.
        n: How many images there are.
        max_threads: As many are used at most, for a large `n`; None takes all cores that the process may use.

    Raises:
        Exception: What `work` raised; not all slices have been worked on then.
    """
    if n < 2 * _SLICE:
        if n:
            work(slice(0, n))
        return
    threads = min(n // _SLICE, max_threads or available_cores())
    rounds = math.ceil(n / (threads * _SLICE))
    length = math.ceil(n / (threads * rounds))  # so that all threads finish together
    pending = deque(slice(start, min(start + length, n)) for start in range(0, n, length))
    _share_out(work, pending, threads - 1)


def _share_out(work: Callable[[slice], None], pending: deque[slice], helpers: int) -> None:
    """Work on all that is pending, with the help of some more threads."""

    def work_until_done() -> None:
        while pending:
            try:
                part = pending.popleft()
            except IndexError:  # another thread took the last one
                return
            work(part)

    if not helpers:
        work_until_done()
        return
    results: list[Future[None]] = []
    with ThreadPoolExecutor(helpers, "digitnet") as pool:
        with suppress(RuntimeError):  # where no more threads can be started, fewer do the work
            for _ in range(helpers):
                results.append(pool.submit(work_until_done))  # noqa: PERF401 - those before a failure count
        try:
            work_until_done()
        finally:
            pending.clear()  # after a failure the others need not go on
    for result in results:
        result.result()
