"""Which learning rate to begin with: what a curve says, and that a real one says it."""

import math

import numpy as np
import pytest

from extras import HAS_TRAINING

if not HAS_TRAINING:
    pytest.skip("needs the training extra", allow_module_level=True)

from digitnet.errors import ConfigurationError
from digitnet.studio.teaching.rate_search import rates_of, search_rates, suggested_rate
from digitnet.studio.teaching.settings import RunSettings


def test_rates_grow_by_the_same_factor() -> None:
    rates = rates_of()
    assert (rates[0], rates[-1]) == pytest.approx((1e-5, 1.0))
    np.testing.assert_allclose(rates[1:] / rates[:-1], rates[1] / rates[0])


@pytest.mark.parametrize("valley", [3e-3, 3e-2, 3e-1])
def test_a_tenth_of_the_rate_with_the_least_loss_is_suggested(valley: float) -> None:
    losses = [1 + (math.log10(rate) - math.log10(valley)) ** 2 for rate in rates_of()]
    found = suggested_rate(losses)
    assert valley / 20 < found["suggestion"] < valley / 5  # smoothing moves the valley a little
    assert len(found["rates"]) == len(found["losses"])


def test_the_curve_ends_where_the_network_is_lost() -> None:
    assert len(suggested_rate([1.0] * 50 + [math.inf] * 150)["losses"]) == 50
    assert 50 < len(suggested_rate([1.0] * 50 + [100.0] * 150)["losses"]) < 60
    with pytest.raises(ConfigurationError, match="no loss was finite"):
        suggested_rate([math.nan])


def test_a_real_search_finds_a_rate_that_learns() -> None:
    found = search_rates(RunSettings(hidden_sizes=(16,), training_images=2000, batch_size=50, optimizer="sgd"))
    assert 0.01 <= found["suggestion"] <= 0.1  # plain gradient descent wants larger steps than Adam
    assert found["losses"][0] == pytest.approx(math.log(10), abs=0.5)
    assert min(found["losses"]) < 1.5
