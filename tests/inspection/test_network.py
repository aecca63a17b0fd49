"""Forward and backward, against loops over single neurons and against small differences."""

import math

import numpy as np
import pytest

from digitnet.errors import ConfigurationError
from digitnet.inspection import Layer, Network
from made_up_networks import made_up_images, made_up_network

SMOOTH = ["Elu", "Gelu", "Selu", "Sigmoid", "Silu", "Softplus", "Tanh"]


def test_a_layer_is_weights_times_ink_plus_bias() -> None:
    network = made_up_network((3,))
    image = made_up_images(1)
    hidden = []
    for unit in range(3):
        total = float(network.layers[0].bias[unit])
        for pixel, value in enumerate(image.reshape(-1).tolist()):
            total += value / 255 * float(network.layers[0].kernel[pixel, unit])
        hidden.append(max(total, 0.0))
    scores = [
        float(network.layers[1].bias[label])
        + sum(hidden[unit] * float(network.layers[1].kernel[unit, label]) for unit in range(3))
        for label in range(10)
    ]
    seen = network.look(image)
    np.testing.assert_allclose(seen.activations[0][0], hidden, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(seen.logits[0], scores, rtol=1e-4, atol=1e-5)
    shares = [math.exp(score / 1.5) for score in scores]  # the temperature
    np.testing.assert_allclose(network.probabilities(seen.logits)[0], np.divide(shares, sum(shares)), rtol=1e-4)


def test_a_neuron_that_is_off_is_as_if_it_were_not_there() -> None:
    network = made_up_network((6, 5))
    images = made_up_images(4)
    first, second, last = network.layers
    without = Network(
        (
            Layer(np.delete(first.kernel, 2, axis=1), np.delete(first.bias, 2)),
            Layer(np.delete(np.delete(second.kernel, 2, axis=0), 4, axis=1), np.delete(second.bias, 4)),
            Layer(np.delete(last.kernel, 4, axis=0), last.bias),
        ),
        network.activations,
        network.temperature,
        network.class_names,
    )
    found = network.look(images, network.switches([(0, 2), (1, 4)]))
    np.testing.assert_allclose(found.logits, without.look(images).logits, rtol=1e-4, atol=1e-5)
    assert not found.activations[0][:, 2].any()
    assert found.switches.is_off(0, 2)
    assert not found.switches.is_off(0, 3)


@pytest.mark.parametrize("operator", SMOOTH)
def test_slopes_are_those_of_small_differences(operator: str) -> None:
    network = made_up_network((8, 6), operator)
    switches = network.switches([(0, 1), (1, 2)])
    inputs = made_up_images(1).reshape(1, 784).astype(np.float32) / np.float32(255)
    seen = network.run(inputs, switches)
    gradients = network.gradients_of_scores(seen)
    assert [slope.shape for slope in gradients] == [(10, 784), (10, 8), (10, 6)]
    assert {slope.dtype for slope in gradients} == {np.dtype(np.float32)}
    step = 0.01
    for pixel in (300, 407, 500):
        shift = np.zeros_like(inputs)
        shift[0, pixel] = step
        ends = [network.run(inputs + sign * shift, switches).logits[0] for sign in (1, -1)]
        np.testing.assert_allclose(gradients[0][:, pixel], (ends[0] - ends[1]) / (2 * step), rtol=0.01, atol=2e-3)


def test_slopes_of_a_hidden_sum_end_at_that_layer() -> None:
    network = made_up_network((8, 6))
    seen = network.look(made_up_images(1))
    wanted = np.zeros((1, 6), np.float32)
    wanted[0, 3] = 1
    at_pixels, at_hidden = network.gradients(seen, 1, wanted)
    np.testing.assert_array_equal(at_hidden[0], network.layers[1].kernel[:, 3])
    active = seen.sums[0][0] > 0
    expected = network.layers[0].kernel[:, active] @ network.layers[1].kernel[active, 3]
    np.testing.assert_allclose(at_pixels[0], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("neuron", "message"),
    [
        ((2, 0), "there is no hidden layer 2: this network has 2, from 0"),
        ((-1, 0), "there is no hidden layer -1"),
        ((1, 16), "there is no neuron 16 in hidden layer 1: it has 16, from 0"),
        ((0, -1), "there is no neuron -1 in hidden layer 0"),
    ],
)
def test_a_neuron_that_there_is_not_is_refused(neuron: tuple[int, int], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        made_up_network().switches([neuron])
