"""Which parts of a line together are a digit: every likely group has a price, and the cheapest row of groups wins.

Prices are negative log-probabilities, so they add up: what the network says of a group, whether it has ever seen the
like, and what its shape and its place in the line say.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.segmentation.pieces import INK_FROM, Piece

__all__ = ["Group", "Part", "best_row", "likely_groups", "price_of_leaving_out"]

_MOST_PARTS = 10  # of one digit
_WIDEST = 1.5  # of the line's height; several parts that are wider together are several digits
_FARTHEST = 0.5  # of the line's height, between parts of one digit

# What follows was chosen together, for the most lines exactly right, on lines of MNIST's training digits that stood
# apart, touched, were broken, sloped, and had commas and specks between them, for three networks at once.
_PER_DIGIT = 0.25  # so that what one digit explains is not taken for two
_PER_STROKE_CUT = 0.18  # for each stroke that a cut goes through
_PER_GAP = 15.0  # for a gap inside a digit that goes from top to bottom, in heights of the line
_PER_CLEARANCE = 2.0  # for the distance between parts that stand side by side, in heights of the line
_PER_SEPARATE_PART = 6.0  # for joining pieces that never touched and stand side by side, by the lower one's height
_PER_SHORTNESS = 4.0  # for a digit lower than 0.6 of its line, in heights of the line
_SIDE_BY_SIDE = 0.25  # of the lower part's rows are shared with its neighbour
_LEFT_OUT = 0.4  # for a part that belongs to no digit ...
_LEFT_OUT_PER_HEIGHT = 3.5  # ... and for its size, in heights of the line


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A piece of a line, or of a piece that was cut.

    Attributes:
        piece: Its ink.
        cut_before: Strokes that the cut between it and the part before goes through; None where nothing was cut.
    """

    piece: Piece
    cut_before: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Neighbouring parts that may be one digit.

    Attributes:
        first: Number of its first part in the line.
        last: Number of its last part.
        ink: uint8 (height, width), all of its parts.
        left: Column of its left edge in the picture.
        top: Row of its upper edge.
        price: What its shape and place say against it being a digit, whatever it looks like; 0 or more.
    """

    first: int
    last: int
    ink: GrayPicture
    left: int
    top: int
    price: float


def likely_groups(parts: Sequence[Part], line_height: float) -> list[Group]:
    """All groups of neighbouring parts that a digit could be made of.

    Args:
        parts: Of one line, from left to right.
        line_height: Pixels.

    Returns:
        At most ten groups for each part.
    """
    seams = [_seam_price(before.piece, after.piece, line_height) for before, after in itertools.pairwise(parts)]
    groups = []
    for first, part in enumerate(parts):
        pieces: list[Piece] = []
        gap = seam = 0.0
        left, right = part.piece.left, part.piece.left
        for last in range(first, min(first + _MOST_PARTS, len(parts))):
            piece = parts[last].piece
            if pieces:
                gap += max(0, piece.left - right) / line_height
                seam += seams[last - 1]
            left, right = min(left, piece.left), max(right, piece.left + piece.width)
            pieces.append(piece)
            if len(pieces) > 1 and (right - left > _WIDEST * line_height or gap > _FARTHEST):
                break
            ink, left, top = _together(pieces)
            price = _PER_DIGIT + _PER_STROKE_CUT * (part.cut_before or 0.0) + _PER_GAP * gap + seam
            price += _PER_SHORTNESS * max(0.0, 0.6 - ink.shape[0] / line_height)
            groups.append(Group(first, last, ink, left, top, price))
    return groups


def price_of_leaving_out(part: Part, line_height: float) -> float:
    """What it costs to take a part for dirt or punctuation.

    Args:
        part: Of a line.
        line_height: Pixels.
    """
    return _LEFT_OUT + _LEFT_OUT_PER_HEIGHT * max(part.piece.width, part.piece.height) / line_height


def best_row(groups: Sequence[Group], prices: Sequence[float], leaving_out: Sequence[float]) -> list[int]:
    """The cheapest row of groups; parts may be left out.

    Args:
        groups: As `likely_groups` gives them.
        prices: Of each group, all in all.
        leaving_out: The price of leaving out each part.

    Returns:
        Numbers of the groups, from left to right.
    """
    ends: list[list[int]] = [[] for _ in leaving_out]
    for number, group in enumerate(groups):
        ends[group.last].append(number)
    costs = [0.0]
    choices: list[int | None] = []
    for part, price in enumerate(leaving_out):
        cost, choice = costs[part] + price, None
        for number in ends[part]:
            total = costs[groups[number].first] + prices[number]
            if total < cost:
                cost, choice = total, number
        costs.append(cost)
        choices.append(choice)
    row = []
    part = len(leaving_out) - 1
    while part >= 0:
        chosen = choices[part]
        if chosen is None:
            part -= 1
        else:
            row.append(chosen)
            part = groups[chosen].first - 1
    return row[::-1]


def _seam_price(before: Piece, after: Piece, line_height: float) -> float:
    """What speaks against two neighbouring parts being one digit: that they stand side by side, and apart."""
    top, bottom = max(before.top, after.top) - 1, min(before.top + before.height, after.top + after.height) + 1
    if bottom - top < 3:  # above one another, as the bar of a 5
        return 0.0
    ends = _edge(before, top, bottom, is_right=True)
    starts = _edge(after, top, bottom, is_right=False)
    is_shared = np.isfinite(ends) & np.isfinite(starts)
    lower = min(before.height, after.height)
    if is_shared.sum() <= _SIDE_BY_SIDE * lower:
        return 0.0
    clearance = float((starts - ends)[is_shared].min())
    price = _PER_CLEARANCE * max(0.0, clearance) / line_height
    return price + (_PER_SEPARATE_PART * lower / line_height if before.source != after.source else 0.0)


def _edge(piece: Piece, top: int, bottom: int, *, is_right: bool) -> NDArray[np.float32]:
    """The column where a piece ends, or starts, in each row and its neighbours, float32; not finite without ink."""
    ink = piece.ink >= INK_FROM
    inward = ink[:, ::-1].argmax(axis=1) if is_right else ink.argmax(axis=1)
    columns = (piece.left + piece.width - inward if is_right else piece.left + inward).astype(np.float32)
    nowhere = -np.inf if is_right else np.inf
    columns[~ink.any(axis=1)] = nowhere
    rows = np.full(bottom - top, nowhere, np.float32)
    inside = slice(max(0, piece.top - top), piece.top + piece.height - top)
    rows[inside] = columns[max(0, top - piece.top) : bottom - piece.top]
    spread = (cv2.dilate if is_right else cv2.erode)(rows.reshape(-1, 1), np.ones((3, 1), np.uint8))
    return np.asarray(spread, np.float32).ravel()


def _together(pieces: Sequence[Piece]) -> tuple[GrayPicture, int, int]:
    """The ink of several pieces, and its left upper corner."""
    if len(pieces) == 1:
        return pieces[0].ink, pieces[0].left, pieces[0].top
    left, top = min(piece.left for piece in pieces), min(piece.top for piece in pieces)
    right = max(piece.left + piece.width for piece in pieces)
    bottom = max(piece.top + piece.height for piece in pieces)
    ink = np.zeros((bottom - top, right - left), np.uint8)
    for piece in pieces:
        window = ink[piece.top - top :, piece.left - left :][: piece.height, : piece.width]
        np.maximum(window, piece.ink, out=window)
    return ink, left, top
