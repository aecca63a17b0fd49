"""The best path through a line, against all paths one by one, and the names that two networks give together."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose

from digitnet.segmentation.characters import (
    CHARACTER_NAMES,
    PATH_WEIGHTS,
    best_path,
    named_log_probabilities,
)
from digitnet.segmentation.lattice import Group

INK = np.full((2, 2), 255, np.uint8)
SEGMENTS = 5


def group(first: int, last: int) -> Group:
    return Group(first, last, INK, 0, 0, 0.0, is_cut=False)


def scores(*named: tuple[str, float]) -> np.ndarray:
    """Log-probabilities in which each group has one likely name."""
    found = np.full((len(named), 26), -20.0)
    for row, (name, probability) in enumerate(named):
        found[row, CHARACTER_NAMES.index(name)] = np.log(probability)
    return found


def test_the_more_probable_way_to_take_a_line_apart_wins() -> None:
    groups = [group(0, 0), group(1, 1), group(0, 1)]
    path = best_path(groups, 2, scores(("1", 0.6), ("0", 0.6), ("-", 0.9)))
    assert [(edge.group, edge.name) for edge in path] == [(2, "-")]
    assert path[0].probability == pytest.approx(0.9)
    path = best_path(groups, 2, scores(("1", 0.9), ("0", 0.9), ("-", 0.6)))
    assert [(edge.group, edge.name) for edge in path] == [(0, "1"), (1, "0")]


def test_a_path_of_many_edges_pays_no_more_than_one_of_few() -> None:
    """Three edges at 0.8 have 0.51 together, less than the 0.7 of the one; segment for segment they have more."""
    groups = [group(0, 0), group(1, 1), group(2, 2), group(0, 2)]
    path = best_path(groups, 3, scores(("1", 0.8), ("2", 0.8), ("3", 0.8), ("letter", 0.7)))
    assert [edge.name for edge in path] == ["1", "2", "3"]


def test_what_is_nothing_is_skipped() -> None:
    improbable = float(np.exp(-PATH_WEIGHTS.skip)) / 2
    path = best_path([group(0, 0), group(1, 1)], 2, scores(("7", 0.9), ("8", improbable)))
    assert [edge.name for edge in path] == ["7"]
    assert best_path([], 2, np.zeros((0, 26))) == []


@pytest.mark.parametrize("seed", range(20))
def test_no_path_is_better_than_the_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spans = [(a, b) for a in range(SEGMENTS) for b in range(a, min(SEGMENTS, a + 3)) if rng.random() < 0.7]
    rng.shuffle(spans)
    log_probabilities = np.log(rng.dirichlet(np.full(26, 0.2), len(spans)) + 1e-9)
    best = log_probabilities.max(axis=1)

    def cheapest(segment: int) -> float:
        if segment == SEGMENTS:
            return 0.0
        costs = [PATH_WEIGHTS.skip + cheapest(segment + 1)]
        costs += [(b + 1 - a) * -best[n] + cheapest(b + 1) for n, (a, b) in enumerate(spans) if a == segment]
        return float(min(costs))

    path = best_path([group(a, b) for a, b in spans], SEGMENTS, log_probabilities)
    used = [spans[edge.group] for edge in path]
    assert all(before[1] < after[0] for before, after in pairwise(used))
    lengths = [b + 1 - a for a, b in used]
    cost = sum(-best[edge.group] * n for edge, n in zip(path, lengths, strict=True))
    assert cost + PATH_WEIGHTS.skip * (SEGMENTS - sum(lengths)) == pytest.approx(cheapest(0))
    for edge in path:
        assert CHARACTER_NAMES.index(edge.name) == log_probabilities[edge.group].argmax()
        assert edge.probability == pytest.approx(np.exp(best[edge.group]))


def test_one_network_says_whether_it_is_a_digit_and_both_say_which() -> None:
    characters = np.zeros((1, 28))
    characters[0, 10:] = -50
    characters[0, :10] = np.log([0.32, 0.08, *[1e-9] * 8])
    characters[0, 27] = np.log(0.6)  # several characters together
    digits = np.log([[0.2, 0.8, *[1e-9] * 8]])
    found = np.exp(named_log_probabilities(characters, digits))
    assert found.shape == (1, 26)
    assert found[0, :10].sum() == pytest.approx(0.4, abs=1e-6)
    # Among digits the first says 0.8 and 0.2, the other 0.2 and 0.8: by their geometric mean both are as probable.
    assert_allclose(found[0, :2], [0.2, 0.2], atol=1e-6)


def test_two_networks_that_agree_change_nothing() -> None:
    logits = np.random.default_rng(0).normal(0, 3, (6, 28))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    own = probabilities[:, :10] / probabilities[:, :10].sum(axis=1, keepdims=True)
    found = np.exp(named_log_probabilities(logits, np.log(own)))
    assert_allclose(found, probabilities[:, :26], rtol=1e-9)
