"""A network as its matrices: forward with every sum kept, and backward to the pixels. Pure NumPy."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, Images, Probabilities
from digitnet.errors import ConfigurationError
from digitnet.evaluation.metrics import log_softmax
from digitnet.inspection.activations import Activation

__all__ = ["PIXELS", "ForwardPass", "Layer", "Network", "Switches"]

Array: TypeAlias = NDArray[np.float32]

PIXELS = IMAGE_SIDE * IMAGE_SIDE


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A dense layer: inputs times kernel, plus bias.

    Attributes:
        kernel: float32 (inputs, units).
        bias: float32 (units,).
    """

    kernel: Array
    bias: Array

    @property
    def units(self) -> int:
        """How many neurons there are."""
        return len(self.bias)


@dataclass(frozen=True, slots=True, eq=False)
class Switches:
    """Which neurons of each hidden layer are on.

    Attributes:
        masks: Of each hidden layer float32 (units,), 1 = on, 0 = off; None where all are on.
    """

    masks: tuple[Array | None, ...]

    def applied(self, layer: int, values: Array) -> Array:
        """Values (n, units) of a layer, with 0 for what is off."""
        mask = self.masks[layer]
        return values if mask is None else values * mask

    def is_off(self, layer: int, unit: int) -> bool:
        """Whether that neuron is switched off."""
        mask = self.masks[layer]
        return mask is not None and mask[unit] == 0


@dataclass(frozen=True, slots=True, eq=False)
class ForwardPass:
    """All values that a network computes for some inputs.

    Attributes:
        inputs: float32 (n, 784), 0 = paper, 1 = ink.
        sums: Of each hidden layer float32 (n, units), before the activation function.
        activations: Of each hidden layer float32 (n, units), after the activation function.
        logits: float32 (n, classes).
        switches: What was switched off.
    """

    inputs: Array
    sums: tuple[Array, ...]
    activations: tuple[Array, ...]
    logits: Array
    switches: Switches


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A chain of dense layers.

    Attributes:
        layers: The hidden ones, and the one that gives the logits; the first takes ink in [0, 1].
        activations: Of each hidden layer.
        temperature: What the logits are divided by before the softmax.
        class_names: Of the logits.
    """

    layers: tuple[Layer, ...]
    activations: tuple[Activation, ...]
    temperature: float
    class_names: tuple[str, ...]

    @property
    def hidden(self) -> tuple[Layer, ...]:
        """All but the last."""
        return self.layers[:-1]

    @property
    def is_piecewise_linear(self) -> bool:
        """Whether all activation functions are piecewise linear, as ReLU is."""
        return all(activation.is_piecewise_linear for activation in self.activations)

    def switches(self, off: Iterable[tuple[int, int]] = ()) -> Switches:
        """All neurons on but these.

        Args:
            off: Layer and unit of each, both from 0.

        Returns:
            The switches.

        Raises:
            ConfigurationError: There is no such neuron.
        """
        masks: list[Array | None] = [None] * len(self.hidden)
        for layer, unit in off:
            self.check_neuron(layer, unit)
            mask = masks[layer]
            if mask is None:
                mask = masks[layer] = np.ones(self.layers[layer].units, np.float32)
            mask[unit] = 0
        return Switches(tuple(masks))

    def check_neuron(self, layer: int, unit: int) -> None:
        """Refuse a neuron that does not exist.

        Args:
            layer: Hidden layer, from 0.
            unit: Within it, from 0.

        Raises:
            ConfigurationError: There is no such layer, or no such neuron in it.
        """
        if not 0 <= layer < len(self.hidden):
            raise ConfigurationError(f"there is no hidden layer {layer}: this network has {len(self.hidden)}, from 0")
        if not 0 <= unit < self.layers[layer].units:
            raise ConfigurationError(
                f"there is no neuron {unit} in hidden layer {layer}: it has {self.layers[layer].units}, from 0"
            )

    def look(self, images: Images, switches: Switches | None = None) -> ForwardPass:
        """Run the network on images.

        Args:
            images: uint8 (n, 28, 28).
            switches: Which neurons are on; None for all.

        Returns:
            All values that it computes.
        """
        inputs = images.reshape(len(images), PIXELS).astype(np.float32) / np.float32(255)
        return self.run(inputs, self.switches() if switches is None else switches)

    def run(self, inputs: Array, switches: Switches) -> ForwardPass:
        """The same for inputs float32 (n, 784), 0 = paper, 1 = ink."""
        sums, activations = [], []
        values = inputs
        for index, (layer, activation) in enumerate(zip(self.hidden, self.activations, strict=True)):
            sums.append(values @ layer.kernel + layer.bias)
            values = switches.applied(index, activation(sums[-1]))
            activations.append(values)
        logits = values @ self.layers[-1].kernel + self.layers[-1].bias
        return ForwardPass(inputs, tuple(sums), tuple(activations), logits, switches)

    def probabilities(self, logits: Array) -> Probabilities:
        """The calibrated probability of each class.

        Args:
            logits: float32 (n, classes).

        Returns:
            float32 (n, classes); each row sums to 1.
        """
        return np.exp(log_softmax(logits / self.temperature)).astype(np.float32)

    def gradients(self, seen: ForwardPass, layer: int, weights: Array) -> list[Array]:
        """Gradients of weighted sums of one layer with respect to the inputs of each layer up to it.

        Args:
            seen: The pass at which to look, of one input, or of one for each weighted sum.
            layer: Whose sums, from 0; the last one's are the logits.
            weights: float32 (k, units of that layer): of each weighted sum.

        Returns:
            For each layer from 0 to that one float32 (k, its inputs): with respect to those inputs. The first are the
            gradients at the pixels.
        """
        found = [weights @ self.layers[layer].kernel.T]
        for index in range(layer - 1, -1, -1):
            at_sums = seen.switches.applied(index, found[-1] * self.activations[index].slope(seen.sums[index]))
            found.append(at_sums @ self.layers[index].kernel.T)
        return found[::-1]

    def gradients_of_scores(self, seen: ForwardPass) -> list[Array]:
        """Gradients of each score with respect to the inputs of each layer.

        Args:
            seen: The pass at which to look, n = 1.

        Returns:
            For each layer float32 (classes, its inputs).
        """
        return self.gradients(seen, len(self.layers) - 1, np.eye(self.layers[-1].units, dtype=np.float32))
