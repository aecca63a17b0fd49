"""Ink that may be the one digit of a picture: its pieces, and what is found by looking at it in other ways."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.inference.number_reader import NumberReader
from digitnet.notes import Note, NoteKind, about_the_file
from digitnet.pictures.contrast import luma
from digitnet.pictures.loading import Picture
from digitnet.pictures.mnist_frame import FramedDigit, to_mnist_frame
from digitnet.pictures.paper import median
from digitnet.segmentation import separate_marks
from digitnet.segmentation.components import INK_FROM

__all__ = [
    "ink_shares",
    "is_at_the_border",
    "other_candidates",
    "seen_twice",
    "two_level_candidates",
    "usual_candidates",
    "written_candidates",
]

# Room between ink and border in pixels, and as a share of the ink's longer side, below which the border may have been
# taken for ink, or ink for something beyond the border; chosen by hand.
_BORDER_PIXELS, _BORDER_SHARE = 2, 0.08
# Heights of the digit that are tried there, as shares of the picture's height; chosen by hand.
_EXPECTED_SHARES = (1.0, 0.6)
# Shared part of two boxes, of what they cover together, from which they are the same place; chosen by hand.
_SAME_PLACE = 0.5
# Share of a picture's variance that lies between two levels, from which it has no others; chosen by hand. Noise, which
# has no levels, has a share of 2 / pi.
_TWO_LEVELS = 0.92
# Median of the grey levels by which the pixels of a level differ from it; a camera's noise is more. Chosen by hand.
_MAX_SPREAD = 1.5
# Share of the paper's pixels that have exactly its level, where the ink has shades; chosen by hand.
_ONE_LEVEL = 0.9
# Share of a side of the picture that its ink covers, from which it is the ground beyond something. Chosen by hand.
_MAX_SIDE = 0.9


def is_at_the_border(ink: GrayPicture) -> bool:
    """Whether ink reaches the border of its picture, or nothing was found, which may lie there."""
    left, top, width, height = cv2.boundingRect(ink)
    room = min(left, top, ink.shape[1] - left - width, ink.shape[0] - top - height)
    return not width or room < max(_BORDER_PIXELS, _BORDER_SHARE * max(width, height))


def other_candidates(first: Picture, attempts: Iterator[Picture]) -> list[tuple[Picture, FramedDigit]]:
    """What else the digit may be: each piece of the first attempt, and all ink and each piece of the other ones."""
    found = [(first, one) for one in _framed_pieces(first.ink)]
    for attempt in attempts:
        framed = to_mnist_frame(attempt.ink)
        found += [(attempt, one) for one in ([] if framed is None else [framed]) + _framed_pieces(attempt.ink)]
    return found


def written_candidates(picture: Picture, numbers: NumberReader) -> list[tuple[Picture, FramedDigit]]:
    """All ink of characters as one digit, and each of its larger pieces, with paper laid around the picture."""
    found: list[tuple[Picture, FramedDigit]] = []
    for share, is_ink_dark in itertools.product(_EXPECTED_SHARES, (True, False)):
        written = numbers.written(picture, share * picture.pixels.shape[0], is_ink_dark=is_ink_dark)
        if written is not None:
            framed = to_mnist_frame(written.ink)
            found += [(written, one) for one in ([] if framed is None else [framed]) + _framed_pieces(written.ink)]
    return found


def usual_candidates(first: Picture, framed: FramedDigit | None) -> list[tuple[Picture, FramedDigit]]:
    """All ink as one digit: as it was found, and in a drawing of two levels either of them.

    Such a drawing is no photo of a sheet on a table: what was ignored as the edge of a sheet there is a stroke.
    """
    levels = two_level_candidates(first)
    if framed is None or (levels and any(note.kind is NoteKind.SHEET_EDGE_IGNORED for note in first.notes)):
        return levels
    return [(first, framed), *levels]


def two_level_candidates(picture: Picture) -> list[tuple[Picture, FramedDigit]]:
    """In a picture that a drawing program made of two levels, either of them as the ink.

    A brush may be shaded: then only the other level, which is the same everywhere, can be the paper.
    """
    gray = np.asarray(luma(picture.pixels) if picture.pixels.ndim == 3 else picture.pixels, np.uint8)
    _, is_light = cv2.threshold(gray, 0, 1, cv2.THRESH_OTSU)
    share = float(is_light.mean())
    if not 0 < share < 1:
        return []
    sides = gray[is_light == 0].astype(np.float32), gray[is_light > 0].astype(np.float32)
    dark, light = (float(side.mean()) for side in sides)
    spreads = [median(np.abs(side - median(side))) for side in sides]
    # Beside a brush with shades only paper of one level counts, which no camera gives.
    is_even = [bool(spread <= _MAX_SPREAD) for spread in spreads]
    if not all(is_even):
        is_even = [float((side == median(side)).mean()) >= _ONE_LEVEL for side in sides]
    between = share * (1 - share) * (light - dark) ** 2
    if between < _TWO_LEVELS * float(gray.var()):
        return []
    lightness = np.clip((gray - dark) / (light - dark), 0, 1)
    found = []
    ways = ((1 - lightness, (Note(NoteKind.INVERTED),), is_even[1]), (lightness, (), is_even[0]))
    for part, notes, is_paper_even in ways:
        if not is_paper_even:
            continue
        ink = np.asarray(np.rint(255 * part), np.uint8)
        if max(float((side >= INK_FROM).mean()) for side in (ink[0], ink[-1], ink[:, 0], ink[:, -1])) > _MAX_SIDE:
            continue
        if ink.shape != picture.ink.shape:
            ink = np.asarray(cv2.resize(ink, picture.ink.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
        framed = to_mnist_frame(ink)
        if framed is not None:
            found.append((replace(picture, ink=ink, notes=(*about_the_file(picture.notes), *notes)), framed))
    return found


def seen_twice(
    found: Sequence[tuple[Picture, FramedDigit]], labels: AnyArray, is_typical: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which candidates are typical in another picture too, at the same place and with the same label, (n,)."""
    boxes = np.array([framed.box for _, framed in found], np.float64)
    starts, ends = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    shared = np.maximum(np.minimum(ends[:, None], ends) - np.maximum(starts[:, None], starts), 0).prod(axis=2)
    areas = boxes[:, 2:].prod(axis=1)
    is_same_place = shared >= _SAME_PLACE * (areas[:, None] + areas - shared)
    is_other_picture = np.array([[own is not other for other, _ in found] for own, _ in found])
    agrees = is_same_place & is_other_picture & (labels[:, None] == labels) & is_typical
    return np.asarray(agrees.any(axis=1))


def ink_shares(found: Sequence[tuple[Picture, FramedDigit]]) -> NDArray[np.float64]:
    """The part of its picture's ink that lies in the box of each candidate, (n,), each in [0, 1]."""
    shares = []
    for picture, framed in found:
        left, top, width, height = framed.box
        inside = picture.ink[top : top + height, left : left + width]
        shares.append(float(inside.sum(dtype=np.int64)) / max(1.0, float(picture.ink.sum(dtype=np.int64))))
    return np.array(shares)


def _framed_pieces(ink: GrayPicture) -> list[FramedDigit]:
    """Each of the larger pieces as if it were the digit, where there are several."""
    digits = []
    for piece in separate_marks(ink):
        framed = to_mnist_frame(piece.ink)
        if framed is not None:
            left, top, width, height = framed.box
            digits.append(replace(framed, box=(left + piece.left, top + piece.top, width, height)))
    return digits
