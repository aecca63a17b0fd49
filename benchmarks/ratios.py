"""Medians, and ratios of what was measured in turn."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

__all__ = ["Ratio", "paired_ratio"]

_RESAMPLES = 10_000
_COVERAGE = 0.95


@dataclass(frozen=True)
class Ratio:
    """How many times as much one contestant needed as another.

    Attributes:
        median: Of the ratios of each round: a machine that is slow for a while is slow for both.
        low: Lower end of the 95 % interval of that median, by bootstrap over the rounds; None for a single round.
        high: Upper end.
    """

    median: float
    low: float | None
    high: float | None


def paired_ratio(theirs: Mapping[int, float], ours: Mapping[int, float]) -> Ratio | None:
    """The median over the rounds of theirs / ours.

    Args:
        theirs: A number above 0 for each round.
        ours: The same; a round that one of the two has not finished does not count.

    Returns:
        The ratio, or None where there is no round that both finished.
    """
    ratios = [theirs[number] / ours[number] for number in sorted(theirs.keys() & ours.keys())]
    if not ratios:
        return None
    if len(ratios) == 1:
        return Ratio(ratios[0], None, None)
    drawn = np.random.default_rng(0).choice(ratios, (_RESAMPLES, len(ratios)))
    low, high = np.quantile(np.median(drawn, axis=1), [(1 - _COVERAGE) / 2, (1 + _COVERAGE) / 2])
    return Ratio(statistics.median(ratios), float(low), float(high))
