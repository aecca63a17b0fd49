"""Bands of kernels whose zeros are known, and of kernels that have none."""

import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray

from digitnet.arrays import AnyArray
from digitnet.model_file.bands import find_bands
from digitnet.network.initialization import receptive_windows


def shuffled_steps(inputs: int, units: int, width: int) -> NDArray[np.float32]:
    """Each unit sees some inputs in a row; which ones is drawn."""
    rng = np.random.default_rng(0)
    kernel = np.zeros((inputs, units), np.float32)
    for unit, first in enumerate(rng.integers(0, inputs - width + 1, units)):
        kernel[first : first + width, unit] = rng.normal(size=width)
    return kernel


@pytest.mark.parametrize("dtype", [np.float32, np.int8])
@pytest.mark.parametrize("inputs", [784, 509])  # one is no multiple of the block
def test_bands_hold_every_unit_once_with_all_that_it_sees(inputs: int, dtype: DTypeLike) -> None:
    kernel: AnyArray = (-100 * shuffled_steps(inputs, 600, 90)).astype(
        dtype
    )  # negative, so that the zeros of floats are -0.0
    bands = find_bands(kernel)
    assert len(bands) == 2
    assert sorted(np.concatenate([band.units for band in bands])) == [*range(600)]
    for band in bands:
        assert 0 <= band.first < band.end <= inputs
        outside = np.delete(kernel[:, band.units], np.s_[band.first : band.end], axis=0)
        assert not outside.any()
    assert sum(band.end - band.first for band in bands) < 1.5 * inputs  # each about half of them, and a disc


def test_a_unit_that_sees_only_the_last_input_is_found() -> None:
    kernel = np.zeros((33, 512), np.float32)
    kernel[0, :511], kernel[-1, 511] = 1, 1
    (first, last) = find_bands(kernel)
    assert (first.first, first.end, last.end, last.units[-1]) == (0, 16, 33, 511)


def test_discs_of_a_network_become_bands_in_both_layers() -> None:
    first, second = receptive_windows((1024, 1024), (5, 8), 0)
    assert first is not None
    assert second is not None
    bands = find_bands(first)
    assert sum(len(band.units) * (band.end - band.first) for band in bands) < 0.6 * first.size
    order = np.concatenate([band.units for band in bands])
    assert find_bands(second) == ()  # the units before it are in no order
    assert sum(len(band.units) * (band.end - band.first) for band in find_bands(second[order])) < 0.85 * second.size


@pytest.mark.parametrize(
    "kernel",
    [
        np.ones((784, 1024), np.float32),
        np.zeros((0, 1024), np.float32),
        np.where(np.random.default_rng(0).random((784, 1024)) < 0.2, 1, 0).astype(np.int8),  # zeros in no order
        shuffled_steps(784, 511, 30),  # two bands would be too narrow
    ],
)
def test_where_little_is_saved_there_are_none(kernel: NDArray[np.float32]) -> None:
    assert find_bands(kernel) == ()
