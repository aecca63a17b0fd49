"""Pictures of 28 x 28 pixels in rows and columns, each in a frame, with texts below.

All of them are one picture on one pair of axes: axes for each would take most of the time that a figure needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, AnyArray
from digitnet.report.style import FAINT, TITLE_HEIGHT, colour_scale, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Gallery"]

_MARGIN = 0.35  # inches left and right
_FRAME_WIDTH = 0.8  # points
_CELLS = IMAGE_SIDE + 1  # of a tile on one axis, and one for the space behind it


@dataclass(frozen=True)
class Gallery:
    """Where the tiles of a gallery are: all in inches but for `columns`.

    The first column may be set apart from the others, by `after_first` more than the gap.
    """

    columns: int
    tile: float  # side
    gap: float  # between two columns
    below: float  # each tile: its texts, and the space to the next row
    bottom: float  # space below the last row
    after_first: float = 0.0

    def new_figure(self, tiles: int, title: str, subtitle: str) -> "Figure":
        """A figure with its heading and room for this many tiles, for one row at least."""
        width = 2 * _MARGIN + self.columns * (self.tile + self.gap) - self.gap + self.after_first
        height = TITLE_HEIGHT + max(1, self._rows(tiles)) * (self.tile + self.below) + self.bottom
        return new_figure(width, height, title, subtitle)

    def draw(self, figure: "Figure", tiles: AnyArray, colours: tuple[str, ...], limits: tuple[float, float]) -> "Axes":
        """Draw the tiles row by row, with their frames.

        Args:
            figure: As `new_figure` gives it.
            tiles: (n, 28, 28) numbers, n at least 1.
            colours: From the lowest value to the highest, as `colour_scale` takes them.
            limits: The lowest value and the highest.

        Returns:
            Axes over all of the figure, in inches from its left upper corner, to write below the tiles.
        """
        rows = self._rows(len(tiles))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.pcolorfast(
            self._edges([self._left(column) for column in range(self.columns)]),
            self._edges([self._top(row) for row in range(rows)]),
            _mosaic(tiles, rows, self.columns),
            cmap=colour_scale(*colours),
            vmin=limits[0],
            vmax=limits[1],
        )
        self._draw_frames(axes, len(tiles))
        width, height = figure.get_size_inches()
        axes.set(xlim=(0, width), ylim=(height, 0))
        return axes

    def below_tile(self, position: int) -> tuple[float, float]:
        """Left lower corner of a tile, in inches from the left upper corner of the figure."""
        row, column = divmod(position, self.columns)
        return self._left(column), self._top(row) + self.tile

    def _left(self, column: int) -> float:
        return _MARGIN + column * (self.tile + self.gap) + (self.after_first if column else 0)

    def _top(self, row: int) -> float:
        return TITLE_HEIGHT + row * (self.tile + self.below)

    def _rows(self, tiles: int) -> int:
        return -(-tiles // self.columns)

    def _edges(self, starts: Sequence[float]) -> NDArray[np.float64]:
        """Edges of the pixels of tiles in a row or a column; the space between two tiles is one wide pixel."""
        return np.ravel(np.array(starts)[:, np.newaxis] + np.linspace(0, self.tile, _CELLS)).astype(np.float64)

    def _draw_frames(self, axes: "Axes", tiles: int) -> None:
        from matplotlib.collections import PolyCollection  # noqa: PLC0415 - heavy, and optional

        square = self.tile * np.array([(0, 0), (1, 0), (1, -1), (0, -1)])
        frames = PolyCollection(
            [self.below_tile(position) + square for position in range(tiles)],
            facecolors="none",
            edgecolors=FAINT,
            linewidths=_FRAME_WIDTH,
        )
        axes.add_collection(frames, autolim=False)


def _mosaic(tiles: AnyArray, rows: int, columns: int) -> NDArray[np.float64]:
    """The tiles as one picture, in float64, NaN between them and where there are none."""
    spaced = np.full((rows * columns, _CELLS, _CELLS), np.nan)
    spaced[: len(tiles), :-1, :-1] = tiles
    picture = spaced.reshape(rows, columns, _CELLS, _CELLS).swapaxes(1, 2).reshape(rows * _CELLS, columns * _CELLS)
    return picture[:-1, :-1]
