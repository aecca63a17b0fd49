"""The first weights of each layer."""

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from digitnet.errors import ConfigurationError
from digitnet.network.mlp import build_mlp

ROWS, COLUMNS = np.mgrid[:28, :28].reshape(2, -1).astype(float)


def kernel_of(layer: str = "hidden_1", hidden_sizes: tuple[int, ...] = (200, 30), **dials: Any) -> Any:
    model = build_mlp(hidden_sizes, batch_normalization=True, seed=3, **dials)
    return np.asarray(model.get_layer(layer).kernel.value).astype(np.float64)


def middles_of(kernel: Any) -> Any:
    """Row and column of the middle of the box around what each unit of the first layer sees."""
    seen = kernel != 0
    return np.array([[(where[unit].min() + where[unit].max()) / 2 for unit in seen.T] for where in (ROWS, COLUMNS)])


@pytest.mark.parametrize("radius", [3.0, 6.0])
def test_a_unit_sees_a_disc_of_the_size_asked_for(radius: float) -> None:
    kernel = kernel_of(receptive_fields=(radius,))
    middles = middles_of(kernel)
    inside = np.all((middles > radius + 1) & (middles < 26 - radius), axis=0)  # not cut by the edge
    assert inside.sum() > 30
    distances = np.hypot(ROWS[:, None] - middles[0], COLUMNS[:, None] - middles[1])[:, inside]
    seen = kernel[:, inside] != 0
    assert distances[seen].max() < radius + 1  # the middle is known to a pixel
    assert distances[~seen].min() > radius - 1
    assert_allclose(seen.sum(axis=0).mean(), np.pi * radius**2, rtol=0.05)


def test_what_is_near_counts_more() -> None:
    radius = 8.0
    kernel = kernel_of(receptive_fields=(radius,), hidden_sizes=(2000, 30))
    middles = middles_of(kernel)
    distances = np.hypot(ROWS[:, None] - middles[0], COLUMNS[:, None] - middles[1])
    whole = np.all((middles > radius) & (middles < 27 - radius), axis=0)
    near, far = (
        np.sqrt(np.square(kernel[part & whole]).mean())
        for part in (distances < 1.5, (distances > radius - 1.5) & (distances < radius - 0.5))
    )
    assert far / near == pytest.approx(np.exp(-2 * 7**2 / 8**2), rel=0.12)


def test_discs_lie_all_over_the_ink() -> None:
    middles = middles_of(kernel_of(receptive_fields=(3,)))
    assert_allclose(middles.mean(axis=1), 13.5, atol=1.5)
    assert_allclose(middles.std(axis=1), 20 / np.sqrt(12), rtol=0.2)  # evenly in 20 pixels


def test_each_unit_starts_as_strongly_as_without() -> None:
    for layer, inputs in (("hidden_1", 784), ("hidden_2", 200)):
        kernel = kernel_of(layer, receptive_fields=(6, 8))
        assert_allclose(np.square(kernel).sum(axis=0).mean(), 2, rtol=0.05)  # He's variance, 2 / inputs, times inputs
        assert np.square(kernel).sum(axis=0).std() < 0.5, inputs


def test_a_unit_sees_the_units_before_it_that_lie_near() -> None:
    """What a unit of the second layer sees of the image is a disc of both radii together."""
    first, second = (kernel_of(layer, receptive_fields=(2, 4)) != 0 for layer in ("hidden_1", "hidden_2"))
    seen = (first.astype(int) @ second.astype(int)) > 0
    for unit in seen.T:
        height, width = np.ptp(ROWS[unit]), np.ptp(COLUMNS[unit])
        assert max(height, width) <= 2 * (2 + 4)
    assert np.ptp(middles_of(seen), axis=1).min() > 10  # and not the same disc for all
    assert 0.05 < second.mean() < 0.35  # a disc of 4 pixels is an eighth of the ink's square


def test_a_unit_with_nothing_near_sees_what_is_nearest() -> None:
    kernel = kernel_of("hidden_2", hidden_sizes=(3, 50), receptive_fields=(6, 0.5))
    assert ((kernel != 0).sum(axis=0) >= 1).all()
    assert_allclose(np.square(kernel).sum(axis=0) > 0, True)


def test_layers_without_a_radius_begin_as_ever() -> None:
    dense = kernel_of("hidden_2")
    assert (dense != 0).all()
    for radii in ((3,), (3, 0), (0.0, 0.0, 5.0)):
        assert (kernel_of("hidden_2", receptive_fields=radii) == dense).all()
    assert (kernel_of(receptive_fields=(0, 5)) == kernel_of()).all()
    assert not (kernel_of(receptive_fields=(3,)) == kernel_of()).any(axis=0).all()


@pytest.mark.parametrize("radius", [-1.0, 28.5, float("nan")])
def test_a_radius_that_makes_no_sense_is_refused(radius: float) -> None:
    with pytest.raises(ConfigurationError, match=r"hidden layer 2 is .*: expected 0 to 28 pixels"):
        build_mlp(receptive_fields=(6, radius))
