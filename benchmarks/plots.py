"""What the figures of the pages are drawn with: panels in inches, and PNG files of few colours."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from digitnet.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


WIDTH = 8.0  # inches; with the house style's type this is legible at 800 pixels


def panel(figure: "Figure", left: float, bottom: float, width: float, height: float) -> "Axes":
    """Axes at a place given in inches."""
    whole_width, whole_height = figure.get_size_inches()
    return figure.add_axes((left / whole_width, bottom / whole_height, width / whole_width, height / whole_height))


def save(figure: "Figure", path: Path) -> None:
    """Write a figure as PNG with 256 colours: a quarter of the size, and no difference to the eye.

    K-means finds the colours: without, a rare one becomes its neighbour, and violet ink on blue paper turns grey.
    """
    drawn, reduced = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None})
    method, dither = Image.Quantize.MEDIANCUT, Image.Dither.NONE
    with Image.open(drawn) as image:
        flat = image.convert("RGB").quantize(256, method=method, kmeans=4, dither=dither)
    flat.save(reduced, format="PNG", optimize=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, reduced.getvalue())
