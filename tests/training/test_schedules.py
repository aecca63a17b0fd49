"""Learning rates at hand-worked steps."""

import math
from typing import Any

import pytest

from digitnet.errors import ConfigurationError
from digitnet.network.backend import keras
from digitnet.training.schedules import OneCycle, WarmupCosine, make_schedule


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (0, 0.1),  # the first of ten steps of warm-up already moves
        (4, 0.5),
        (9, 1.0),
        (10, 1.0),  # the cosine starts at the peak
        (55, 0.5),  # half way down
        (32.5, 0.5 * (1 + math.cos(math.pi / 4))),
        (100, 0.0),
        (1000, 0.0),
    ],
)
def test_warm_up_and_cosine(step: float, expected: float) -> None:
    schedule = WarmupCosine(2.0, total_steps=100, warmup_fraction=0.1)
    assert float(schedule(step)) == pytest.approx(2.0 * expected, abs=1e-6)


@pytest.mark.parametrize(
    ("step", "expected"),
    [(0, 1 / 25), (15, (1 + 1 / 25) / 2), (30, 1), (65, (1 + 1e-4) / 2), (100, 1e-4), (500, 1e-4)],
)
def test_one_cycle(step: float, expected: float) -> None:
    schedule = OneCycle(2.0, total_steps=100, warmup_fraction=0.3)
    assert float(schedule(step)) == pytest.approx(2.0 * expected, rel=1e-4)


@pytest.mark.parametrize("schedule", [WarmupCosine(0.1, 7, 0.0), OneCycle(0.1, 7, 0.0), WarmupCosine(0.1, 1, 0.5)])
def test_every_step_has_a_finite_rate_up_to_the_peak(schedule: Any) -> None:
    rates = [float(schedule(step)) for step in range(8)]
    assert all(0 <= rate <= 0.1 + 1e-8 for rate in rates)
    assert max(rates) > 0.09


@pytest.mark.parametrize("name", ["cosine", "one-cycle"])
def test_a_saved_optimiser_knows_its_schedule(name: str) -> None:
    optimizer = keras.optimizers.Adam(make_schedule(name, 0.3, 50, 0.2))
    restored = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert restored.get_config() == optimizer.get_config()


def test_constant_is_a_number() -> None:
    assert make_schedule("constant", 0.3, 50, 0.2) == 0.3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cosin", 0.1, 10, 0.1), "did you mean 'cosine'"),
        (("cosine", 0.0, 10, 0.1), "learning_rate is 0.0"),
        (("constant", float("nan"), 10, 0.1), "learning_rate is nan"),
        (("cosine", 0.1, 0, 0.1), "total_steps is 0"),
        (("cosine", 0.1, 10, 1.0), "warmup_fraction is 1.0"),
    ],
)
def test_values_that_make_no_sense_are_named(arguments: tuple[str, float, int, float], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make_schedule(*arguments)
