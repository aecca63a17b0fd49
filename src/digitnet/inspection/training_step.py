"""One step of training with every number on its way: forward, loss, the error of each unit, gradients, new weights."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import Images
from digitnet.evaluation.metrics import log_softmax
from digitnet.inspection.network import PIXELS, ForwardPass, Layer, Network, Switches

__all__ = ["TrainingStep", "training_step", "with_temperature_inside"]

Array: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingStep:
    """A step of gradient descent on one image.

    Attributes:
        seen: The forward pass before the step.
        loss: Cross-entropy of the softmax of the logits, in nats; at least 0.
        errors: Of each layer float32 (units,): how much the loss grows with the sum of a unit, dL/dz.
        gradients: Of each layer: how much the loss grows with each weight and each bias.
        after: The network with every weight moved by the learning rate against its gradient.
    """

    seen: ForwardPass
    loss: float
    errors: tuple[Array, ...]
    gradients: tuple[Layer, ...]
    after: Network


def training_step(
    network: Network, image: Images, label: int, learning_rate: float, *, switched_off: Iterable[tuple[int, int]] = ()
) -> TrainingStep:
    """Take one step of plain gradient descent, without momentum or weight decay.

    Args:
        network: The network before it; its temperature is left out, as it is in training.
        image: uint8 (28, 28).
        label: What the image shows, 0 <= label < classes.
        learning_rate: What the gradients are multiplied by, above 0.
        switched_off: Layer and unit of neurons that are silent and learn nothing.

    Returns:
        The step, with all numbers that lead to it.

    Raises:
        ConfigurationError: A switched-off neuron does not exist.

    Source:
        D. E. Rumelhart, G. E. Hinton, R. J. Williams, Nature 323 (1986), 533-536.
    """
    switches = network.switches(switched_off)
    inputs: Array = image.reshape(1, PIXELS).astype(np.float32) / np.float32(255)
    seen = network.run(inputs, switches)
    log_probabilities = log_softmax(seen.logits)
    wanted = np.zeros_like(seen.logits)
    wanted[0, label] = 1
    errors = _errors(network, seen, switches, np.exp(log_probabilities) - wanted)
    layer_inputs: tuple[Array, ...] = (inputs, *seen.activations)
    gradients = tuple(
        Layer(np.asarray(values.T @ error, np.float32), error[0].copy())
        for values, error in zip(layer_inputs, errors, strict=True)
    )
    rate = np.float32(learning_rate)
    layers = tuple(
        Layer(layer.kernel - rate * gradient.kernel, layer.bias - rate * gradient.bias)
        for layer, gradient in zip(network.layers, gradients, strict=True)
    )
    after = Network(layers, network.activations, network.temperature, network.class_names)
    return TrainingStep(seen, -float(log_probabilities[0, label]), tuple(row[0] for row in errors), gradients, after)


def _errors(network: Network, seen: ForwardPass, switches: Switches, at_logits: Array) -> list[Array]:
    """Of each layer float32 (1, units): the derivative of the loss with respect to its sums, from the last one back."""
    errors = [at_logits.astype(np.float32)]
    for index in range(len(network.hidden) - 1, -1, -1):
        arriving = errors[0] @ network.layers[index + 1].kernel.T
        errors.insert(0, switches.applied(index, arriving * network.activations[index].slope(seen.sums[index])))
    return errors


def with_temperature_inside(network: Network) -> Network:
    """The same function without a temperature: the last layer gives the logits divided by it.

    Args:
        network: Any network.

    Returns:
        A network of temperature 1 with the same probabilities.
    """
    last = network.layers[-1]
    scaled = Layer(last.kernel / np.float32(network.temperature), last.bias / np.float32(network.temperature))
    return Network((*network.layers[:-1], scaled), network.activations, 1.0, network.class_names)
