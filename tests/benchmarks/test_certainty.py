"""Which numbers of a line are right, and the confidence from which they are."""

import numpy as np
import pytest

from made_up_benchmarks import load, needs_checkout

pytestmark = needs_checkout


@pytest.mark.parametrize(
    ("truth", "numbers", "right"),
    [
        ("12 34 56", ["12", "34", "56"], [True, True, True]),
        ("12 34 56", ["12", "35", "56"], [True, False, True]),
        ("12 34 56", ["12", "3", "56"], [True, False, True]),
        ("12 34 56", ["12", "56"], [True, True]),
        ("123456", ["12", "56"], [False, False]),
        ("12/34/56", ["123456"], [True]),
        ("12", ["12", "7"], [True, False]),
        ("712", ["12"], [False]),
        ("", ["1"], [False]),
    ],
)
def test_a_number_is_right_if_all_of_it_and_nothing_beside_it_was_written(
    truth: str, numbers: list[str], right: list[bool]
) -> None:
    assert load("pictures.certainty").right_numbers(truth, numbers) == right


def test_neighbours_that_fall_are_one_step() -> None:
    certainty = load("pictures.certainty")
    right = np.array([False, True, False, True, True, False, True, True])
    order = np.array([3, 0, 6, 1, 7, 2, 5, 4])
    fit = certainty.fitted(certainty.Judged((np.arange(8.0) / 10)[order], right[order]))
    assert fit.starts.tolist() == pytest.approx([0.0, 0.1, 0.3, 0.6])
    assert fit.chances.tolist() == pytest.approx([0, 1 / 2, 2 / 3, 1])
    assert fit.least_confidence(0.6) == pytest.approx(0.3)
    assert fit.least_confidence(0.99) == pytest.approx(0.6)


def test_no_confidence_is_enough_where_mistakes_are_everywhere() -> None:
    certainty = load("pictures.certainty")
    fit = certainty.fitted(certainty.Judged(np.array([0.1, 0.9, 0.95]), np.array([True, True, False])))
    assert fit.least_confidence() == np.inf
