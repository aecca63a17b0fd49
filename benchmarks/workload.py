"""How much arithmetic the matrix products of a network are, and what that takes at least on a machine."""

from collections.abc import Sequence
from itertools import pairwise

__all__ = ["answering_operations", "floor_seconds", "training_operations"]

_INPUTS, _OUTPUTS = 784, 10  # 28 x 28 pixels, ten digits


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
    """What an epoch takes at least.

    Args:
        images: Seen in the epoch.
        hidden_sizes: Of the network.
        rate: Float32 operations a second in large matrix products.

    Returns:
        Seconds.
    """
    return images * training_operations(hidden_sizes) / rate


def _weights(hidden_sizes: Sequence[int]) -> list[int]:
    return [inputs * outputs for inputs, outputs in pairwise((_INPUTS, *hidden_sizes, _OUTPUTS))]
