"""What a gallery shows, read off the drawn figure and not off the objects that it was drawn with."""

import io
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

__all__ = ["Tile", "drawn", "tiles_of"]


@dataclass(frozen=True)
class Tile:
    """What stands in one frame, and below it."""

    box: Bbox  # of the frame, in dots from the left lower corner of the figure
    colours: NDArray[np.int64]  # (28, 28, 3), in 0 to 255: the middle of each pixel
    captions: list[str]  # from the left to the right, and down


def drawn(figure: Figure) -> NDArray[np.int64]:
    """The dots of a figure, (height, width, 3) in 0 to 255, the bottom line first."""
    dots = io.BytesIO()
    figure.savefig(dots, format="rgba")
    width, height = figure.canvas.get_width_height()
    return np.frombuffer(dots.getvalue(), np.uint8).reshape(height, width, 4)[::-1, :, :3].astype(np.int64)


def tiles_of(figure: Figure) -> list[Tile]:
    """The tiles in the order of their frames.

    Raises:
        AssertionError: A text of the gallery stands below no tile.
    """
    picture = drawn(figure)
    (axes,) = figure.axes
    (frames,) = axes.collections
    boxes = [path.transformed(frames.get_transform()).get_extents() for path in frames.get_paths()]
    captions: list[list[tuple[int, float, str]]] = [[] for _ in boxes]
    for text in axes.texts:
        place = text.get_window_extent()
        # The air around a text may reach into the tile, by less than two dots.
        above = [n for n, box in enumerate(boxes) if box.x0 - 2 <= place.x0 <= box.x1 and place.y1 <= box.y0 + 2]
        assert above, f"{text.get_text()!r} stands below no tile"
        captions[min(above, key=lambda n: boxes[n].y0)].append((-round(place.y1), place.x0, text.get_text()))
    return [
        Tile(box, _middles(picture, box), [text for _, _, text in sorted(below)])
        for box, below in zip(boxes, captions, strict=True)
    ]


def _middles(picture: NDArray[np.int64], box: Bbox) -> NDArray[np.int64]:
    """The colours in the middle of 28 x 28 equal parts of a box, the top line first."""
    middle = (np.arange(28) + 0.5) / 28
    columns = np.floor(box.x0 + middle * box.width).astype(int)
    rows = np.floor(box.y1 - middle * box.height).astype(int)
    return picture[np.ix_(rows, columns)]
