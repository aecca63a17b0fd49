"""What the first layer looks for: its weights, drawn as images."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, AnyArray
from digitnet.errors import ConfigurationError
from digitnet.report.gallery import Gallery
from digitnet.report.style import ACCENT, BLUE, MUTED, PAPER, in_house_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["receptive_fields_figure"]

_GALLERY = Gallery(columns=10, tile=0.78, gap=0.12, below=0.2, bottom=0.2)
_CAPTION_GAP = 0.039  # inches between a tile and its number
_COLOURS = ("#00395a", BLUE, PAPER, ACCENT, "#6b2c00")
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
    strongest = np.argsort(-np.linalg.norm(weights, axis=0), kind="stable")[:k]
    units = weights.shape[1]
    which = f"all {units:,}" if len(strongest) == units else f"the {len(strongest)} strongest of {units:,}"
    subtitle = f"Weights of {which} first-layer units. Ink on orange excites the unit, ink on blue inhibits it."
    figure = _GALLERY.new_figure(len(strongest), "What the first layer looks for", subtitle)
    fields = weights[:, strongest].T.reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
    axes = _GALLERY.draw(figure, _full_colour(fields), _COLOURS, (-1, 1))
    for position, unit in enumerate(strongest):
        x, y = _GALLERY.below_tile(position)
        axes.text(x, y + _CAPTION_GAP, f"{unit}", fontsize=7, color=MUTED, va="top")
    return figure


def _full_colour(fields: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each field divided by its largest weight, whose sign does not count; a field of zeros as it is."""
    largest = np.abs(fields).max(axis=(1, 2), keepdims=True)
    return np.asarray(fields / np.where(largest > 0, largest, 1.0))


def _checked_weights(weights: AnyArray) -> NDArray[np.float64]:
    values = np.asarray(weights)
    if values.ndim != 2 or values.shape[0] != _PIXELS or values.shape[1] < 1:
        raise ConfigurationError(
            f"first_layer_weights must be ({_PIXELS}, units), one weight a pixel, found shape {values.shape}"
        )
    if not np.issubdtype(values.dtype, np.floating) or not np.isfinite(values).all():
        raise ConfigurationError("first_layer_weights must be finite floating-point numbers")
    return values.astype(np.float64)
