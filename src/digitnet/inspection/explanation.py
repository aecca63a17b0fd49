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

__all__ = ["Explanation", "LayerExplanation", "explain"]

Array: TypeAlias = NDArray[np.float32]

_NEURONS_SHOWN = 12  # of each layer; chosen by hand
# Part of a layer's largest activation, above which a neuron counts as active where no activation is exactly 0;
# chosen by hand.
_SILENT_SHARE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class LayerExplanation:
    """The part of a hidden layer in an explanation.

    Attributes:
        activations: Activation of each neuron, float32 (units,).
        active: Number of active neurons.
        strongest: The neurons that do most for or against the score, the strongest first.
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
        explained_label: The class whose score is explained.
        attribution: What makes up each score.
        layers: The hidden ones.
        usual_label: The answer with all neurons on.
        usual_probabilities: The probabilities with all neurons on.
        usual_logits: The scores with all neurons on, float32 (classes,).
        off: How many neurons are switched off.
    """

    label: int
    probabilities: Probabilities
    logits: Array
    explained_label: int
    attribution: Attribution
    layers: tuple[LayerExplanation, ...]
    usual_label: int
    usual_probabilities: Probabilities
    usual_logits: Array
    off: int


def explain(
    network: Network, image: Images, *, switched_off: Iterable[tuple[int, int]] = (), label: int | None = None
) -> Explanation:
    """Explain an answer.

    Args:
        network: The network.
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
    gradients = network.gradients_of_scores(seen)
    answer = int(seen.logits[0].argmax())
    explained_label = answer if label is None else label
    layers = []
    for index, activations in enumerate(seen.activations):
        strongest = strongest_neurons(network, seen, gradients[index + 1][explained_label], index, _NEURONS_SHOWN)
        layers.append(LayerExplanation(activations[0], _count_active(network, index, activations[0]), tuple(strongest)))
    return Explanation(
        label=answer,
        probabilities=network.probabilities(seen.logits)[0],
        logits=seen.logits[0],
        explained_label=explained_label,
        attribution=attribute(network, seen, gradients),
        layers=tuple(layers),
        usual_label=int(usual.logits[0].argmax()),
        usual_probabilities=network.probabilities(usual.logits)[0],
        usual_logits=usual.logits[0],
        off=len(off),
    )


def _count_active(network: Network, layer: int, activations: Array) -> int:
    """Number of neurons with an activation above 0, or above `_SILENT_SHARE` of the largest where none is exactly 0."""
    if network.activations[layer].is_zero_below_zero:
        return int((activations > 0).sum())
    sizes = np.abs(activations)
    return int((sizes > _SILENT_SHARE * sizes.max(initial=0)).sum())
