"""How much memory a process and those that it started have in use, as Linux counts it."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Memory", "memory_of"]

_PROC = Path("/proc")


@dataclass(frozen=True)
class Memory:
    """Memory of a tree of processes, in units of 1,000,000 bytes.

    Attributes:
        resident_mb: Resident set, summed: what several processes share counts in each.
        proportional_mb: The same, but what is shared is divided among those who share it.
        processes: How many there are.
    """

    resident_mb: float
    proportional_mb: float
    processes: int


def memory_of(pid: int) -> Memory | None:
    """What a process and its descendants have in use now; None where the system does not say.

    Args:
        pid: Of the process.

    Returns:
        The sums over those processes that are still there.
    """
    resident = proportional = 0
    pids = [pid, *_descendants(pid)]
    counted = 0
    for each in pids:
        fields = _kilobytes(_PROC / str(each) / "smaps_rollup")
        if "Rss" in fields:
            counted += 1
            resident += fields["Rss"]
            proportional += fields.get("Pss", fields["Rss"])
    return Memory(resident * 1024 / 1e6, proportional * 1024 / 1e6, counted) if counted else None


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in _PROC.glob("[0-9]*/stat"):
        try:
            text = stat.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        parent = int(text.rpartition(")")[2].split()[1])  # the name, in brackets, may hold anything
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, left = [], [pid]
    while left:
        more = children.get(left.pop(), [])
        found += more
        left += more
    return found


def _kilobytes(path: Path) -> dict[str, int]:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    pairs = (line.split() for line in lines if line.endswith(" kB"))
    return {words[0].rstrip(":"): int(words[1]) for words in pairs}
