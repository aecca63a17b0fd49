"""A page of ink, taken apart into all that may be a digit; and put together again once the network has spoken."""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from digitnet.arrays import IMAGE_SIDE, AnyArray, GrayPicture, Images
from digitnet.notes import Note, NoteKind
from digitnet.pictures.mnist_frame import Box, FramedDigit, to_mnist_frame
from digitnet.segmentation.cuts import find_cuts
from digitnet.segmentation.group_costs import doubts
from digitnet.segmentation.lattice import Group, Part, best_row, likely_groups, parts_of, price_of_leaving_out
from digitnet.segmentation.lines import Boxes, group_into_lines, page_slope
from digitnet.segmentation.pieces import Piece, WorkingInk, find_pieces, to_working_size

__all__ = ["DigitInk", "Page", "take_apart"]

_CROWD = 400  # pieces or more are looked at by a sample, before all of them are cut and framed: ...
_SAMPLE = 100  # ... so many of the largest, and as many of all sizes
_LEVEL = 3.0  # degrees; lines that slope less are read as they are


@dataclass(frozen=True, slots=True, eq=False)
class DigitInk:
    """A digit found on a page.

    Attributes:
        image: uint8 (28, 28), in MNIST's frame.
        box: Where it is in the picture.
        line: Its line, from 0.
        candidate: Which of the page's images it is.
        notes: What was done to it.
    """

    image: GrayPicture
    box: Box
    line: int
    candidate: int
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    parts: list[Part]
    groups: list[Group]
    frames: list[FramedDigit]
    height: float


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """All that may be a digit on a page.

    Attributes:
        lines: What may be a digit in each line.
        slope: Degrees by which the picture was turned to make its lines level.
        to_picture: float64 (2, 3), from a place in the working picture to one in the picture itself.
        shape: Height and width of the picture.
        left_out: How many pieces were left out, since nothing of a sample of them looks like a digit.
    """

    lines: tuple[_Line, ...]
    slope: float
    to_picture: np.ndarray
    shape: tuple[int, int]
    left_out: int = 0

    @property
    def images(self) -> Images:
        """All candidates in MNIST's frame, uint8 (n, 28, 28)."""
        images = [frame.image for line in self.lines for frame in line.frames]
        return np.stack(images) if images else np.zeros((0, IMAGE_SIDE, IMAGE_SIDE), np.uint8)

    def choose(self, logits: AnyArray, class_names: Sequence[str], oddness: AnyArray | None = None) -> list[DigitInk]:
        """The digits that explain the ink best.

        Args:
            logits: float (n, classes), what the network says of each of `images`, divided by its temperature.
            class_names: The text of each label.
            oddness: (n,) how little each looks like any digit, as `doubts` takes it; None where nothing tells.

        Returns:
            Digits in reading order.
        """
        groups = [group for line in self.lines for group in line.groups]
        if not groups:
            return []
        aspects = np.array([group.ink.shape[1] / group.ink.shape[0] for group in groups])
        prices = doubts(logits, oddness, aspects, class_names) + [group.price for group in groups]
        digits: list[DigitInk] = []
        start = row = 0
        for line in self.lines:
            own = prices[start : start + len(line.groups)].tolist()
            first, start = start, start + len(line.groups)
            leaving_out = [price_of_leaving_out(part, line.height) for part in line.parts]
            chosen = best_row(line.groups, own, leaving_out)
            digits += [self._digit(line, number, row, first + number) for number in chosen]
            row += bool(chosen)
        return digits

    def _digit(self, line: _Line, number: int, row: int, candidate: int) -> DigitInk:
        group, frame = line.groups[number], line.frames[number]
        box = self._box_in_picture(group.left + frame.box[0], group.top + frame.box[1], *frame.box[2:])
        return DigitInk(frame.image, box, row, candidate, (*_notes(line.parts, group), *frame.notes))

    def _box_in_picture(self, left: int, top: int, width: int, height: int) -> Box:
        corners = np.array([[left, top, 1], [left + width, top, 1], [left, top + height, 1]])
        corners = np.vstack([corners, [[left + width, top + height, 1]]]) @ self.to_picture.T
        limits = (self.shape[1], self.shape[0])
        starts = [
            min(max(math.floor(low + 0.01), 0), side - 1) for low, side in zip(corners.min(axis=0), limits, strict=True)
        ]
        ends = [
            min(max(math.ceil(high - 0.01), 1), side) for high, side in zip(corners.max(axis=0), limits, strict=True)
        ]
        return (starts[0], starts[1], max(1, ends[0] - starts[0]), max(1, ends[1] - starts[1]))


def take_apart(ink: GrayPicture, has_digits: Callable[[Images], bool] | None = None) -> Page:
    """Find everything on a page that may be a digit.

    Args:
        ink: uint8 (height, width), any size, 0 = paper, 255 = ink.
        has_digits: Whether any image of some, uint8 (n, 28, 28), looks like a digit; None where nothing tells. It is
            asked about a sample where there are hundreds of pieces: thousands of specks take seconds.

    Returns:
        A page; without lines where nothing is written.
    """
    working = to_working_size(ink)
    if working is None:
        return Page((), 0.0, np.eye(2, 3), ink.shape)
    pieces = find_pieces(working)
    if has_digits is not None and len(pieces) >= _CROWD and not has_digits(_sample(pieces)):
        return Page((), 0.0, np.eye(2, 3), ink.shape, len(pieces))
    boxes = _boxes(pieces)
    slope = page_slope(boxes, working.digit_height)
    back = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]) / working.scale
    if abs(slope) >= _LEVEL:
        working, turn = _turned(working, slope)
        back = _chained(back, turn)
        pieces = find_pieces(working)
        boxes = _boxes(pieces)
        rest = page_slope(boxes, working.digit_height)
    else:
        slope, rest = 0.0, slope
    lines = group_into_lines(boxes, working.digit_height, rest)
    return Page(tuple(_line([pieces[number] for number in line]) for line in lines), slope, back, ink.shape)


def _sample(pieces: Sequence[Piece]) -> Images:
    """Some pieces, each as if it were a digit; `pieces` are the largest first."""
    chosen = [*pieces[:_SAMPLE], *pieces[_SAMPLE :: max(1, len(pieces) // _SAMPLE)]]
    frames = [to_mnist_frame(piece.ink) for piece in chosen]
    return np.stack([frame.image for frame in frames if frame is not None])


def _boxes(pieces: Sequence[Piece]) -> Boxes:
    return np.array([[p.left, p.top, p.width, p.height] for p in pieces], np.float64).reshape(-1, 4)


def _turned(working: WorkingInk, slope: float) -> tuple[WorkingInk, np.ndarray]:
    """The ink with its lines level, on a sheet that holds all of it; and the way back, (2, 3)."""
    height, width = working.ink.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), slope, 1.0)
    cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
    new_width, new_height = math.ceil(width * cosine + height * sine), math.ceil(width * sine + height * cosine)
    turn[:, 2] += ((new_width - width) / 2, (new_height - height) / 2)
    ink = cv2.warpAffine(working.ink, turn, (new_width, new_height), flags=cv2.INTER_LINEAR)
    return WorkingInk(np.asarray(ink, np.uint8), working.scale, working.digit_height), cv2.invertAffineTransform(turn)


def _chained(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """One affine map after another, (2, 3)."""
    return np.asarray(outer @ np.vstack([inner, [0, 0, 1]]))


def _line(pieces: Sequence[Piece]) -> _Line:
    heights = np.array([piece.height for piece in pieces])
    height = float(np.sort(heights[heights >= 0.5 * heights.max()]).mean())
    parts = _in_order([parts_of(piece, find_cuts(piece, height)) for piece in pieces])
    groups, frames = [], []
    for group in likely_groups(parts, height):
        frame = to_mnist_frame(group.ink)
        if frame is not None:
            groups.append(group)
            frames.append(frame)
    return _Line(parts, groups, frames, height)


def _in_order(wholes: Sequence[Sequence[Part]]) -> list[Part]:
    """From left to right; those of one piece stay in their order."""
    keys: list[float] = []
    for parts in wholes:
        keys += itertools.accumulate((part.piece.middle for part in parts), max)
    every = list(itertools.chain.from_iterable(wholes))
    return [every[number] for number in sorted(range(len(every)), key=keys.__getitem__)]


def _notes(parts: Sequence[Part], group: Group) -> tuple[Note, ...]:
    """How a digit was put together."""
    notes = []
    pieces = len({part.piece.source for part in parts[group.first : group.last + 1]})
    if pieces > 1:
        notes.append(Note(NoteKind.PIECES_JOINED, (pieces,)))
    if group.is_cut:
        notes.append(Note(NoteKind.SEPARATED))
    return tuple(notes)
