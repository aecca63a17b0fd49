"""Thresholds that a known share of held-out images stays below: split conformal prediction. Pure Python."""

import bisect
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeGuard

from digitnet.errors import ConfigurationError

__all__ = ["Quantiles", "is_finite_number"]

# Shares of images for which a quantile is kept; they are close together between 1 in 2,000 and 1 in 100.
_SHARES = (0.0005, 0.001, 0.0015, 0.002, 0.0025, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2)
_DIGITS = 6  # decimal places of each value


@dataclass(frozen=True)
class Quantiles:
    """For some shares, a value that a new image falls below with at most that probability.

    The promise holds for images that are exchangeable with the held-out ones, whatever their distribution.

    Attributes:
        n: Held-out images.
        shares: In (0, 1), rising.
        values: One for each share, rising.

    Raises:
        ConfigurationError: The attributes break these rules.

    Source:
        Papadopoulos, Proedrou, Vovk and Gammerman (2002), "Inductive confidence machines for regression";
        Angelopoulos and Bates (2023), arXiv 2107.07511, section 1.
    """

    n: int
    shares: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        columns = (self.shares, self.values)
        if not all(isinstance(column, tuple) and all(map(is_finite_number, column)) for column in columns):
            raise ConfigurationError("the quantiles hold something else than numbers")
        if not isinstance(self.n, int) or isinstance(self.n, bool) or self.n < 0:
            raise ConfigurationError(f"the quantiles are of {self.n!r:.40} images: expected a whole number from 0")
        if len(self.shares) != len(self.values) or any(list(column) != sorted(column) for column in columns):
            raise ConfigurationError("the quantiles do not rise, or their columns differ in length")
        if self.shares and not 0 < self.shares[0] <= self.shares[-1] < 1:
            raise ConfigurationError(f"the shares reach from {self.shares[0]} to {self.shares[-1]}: expected (0, 1)")

    @classmethod
    def of(cls, values: Iterable[float]) -> "Quantiles":
        """Those of held-out images.

        Args:
            values: One for each image: the larger, the more usual.

        Returns:
            The quantiles; of shares that so few images cannot tell, none.
        """
        ordered = sorted(map(float, values))
        n = len(ordered)
        # Of n + 1 exchangeable values, the new one among them, each rank is as likely as any other.
        ranks = {share: math.floor(share * (n + 1) + 1e-9) for share in _SHARES}
        kept = {share: rank for share, rank in ranks.items() if rank >= 1}
        values_below = (math.floor(ordered[rank - 1] * 10**_DIGITS) / 10**_DIGITS for rank in kept.values())
        return cls(n, tuple(kept), tuple(values_below))

    def at(self, share: float) -> float:
        """A value that at most this share of new images falls below.

        Args:
            share: In [0, 1].

        Returns:
            The value of the next smaller share that is kept; minus infinity where there is none.

        Raises:
            ConfigurationError: The share is outside [0, 1].
        """
        if not 0 <= share <= 1:
            raise ConfigurationError(f"a share of {share} images: expected a number in [0, 1]")
        place = bisect.bisect_right(self.shares, share + 1e-12)
        return self.values[place - 1] if place else -math.inf

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `Quantiles.from_dict` reads it back."""
        return {"n": self.n, "shares": list(self.shares), "values": list(self.values)}

    @classmethod
    def from_dict(cls, content: object) -> "Quantiles":
        """The quantiles that `to_dict` described.

        Raises:
            ConfigurationError: It is something else.
        """
        if not isinstance(content, dict) or not content.keys() >= {"n", "shares", "values"}:
            raise ConfigurationError(f"the quantiles are {content!r:.40}: expected n, shares and values")
        shares, values = content["shares"], content["values"]
        if not isinstance(shares, list) or not isinstance(values, list):
            raise ConfigurationError("the quantiles hold something else than lists")
        return cls(content["n"], tuple(shares), tuple(values))


def is_finite_number(value: object) -> TypeGuard[float]:
    """Whether a value read from JSON is a number that a float can hold; true and false are none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float can hold
        return False
