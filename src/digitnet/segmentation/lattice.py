"""Which parts of a line together are a digit: every likely group has a price, and the cheapest row of groups wins.

Prices add up: what the network says of a group, how much it looks like any digit, and what its shape, its cuts and its
place in the line say. They are the energies of a conditional random field over all rows of groups.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.segmentation.cuts import Cut, between
from digitnet.segmentation.pieces import INK_FROM, Piece

__all__ = ["Group", "Part", "Whole", "best_row", "likely_groups", "parts_of", "price_of_leaving_out"]

_MOST_PARTS = 20  # of one digit
_WIDEST = 1.5  # of the line's height; several parts that are wider together are several digits
_FARTHEST = 0.5  # of the line's height, between parts of one digit
# Of the line's height: what was cut off and is lower, narrower or wider is no digit. A quarter of all groups
# are, and leaving them out changed none of 483 lines; up to 1.15 alone would lose digits that a picture stretched.
_LOWEST = 0.55
_CUT_WIDTHS = (0.1, 1.3)

# These prices, and those in `doubt`, were fitted together: for the greatest likelihood of the true digits of rendered
# lines of MNIST's training digits, among all rows of groups (docs/log.md, "whole numbers"). All are for heights of the
# line where they are for a length.
_PER_DIGIT = -1.8  # below 0: something must be gained by a digit, or none would be found
_PER_CUT = 2.5
_PER_STROKE_CUT = 0.1  # for each stroke that a cut goes through
_PER_GAP = 20.0  # for a gap inside a digit that goes from top to bottom
_PER_CLEARANCE = 16.0  # for the distance between parts that stand side by side
_PER_SEPARATE_PART = 1.5  # for joining pieces that never touched and stand side by side, by the lower one's height
_PER_SHORTNESS = {0.85: 8.5, 0.6: 6.0}  # for a digit lower than that share of its line
_LEFT_OUT = 3.3  # for a part that belongs to no digit ...
_LEFT_OUT_PER_HEIGHT = 2.5  # ... and for its size
_SIDE_BY_SIDE = 0.25  # of the lower part's rows are shared with its neighbour


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """A piece of a line, and where it may be cut.

    Attributes:
        piece: Its ink.
        cuts: From left to right; none of them at its edges.
    """

    piece: Piece
    cuts: tuple[Cut, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What is between two neighbouring cuts of a piece, or all of one that has no cut.

    Attributes:
        piece: Its ink.
        whole: What it is a part of.
        place: How many cuts are to its left.
    """

    piece: Piece
    whole: Whole
    place: int


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Neighbouring parts that may be one digit.

    Attributes:
        first: Number of its first part in the line.
        last: Number of its last part.
        ink: uint8 (height, width), all of its parts.
        left: Column of its left edge in the picture.
        top: Row of its upper edge.
        price: What its shape, its cuts and its place say against it being a digit, whatever it looks like.
        is_cut: Whether a cut parts it from ink that it touches.
    """

    first: int
    last: int
    ink: GrayPicture
    left: int
    top: int
    price: float
    is_cut: bool


def parts_of(piece: Piece, cuts: Sequence[Cut]) -> list[Part]:
    """Take a piece apart at all of its cuts.

    Args:
        piece: Connected ink.
        cuts: From left to right. One with no ink between it and the one before is no cut.

    Returns:
        Parts from left to right, at least one.
    """
    kept: list[Cut] = []
    for cut in cuts:
        before = kept[-1] if kept else None
        if between(piece, before, cut) is not None and between(piece, cut, None) is not None:
            kept.append(cut)
    whole = Whole(piece, tuple(kept))
    inks = [between(piece, before, after) for before, after in itertools.pairwise([None, *kept, None])]
    return [Part(ink, whole, place) for place, ink in enumerate(inks) if ink is not None]


def likely_groups(parts: Sequence[Part], line_height: float) -> list[Group]:
    """All groups of neighbouring parts that a digit could be made of.

    Args:
        parts: Of one line, from left to right, those of one piece in their order.
        line_height: Pixels.

    Returns:
        At most twenty groups for each part.
    """
    seams = [_seam_price(before.piece, after.piece, line_height) for before, after in itertools.pairwise(parts)]
    groups = []
    for first in range(len(parts)):
        for last, gap in _reaches(parts, first, line_height):
            group = _group(parts, first, last, line_height, _PER_GAP * gap + sum(seams[first:last]))
            if group is not None:
                groups.append(group)
    return groups


def _reaches(parts: Sequence[Part], first: int, line_height: float) -> Iterator[tuple[int, float]]:
    """How far a digit may reach that starts with some part: its last part, and the gaps inside it in heights."""
    gap = 0.0
    left = right = parts[first].piece.left
    for last in range(first, min(first + _MOST_PARTS, len(parts))):
        piece = parts[last].piece
        if last > first:
            gap += max(0, piece.left - right) / line_height
        left, right = min(left, piece.left), max(right, piece.left + piece.width)
        if last > first and (right - left > _WIDEST * line_height or gap > _FARTHEST):
            return
        yield last, gap


def _group(parts: Sequence[Part], first: int, last: int, line_height: float, joints: float) -> Group | None:
    """The parts as one digit; `joints` is the price of joining them."""
    inks, cuts = _inks(parts[first : last + 1])
    if not inks:
        return None
    ink, left, top = _together(inks)
    height, width = ink.shape[0] / line_height, ink.shape[1] / line_height
    if cuts and (height < _LOWEST or not _CUT_WIDTHS[0] <= width <= _CUT_WIDTHS[1]):
        return None
    # Each cut is at the edge of two digits: each of them pays for half of it.
    price = _PER_DIGIT + joints + sum(_PER_CUT + _PER_STROKE_CUT * cut.price for cut in cuts) / 2
    price += sum(per_height * max(0.0, limit - height) for limit, per_height in _PER_SHORTNESS.items())
    return Group(first, last, ink, left, top, price, bool(cuts))


def _inks(parts: Sequence[Part]) -> tuple[list[Piece], list[Cut]]:
    """The ink of neighbouring parts, of each piece in one; and the cuts at their outer edges."""
    inks: list[Piece] = []
    cuts: list[Cut] = []
    own: dict[Whole, list[Part]] = {}
    for part in parts:
        own.setdefault(part.whole, []).append(part)
    for whole, of_one in own.items():
        first, last = of_one[0].place, of_one[-1].place
        before = whole.cuts[first - 1] if first else None
        after = whole.cuts[last] if last < len(whole.cuts) else None
        cuts += [cut for cut in (before, after) if cut is not None]
        ink = between(whole.piece, before, after)
        if ink is not None:
            inks.append(ink)
    return inks, cuts


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
