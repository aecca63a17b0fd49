"""Any picture -> ink on black, at its own size and upright.

A picture is a file, its bytes, a Pillow image or an array; photo, scan or drawing; of any brightness, colour mode and
bit depth. `decoding` makes pixels of it, `ink` tells ink from paper.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from digitnet.arrays import GrayPicture
from digitnet.pictures.decoding import MAX_PIXELS, PictureSource, Pixels, decode, decode_pages
from digitnet.pictures.ink import Steps, extract_ink

__all__ = ["MAX_PIXELS", "Picture", "PictureSource", "load_pages", "load_picture"]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture as ink on black.

    Attributes:
        ink: uint8 (height, width) of the upright picture, 0 = paper, 255 = ink; all 0 for a blank one.
        notes: What was done to it, in plain words.
    """

    ink: GrayPicture
    notes: tuple[str, ...]


def load_picture(source: PictureSource, *, max_pixels: int = MAX_PIXELS, steps: Steps | None = None) -> Picture:
    """Decode a picture and separate its ink from its paper.

    Of an animation, or of several pages, the first one counts. Safe to call from several threads.

    Args:
        source: A path; the bytes of a file; a Pillow image; or an array of shape (height, width),
            (height, width, 3) RGB or (height, width, 4) RGBA. Array values: bool; uint8 0..255; other
            integers 0..65535, the highest of which tells how many bits are in use (8, 10, 12, 14 or 16);
            floats 0..1 when none is above 1, else 0..255.
        max_pixels: Width times height that is still decoded. Pillow itself refuses more than 178,956,970.
        steps: A list to which the name and the picture of each step is appended, uint8 (h, w) or (h, w, 3); a
            large photo is worked on, and shown here, at a half or a quarter of its size.

    Returns:
        The ink at the picture's own size, and notes.

    Raises:
        PictureTooLargeError: More pixels than `max_pixels`.
        PictureDecodeError: Not a picture, a damaged one, or of a format whose optional decoder is not installed.
        PictureError: The file is missing, a folder, or unreadable.
    """
    return _picture(decode(source, max_pixels), steps)


def load_pages(source: PictureSource, *, max_pixels: int = MAX_PIXELS) -> Iterator[Picture]:
    """Read every page of a PDF, one after the other; of anything else, the one picture.

    Args:
        source: As for `load_picture`.
        max_pixels: As for `load_picture`, for each page.

    Yields:
        Each page as `load_picture` gives it.

    Raises:
        PictureError: As for `load_picture`.
    """
    for pixels in decode_pages(source, max_pixels):
        yield _picture(pixels, None)


def _picture(pixels: Pixels, steps: Steps | None) -> Picture:
    if steps is not None:
        steps.append(("the picture", pixels.values))
    ink, notes = extract_ink(pixels.values, steps)
    if ink.shape != pixels.size:
        ink = np.asarray(cv2.resize(ink, pixels.size[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
    return Picture(ink, (*pixels.notes, *notes))
