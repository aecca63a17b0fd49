"""One answer of a network, taken apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import Images, Probabilities
from digitnet.errors import ConfigurationError
from digitnet.inspection.attribution import Attribution, attribute
from digitnet.inspection.network import Network
from digitnet.inspection.neurons import Neuron, strongest_neurons

__all__ = ["Explanation", "LayerSeen", "explain"]

Array: TypeAlias = NDArray[np.float32]

_SHOWN = 12  # neurons of a layer
_SILENT_SHARE = 0.05  # of the strongest answer of a layer whose neurons are never wholly silent


@dataclass(frozen=True, slots=True, eq=False)
class LayerSeen:
    """What a hidden layer does.

    Attributes:
        activations: What each neuron hands on, float32 (units,).
        active: How many of them answer.
        strongest: Those that do most for or against the score, the strongest first.
    """

    activations: Array
    active: int
    strongest: tuple[Neuron, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why a network answers as it does.

    Attributes:
        label: Its answer.
        probabilities: Of each class, float32 (classes,).
        logits: The score of each class, float32 (classes,).
        asked: The class whose score is explained.
        attribution: What makes up each score.
        layers: The hidden ones.
        usual_label: The answer with all neurons on.
        usual_probabilities: The probabilities with all neurons on.
        off: How many neurons are switched off.
    """

    label: int
    probabilities: Probabilities
    logits: Array
    asked: int
    attribution: Attribution
    layers: tuple[LayerSeen, ...]
    usual_label: int
    usual_probabilities: Probabilities
    off: int


def explain(
    network: Network, image: Images, *, switched_off: Iterable[tuple[int, int]] = (), label: int | None = None
) -> Explanation:
    """Take an answer apart.

    Args:
        network: Whose.
        image: uint8 (28, 28).
        switched_off: Layer and unit of each neuron that is to be silent, both from 0.
        label: The class whose score to explain; None for the answer.

    Returns:
        The explanation.

    Raises:
        ConfigurationError: There is no such class, or no such neuron.
    """
    classes = len(network.class_names)
    if label is not None and not 0 <= label < classes:
        raise ConfigurationError(f"there is no class {label}: this network has {classes}, from 0")
    off = set(switched_off)
    usual = network.look(image[np.newaxis])
    seen = network.run(usual.inputs, network.switches(off)) if off else usual
    slopes = network.slopes_of_scores(seen)
    answer = int(seen.logits[0].argmax())
    asked = answer if label is None else label
    layers = []
    for index, activations in enumerate(seen.activations):
        strongest = strongest_neurons(network, seen, slopes[index + 1][asked], index, _SHOWN)
        layers.append(LayerSeen(activations[0], _active(network, index, activations[0]), tuple(strongest)))
    return Explanation(
        label=answer,
        probabilities=network.probabilities(seen.logits)[0],
        logits=seen.logits[0],
        asked=asked,
        attribution=attribute(network, seen, slopes),
        layers=tuple(layers),
        usual_label=int(usual.logits[0].argmax()),
        usual_probabilities=network.probabilities(usual.logits)[0],
        off=len(off),
    )


def _active(network: Network, layer: int, activations: Array) -> int:
    """How many answer; where none is ever wholly silent, how many answer at least a little."""
    if network.activations[layer].is_silent_below:
        return int((activations > 0).sum())
    sizes = np.abs(activations)
    return int((sizes > _SILENT_SHARE * sizes.max(initial=0)).sum())
