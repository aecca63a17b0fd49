"""What the first layer looks for: its weights, drawn as images."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, AnyArray
from digitnet.errors import ConfigurationError
from digitnet.report.style import (
    ACCENT,
    BLUE,
    MUTED,
    PAPER,
    TITLE_HEIGHT,
    colour_scale,
    hide_frame,
    in_house_style,
    new_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["receptive_fields_figure"]

_COLUMNS = 10
_TILE, _TILE_GAP, _CAPTION = 0.78, 0.12, 0.2  # inches
_MARGIN = 0.35  # inches
_PIXELS = IMAGE_SIDE * IMAGE_SIDE  # 784


@in_house_style
def receptive_fields_figure(first_layer_weights: AnyArray, k: int = 60) -> "Figure":
    """Draw the weights of the units with the largest norm, each as the 28 x 28 image it looks at.

    Args:
        first_layer_weights: (784, units) finite: the kernel of the first dense layer.
        k: Draw at most this many units, at least 1.

    Returns:
        A Figure with one tile a unit, the strongest first. Colours are symmetric about 0 in each tile, whose
        largest weight gets the full colour.

    Raises:
        ConfigurationError: Weights of another shape, or not finite, or k < 1.
        MissingExtraError: Matplotlib is not installed.
    """
    weights = _checked_weights(first_layer_weights)
    if k < 1:
        raise ConfigurationError(f"k must be at least 1 unit to draw, found {k}")
    norms = np.linalg.norm(weights, axis=0)
    strongest = np.argsort(-norms, kind="stable")[:k]
    rows = -(-len(strongest) // _COLUMNS)
    width = 2 * _MARGIN + _COLUMNS * (_TILE + _TILE_GAP) - _TILE_GAP
    height = TITLE_HEIGHT + rows * (_TILE + _CAPTION) + 0.2
    units = weights.shape[1]
    which = f"all {units:,}" if len(strongest) == units else f"the {len(strongest)} strongest of {units:,}"
    subtitle = f"Weights of {which} first-layer units. Ink on orange excites the unit, ink on blue inhibits it."
    figure = new_figure(width, height, "What the first layer looks for", subtitle)
    for position, unit in enumerate(strongest):
        row, column = divmod(position, _COLUMNS)
        left = _MARGIN + column * (_TILE + _TILE_GAP)
        bottom = height - TITLE_HEIGHT - row * (_TILE + _CAPTION) - _TILE
        axes = figure.add_axes((left / width, bottom / height, _TILE / width, _TILE / height))
        _draw_field(axes, weights[:, unit].reshape(IMAGE_SIDE, IMAGE_SIDE))
        axes.text(0, -0.05, f"{unit}", transform=axes.transAxes, fontsize=7, color=MUTED, va="top")
    return figure


def _draw_field(axes: "Axes", field: NDArray[np.float64]) -> None:
    largest = float(np.abs(field).max()) or 1.0
    axes.imshow(field, cmap=colour_scale("#00395a", BLUE, PAPER, ACCENT, "#6b2c00"), vmin=-largest, vmax=largest)
    hide_frame(axes)
    for spine in axes.spines.values():
        spine.set_visible(True)


def _checked_weights(weights: AnyArray) -> NDArray[np.float64]:
    values = np.asarray(weights)
    if values.ndim != 2 or values.shape[0] != _PIXELS or values.shape[1] < 1:
        raise ConfigurationError(
            f"first_layer_weights must be ({_PIXELS}, units), one weight a pixel, found shape {values.shape}"
        )
    if not np.issubdtype(values.dtype, np.floating) or not np.isfinite(values).all():
        raise ConfigurationError("first_layer_weights must be finite floating-point numbers")
    return values.astype(np.float64)
