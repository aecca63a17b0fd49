"""The first weights of each layer."""

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from digitnet.errors import ConfigurationError
from digitnet.model import build_mlp

ROWS, COLUMNS = np.mgrid[:28, :28].reshape(2, -1).astype(float)


def kernel_of(layer: str = "hidden_1", **dials: Any) -> Any:
    model = build_mlp((200, 30), batch_normalization=True, seed=3, **dials)
    return np.asarray(model.get_layer(layer).kernel.value).astype(np.float64)


@pytest.mark.parametrize("sigma", [1.0, 3.0])
def test_a_unit_starts_from_a_spot_of_the_size_asked_for(sigma: float) -> None:
    energy = kernel_of(receptive_field=sigma) ** 2
    energy /= energy.sum(axis=0)
    middles = np.stack([ROWS @ energy, COLUMNS @ energy])
    inside = np.all((middles > 2 * sigma + 1) & (middles < 26 - 2 * sigma), axis=0)  # not cut by the edge
    assert inside.sum() > 30
    spread = (ROWS[:, None] - middles[0]) ** 2 + (COLUMNS[:, None] - middles[1]) ** 2
    variance = (spread * energy).sum(axis=0)[inside].mean() / 2  # of each direction; squared weights spread half as far
    assert_allclose(np.sqrt(variance), sigma / np.sqrt(2), rtol=0.08)


def test_spots_lie_all_over_the_ink() -> None:
    energy = kernel_of(receptive_field=2.0) ** 2
    middles = np.stack([ROWS @ energy, COLUMNS @ energy]) / energy.sum(axis=0)
    assert_allclose(middles.mean(axis=1), 13.5, atol=1.5)
    assert_allclose(middles.std(axis=1), 20 / np.sqrt(12), rtol=0.2)  # evenly in 20 pixels


def test_it_starts_as_strongly_as_without_and_blind_to_the_amount_of_ink() -> None:
    kernel = kernel_of(receptive_field=3.0)
    assert_allclose(kernel.std(axis=0), np.sqrt(2 / 784), rtol=1e-5)  # He's
    assert_allclose(kernel.sum(axis=0), 0, atol=1e-4)


def test_only_the_first_layer_has_them() -> None:
    assert (kernel_of("hidden_2", receptive_field=3.0) == kernel_of("hidden_2")).all()
    assert not (kernel_of(receptive_field=3.0) == kernel_of()).any()


@pytest.mark.parametrize("sigma", [-1.0, 28.5, float("nan")])
def test_a_size_that_makes_no_sense_is_refused(sigma: float) -> None:
    with pytest.raises(ConfigurationError, match="expected 0 to 28 pixels"):
        build_mlp(receptive_field=sigma)
