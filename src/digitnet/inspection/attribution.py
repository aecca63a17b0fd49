"""How much each pixel adds to the score of each class; with what blank paper and the biases add, that is the score.

A network of ReLUs is piecewise linear. Within the piece that an image lies in, each score is a weighted sum of the
pixels plus what the biases add, so that gradient times input is exact. What the biases add depends on the image as
well: ink decides which units are on, and only those pass a bias on. So it is split into what it is on blank paper,
which is the score of blank paper, and what the ink changed about it. For other networks the gradients on the straight
line from blank paper to the image are averaged; then pixels and blank paper are all of the score but for what the sum
rounds.

Source:
    M. Ancona and others (2018), arXiv 1711.06104 (gradient times input);
    M. Sundararajan and others (2017), arXiv 1703.01365 (integrated gradients).
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.inspection.network import ForwardPass, Network

__all__ = ["Attribution", "attribute"]

Array: TypeAlias = NDArray[np.float32]

_STEPS = 64  # points between blank paper and the image; the sum is then within a hundredth of the score


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """What makes up the score of each class.

    Attributes:
        pixels: float32 (classes, 784), what each pixel adds to it.
        blank: float32 (classes,), the score of blank paper, with the same neurons switched off.
        switched: float32 (classes,), what the biases add beyond that, because the ink has set other neurons going than
            blank paper does.
    """

    pixels: Array
    blank: Array
    switched: Array


def attribute(network: Network, seen: ForwardPass, gradients: list[Array]) -> Attribution:
    """Attribute the scores of one image to its pixels.

    Args:
        network: The network.
        seen: What it does with the image, n = 1.
        gradients: From `gradients_of_scores`.

    Returns:
        What adds up to its logits.
    """
    blank = network.run(np.zeros_like(seen.inputs), seen.switches).logits[0]
    if not network.is_piecewise_linear:
        pixels = _mean_gradients(network, seen) * seen.inputs
        return Attribution(pixels, blank, seen.logits[0] - pixels.sum(axis=1) - blank)
    return Attribution(gradients[0] * seen.inputs, blank, _biases(network, seen, gradients) - blank)


def _biases(network: Network, seen: ForwardPass, gradients: list[Array]) -> Array:
    """What the biases of all layers add to each score of a network of straight pieces, (classes,)."""
    total = network.layers[-1].bias
    for index, layer in enumerate(network.hidden):
        slope = network.activations[index].slope(seen.sums[index])
        total = total + seen.switches.applied(index, gradients[index + 1] * slope) @ layer.bias
    return total


def _mean_gradients(network: Network, seen: ForwardPass) -> Array:
    """The mean of the gradients (classes, 784) at points on the straight way from blank paper to the image."""
    shares = (np.arange(_STEPS, dtype=np.float32) + np.float32(0.5)) / np.float32(_STEPS)
    way = network.run(shares[:, np.newaxis] * seen.inputs, seen.switches)
    last = len(network.layers) - 1
    classes = np.eye(network.layers[-1].units, dtype=np.float32)
    rows = [network.gradients(way, last, np.tile(one, (_STEPS, 1)))[0].mean(axis=0) for one in classes]
    return np.stack(rows)
