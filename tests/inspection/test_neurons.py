"""Single neurons: contributions, fields and favourites, each against what it means."""

import dataclasses

import numpy as np
import pytest

from digitnet.inspection import Layer, Network, exciting_images, field_of
from digitnet.inspection.network import ForwardPass
from digitnet.inspection.neurons import Neuron, strongest_neurons
from made_up_networks import made_up_images, made_up_network


def strongest(network: Network, seen: ForwardPass, label: int, layer: int, count: int) -> list[Neuron]:
    return strongest_neurons(network, seen, network.gradients_of_scores(seen)[layer + 1][label], layer, count)


@pytest.mark.parametrize("layer", [0, 1])
def test_in_the_last_hidden_layer_a_contribution_is_what_is_lost_without_the_neuron(layer: int) -> None:
    network = made_up_network((24, 16)) if layer else made_up_network((24,))
    image = made_up_images(1)
    seen = network.look(image)
    for neuron in strongest(network, seen, 4, layer, 16):
        without = network.look(image, network.switches([(layer, neuron.unit)]))
        assert seen.logits[0, 4] - without.logits[0, 4] == pytest.approx(neuron.contribution, abs=1e-4)


@pytest.mark.parametrize("layer", [0, 1])
def test_the_contributions_of_a_layer_and_the_biases_behind_it_make_the_score(layer: int) -> None:
    network = made_up_network((24, 16))
    seen = network.look(made_up_images(1))
    total = sum(neuron.contribution for neuron in strongest(network, seen, 2, layer, 24))
    behind = float(network.layers[2].bias[2])
    if layer == 0:
        behind += float((network.layers[1].bias * (seen.sums[1][0] > 0)) @ network.layers[2].kernel[:, 2])
    assert total + behind == pytest.approx(seen.logits[0, 2], abs=0.01)  # those that do less than 0.005 are left out


def test_the_strongest_come_first_whether_for_or_against() -> None:
    network = made_up_network()
    seen = network.look(made_up_images(1))
    sizes = [abs(neuron.contribution) for neuron in strongest(network, seen, 1, 0, 24)]
    assert sizes == sorted(sizes, reverse=True)
    assert [neuron.unit for neuron in strongest(network, seen, 1, 0, 5)] == [
        neuron.unit for neuron in strongest(network, seen, 1, 0, 24)[:5]
    ]


def test_a_neuron_that_does_nothing_is_not_offered_unless_it_is_off() -> None:
    network = made_up_network()
    seen = network.look(made_up_images(1))
    silent = int(np.flatnonzero(seen.activations[1][0] == 0)[0])
    offered = strongest(network, seen, 1, 1, 16)
    assert len(offered) <= int((seen.activations[1] > 0).sum()) < 16
    assert silent not in [neuron.unit for neuron in offered]
    assert min(abs(neuron.contribution) for neuron in offered) >= 0.005
    off = network.look(made_up_images(1), network.switches([(1, silent)]))
    assert strongest(network, off, 1, 1, 16)[-1].unit == silent


def test_a_neuron_that_is_off_keeps_its_place_and_what_it_would_do() -> None:
    network = made_up_network()
    image = made_up_images(1)
    before = strongest(network, network.look(image), 3, 1, 6)
    weakest = strongest(network, network.look(image), 3, 1, 16)[-1].unit
    switches = network.switches([(1, before[1].unit), (1, weakest)])
    after = strongest(network, network.look(image, switches), 3, 1, 6)
    assert [neuron.unit for neuron in after] == [*(neuron.unit for neuron in before), weakest]
    assert [neuron.is_off for neuron in after] == [False, True, False, False, False, False, True]
    assert after[1].contribution == pytest.approx(before[1].contribution)


def test_the_field_of_the_first_layer_is_its_weights() -> None:
    network = made_up_network()
    seen = network.look(made_up_images(1))
    for neuron in strongest(network, seen, 0, 0, 4):
        np.testing.assert_array_equal(neuron.field, network.layers[0].kernel[:, neuron.unit])
    np.testing.assert_array_equal(field_of(network, 0, 7, made_up_images(3)), network.layers[0].kernel[:, 7])


def test_behind_it_the_field_is_what_more_ink_does_to_the_sum() -> None:
    network = made_up_network((24, 16), "Tanh")
    image = made_up_images(1)
    seen = network.look(image)
    neuron = strongest(network, seen, 0, 1, 1)[0]
    shift = np.zeros((1, 784), np.float32)
    shift[0, 350] = 0.02
    more, less = (network.run(seen.inputs + sign * shift, seen.switches).sums[1][0, neuron.unit] for sign in (1, -1))
    assert neuron.field[350] == pytest.approx((more - less) / 0.04, rel=0.02, abs=1e-3)
    np.testing.assert_allclose(field_of(network, 1, neuron.unit, image), neuron.field, rtol=1e-5, atol=1e-6)


def test_a_field_over_some_images_is_their_mean() -> None:
    network = made_up_network()
    images = made_up_images(5)
    each = [field_of(network, 1, 3, image[np.newaxis]) for image in images]
    np.testing.assert_allclose(field_of(network, 1, 3, images), np.mean(each, axis=0), rtol=1e-4, atol=1e-6)


def test_without_images_all_neurons_before_it_count() -> None:
    network = made_up_network()
    expected = network.layers[0].kernel @ network.layers[1].kernel[:, 3]
    np.testing.assert_allclose(field_of(network, 1, 3, made_up_images(0)), expected, rtol=1e-5)


def test_favourites_are_those_of_a_full_sort() -> None:
    network = made_up_network((24, 16))
    images = made_up_images(2300)  # more than two batches
    found = exciting_images(network, images)
    for layer in (0, 1):
        answers = network.look(images).activations[layer]
        for unit in (0, 5, 11):
            best = np.sort(answers[:, unit])[::-1][:12]
            places = found.of(layer, unit)
            np.testing.assert_allclose(answers[places, unit], best[best > 0], rtol=1e-4, atol=1e-5)
            assert len(set(places.tolist())) == (best > 0).sum()


def test_a_neuron_that_never_answers_has_none() -> None:
    network = made_up_network((4,))
    dead = Layer(network.layers[0].kernel, np.array([0, -1000, 0, 0], np.float32))
    network = dataclasses.replace(network, layers=(dead, network.layers[1]))
    found = exciting_images(network, made_up_images(30))
    assert len(found.of(0, 1)) == 0
    assert len(found.of(0, 0)) > 0


def test_fewer_images_than_are_kept() -> None:
    found = exciting_images(made_up_network((4,), "Softplus"), made_up_images(3))
    assert sorted(found.of(0, 2).tolist()) == [0, 1, 2]
