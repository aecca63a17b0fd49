"""The training digits that look most like an image to the last hidden layer.

What that layer answers to all 60,000 digits would take 245 MB for 1,024 neurons. Kept are the few directions in which
its answers differ most; they choose some digits, which are shown to the network again to be put in their exact order. A
distance along some directions is never larger than the whole one, so that what is chosen is rarely wrong.

Source:
    N. Halko, P. Martinsson, J. Tropp, SIAM Review 53 (2011), 217-288, 4.5 (finding the directions).
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import Images, Indices
from digitnet.inspection.network import Network

__all__ = ["Neighbours"]

Array: TypeAlias = NDArray[np.float32]

_DIRECTIONS = 48  # float32: 12 MB for 60,000 images
_IMAGES_TO_FIT = 4000  # evenly spaced images from which the directions are computed; chosen by hand
_POWER_ITERATIONS = 3  # chosen by hand
_CANDIDATES = 120  # images whose exact distance is computed; chosen by hand
_BATCH = 500  # images in one pass, which bounds the memory; chosen by hand


class Neighbours:
    """An index of images by the activations of the last hidden layer.

    Args:
        network: The network.
        images: uint8 (n, 28, 28), n >= 1; kept, not copied.
    """

    def __init__(self, network: Network, images: Images) -> None:
        self._network = network
        self._images = images
        spread = images[np.linspace(0, len(images) - 1, min(len(images), _IMAGES_TO_FIT)).astype(np.int64)]
        self._directions = _principal_directions(_last_hidden_activations(network, spread))
        self._places = np.empty((len(images), self._directions.shape[1]), np.float32)
        for start in range(0, len(images), _BATCH):
            part = slice(start, start + _BATCH)
            self._places[part] = _last_answers(network, images[part]) @ self._directions
        self._squares = np.einsum("ij,ij->i", self._places, self._places)

    def nearest(self, image: Images, count: int) -> Indices:
        """The images nearest to one.

        Args:
            image: uint8 (1, 28, 28).
            count: How many, at most a hundred.

        Returns:
            Their numbers, (count,), the nearest first.
        """
        answer = _last_hidden_activations(self._network, image)[0]
        # Without the square of the answer itself, which is the same for all.
        distances = self._squares - 2 * (self._places @ (answer @ self._directions))
        several = min(_CANDIDATES, len(distances))
        chosen = np.argpartition(distances, several - 1)[:several]
        exact = ((_last_hidden_activations(self._network, self._images[chosen]) - answer) ** 2).sum(axis=1)
        return np.asarray(chosen[np.argsort(exact, kind="stable")[:count]])


def _last_hidden_activations(network: Network, images: Images) -> Array:
    """Activations of the last hidden layer, float32 (n, units); of a network without one, the pixels."""
    starts = range(0, len(images), _BATCH)  # all layers of so many images at a time are enough in memory
    return np.concatenate([_last_answers(network, images[start : start + _BATCH]) for start in starts])


def _last_answers(network: Network, images: Images) -> Array:
    seen = network.look(images)
    return seen.activations[-1] if seen.activations else seen.inputs


def _principal_directions(answers: Array) -> Array:
    """The principal directions of activations (n, units): orthonormal columns (units, k) of largest variance."""
    centred = answers - answers.mean(axis=0)
    directions = np.random.default_rng(0).standard_normal((answers.shape[1], _DIRECTIONS), np.float32)
    for _ in range(
        _POWER_ITERATIONS
    ):  # subspace iteration: each step turns them towards the directions of largest variance
        directions = np.asarray(np.linalg.qr(centred.T @ (centred @ directions))[0], np.float32)
    return directions
