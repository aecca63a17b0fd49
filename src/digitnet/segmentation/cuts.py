"""Where touching digits may come apart: paths from top to bottom through as little ink as possible.

A piece gets a cut at every place that looks likely; which of the cuts are real is decided later, by the network.
"""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.segmentation.pieces import INK_FROM, Piece, cut_out

__all__ = ["Cut", "between", "find_cuts"]

_WIDE_SHARE = 0.5  # of the line's height; a narrower piece holds one digit
_MANY_SHARE = 1.0  # of the line's height; a wider piece holds several, and is searched more closely
_SEARCH_HEIGHT = 40  # pixels; paths are searched in a copy no higher than this
# Prices of a step to the side, in pixels of ink. Bold paths wind between strokes that reach over one another; stiff
# ones part strokes where a bold one would rather go around them.
_SIDEWAYS = (0.05, 0.3, 1.0, 3.0)
_LEANS = (-0.35, 0.0, 0.35)  # columns to the right for each row down: most digits lean within these
_DEAREST = 5.0  # strokes that a path may cross; more is not a gap between digits
# Of lines whose neighbours touch, 36 % had a digit that no two cuts part well. With relief it was 28 %, with leaning
# paths and more cuts as well 17 % (docs/log.md).
_RELIEF = 0.8  # of the ink in the middle of what is twice as thick as a stroke
_RELIEF_FROM = 1.1  # half strokes; what is less deep is a stroke that is a little thicker


@dataclass(frozen=True, slots=True)
class _Search:
    """How closely a piece is searched.

    Attributes:
        leans: Of the paths.
        nearest: Distance between two cuts, of the line's height.
        most: Cuts in a piece as wide as the line is high; and as many more for more width.
    """

    leans: tuple[float, ...]
    nearest: float
    most: int


_ONE = _Search((0.0,), 0.08, 8)
_MANY = _Search(_LEANS, 0.06, 12)

_Ink: TypeAlias = NDArray[np.float64]
_Columns: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A path through a piece.

    Attributes:
        edge: Column at which the part to its right starts, in each row, (height,).
        price: How many strokes it goes through, 0 or more.
    """

    edge: _Columns
    price: float


def find_cuts(piece: Piece, line_height: float) -> list[Cut]:
    """All likely cuts through a piece.

    Args:
        piece: Connected ink.
        line_height: Of the line it stands in, in pixels.

    Returns:
        Cuts from left to right, by their middles: two of them may cross.
    """
    if piece.width < _WIDE_SHARE * line_height:
        return []
    search = _MANY if piece.width >= _MANY_SHARE * line_height else _ONE
    scale = min(1.0, _SEARCH_HEIGHT / piece.height)
    small = _shrunken(piece.ink, scale) / 255
    apart = max(1, round(search.nearest * line_height * scale))
    stroke = max(1.0, _stroke_width(small))
    relieved = _relieved(small, stroke)
    paths = np.concatenate([_leaning_paths(ink, lean, apart) for ink in (small, relieved) for lean in search.leans])
    prices = np.take_along_axis(relieved[None], paths[:, :, None], axis=2)[:, :, 0].sum(axis=1) / stroke
    most = max(1, round(search.most * piece.width / line_height))
    chosen = _different_paths(paths, prices, apart, most)
    edges = _at_full_size(paths[chosen], piece.ink.shape, scale)
    return [Cut(edge, price) for edge, price in zip(edges, prices[chosen].tolist(), strict=True)]


def between(piece: Piece, left: Cut | None, right: Cut | None) -> Piece | None:
    """The ink of a piece between two cuts, or between one and its edge; None where there is none.

    Args:
        piece: Connected ink.
        left: None for the piece's own left edge.
        right: None for the piece's own right edge.
    """
    first = 0 if left is None else int(left.edge.min())
    last = piece.width if right is None else int(right.edge.max())
    if last <= first:
        return None
    ink = piece.ink[:, first:last]
    columns = np.arange(first, last)
    if left is not None:
        ink = np.where(columns >= left.edge[:, None], ink, 0)
    if right is not None:
        ink = np.where(columns < right.edge[:, None], ink, 0)
    return cut_out(np.asarray(ink, np.uint8), piece.left + first, piece.top, piece.source)


def _relieved(ink: _Ink, stroke: float) -> _Ink:
    """Ink that is thicker than a stroke is two strokes side by side: its middle is cheap."""
    strokes = np.pad((ink >= INK_FROM / 255).astype(np.uint8), 1)  # there is paper around a piece
    depth = cv2.distanceTransform(strokes, cv2.DIST_L2, 5)[1:-1, 1:-1].astype(np.float64)
    excess = np.clip(2 * depth / stroke - _RELIEF_FROM, 0, 1)
    return np.asarray(ink * (1 - _RELIEF * excess))


def _leaning_paths(ink: _Ink, lean: float, apart: int) -> _Columns:
    """The cheapest paths that lean by so many columns for each row down, (n, height)."""
    height, width = ink.shape
    shifts = np.rint(lean * (np.arange(height) - height / 2)).astype(np.int64)
    room = int(np.abs(shifts).max())
    leaning = np.zeros((height, width + 2 * room))
    for row, shift in enumerate(shifts.tolist()):
        leaning[row, room - shift : room - shift + width] = ink[row]
    paths = _cheapest_paths(leaning, apart) + (shifts - room)
    return np.asarray(np.clip(paths, 0, width - 1), np.int64)


def _different_paths(paths: _Columns, prices: _Ink, apart: int, most: int) -> _Columns:
    """Numbers of the cheapest paths, none of them nearly the same as another, from left to right."""
    chosen: list[int] = []
    for number in np.argsort(prices, kind="stable").tolist():
        if len(chosen) == most or prices[number] > _DEAREST:
            break
        if not chosen or (np.abs(paths[chosen] - paths[number]).mean(axis=1) >= apart).all():
            chosen.append(number)
    chosen.sort(key=lambda number: int(paths[number].sum()))
    return np.array(chosen, np.int64)


def _shrunken(ink: GrayPicture, scale: float) -> _Ink:
    if scale == 1:
        return ink.astype(np.float64)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.float64)


def _stroke_width(ink: _Ink) -> float:
    """Twice the area over the length of the outline, which is the total variation."""
    padded = np.pad(ink, 1)
    down, across = np.diff(padded, axis=0)[:, :-1], np.diff(padded, axis=1)[:-1]
    return float(2 * ink.sum() / max(1e-9, np.hypot(down, across).sum()))


def _cheapest_paths(ink: _Ink, apart: int) -> _Columns:
    """Paths that are cheaper than all that cross the middle row nearby, for each price of a step to the side.

    Args:
        ink: (height, width), 0 to 1.
        apart: Columns to both sides in which a path is the cheapest.

    Returns:
        Columns that each path crosses in each row, (n, height).
    """
    height, width = ink.shape
    middle = height // 2
    above, from_above = _costs(ink[: middle + 1])
    below, from_below = _costs(ink[: middle - 1 if middle else None : -1])
    prices = above + below - ink[middle]
    found = []
    for kind, price in enumerate(prices):
        lowest = cv2.erode(price.reshape(1, -1), np.ones((1, 2 * apart + 1), np.uint8)).ravel()
        starts = _middles_of_runs(price <= lowest + 1e-9)
        starts = starts[(starts >= apart) & (starts < width - apart)]
        paths = np.empty((len(starts), height), np.int64)
        for origins, rows in ((from_above, range(middle, -1, -1)), (from_below, range(middle, height))):
            column = starts.copy()
            for depth, row in enumerate(rows):
                paths[:, row] = column
                position = len(origins) - depth  # how many steps this half still has towards its end
                if position > 0:
                    column = origins[position - 1][kind, column]
        found.append(paths)
    return np.concatenate(found)


def _costs(ink: _Ink) -> tuple[_Ink, list[_Columns]]:
    """The least cost from the first row to each column of the last, and the column before each, row by row.

    Both for each price of a step to the side: (prices, width).
    """
    width = ink.shape[1]
    sideways = np.array(_SIDEWAYS)[:, None]
    columns = np.arange(width)
    padded = np.full((len(_SIDEWAYS), width + 2), np.inf)
    padded[:, 1:-1] = ink[0]
    origins = []
    for row in ink[1:]:
        straight, from_left, from_right = padded[:, 1:-1], padded[:, :-2] + sideways, padded[:, 2:] + sideways
        from_side = np.minimum(from_left, from_right)
        step = np.where(from_left <= from_right, -1, 1)
        step[straight <= from_side] = 0
        origins.append(columns + step)
        padded[:, 1:-1] = np.minimum(straight, from_side) + row
    return padded[:, 1:-1], origins


def _middles_of_runs(is_in: NDArray[np.bool_]) -> _Columns:
    """The middle of each run of True."""
    change = np.flatnonzero(np.diff(np.concatenate([[False], is_in, [False]]).astype(np.int8)))
    return np.asarray((change[::2] + change[1::2] - 1) // 2, np.int64)


def _at_full_size(paths: _Columns, shape: tuple[int, ...], scale: float) -> _Columns:
    """Columns at which the part to the right of each path starts, (n, height), in the piece itself."""
    height, width = shape
    rows = (np.arange(height) + 0.5) * scale - 0.5
    small_rows = np.arange(paths.shape[1])
    columns = [np.interp(rows, small_rows, (path + 0.5) / scale) for path in paths]
    return np.asarray(np.clip(np.rint(np.array(columns).reshape(-1, height)), 0, width), np.int64)
