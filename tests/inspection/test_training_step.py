"""One step of training: the numbers of Keras, and of a gradient taken by finite differences."""

import numpy as np
import pytest

from digitnet.datasets import load_mnist
from digitnet.inspection import Layer, Network, training_step, with_temperature_inside
from extras import needs_training
from made_up_networks import made_up_network

SEVEN = load_mnist()[1].images[0]


def scaled(network: Network) -> Network:
    """The same with weights as small as those of a trained network."""
    layers = tuple(Layer(layer.kernel / np.float32(8), layer.bias / np.float32(8)) for layer in network.layers)
    return Network(layers, network.activations, 1.0, network.class_names)


@pytest.fixture(scope="module")
def network() -> Network:
    return scaled(made_up_network())


def loss_of(network: Network, label: int) -> float:
    logits = network.look(SEVEN[None]).logits[0].astype(np.float64)
    return float(np.log(np.exp(logits).sum()) - logits[label])


def test_loss_and_probabilities_are_those_of_the_forward_pass(network: Network) -> None:
    step = training_step(network, SEVEN, 7, 0.1)
    assert step.loss == pytest.approx(loss_of(network, 7), rel=1e-5)
    assert sum(step.errors[-1]) == pytest.approx(0, abs=1e-5)  # probabilities less the one label: both sum to 1
    assert [len(error) for error in step.errors] == [layer.units for layer in network.layers]


def test_each_gradient_is_an_input_times_an_error(network: Network) -> None:
    step = training_step(network, SEVEN, 2, 0.1)
    inputs = (step.seen.inputs[0], *(values[0] for values in step.seen.activations))
    for values, error, gradient in zip(inputs, step.errors, step.gradients, strict=True):
        np.testing.assert_allclose(gradient.kernel, np.outer(values, error), rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(gradient.bias, error)


def test_a_gradient_is_the_slope_of_the_loss(network: Network) -> None:
    step = training_step(network, SEVEN, 2, 0.1)
    nudge = 1e-2
    for place, gradient in enumerate(step.gradients):
        row, unit = np.unravel_index(np.abs(gradient.kernel).argmax(), gradient.kernel.shape)
        losses = []
        for change in (nudge, -nudge):
            kernel = network.layers[place].kernel.copy()
            kernel[row, unit] += change
            layers = list(network.layers)
            layers[place] = Layer(kernel, network.layers[place].bias)
            losses.append(loss_of(Network(tuple(layers), network.activations, 1.0, network.class_names), 2))
        assert (losses[0] - losses[1]) / (2 * nudge) == pytest.approx(float(gradient.kernel[row, unit]), rel=0.02)


def test_a_step_lowers_the_loss_and_moves_by_rate_times_gradient(network: Network) -> None:
    step = training_step(network, SEVEN, 2, 0.05)
    assert loss_of(step.after, 2) < step.loss
    for before, gradient, after in zip(network.layers, step.gradients, step.after.layers, strict=True):
        np.testing.assert_allclose(after.kernel, before.kernel - 0.05 * gradient.kernel, rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(after.bias, before.bias - 0.05 * gradient.bias, rtol=1e-6, atol=1e-8)


def test_what_is_switched_off_learns_nothing(network: Network) -> None:
    step = training_step(network, SEVEN, 2, 0.1, switched_off=[(0, 3)])
    assert step.errors[0][3] == 0
    np.testing.assert_array_equal(step.after.layers[0].kernel[:, 3], network.layers[0].kernel[:, 3])
    np.testing.assert_array_equal(step.after.layers[1].kernel[3], network.layers[1].kernel[3])


def test_a_temperature_inside_the_last_layer_gives_the_same_probabilities(network: Network) -> None:
    warm = Network(network.layers, network.activations, 0.6, network.class_names)
    inside = with_temperature_inside(warm)
    assert inside.temperature == 1
    expected = warm.probabilities(warm.look(SEVEN[None]).logits)
    np.testing.assert_allclose(inside.probabilities(inside.look(SEVEN[None]).logits), expected, rtol=1e-5)


@needs_training
def test_a_step_is_that_of_keras(network: Network) -> None:
    import digitnet  # noqa: PLC0415 - Keras is not there without the extra
    from digitnet.network.backend import keras  # noqa: PLC0415

    sizes = tuple(layer.units for layer in network.hidden)
    model = digitnet.build_mlp(hidden_sizes=sizes)
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    for layer, values in zip(dense, network.layers, strict=True):
        layer.set_weights([values.kernel, values.bias])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="categorical_crossentropy")
    step = training_step(network, SEVEN, 2, 0.1)
    loss = model.train_on_batch(SEVEN[None].astype(np.float32), np.eye(10, dtype=np.float32)[[2]])
    assert float(np.asarray(loss)) == pytest.approx(step.loss, rel=1e-4)
    for layer, after in zip(dense, step.after.layers, strict=True):
        kernel, bias = layer.get_weights()
        np.testing.assert_allclose(after.kernel, kernel, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(after.bias, bias, rtol=1e-4, atol=1e-6)
