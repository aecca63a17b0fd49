"""What is said in words is what the numbers say."""

import dataclasses
import re

import numpy as np
import pytest

from digitnet.inspection import Explanation, Network, explain, sentences, words_for_neighbours, words_for_neuron
from made_up_networks import NAMES, made_up_images, made_up_network

IMAGE = made_up_images(1)[0]


@pytest.fixture
def network() -> Network:
    return made_up_network((24, 16))


def with_probabilities(found: Explanation, first: int, share: float, second: int, other: float) -> Explanation:
    probabilities = np.full(10, (1 - share - other) / 8, np.float32)
    probabilities[[first, second]] = share, other
    return dataclasses.replace(found, label=first, explained_label=first, probabilities=probabilities)


def numbers(text: str) -> list[float]:
    return [float(number.replace("\N{MINUS SIGN}", "-")) for number in re.findall(r"[+\u2212]\d+\.\d", text)]


def test_a_sure_answer_names_its_score_and_the_next_best(network: Network) -> None:
    logits = np.arange(10, dtype=np.float32) - 2.5
    found = dataclasses.replace(with_probabilities(explain(network, IMAGE), 9, 0.99942, 8, 0.0004), logits=logits)
    assert sentences(network, found)["answer"] == (
        "The network says 9, and is 99.94 % sure: its score for 9 is +6.5, and the next best, 8, has +5.5."
    )


def test_it_is_never_certain(network: Network) -> None:
    found = with_probabilities(explain(network, IMAGE), 1, 0.9999999, 8, 1e-8)
    assert "is 99.99 % sure" in sentences(network, found)["answer"]


def test_a_doubtful_answer_names_both(network: Network) -> None:
    found = with_probabilities(explain(network, IMAGE), 7, 0.52, 1, 0.45)
    assert sentences(network, found)["answer"].startswith(
        "The network says 7, but hesitates: it is 52 % for 7 and 45 % for 1."
    )


def test_the_three_parts_of_a_score_add_up_as_they_are_told(network: Network) -> None:
    found = explain(network, IMAGE, label=4)
    said = sentences(network, found)["attribution"]
    assert said.startswith("Ink on blue speaks for 4")
    assert sum(numbers(said)) == pytest.approx(found.logits[4], abs=0.16)  # three numbers of one digit
    assert "nothing is guessed" in said


def test_of_a_network_that_bends_nothing_more_is_claimed_than_is_true() -> None:
    network = made_up_network(operator="Gelu")
    said = sentences(network, explain(network, IMAGE))["attribution"]
    assert "nothing is guessed" not in said
    assert "from blank paper" in said


def test_the_layers_are_counted(network: Network) -> None:
    found = explain(network, IMAGE)
    said = sentences(network, found)["layers"]
    assert "2 hidden layers, of 24 and 16 neurons" in said
    assert f"Here {found.layers[0].active} and {found.layers[1].active} of them answer" in said
    single = made_up_network((1200,))
    assert "one hidden layer of 1,200 neurons" in sentences(single, explain(single, IMAGE))["layers"]
    none = made_up_network(())
    assert "no hidden layer" in sentences(none, explain(none, IMAGE))["layers"]


def test_switched_off_neurons_are_told_of_and_what_they_changed(network: Network) -> None:
    usual = explain(network, IMAGE)
    assert "switched off" not in sentences(network, usual)["neurons"]
    weak = usual.layers[1].strongest[-1].unit
    same = explain(network, IMAGE, switched_off=[(1, weak)])
    assert f"With 1 switched off, the network still says {NAMES[usual.label]}." in sentences(network, same)["neurons"]
    off = [(1, neuron.unit) for neuron in usual.layers[1].strongest if neuron.contribution > 0]
    other = explain(network, IMAGE, switched_off=off)
    said = sentences(network, other)["neurons"]
    assert f"says {NAMES[other.label]} instead of {NAMES[usual.label]}." in said


@pytest.mark.parametrize(
    ("labels", "end"),
    [
        ([8, 8, 8], "all 3 of them are an 8."),
        ([8, 3, 8, 5, 3], "2 of 5 of them are an 8, 2 a 3."),
        ([8, 3, 3], "1 of 3 of them is an 8, 2 a 3."),
        ([3, 3], "none of them are an 8, 2 a 3."),
    ],
)
def test_neighbours_are_counted(labels: list[int], end: str) -> None:
    assert words_for_neighbours(NAMES, 8, labels).endswith(end)


def test_neighbours_that_are_not_known_yet() -> None:
    assert "a few seconds, once" in words_for_neighbours(NAMES, 8, [])


def test_a_neuron_is_named_after_its_favourites(network: Network) -> None:
    assert words_for_neuron(network, 0, [7] * 12).endswith(
        "layer 1 is excited most by a 7: all of the images that excite it most show one."
    )
    assert "by an 8, but not by it alone" in words_for_neuron(network, 1, [8] * 6 + [3] * 3 + [5] * 3)
    several = words_for_neuron(network, 1, [0, 0, 0, 0, 6, 6, 6, 2, 3, 4, 5, 5])
    assert several.endswith("a stroke that several digits have, a 0 and a 6 among them.")
    assert "is never active" in words_for_neuron(network, 0, [])
