"""Which pixels speak for and against each class, exactly: what they say and what is left add up to the score.

A network of ReLUs is made of straight pieces. Within the piece that an image lies in, each score is a weighted sum of
the pixels plus what the biases give, so that gradient times input is the whole truth about that piece. Where a network
bends everywhere, the gradients on the way from blank paper to the image are averaged instead, and what is left is the
score of blank paper.

Source:
    M. Ancona and others (2018), arXiv 1711.06104 (gradient times input);
    M. Sundararajan and others (2017), arXiv 1703.01365 (integrated gradients).
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.inspection.network import Network, Pass

__all__ = ["Attribution", "attribute"]

Array: TypeAlias = NDArray[np.float32]

_STEPS = 64  # on the way from blank paper; the sum is then within a hundredth of the score


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """What makes up the score of each class.

    Attributes:
        pixels: float32 (classes, 784), what each pixel adds to it.
        bias: float32 (classes,), what is there whatever is drawn.
    """

    pixels: Array
    bias: Array


def attribute(network: Network, seen: Pass, slopes: list[Array]) -> Attribution:
    """Take the scores of one image apart.

    Args:
        network: The network.
        seen: What it does with the image, n = 1.
        slopes: From `slopes_of_scores`.

    Returns:
        What adds up to its logits.
    """
    if not network.has_kinks_only:
        pixels = _mean_gradients(network, seen) * seen.inputs
        return Attribution(pixels, seen.logits[0] - pixels.sum(axis=1))
    return Attribution(slopes[0] * seen.inputs, _biases(network, seen, slopes))


def _biases(network: Network, seen: Pass, slopes: list[Array]) -> Array:
    """What the biases of all layers add to each score of a network of straight pieces, (classes,)."""
    total = network.layers[-1].bias
    for index, layer in enumerate(network.hidden):
        slope = network.activations[index].slope(seen.sums[index])
        total = total + seen.switches.applied(index, slopes[index + 1] * slope) @ layer.bias
    return total


def _mean_gradients(network: Network, seen: Pass) -> Array:
    """The mean of the slopes (classes, 784) at points on the straight way from blank paper to the image."""
    shares = (np.arange(_STEPS, dtype=np.float32) + np.float32(0.5)) / np.float32(_STEPS)
    way = network.run(shares[:, np.newaxis] * seen.inputs, seen.switches)
    last = len(network.layers) - 1
    classes = np.eye(network.layers[-1].units, dtype=np.float32)
    rows = [network.slopes(way, last, np.tile(one, (_STEPS, 1)))[0].mean(axis=0) for one in classes]
    return np.stack(rows)
