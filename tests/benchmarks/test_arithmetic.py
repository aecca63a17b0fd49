"""Ratios of what was measured in turn, and the operations of a network."""

import pytest

from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout


@pytest.mark.parametrize(
    ("sizes", "training", "answering"),
    [
        # Three products forwards, three for weights, two for inputs: 784 * 512 counts twice, the others thrice.
        ((512, 512), 2 * (2 * 784 * 512 + 3 * 512 * 512 + 3 * 512 * 10), 2 * (784 * 512 + 512 * 512 + 512 * 10)),
        ((2,), 2 * (2 * 1568 + 3 * 20), 2 * (1568 + 20)),
    ],
)
def test_operations_of_a_network(sizes: tuple[int, ...], training: int, answering: int) -> None:
    arithmetic = load("arithmetic")
    assert arithmetic.training_operations(sizes) == training
    assert arithmetic.answering_operations(sizes) == answering
    assert arithmetic.floor_seconds(100, sizes, 1000.0) == pytest.approx(training / 10)


def test_a_ratio_is_that_of_each_round() -> None:
    ratio = load("arithmetic").paired_ratio({0: 2.0, 1: 40.0, 2: 2.5}, {0: 1.0, 1: 20.0, 2: 1.0})
    assert ratio.median == 2.0  # the medians themselves would give 2.5
    assert ratio.interval == (2.0, 2.5)


def test_a_ratio_leaves_out_rounds_that_only_one_has_finished() -> None:
    paired_ratio = load("arithmetic").paired_ratio
    ratio = paired_ratio({1: 6.0, 2: 99.0}, {0: 1.0, 1: 2.0})
    assert (ratio.median, ratio.interval) == (3.0, None)
    assert paired_ratio({0: 1.0}, {1: 1.0}) is None
    assert paired_ratio({}, {}) is None
