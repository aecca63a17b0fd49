"""Costs of the paths of a lattice, against every path written out."""

import math

import numpy as np
import pytest

from digitnet.segmentation.symbol_lattice import PlainCosts, SymbolLattice, log_sum, log_weight_of
from toy_lattices import every_path, random_lattice


@pytest.mark.parametrize("seed", range(8))
def test_costs_without_a_constraint_are_those_of_all_paths(seed: int) -> None:
    lattice = random_lattice(seed)
    paths = every_path(lattice)
    plain = PlainCosts(lattice)
    costs = np.array([cost for _, _, cost in paths])
    assert plain.total == pytest.approx(costs.min())
    assert plain.after[0] == pytest.approx(costs.min())
    assert plain.log_total == pytest.approx(np.logaddexp.reduce(-costs))


@pytest.mark.parametrize("seed", range(4))
def test_the_weight_of_a_text_is_that_of_all_paths_that_read_it(seed: int) -> None:
    lattice = random_lattice(seed)
    paths = every_path(lattice)
    for text in {text for text, _, _ in paths}:
        weights = [-cost for read, _, cost in paths if read == text]
        assert log_weight_of(lattice, text) == pytest.approx(np.logaddexp.reduce(weights))
    assert log_weight_of(lattice, "1" * 9) == -math.inf


def test_a_line_without_segments_has_one_path() -> None:
    nothing = np.zeros(0, np.int64)
    empty = SymbolLattice(nothing, nothing, np.zeros((0, 2)), np.zeros(0), "01")
    assert PlainCosts(empty).log_total == 0.0
    assert log_weight_of(empty, "") == 0.0


def test_nothing_sums_to_nothing() -> None:
    assert log_sum(np.zeros(0)) == -math.inf
    assert log_sum(np.array([-np.inf, -np.inf])) == -math.inf
    assert log_sum(np.array([-1000.0, -1000.0])) == pytest.approx(-1000 + math.log(2))
