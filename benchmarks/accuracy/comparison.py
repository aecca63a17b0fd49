"""Two networks that judged the same images: whether the difference of their errors is more than chance."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from digitnet.arrays import AnyArray

__all__ = ["PairedDifference", "compare"]

_COVERAGE = 0.95
_HALVINGS = 60  # of the interval in which a share is searched: more than float64 can tell apart


@dataclass(frozen=True)
class PairedDifference:
    """How a network differs from another one on the same images.

    Attributes:
        mended: Images that the other one misreads and this one does not.
        broken: Images that this one misreads and the other one does not.
        p_value: Of McNemar's exact test, two-sided: how probable so uneven a split would be among alike networks.
        low: Least difference of errors per image, this one's minus the other's, of the 95 % interval.
        high: Greatest one.
    """

    mended: int
    broken: int
    p_value: float
    low: float
    high: float


def compare(is_wrong: AnyArray, is_wrong_of_other: AnyArray) -> PairedDifference:
    """Compare by the images on which the two disagree.

    Args:
        is_wrong: bool (n,), n >= 1: what the network misreads.
        is_wrong_of_other: bool (n,), of the same images.

    Source:
        Q. McNemar, Psychometrika 12 (1947), 153-157; the interval is that of C. J. Clopper and E. S. Pearson,
        Biometrika 26 (1934), 404-413, for the share of broken ones among those on which they disagree.
    """
    broken = int((is_wrong & ~is_wrong_of_other).sum())
    mended = int((is_wrong_of_other & ~is_wrong).sum())
    differing, n = broken + mended, len(is_wrong)
    p_value = min(1.0, 2 * _probability_of_at_most(min(broken, mended), differing, 0.5)) if differing else 1.0
    shares = _share_interval(broken, differing) if differing else (0.5, 0.5)
    low, high = ((2 * share - 1) * differing / n for share in shares)
    return PairedDifference(mended, broken, p_value, low, high)


def _probability_of_at_most(count: int, n: int, share: float) -> float:
    """Of a binomial distribution."""
    if share <= 0 or share >= 1:
        return float(share <= 0 or count >= n)
    logs = (
        math.lgamma(n + 1)
        - math.lgamma(k + 1)
        - math.lgamma(n - k + 1)
        + k * math.log(share)
        + (n - k) * math.log1p(-share)
        for k in range(count + 1)
    )
    return math.fsum(map(math.exp, logs))


def _share_interval(count: int, n: int) -> tuple[float, float]:
    tail = (1 - _COVERAGE) / 2
    low = 0.0 if count == 0 else _share_where(lambda share: 1 - _probability_of_at_most(count - 1, n, share) > tail)
    high = 1.0 if count == n else _share_where(lambda share: _probability_of_at_most(count, n, share) < tail)
    return low, high


def _share_where(is_beyond: Callable[[float], bool]) -> float:
    """The least share in [0, 1] for which something holds that holds for all greater ones too."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_beyond(middle) else (middle, high)
    return high
