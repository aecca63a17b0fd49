from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from digitnet.arrays import AnyArray
from digitnet.errors import ConfigurationError
from digitnet.report import receptive_fields_figure

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("units", [1, 9, 60, 100])
def test_the_strongest_units_are_drawn_in_order(units: int, assert_readable: Callable[[Figure], None]) -> None:
    strengths = RANDOM.permutation(units) + 1.0
    weights = (RANDOM.normal(size=(784, units)) * strengths).astype(np.float32)
    figure = receptive_fields_figure(weights)
    norms = [float(np.sqrt(sum(w * w for w in weights[:, unit].astype(float)))) for unit in range(units)]
    expected = sorted(range(units), key=lambda unit: -norms[unit])[:60]
    assert [int(axes.texts[0].get_text()) for axes in figure.axes] == expected
    for axes, unit in zip(figure.axes, expected, strict=True):
        drawn = np.asarray(axes.images[0].get_array())
        assert_allclose(drawn, weights[:, unit].reshape(28, 28))
    assert_readable(figure)


def test_the_first_weights_are_the_top_row() -> None:
    weights = np.zeros((784, 1))
    weights[:28] = 1.0
    axes = receptive_fields_figure(weights).axes[0]
    assert np.asarray(axes.images[0].get_array())[0].tolist() == [1.0] * 28
    bottom, top = axes.get_ylim()
    assert top < bottom


def test_colours_are_symmetric_about_zero_in_each_tile() -> None:
    weights = np.zeros((784, 2))
    weights[:3, 0] = [-4.0, 1.0, 0.5]
    weights[:3, 1] = [0.1, 0.2, -0.05]
    first, second = (axes.images[0] for axes in receptive_fields_figure(weights).axes)
    assert first.get_clim() == (-4.0, 4.0)
    assert second.get_clim() == (-0.2, 0.2)
    middle = first.get_cmap()(0.5)
    assert middle == pytest.approx((1, 1, 1, 1), abs=0.01)


def test_weights_of_zero_are_white() -> None:
    (axes,) = receptive_fields_figure(np.zeros((784, 1))).axes
    assert axes.images[0].get_clim() == (-1.0, 1.0)


def test_fewer_units_on_request(texts_of: Callable[[Figure], list[str]]) -> None:
    figure = receptive_fields_figure(RANDOM.normal(size=(784, 12)), k=5)
    assert len(figure.axes) == 5
    assert any("the 5 strongest of 12 first-layer units" in text for text in texts_of(figure))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.zeros((28, 28)), r"must be \(784, units\), one weight a pixel, found shape \(28, 28\)"),
        (np.zeros(784), r"found shape \(784,\)"),
        (np.zeros((784, 0)), r"found shape \(784, 0\)"),
        (np.full((784, 1), np.nan), "finite"),
        (np.full((784, 1), "w"), "finite"),
    ],
)
def test_weights_that_cannot_be_drawn_are_refused(weights: AnyArray, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        receptive_fields_figure(weights)


def test_no_units_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="k must be at least 1 unit to draw, found 0"):
        receptive_fields_figure(np.zeros((784, 2)), k=0)
