"""How many cores this process may use: those it was given, not those of the machine."""

import math
import os
import sys
from functools import cache
from pathlib import Path

__all__ = ["available_cores"]

_OWN_GROUPS = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")


def available_cores() -> int:
    """The cores that this process may keep busy at once.

    Returns:
        At least 1: the cores that it may run on, and no more than a container's quota gives it time for, rounded up.

    Source:
        cgroups(7); `cpu.max` of version 2, `cpu.cfs_quota_us` of version 1.
    """
    if sys.version_info >= (3, 13):
        cores = os.process_cpu_count() or 1
    elif hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return max(1, min(cores, _quota_cores()))


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
