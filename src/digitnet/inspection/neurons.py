"""Single neurons: what each adds to a score, what it looks for, and the images that excite it most."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import Images, Indices
from digitnet.inspection.network import ForwardPass, Network, Switches

__all__ = ["ExcitingImages", "Neuron", "exciting_images", "field_of", "strongest_neurons"]

Array: TypeAlias = NDArray[np.float32]

_MIN_CONTRIBUTION = 0.005  # to a score; less is shown as 0.00, and did not do most of anything
_IMAGES = 12  # kept for each neuron; as many as the page shows
_BATCH = 1000  # images in one pass, which bounds the memory; chosen by hand


@dataclass(frozen=True, slots=True, eq=False)
class Neuron:
    """What one neuron does about one image.

    Attributes:
        unit: Its number in its layer.
        contribution: What it adds to the score of the class; of one that is switched off, what it would add.
        field: float32 (784,): how much each pixel, here, excites it (above 0) or quiets it.
        is_off: Whether it is switched off.
    """

    unit: int
    contribution: float
    field: Array
    is_off: bool


def strongest_neurons(network: Network, seen: ForwardPass, gradients: Array, layer: int, count: int) -> list[Neuron]:
    """Those of a hidden layer that add or take away most of a score.

    Args:
        network: The network.
        seen: What it does with the image, n = 1.
        gradients: Gradient of the score with respect to the activations of that layer, float32 (units,).
        layer: The hidden layer, from 0.
        count: How many.

    Returns:
        The strongest first, those that are switched off in the places that they would have; beyond the count also all
        others that are switched off, so that each can be switched on. None that does nothing, unless it is off; so
        maybe fewer than the count.
    """
    raw = network.activations[layer](seen.sums[layer][0])
    contributions = raw * gradients
    order = np.argsort(-np.abs(contributions), kind="stable")
    mask = seen.switches.masks[layer]
    off = np.zeros(0, np.int64) if mask is None else np.flatnonzero(mask == 0)
    chosen = order[:count]
    chosen = chosen[np.abs(contributions[chosen]) >= _MIN_CONTRIBUTION]
    units = np.concatenate([chosen, np.setdiff1d(off, chosen)])
    fields = _fields(network, seen, layer, units)
    return [
        Neuron(unit, float(contributions[unit]), field, seen.switches.is_off(layer, unit))
        for unit, field in zip(units.tolist(), fields, strict=True)
    ]


def _fields(network: Network, seen: ForwardPass, layer: int, units: Indices) -> Array:
    """Gradients of the sums of some neurons with respect to the pixels, (k, 784); in the first layer the weights."""
    if layer == 0:
        return network.layers[0].kernel[:, units].T
    wanted = np.zeros((len(units), network.layers[layer].units), np.float32)
    wanted[np.arange(len(units)), units] = 1
    return network.gradients(seen, layer, wanted)[0]


def field_of(network: Network, layer: int, unit: int, images: Images) -> Array:
    """What a neuron looks for: in the first layer its weights, behind it what excites it, on the mean of some images.

    Args:
        network: The network.
        layer: Hidden layer, from 0.
        unit: The neuron.
        images: uint8 (n, 28, 28), those that excite it most; without any, as if every neuron before it were active.

    Returns:
        float32 (784,), above 0 where ink excites it, below where ink quiets it.
    """
    if layer and len(images):
        wanted = np.zeros((len(images), network.layers[layer].units), np.float32)
        wanted[:, unit] = 1
        return np.asarray(network.gradients(network.look(images), layer, wanted)[0].mean(axis=0))
    field = network.layers[layer].kernel[:, unit]
    for before in reversed(network.layers[:layer]):
        field = before.kernel @ field
    return field


@dataclass(frozen=True, slots=True, eq=False)
class ExcitingImages:
    """Which images excite each neuron of a network most.

    Attributes:
        places: Of each hidden layer int64 (k, units): numbers of images, the most exciting first.
        strengths: Of each hidden layer float32 (k, units): what the neuron answers to them.
    """

    places: tuple[Indices, ...]
    strengths: tuple[Array, ...]

    def of(self, layer: int, unit: int) -> Indices:
        """The images that a neuron answers to with more than 0, the most exciting first; maybe none."""
        places: Indices = self.places[layer][self.strengths[layer][:, unit] > 0, unit]
        return places


def exciting_images(network: Network, images: Images) -> ExcitingImages:
    """Run a network on all images, and find those that activate each neuron most.

    Args:
        network: The network.
        images: uint8 (n, 28, 28), n >= 1.

    Returns:
        Up to twelve images of each neuron.
    """
    switches = Switches((None,) * len(network.hidden))
    best: list[tuple[Indices, Array]] = []
    for start in range(0, len(images), _BATCH):
        seen = network.look(images[start : start + _BATCH], switches)
        tops = [_strongest_images(np.arange(start, start + len(values)), values) for values in seen.activations]
        best = [_merge_strongest(*pair) for pair in zip(best, tops, strict=True)] if best else tops
    return ExcitingImages(tuple(places for places, _ in best), tuple(strengths for _, strengths in best))


def _strongest_images(numbers: Indices, values: Array) -> tuple[Indices, Array]:
    """The largest values of each column of (n, units), and the numbers of their rows."""
    return _keep_largest(np.broadcast_to(numbers[:, np.newaxis], values.shape), values)


def _merge_strongest(before: tuple[Indices, Array], behind: tuple[Indices, Array]) -> tuple[Indices, Array]:
    return _keep_largest(np.concatenate([before[0], behind[0]]), np.concatenate([before[1], behind[1]]))


def _keep_largest(numbers: Indices, values: Array) -> tuple[Indices, Array]:
    kept = min(_IMAGES, len(values))
    some = np.argpartition(-values, kept - 1, axis=0)[:kept]  # three times as fast as to sort all of them
    order = np.argsort(-np.take_along_axis(values, some, axis=0), axis=0, kind="stable")
    best = np.take_along_axis(some, order, axis=0)
    return np.take_along_axis(numbers, best, axis=0), np.take_along_axis(values, best, axis=0)
