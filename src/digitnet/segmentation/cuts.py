"""Where touching digits may come apart: paths from top to bottom through as little ink as possible.

A piece is cut at every place that looks likely; which of the cuts are real is decided later, by the network.
"""

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.segmentation.pieces import Piece, cut_out

__all__ = ["cut"]

_WIDE_SHARE = 0.5  # of the line's height; a narrower piece holds one digit
_SEARCH_HEIGHT = 40  # pixels; paths are searched in a copy no higher than this
# Prices of a step to the side, in pixels of ink. Bold paths wind between strokes that reach over one another; stiff
# ones part strokes where a bold one would rather go around them.
_SIDEWAYS = (0.05, 0.3, 1.0, 3.0)
_DEAREST = 5.0  # strokes that a path may cross; more is not a gap between digits
_NEAREST = 0.08  # of the line's height, between two cuts
_CUTS_PER_HEIGHT = 8  # cuts in a piece as wide as the line is high; and as many more for more width


def cut(piece: Piece, line_height: float) -> tuple[list[Piece], list[float]]:
    """Cut a piece at all likely places.

    Args:
        piece: Connected ink.
        line_height: Of the line it stands in, in pixels.

    Returns:
        The parts from left to right, at least one; and the price of each cut between two of them: how many strokes
        it goes through, 0 or more.
    """
    if piece.width < _WIDE_SHARE * line_height:
        return [piece], []
    scale = min(1.0, _SEARCH_HEIGHT / piece.height)
    small = _shrunken(piece.ink, scale)
    apart = max(1, round(_NEAREST * line_height * scale))
    paths = _cheapest_paths(small / 255, apart)
    prices = np.take_along_axis(small[None] / 255, paths[:, :, None], axis=2)[:, :, 0].sum(axis=1)
    prices = prices / max(1.0, _stroke_width(small))
    most = max(1, round(_CUTS_PER_HEIGHT * piece.width / line_height))
    chosen = _different_paths(paths, prices, apart, most)
    edges = _at_full_size(paths[chosen], piece.ink.shape, scale)
    return _parts(piece, edges, prices[chosen].tolist())


def _different_paths(paths: NDArray[np.int64], prices: NDArray[np.float64], apart: int, most: int) -> NDArray[np.int64]:
    """Numbers of the cheapest paths, none of them nearly the same as another, from left to right."""
    chosen: list[int] = []
    for number in np.argsort(prices, kind="stable").tolist():
        if len(chosen) == most or prices[number] > _DEAREST:
            break
        if all(np.abs(paths[number] - paths[other]).mean() >= apart for other in chosen):
            chosen.append(number)
    chosen.sort(key=lambda number: int(paths[number].sum()))
    return np.array(chosen, np.int64)


def _shrunken(ink: GrayPicture, scale: float) -> NDArray[np.float64]:
    if scale == 1:
        return ink.astype(np.float64)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.float64)


def _stroke_width(ink: NDArray[np.float64]) -> float:
    """Twice the area over the length of the outline, which is the total variation."""
    padded = np.pad(ink, 1)
    down, across = np.diff(padded, axis=0)[:, :-1], np.diff(padded, axis=1)[:-1]
    return float(2 * ink.sum() / max(1.0, np.hypot(down, across).sum()))


def _cheapest_paths(ink: NDArray[np.float64], apart: int) -> NDArray[np.int64]:
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


def _costs(ink: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[NDArray[np.int64]]]:
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


def _middles_of_runs(is_in: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The middle of each run of True."""
    change = np.flatnonzero(np.diff(np.concatenate([[False], is_in, [False]]).astype(np.int8)))
    return np.asarray((change[::2] + change[1::2] - 1) // 2, np.int64)


def _at_full_size(paths: NDArray[np.int64], shape: tuple[int, int], scale: float) -> NDArray[np.int64]:
    """Columns at which the part to the right of each path starts, (n, height), in the piece itself."""
    height, width = shape
    paths = np.maximum.accumulate(paths, axis=0)  # two paths of different kinds may cross
    rows = (np.arange(height) + 0.5) * scale - 0.5
    small_rows = np.arange(paths.shape[1])
    columns = [np.interp(rows, small_rows, (path + 0.5) / scale) for path in paths]
    return np.asarray(np.clip(np.rint(np.array(columns).reshape(-1, height)), 0, width), np.int64)


def _parts(piece: Piece, edges: NDArray[np.int64], prices: list[float]) -> tuple[list[Piece], list[float]]:
    """The ink between neighbouring edges; where there is none, the cut between is no cut."""
    columns = np.arange(piece.width)
    bounds = [np.zeros(piece.height, np.int64), *edges, np.full(piece.height, piece.width, np.int64)]
    parts: list[Piece] = []
    kept: list[float] = []
    for number, (start, end) in enumerate(itertools.pairwise(bounds)):
        is_between = (columns >= start[:, None]) & (columns < end[:, None])
        part = cut_out(np.where(is_between, piece.ink, 0).astype(np.uint8), piece.left, piece.top, piece.source)
        if part is None:
            continue
        if parts:
            kept.append(prices[number - 1])
        parts.append(part)
    return parts, kept
