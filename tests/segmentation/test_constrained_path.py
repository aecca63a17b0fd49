"""The cheapest texts and the weights of those that fit, against every path written out."""

import math
from typing import Any

import numpy as np
import pytest

from digitnet.constraints import AnyConstraint, accepts, constraint
from digitnet.segmentation.constrained_path import DECODING_LIMITS, decode
from digitnet.segmentation.symbol_lattice import SymbolLattice
from toy_lattices import every_path, random_lattice

FAR = DECODING_LIMITS._replace(margin=100.0, max_excess=200.0)
KNOWN: dict[str, dict[str, Any]] = {
    "nothing": {},
    "length": {"length": 3},
    "pattern": {"pattern": r"\d/\d{1,2}"},
    "pattern of digits": {"pattern": "0+1*"},
    "choices": {"choices": ["012", "20", "111", "2/1"]},
    "checksum": {"checksum": "mod11"},
    "two": {"length": 2, "checksum": "luhn"},
}


def lattice_of(*spans: tuple[int, int, dict[str, float]], skips: list[float]) -> SymbolLattice:
    symbols = "0123/"
    costs = np.array([[read.get(symbol, np.inf) for symbol in symbols] for _, _, read in spans])
    first, last = np.array([span[:2] for span in spans], np.int64).T
    return SymbolLattice(first, last, costs, np.array(skips), symbols)


def fits(known: AnyConstraint | None, text: str) -> bool:
    return known is None or accepts(known, text)


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("seed", range(6))
def test_texts_and_weights_are_those_of_all_paths(name: str, seed: int) -> None:
    lattice, known = random_lattice(seed), constraint(**KNOWN[name])
    paths = every_path(lattice)
    cheapest: dict[str, float] = {}
    for text, _, cost in paths:
        if fits(known, text):
            cheapest[text] = min(cost, cheapest.get(text, math.inf))
    decoding = decode(lattice, known, count=8, limits=FAR)
    expected = sorted(cheapest.items(), key=lambda item: item[1])[:8]
    assert [reading.text for reading in decoding.readings] == [text for text, _ in expected]
    assert [reading.cost for reading in decoding.readings] == pytest.approx([cost for _, cost in expected])
    own_costs = {(text, path): cost for text, path, cost in paths}
    for reading in decoding.readings:
        assert own_costs[reading.text, reading.path] == pytest.approx(reading.cost)
    fitting = [-cost for text, _, cost in paths if fits(known, text)]
    assert decoding.log_total == pytest.approx(np.logaddexp.reduce([-cost for _, _, cost in paths]))
    assert decoding.log_fitting == pytest.approx(np.logaddexp.reduce(fitting) if fitting else -math.inf)
    assert decoding.is_complete


def test_a_constraint_chooses_the_reading_that_fits_and_says_how_probable_that_is() -> None:
    # 1 or 2, then 0; a cost of log 3 is a third of the weight.
    lattice = lattice_of((0, 0, {"1": 0.0, "2": math.log(3)}), (1, 1, {"0": 0.0}), skips=[np.inf, np.inf])
    free = decode(lattice, count=5)
    assert [reading.text for reading in free.readings] == ["10", "20"]
    assert free.fitting_probability == 1.0
    decoding = decode(lattice, constraint(pattern="[23]0"))
    (reading,) = decoding.readings
    assert (reading.text, reading.path) == ("20", ((0, 2), (1, 0)))
    assert decoding.probability(reading) == pytest.approx(1 / 4)
    assert decoding.fitting_probability == pytest.approx(1 / 4)
    assert decoding.probability_if_fitting(reading) == pytest.approx(1.0)


def test_a_reading_is_found_only_up_to_the_greatest_excess() -> None:
    lattice = lattice_of((0, 0, {"1": 0.0, "2": 30.0, "3": 50.0}), skips=[np.inf])
    (reading,) = decode(lattice, constraint(pattern="[23]")).readings
    assert (reading.text, reading.cost) == ("2", 30.0)
    assert decode(lattice, constraint(pattern="3")).readings == ()
    assert decode(lattice, constraint(pattern="3")).log_fitting == -math.inf
    assert decode(lattice, constraint(pattern="3"), limits=DECODING_LIMITS._replace(max_excess=60.0)).readings


def test_texts_far_dearer_than_the_cheapest_that_fits_are_left_out() -> None:
    lattice = lattice_of((0, 0, {"1": 0.0, "2": 13.0, "3": 15.0}), skips=[np.inf])
    assert [reading.text for reading in decode(lattice, count=9).readings] == ["1", "2"]


def test_weights_count_the_margin_from_the_cheapest_that_fits() -> None:
    # The first search goes to 14, and finds a 2 at 13; a 3 at 20 still has a share of its weight.
    lattice = lattice_of((0, 0, {"1": 0.0, "2": 13.0, "3": 20.0}), skips=[np.inf])
    decoding = decode(lattice, constraint(pattern="[23]"), count=9)
    assert [reading.text for reading in decoding.readings] == ["2", "3"]
    assert decoding.log_fitting == pytest.approx(np.logaddexp(-13, -20))


def test_too_many_states_are_noticed() -> None:
    every = {"0": 0.0, "1": 0.1, "2": 0.2, "3": 0.3}
    lattice = lattice_of(*((place, place, every) for place in range(4)), skips=[9.0] * 4)
    numbers = constraint(
        choices=[f"{a}{b}{c}{d}" for a in range(4) for b in range(4) for c in range(4) for d in range(4)]
    )
    assert decode(lattice, numbers).is_complete
    beam = decode(lattice, numbers, limits=DECODING_LIMITS._replace(max_states=20))
    assert not beam.is_complete
    assert [reading.text for reading in beam.readings] == ["0000"]


def test_a_line_that_cannot_be_read_has_no_reading() -> None:
    lattice = lattice_of((0, 0, {"1": 0.0}), skips=[1.0, np.inf])
    assert decode(lattice).readings == ()
    assert decode(lattice).log_total == -math.inf


def test_the_search_for_texts_ends() -> None:
    lattice = random_lattice(0)
    assert decode(lattice, count=3).readings
    assert decode(lattice, count=3, limits=DECODING_LIMITS._replace(max_parts=1)).readings == ()
