"""Loading of any picture as ink on black, at its own size and upright.

A picture is a file, its bytes, a Pillow image or an array; photo, scan or drawing; of any brightness, colour mode and
bit depth. `decoding` makes pixels of it, and `ink` separates ink from paper.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from digitnet.arrays import GrayPicture
from digitnet.notes import Note, NoteKind
from digitnet.pictures.decoding import PictureSource, Pixels, decode, decode_pages
from digitnet.pictures.frame import without_frame
from digitnet.pictures.ink import Steps, extract_ink, other_binarizations
from digitnet.pictures.paper import AnyPicture
from digitnet.pictures.size_limits import MAX_PIXELS

__all__ = ["MAX_PIXELS", "Picture", "PictureSource", "binarizations", "load_pages", "load_picture"]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture as ink on black.

    Attributes:
        ink: uint8 (height, width) of the upright picture, 0 = paper, 255 = ink; all 0 for a blank one.
        notes: What was done to it.
        steps: The name and the picture of each step on the way to the ink, uint8 (h, w) or (h, w, 3), if they were
            asked for; a large photo is processed, and shown here, at a half or a quarter of its size.
        pixels: The upright picture before binarization, uint8 (h, w) or (h, w, 3), perhaps at such a reduced size.
    """

    ink: GrayPicture
    notes: tuple[Note, ...]
    steps: Sequence[tuple[str, AnyPicture]]
    pixels: AnyPicture


def load_picture(source: PictureSource, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Decode a picture and separate its ink from its paper.

    Only the first frame of an animation or page of a document is read. Safe to call from several threads.

    Args:
        source: A path; the bytes of a file; a Pillow image; or an array of shape (height, width),
            (height, width, 3) RGB or (height, width, 4) RGBA. Array values: bool; uint8 0..255; other
            integers 0..65535, whose maximum decides how many bits are in use (8, 10, 12, 14 or 16);
            floats 0..1 when none is above 1, else 0..255.
        max_pixels: Greatest width times height. Pillow itself refuses more than 178,956,970. Each side may have
            32,766 pixels, and the longer one 1,000 times as many as the shorter.

    Returns:
        The ink at the picture's own size, and notes.

    Raises:
        PictureTooLargeError: More pixels than `max_pixels`, or too long a side.
        PictureDecodeError: Not a picture, a damaged one, or of a format whose optional decoder is not installed.
        PictureError: The file is missing, a folder, or unreadable.
    """
    return next(binarizations(source, max_pixels=max_pixels))


def binarizations(
    source: PictureSource, *, max_pixels: int = MAX_PIXELS, with_steps: bool = False, is_one_digit: bool = False
) -> Iterator[Picture]:
    """Binarize a picture, and in other ways as long as the caller asks for more.

    Args:
        source: As for `load_picture`.
        max_pixels: As for `load_picture`.
        with_steps: Whether to keep the steps on the way to the ink.
        is_one_digit: Whether a frame on the very edge is no more than the box of a digit, and is left out.

    Yields:
        First what `load_picture` returns, even without ink; then the results of other binarizations that found ink.

    Raises:
        PictureError: As for `load_picture`.
    """
    pixels = decode(source, max_pixels)
    framed = without_frame(pixels.values) if is_one_digit else None
    if framed is not None:
        pixels = replace(pixels, values=framed, notes=(*pixels.notes, Note(NoteKind.RULES_REMOVED)))
    steps: Steps | None = [("the picture", pixels.values)] if with_steps else None
    ink, notes = extract_ink(pixels.values, steps)
    yield _picture(pixels, ink, notes, steps or ())
    for ink, notes, further in other_binarizations(pixels.values):
        yield _picture(pixels, ink, notes, [("the picture", pixels.values), *further] if with_steps else ())


def load_pages(source: PictureSource, *, max_pixels: int = MAX_PIXELS) -> Iterator[Picture]:
    """Read every page of a PDF, one after the other; of anything else, the one picture.

    Args:
        source: As for `load_picture`.
        max_pixels: As for `load_picture`, for each page.

    Yields:
        Each page as `load_picture` returns it.

    Raises:
        PictureError: As for `load_picture`.
    """
    for pixels in decode_pages(source, max_pixels):
        yield _picture(pixels, *extract_ink(pixels.values))


def _picture(
    pixels: Pixels, ink: GrayPicture, notes: tuple[Note, ...], steps: Sequence[tuple[str, AnyPicture]] = ()
) -> Picture:
    """A result at the picture's own size."""
    if ink.shape != pixels.size:
        ink = np.asarray(cv2.resize(ink, pixels.size[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
    return Picture(ink, (*pixels.notes, *notes), steps, pixels.values)
