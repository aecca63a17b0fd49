"""The parts of a score: they add up to it, and each is what it says."""

import numpy as np
import pytest

from digitnet.inspection import Layer, Network, attribute
from digitnet.inspection.activations import activation_of
from digitnet.inspection.attribution import Attribution
from digitnet.inspection.network import ForwardPass
from made_up_networks import NAMES, made_up_images, made_up_network

STRAIGHT = ["Relu", "LeakyRelu", "Linear"]
SMOOTH = ["Elu", "Gelu", "Selu", "Sigmoid", "Silu", "Softplus", "Tanh"]


def taken_apart(network: Network, seen: ForwardPass) -> Attribution:
    return attribute(network, seen, network.gradients_of_scores(seen))


@pytest.mark.parametrize("operator", STRAIGHT)
@pytest.mark.parametrize("sizes", [(), (20,), (24, 16), (12, 12, 12)])
def test_pixels_and_biases_add_up_to_each_score(operator: str, sizes: tuple[int, ...]) -> None:
    network = made_up_network(sizes, operator)
    for image in made_up_images(8)[:, np.newaxis]:
        seen = network.look(image)
        found = taken_apart(network, seen)
        np.testing.assert_allclose(
            found.pixels.sum(axis=1) + found.blank + found.switched, seen.logits[0], rtol=1e-4, atol=1e-4
        )


def test_they_add_up_with_neurons_switched_off() -> None:
    network = made_up_network()
    off = [(0, unit) for unit in range(0, 24, 3)] + [(1, 5)]
    seen = network.look(made_up_images(1), network.switches(off))
    found = taken_apart(network, seen)
    np.testing.assert_allclose(
        found.pixels.sum(axis=1) + found.blank + found.switched, seen.logits[0], rtol=1e-4, atol=1e-4
    )


def test_a_score_worked_out_by_hand() -> None:
    """One pixel of ink, two neurons, of which one is silent."""
    kernel = np.zeros((784, 2), np.float32)
    kernel[400] = [3, -5]
    last = np.zeros((2, 10), np.float32)
    last[:, 7] = [2, 100]
    layers = (Layer(kernel, np.array([0.5, 1], np.float32)), Layer(last, np.full(10, 0.25, np.float32)))
    relu = activation_of("Relu")
    assert relu is not None
    network = Network(layers, (relu,), 1.0, NAMES)
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 400 // 28, 400 % 28] = 255
    found = taken_apart(network, network.look(image))
    assert found.pixels[7, 400] == 6  # 1 of ink, times 3, times 2
    assert np.count_nonzero(found.pixels) == 1
    assert found.blank[7] == 101.25  # on blank paper both are awake: 0.5 times 2, 1 times 100, and 0.25
    assert found.switched[7] == -100  # and the ink silences the second
    assert (found.blank[6], found.switched[6]) == (0.25, 0)
    seen = network.look(image, network.switches([(0, 0)]))
    assert taken_apart(network, seen).blank[7] == 100.25  # without the first, also on blank paper


@pytest.mark.parametrize("operator", SMOOTH)
def test_of_a_network_that_bends_nothing_is_left_but_what_is_rounded(operator: str) -> None:
    network = made_up_network((24, 16), operator)
    seen = network.look(made_up_images(1))
    found = taken_apart(network, seen)
    np.testing.assert_allclose(
        found.pixels.sum(axis=1) + found.blank + found.switched, seen.logits[0], rtol=1e-4, atol=1e-4
    )
    blank = network.look(np.zeros((1, 28, 28), np.uint8)).logits[0]
    np.testing.assert_allclose(found.blank, blank, rtol=1e-6)
    np.testing.assert_allclose(found.switched, 0, atol=0.02)


@pytest.mark.parametrize("operator", ["Relu", "Tanh"])
def test_what_is_told_of_blank_paper_is_the_same_for_every_image(operator: str) -> None:
    """What does not depend on the ink: the score of blank paper. What the biases add else depends on it."""
    network = made_up_network(operator=operator)
    found = [taken_apart(network, network.look(image)) for image in made_up_images(5)[:, np.newaxis]]
    blank = network.look(np.zeros((1, 28, 28), np.uint8)).logits[0]
    for one in found:
        np.testing.assert_array_equal(one.blank, blank)
    if operator == "Relu":
        assert np.ptp([one.switched for one in found], axis=0).min() > 0.1


@pytest.mark.parametrize("operator", ["Relu", "Tanh"])
def test_paper_says_nothing(operator: str) -> None:
    network = made_up_network(operator=operator)
    image = made_up_images(1)
    found = taken_apart(network, network.look(image))
    blank = image.reshape(-1) == 0
    assert blank.any()
    assert not found.pixels[:, blank].any()
    assert np.abs(found.pixels[:, ~blank]).max() > 0.01
