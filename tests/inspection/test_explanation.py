"""One answer taken apart: its parts belong to the same pass, and change with the switches."""

import numpy as np
import pytest

from digitnet.errors import ConfigurationError
from digitnet.inspection import explain
from made_up_networks import made_up_images, made_up_network

IMAGE = made_up_images(1)[0]


def test_the_answer_is_that_of_the_network() -> None:
    network = made_up_network()
    found = explain(network, IMAGE)
    seen = network.look(IMAGE[np.newaxis])
    assert found.label == seen.logits[0].argmax()
    np.testing.assert_array_equal(found.logits, seen.logits[0])
    assert found.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert (found.explained_label, found.usual_label, found.off) == (found.label, found.label, 0)
    np.testing.assert_array_equal(found.usual_probabilities, found.probabilities)


def test_each_layer_tells_how_many_of_its_neurons_answer() -> None:
    network = made_up_network((24, 16))
    found = explain(network, IMAGE)
    seen = network.look(IMAGE[np.newaxis])
    assert [layer.active for layer in found.layers] == [int((sums > 0).sum()) for sums in seen.sums]
    active = [layer.active for layer in found.layers]
    assert [len(layer.strongest) for layer in found.layers] == [min(12, active[0]), min(12, active[1])]
    for layer, activations in zip(found.layers, seen.activations, strict=True):
        np.testing.assert_array_equal(layer.activations, activations[0])


def test_of_neurons_that_are_never_silent_those_count_that_say_something() -> None:
    found = explain(made_up_network((24,), "Tanh"), IMAGE)
    sizes = np.abs(found.layers[0].activations)
    assert found.layers[0].active == (sizes > 0.05 * sizes.max()).sum()


def test_another_class_can_be_asked_about() -> None:
    network = made_up_network()
    answer = explain(network, IMAGE)
    other = (answer.label + 3) % 10
    found = explain(network, IMAGE, label=other)
    assert (found.label, found.explained_label) == (answer.label, other)
    np.testing.assert_array_equal(found.attribution.pixels, answer.attribution.pixels)
    sums = [sum(neuron.contribution for neuron in one.layers[1].strongest) for one in (answer, found)]
    assert abs(sums[0] - sums[1]) > 0.1


def test_without_its_strongest_neurons_the_answer_is_another_one() -> None:
    network = made_up_network()
    usual = explain(network, IMAGE)
    off = [(1, neuron.unit) for neuron in usual.layers[1].strongest if neuron.contribution > 0]
    found = explain(network, IMAGE, switched_off=[*off, off[0]])  # the same one twice is one
    assert found.label != usual.label
    assert found.usual_label == usual.label
    assert found.off == len(off)
    np.testing.assert_array_equal(found.usual_probabilities, usual.probabilities)
    assert found.probabilities[usual.label] < usual.probabilities[usual.label]
    switched = {neuron.unit for neuron in found.layers[1].strongest if neuron.is_off}
    assert switched == {unit for _, unit in off}


@pytest.mark.parametrize("label", [-1, 10])
def test_a_class_that_there_is_not_is_refused(label: int) -> None:
    with pytest.raises(ConfigurationError, match=f"there is no class {label}: this network has 10, from 0"):
        explain(made_up_network(), IMAGE, label=label)


def test_a_network_without_hidden_layers_is_explained_too() -> None:
    found = explain(made_up_network(()), IMAGE)
    assert found.layers == ()
    np.testing.assert_allclose(
        found.attribution.pixels.sum(axis=1) + found.attribution.blank + found.attribution.switched,
        found.logits,
        rtol=1e-4,
        atol=1e-4,
    )
