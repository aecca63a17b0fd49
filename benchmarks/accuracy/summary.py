"""What the seeds of a preset have in common."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.accuracy.measured import Measurement
from benchmarks.accuracy.presets import ON_THE_PAGE, differences

__all__ = ["Summary", "committees", "current", "outdated", "summaries"]


@dataclass(frozen=True)
class Summary:
    """All seeds of one preset, in order; at least one.

    Attributes:
        preset: Its name.
        rows: One each seed.
    """

    preset: str
    rows: tuple[Measurement, ...]

    @property
    def rates(self) -> list[float]:
        """Error rate of each seed, in [0, 1]."""
        return [row.errors / row.n for row in self.rows]

    @property
    def mean(self) -> float:
        """Mean error rate."""
        return statistics.fmean(self.rates)

    @property
    def deviation(self) -> float | None:
        """Standard deviation of the error rate between seeds; None of a single one."""
        return statistics.stdev(self.rates) if len(self.rows) > 1 else None

    @property
    def seconds(self) -> float:
        """Median duration of a training."""
        return statistics.median(row.train_seconds or 0.0 for row in self.rows)

    @property
    def shared(self) -> frozenset[int]:
        """Test images that every seed gets wrong."""
        return frozenset.intersection(*(row.wrong for row in self.rows))

    @property
    def any_wrong(self) -> frozenset[int]:
        """Test images that at least one seed gets wrong."""
        return frozenset.union(*(row.wrong for row in self.rows))


def current(rows: Sequence[Measurement]) -> list[Measurement]:
    """Single networks that were trained as their preset says today, in the order of their names."""
    return sorted((row for row in rows if row.is_single and not differences(row.settings)), key=lambda row: row.name)


def outdated(rows: Sequence[Measurement]) -> list[Measurement]:
    """Single networks that were trained as their preset once said, likewise."""
    return sorted((row for row in rows if row.is_single and differences(row.settings)), key=lambda row: row.name)


def committees(rows: Sequence[Measurement]) -> list[Measurement]:
    """The others, the smallest first."""
    return sorted((row for row in rows if not row.is_single), key=lambda row: (row.members, row.preset))


def summaries(rows: Sequence[Measurement]) -> dict[str, Summary]:
    """Each preset that was measured, by name, in the order of the presets."""
    by_seed = sorted(current(rows), key=lambda row: row.seed or 0)
    groups = {preset: tuple(row for row in by_seed if row.preset == preset) for preset in ON_THE_PAGE}
    return {preset: Summary(preset, group) for preset, group in groups.items() if group}
