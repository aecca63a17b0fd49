"""The temperature against data made with a known one."""

import numpy as np
import pytest

from digitnet.arrays import Labels, Logits
from digitnet.evaluation.calibration import fit_temperature


def drawn(temperature: float, n: int = 40_000) -> tuple[Logits, Labels]:
    """Logits, and labels drawn from softmax(logits / temperature)."""
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 3, (n, 5))
    noise = generator.gumbel(size=logits.shape)  # argmax of logits + Gumbel noise is a draw from their softmax
    return logits.astype(np.float32), (logits / temperature + noise).argmax(axis=1).astype(np.uint8)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_the_temperature_of_made_up_data_is_found(temperature: float) -> None:
    assert fit_temperature(*drawn(temperature)) == pytest.approx(temperature, rel=0.03)


def test_no_images_change_nothing() -> None:
    assert fit_temperature(np.zeros((0, 10), np.float32), np.zeros(0, np.uint8)) == 1.0


def test_a_perfect_network_stays_within_bounds() -> None:
    logits = np.eye(10, dtype=np.float32) * 50
    assert 0.05 <= fit_temperature(logits, np.arange(10, dtype=np.uint8)) <= 20
