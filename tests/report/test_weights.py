from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from digitnet.arrays import AnyArray
from digitnet.errors import ConfigurationError
from digitnet.report import receptive_fields_figure
from drawn_tiles import tiles_of

RANDOM = np.random.default_rng(0)
DARK_BLUE, BLUE, WHITE, ORANGE, BROWN = SCALE = np.array(
    [(0x00, 0x39, 0x5A), (0x00, 0x72, 0xB2), (0xFF, 0xFF, 0xFF), (0xD5, 0x5E, 0x00), (0x6B, 0x2C, 0x00)]
)


def colours_of(values: AnyArray) -> NDArray[np.float64]:
    """Colours of values in [-1, 1], between the five of the scale."""
    return np.stack([np.interp(values, [-1, -0.5, 0, 0.5, 1], channel) for channel in SCALE.T], axis=-1)


@pytest.mark.parametrize("units", [1, 9, 10, 11, 60, 100])
def test_the_strongest_units_are_drawn_in_order(units: int, assert_readable: Callable[[Figure], None]) -> None:
    strengths = RANDOM.permutation(units) + 1.0
    weights = (RANDOM.normal(size=(784, units)) * strengths).astype(np.float32)
    figure = receptive_fields_figure(weights)
    norms = [float(np.sqrt(sum(w * w for w in weights[:, unit].astype(float)))) for unit in range(units)]
    expected = sorted(range(units), key=lambda unit: -norms[unit])[:60]
    tiles = tiles_of(figure)
    assert [tile.captions for tile in tiles] == [[f"{unit}"] for unit in expected]
    for tile, unit in zip(tiles, expected, strict=True):
        field = weights[:, unit].reshape(28, 28)
        # Matplotlib has 256 colours for the scale: next ones differ by up to 4.
        assert_allclose(tile.colours, colours_of(field / abs(field).max()), atol=4)
    assert_readable(figure)


def test_the_first_weights_are_the_top_row() -> None:
    weights = np.zeros((784, 1))
    weights[:28] = 1.0
    (tile,) = tiles_of(receptive_fields_figure(weights))
    assert (tile.colours[0] == BROWN).all()
    assert (tile.colours[1:] >= 253).all()


def test_colours_are_symmetric_about_zero_in_each_tile() -> None:
    weights = np.zeros((784, 2))
    weights[29:32, 0] = [-4.0, 2.0, -2.0]
    weights[29:32, 1] = [0.1, 0.2, -0.1]
    first, second = (tile.colours[1, 1:5] for tile in tiles_of(receptive_fields_figure(weights)))
    assert_allclose(first, [DARK_BLUE, ORANGE, BLUE, WHITE], atol=4)
    assert_allclose(second, [ORANGE, BROWN, BLUE, WHITE], atol=4)


def test_weights_of_zero_are_white() -> None:
    (tile,) = tiles_of(receptive_fields_figure(np.zeros((784, 1))))
    assert (tile.colours >= 253).all()


def test_fewer_units_on_request(texts_of: Callable[[Figure], list[str]]) -> None:
    figure = receptive_fields_figure(RANDOM.normal(size=(784, 12)), k=5)
    assert len(tiles_of(figure)) == 5
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
