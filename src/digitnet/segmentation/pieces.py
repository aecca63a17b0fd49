"""Connected pieces of ink, without the specks, at a size that later steps can afford."""

from dataclasses import dataclass

import cv2
import numpy as np

from digitnet.arrays import AnyArray, GrayPicture

__all__ = [
    "INK_FROM",
    "Piece",
    "WorkingInk",
    "cut_out",
    "find_pieces",
    "pieces_apart",
    "to_working_size",
    "typical_height",
]

INK_FROM = 64  # of 255; fainter pixels are a stroke's soft edge, and must not join one digit to the next
_WORKING_HEIGHT = 96.0  # pixels of a digit; the frame shows it 20 pixels high, and a thin pen is still a pixel wide
_SPECK_SHARE = 0.14  # of the typical height; a piece shorter than this both ways is dirt or a full stop
_BRIDGED_SHARE = 0.04  # of the typical height; a pen that skipped less than twice this did not lift
_APART_SIDE = 400  # pixels of the copy on which pieces that stand apart are found, ...
_APART = 0.02  # of its longer side, twice over, between them
_MOST_APART = 4  # the largest ones; a digit is among them
_APART_LEAST = 0.08  # of the shorter side is the height or the width of a digit that a picture was taken of
_MOST_PIECES = 1500  # a page of numbers has hundreds; of more, only the largest can be digits


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Ink that hangs together, cut out of a picture.

    Attributes:
        ink: uint8 (height, width), 0 = paper, 255 = ink; nothing of any other piece.
        left: Column of its left edge in the picture.
        top: Row of its upper edge.
        source: Number of the piece it was cut from; its own number where nothing was cut.
    """

    ink: GrayPicture
    left: int
    top: int
    source: int

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.ink.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.ink.shape[0])

    @property
    def middle(self) -> float:
        """Column of its middle in the picture."""
        return self.left + self.width / 2


@dataclass(frozen=True, slots=True, eq=False)
class WorkingInk:
    """A picture's ink at the size at which it is taken apart.

    Attributes:
        ink: uint8 (height, width).
        scale: Working pixels for each pixel of the picture, at most 1.
        digit_height: How high a digit is about, in working pixels.
    """

    ink: GrayPicture
    scale: float
    digit_height: float


def typical_height(heights: AnyArray) -> float:
    """How high the digits of a picture are, told from the heights of all of its pieces.

    The median weighted by the cube: thousands of specks weigh less than one digit, and a speck more or less than one
    digit changes nothing.

    Args:
        heights: (n,) pixels, n at least 1.

    Returns:
        Pixels.
    """
    ordered = np.sort(heights).astype(np.float64)
    weights = np.cumsum(ordered**3)
    return float(ordered[np.searchsorted(weights, weights[-1] / 2)])


def to_working_size(ink: GrayPicture) -> WorkingInk | None:
    """Shrink a picture whose digits are larger than they need to be.

    Args:
        ink: uint8 (height, width), 0 = paper, 255 = ink.

    Returns:
        The ink, how much it was shrunk and how high its digits are; None where nothing is written.
    """
    _, strokes = cv2.threshold(ink, INK_FROM - 1, 255, cv2.THRESH_BINARY)
    count, _, statistics, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    if count < 2:
        return None
    height = typical_height(statistics[1:, cv2.CC_STAT_HEIGHT])
    scale = min(1.0, _WORKING_HEIGHT / height)
    if scale < 1:
        size = tuple(max(1, round(side * scale)) for side in ink.shape[::-1])
        ink = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.uint8)
    return WorkingInk(ink, scale, height * scale)


def find_pieces(working: WorkingInk) -> list[Piece]:
    """The pieces of ink that may be digits, or parts of digits.

    Args:
        working: As `to_working_size` gives it.

    Returns:
        Pieces, with gaps bridged that are shorter than a twelfth of a digit's height, and without specks.
    """
    strokes = _without_specks(working)
    reach = 2 * max(1, round(_BRIDGED_SHARE * working.digit_height)) + 1
    bridged = cv2.dilate(strokes, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    _, piece_of, statistics, _ = cv2.connectedComponentsWithStats(bridged, connectivity=8)
    order = np.argsort(-statistics[1:, cv2.CC_STAT_AREA], kind="stable")[:_MOST_PIECES] + 1
    pieces: list[Piece] = []
    for number in order.tolist():
        left, top, width, height = statistics[number, :4].tolist()
        window = (slice(top, top + height), slice(left, left + width))
        own = cv2.bitwise_and(working.ink[window], 255 * (piece_of[window] == number).astype(np.uint8))
        piece = cut_out(np.asarray(own, np.uint8), left, top, len(pieces))
        if piece is not None:
            pieces.append(piece)
    return pieces


def pieces_apart(ink: GrayPicture) -> list[Piece]:
    """The largest groups of pieces, each of which stands apart from the others: a digit, and what lies beside it.

    Args:
        ink: uint8 (height, width), 0 = paper, 255 = ink.

    Returns:
        Up to four, the one with most ink first; none where all ink is one group.
    """
    height, width = ink.shape
    scale = min(1.0, _APART_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = ink if scale == 1 else cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    strokes = cv2.threshold(small, INK_FROM, 1, cv2.THRESH_BINARY)[1]
    reach = 2 * max(1, round(_APART * max(strokes.shape))) + 1
    count, group_of = cv2.connectedComponents(cv2.dilate(strokes, np.ones((reach, reach), np.uint8)))
    inked = np.bincount(np.asarray(group_of, np.int32).ravel(), strokes.ravel(), minlength=count)
    if (inked[1:] > 0).sum() < 2:
        return []
    groups = np.argsort(-inked[1:], kind="stable")[:_MOST_APART] + 1
    numbers = cv2.resize(group_of.astype(np.int16), (width, height), interpolation=cv2.INTER_NEAREST)
    pieces = [
        cut_out(np.asarray(cv2.bitwise_and(ink, cv2.inRange(numbers, number, number)), np.uint8), 0, 0, number)
        for number in groups.tolist()
    ]
    least = _APART_LEAST * min(height, width)
    return [piece for piece in pieces if piece is not None and max(piece.width, piece.height) >= least]


def cut_out(ink: GrayPicture, left: int, top: int, source: int) -> Piece | None:
    """A piece without the empty rows and columns around it; None where there is no ink.

    Args:
        ink: uint8 (height, width).
        left: Column of its left edge in the picture.
        top: Row of its upper edge.
        source: Number of the piece it comes from.
    """
    _, strokes = cv2.threshold(ink, INK_FROM - 1, 255, cv2.THRESH_BINARY)
    x, y, width, height = cv2.boundingRect(strokes)
    if not width:
        return None
    return Piece(ink[y : y + height, x : x + width], left + x, top + y, source)


def _without_specks(working: WorkingInk) -> GrayPicture:
    """Where there is ink that is no speck, uint8 (height, width), 0 or 255."""
    _, strokes = cv2.threshold(working.ink, INK_FROM - 1, 255, cv2.THRESH_BINARY)
    _, piece_of, statistics, _ = cv2.connectedComponentsWithStats(strokes, connectivity=8)
    sides = statistics[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    is_kept = sides >= _SPECK_SHARE * working.digit_height
    is_kept[0] = False  # the paper
    if is_kept[1:].all():
        return np.asarray(strokes, np.uint8)
    return np.asarray(np.where(is_kept, 255, 0).astype(np.uint8)[piece_of], np.uint8)
