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
    return [float(number.replace("\N{MINUS SIGN}", "-")) for number in re.findall(r"[+\u2212]\d+\.\d+", text)]


def test_a_sure_answer_names_its_score_and_the_next_best(network: Network) -> None:
    logits = np.arange(10, dtype=np.float32) - 2.5
    found = dataclasses.replace(with_probabilities(explain(network, IMAGE), 9, 0.99942, 8, 0.0004), logits=logits)
    assert sentences(network, found)["answer"] == (
        "The network says 9 and gives it 99.94 %: its score for 9 is +6.5, and the next best, 8, has +5.5."
    )


def test_it_is_never_certain(network: Network) -> None:
    found = with_probabilities(explain(network, IMAGE), 1, 0.9999999, 8, 1e-8)
    assert "gives it 99.99 %" in sentences(network, found)["answer"]


def test_a_doubtful_answer_names_both(network: Network) -> None:
    found = with_probabilities(explain(network, IMAGE), 7, 0.52, 1, 0.45)
    assert sentences(network, found)["answer"].startswith(
        "The network says 7, but hesitates: it is 52 % for 7 and 45 % for 1."
    )


def test_the_parts_of_a_score_add_up_as_they_are_told(network: Network) -> None:
    found = explain(network, IMAGE, label=4)
    said = sentences(network, found)["attribution"]
    *parts, score = numbers(said)
    assert len(parts) == 4
    assert sum(parts) == pytest.approx(score, abs=0.26)  # five numbers of one digit
    assert score == pytest.approx(found.logits[4], abs=0.051)
    blank = network.look(np.zeros((1, 28, 28), np.uint8)).logits[0, 4]
    assert parts[0] == pytest.approx(blank, abs=0.051)


def test_the_part_of_the_biases_is_never_called_independent_of_the_ink(network: Network) -> None:
    said = sentences(network, explain(network, IMAGE))["attribution"]
    assert "does not depend on the ink" not in said
    assert "from neurons that this ink woke or silenced" in said


def test_of_a_network_that_bends_nothing_more_is_claimed_than_is_true() -> None:
    network = made_up_network(operator="Gelu")
    said = sentences(network, explain(network, IMAGE))["attribution"]
    assert "woke" not in said
    assert "from blank paper to this image" in said
    none = made_up_network(())
    assert "woke" not in sentences(none, explain(none, IMAGE))["attribution"]  # there is no neuron that could be


def test_an_answer_is_compared_with_what_is_explained_with_the_truth_or_with_the_next_best(network: Network) -> None:
    found = explain(network, IMAGE)
    second = int(np.argsort(-found.logits)[1])
    other = int(np.argsort(-found.logits)[3])
    begin = f"Why {NAMES[found.label]} and not "
    assert sentences(network, found)["comparison"].startswith(f"{begin}{NAMES[second]}: ")
    assert sentences(network, found, truth=other)["comparison"].startswith(f"{begin}{NAMES[other]}: ")
    assert sentences(network, found, truth=found.label)["comparison"].startswith(f"{begin}{NAMES[second]}: ")
    asked = explain(network, IMAGE, label=other)
    assert sentences(network, asked, truth=second)["comparison"].startswith(f"{begin}{NAMES[other]}: ")


def test_the_parts_of_a_comparison_add_up_and_ink_that_argues_against_the_answer_is_told_of(network: Network) -> None:
    told = set()
    for image in made_up_images(12, seed=3):
        found = explain(network, image)
        said = sentences(network, found)["comparison"]
        ahead = re.search(r"higher by (\d+\.\d\d)", said)
        assert ahead is not None
        assert sum(numbers(said)) == pytest.approx(float(ahead[1]), abs=0.16)
        argues_against = numbers(said)[0] < 0
        assert ("Pixel by pixel the ink speaks more for" in said) == argues_against
        told.add(argues_against)
    assert told == {True, False}


def test_the_layers_are_counted(network: Network) -> None:
    found = explain(network, IMAGE)
    said = sentences(network, found)["layers"]
    assert "2 hidden layers, of 24 and 16 neurons" in said
    assert f"Here {found.layers[0].active} and {found.layers[1].active} of them answer" in said
    single = made_up_network((1200,))
    assert "one hidden layer of 1,200 neurons" in sentences(single, explain(single, IMAGE))["layers"]
    none = made_up_network(())
    assert "no hidden layer" in sentences(none, explain(none, IMAGE))["layers"]


def test_switched_off_neurons_are_told_of_and_by_how_much_they_moved_the_answer(network: Network) -> None:
    usual = explain(network, IMAGE)
    assert sentences(network, usual)["change"] == ""
    name = NAMES[usual.label]
    weak = usual.layers[1].strongest[-1].unit
    same = explain(network, IMAGE, switched_off=[(1, weak)])
    said = sentences(network, same)["change"]
    assert said.startswith(f"1 neuron off: still {name}. Its score went from ")
    scores = [usual.logits[usual.label], same.logits[usual.label]]
    assert numbers(said) == pytest.approx(scores, abs=0.0051)
    assert scores[0] != scores[1]
    assert said.endswith(f"{100 * same.probabilities[usual.label]:.0f} %.")
    off = [(1, neuron.unit) for neuron in usual.layers[1].strongest if neuron.contribution > 0]
    other = explain(network, IMAGE, switched_off=off)
    said = sentences(network, other)["change"]
    assert f"neurons off: {name} became {NAMES[other.label]}. The score of {name} went from" in said


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
