"""What training makes of its images: originals, and beside each the ways in which it may be seen."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from digitnet.arrays import IMAGE_SIDE, Images
from digitnet.augmentation.distortion import Distortion
from digitnet.errors import ConfigurationError
from digitnet.report.gallery import Gallery
from digitnet.report.style import INK, MUTED, PAPER, in_house_style, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["augmentation_figure"]

_CAPTION_GAP = 4 / 72  # inches between a tile and its class
_LINE = 0.16  # inches, of the strengths at the bottom
_LETTERS = 13  # that fit below the first tile and the space beside it
_LETTERS_OF_A_COLUMN = 15  # of the strengths
_SUBTITLE = "On the left one training image of each class. Beside it: how epochs may see it, never twice the same."


@in_house_style
def augmentation_figure(
    originals: Images, copies: Images, class_names: Sequence[str], distortion: Distortion
) -> "Figure":
    """Draw one row for each original: the image as it is, set apart, then its distorted copies.

    Args:
        originals: uint8 (n, 28, 28), n at least 1.
        copies: uint8 (n, k, 28, 28) as `augmented_copies` makes them; a k of 6 or more leaves room for the heading.
        class_names: The class of each original.
        distortion: The strengths, to be written below.

    Returns:
        A Figure.

    Raises:
        ConfigurationError: Not as many copies or names as originals.
        MissingExtraError: Matplotlib is not installed.
    """
    count, ways = copies.shape[:2]
    if not count == len(originals) == len(class_names):
        raise ConfigurationError(
            f"expected as many originals as copies and names, found {len(originals)}, {count} and {len(class_names)}"
        )
    strengths = textwrap.wrap(distortion.to_text().replace(",", ", "), round(_LETTERS_OF_A_COLUMN * (1 + ways)))
    gallery = Gallery(1 + ways, tile=0.78, gap=0.12, below=0.26, bottom=_LINE * (1 + len(strengths)), after_first=0.3)
    tiles = np.concatenate([originals[:, np.newaxis], copies], axis=1).reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
    figure = gallery.new_figure(len(tiles), "What training makes of its images", _SUBTITLE)
    axes = gallery.draw(figure, tiles, (PAPER, INK), (0, 255))
    for row, name in enumerate(class_names):
        x, y = gallery.below_tile(row * (1 + ways))
        axes.text(x, y + _CAPTION_GAP, shortened(name, _LETTERS), va="top", color=INK, fontsize=8)
    width, height = figure.get_size_inches()
    left = gallery.below_tile(0)[0] / width
    for line, text in enumerate(reversed(strengths)):
        figure.text(left, _LINE * (1 + line) / height, text, color=MUTED, fontsize=8)
    return figure
