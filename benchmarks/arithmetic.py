"""The arithmetic of the benchmarks: ratios of what was measured in turn, and the least work that a network is."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

_RESAMPLES = 10_000  # of the bootstrap; chosen by hand: more change no digit that is shown
_COVERAGE = 0.95
_INPUTS, _OUTPUTS = 784, 10  # 28 x 28 pixels, ten digits


@dataclass(frozen=True)
class Ratio:
    """How many times as much one contestant needed as another."""

    median: float  # of the ratios of each round: a machine that is slow for a while is slow for both
    # 95 % interval of that median, by bootstrap over the rounds; None for a single round
    interval: tuple[float, float] | None


def paired_ratio(theirs: Mapping[int, float], ours: Mapping[int, float]) -> Ratio | None:
    """The median over the rounds of theirs / ours.

    Returns the ratio, or None where there is no round that both finished.

    Args:
        theirs: A number above 0 for each round.
        ours: The same; a round that one of the two has not finished does not count.
    """
    ratios = [theirs[number] / ours[number] for number in sorted(theirs.keys() & ours.keys())]
    if not ratios:
        return None
    if len(ratios) == 1:
        return Ratio(ratios[0], None)
    drawn = np.random.default_rng(0).choice(ratios, (_RESAMPLES, len(ratios)))
    low, high = np.quantile(np.median(drawn, axis=1), [(1 - _COVERAGE) / 2, (1 + _COVERAGE) / 2])
    return Ratio(statistics.median(ratios), (float(low), float(high)))


def answering_operations(hidden_sizes: Sequence[int]) -> int:
    """Float32 operations of one image forwards: a product and a sum for each weight."""
    return 2 * sum(_weights(hidden_sizes))


def training_operations(hidden_sizes: Sequence[int]) -> int:
    """Float32 operations of one image in training.

    Forwards, for the gradients of the weights, and for those of the inputs of each layer but the first, which are
    pixels: eight products for two hidden layers. For 784-512-512-10 they are 3,209,216.
    """
    weights = _weights(hidden_sizes)
    return 2 * (3 * sum(weights) - weights[0])


def floor_seconds(images: int, hidden_sizes: Sequence[int], rate: float) -> float:
    """The seconds that an epoch takes at least, at a rate of float32 operations a second in large matrix products."""
    return images * training_operations(hidden_sizes) / rate


def _weights(hidden_sizes: Sequence[int]) -> list[int]:
    return [inputs * outputs for inputs, outputs in pairwise((_INPUTS, *hidden_sizes, _OUTPUTS))]
