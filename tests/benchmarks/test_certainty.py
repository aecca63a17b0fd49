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


def test_the_fit_finds_the_chances_that_numbers_were_drawn_with() -> None:
    certainty = load("pictures.certainty")
    rng = np.random.default_rng(0)
    log_odds = rng.normal(3.0, 2.0, 40_000)
    is_right = rng.uniform(size=len(log_odds)) < 1 / (1 + np.exp(-(0.7 * log_odds + 0.5)))
    fit = certainty.fitted(certainty.Judged(1 / (1 + np.exp(-log_odds)), is_right))
    assert (fit.scale, fit.shift) == pytest.approx((0.7, 0.5), abs=0.06)
    least = fit.least_confidence()
    assert 0.7 * np.log(least / (1 - least)) + 0.5 == pytest.approx(np.log(99), abs=0.3)
