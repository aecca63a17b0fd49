"""Any picture -> ink on black, at its own size and upright.

A picture is a file, its bytes, a Pillow image or an array; photo, scan or drawing; of any brightness, colour
mode and bit depth. Pillow decodes it, after its header was checked against a limit of pixels; what cannot be
decoded is a `PictureError` of one line. Colours are the business of `grays`, telling ink from paper of `ink`.
"""

import io
import os
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from digitnet.arrays import AnyArray, GrayPicture
from digitnet.errors import PictureDecodeError, PictureError, PictureTooLargeError
from digitnet.grays import to_gray, to_levels
from digitnet.ink import extract_ink

__all__ = ["MAX_PIXELS", "Picture", "PictureSource", "load_picture"]

PictureSource: TypeAlias = str | Path | bytes | Image.Image | AnyArray

MAX_PIXELS = 64_000_000  # a phone's 48 or 50 megapixels pass, a bomb of 100 does not

# Formats that are pictures and nothing else. Pillow knows more: some run other programs (EPS), some hide a
# second picture whose size the header does not tell (ICO). The common ones are found without importing all of
# Pillow's plug-ins.
_COMMON_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "PPM")
_OTHER_FORMATS = ("WEBP", "TIFF", "AVIF", "JPEG2000")
_FORMAT_NAMES = "PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF, JPEG 2000 or PPM"
_HINTS = (
    (b"<svg", "It looks like an SVG drawing: export it as PNG."),
    (b"ftyphei", "It looks like HEIC, an iPhone's format: export it as JPEG."),
    (b"%PDF", "It looks like a PDF: export the page as PNG."),
)
_ORIENTATION = 0x0112  # the EXIF tag
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's decoders raise for bytes they cannot make sense of.
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    EOFError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    Warning,
    Image.DecompressionBombError,
    struct.error,
    zlib.error,
)
_warnings_lock = threading.Lock()


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture as ink on black.

    Attributes:
        ink: uint8 (height, width) of the upright picture, 0 = paper, 255 = ink; all 0 for a blank one.
        notes: What was done to it, in plain words.
    """

    ink: GrayPicture
    notes: tuple[str, ...]


def load_picture(source: PictureSource, *, max_pixels: int = MAX_PIXELS) -> Picture:
    """Decode a picture and separate its ink from its paper.

    Of an animation, or of several pages, the first one counts. Safe to call from several threads.

    Args:
        source: A path; the bytes of a file; a Pillow image; or an array of shape (height, width),
            (height, width, 3) RGB or (height, width, 4) RGBA. Array values: bool; uint8 0..255; other
            integers 0..65535, the highest of which tells how many bits are in use (8, 10, 12, 14 or 16);
            floats 0..1 when none is above 1, else 0..255.
        max_pixels: Width times height that is still decoded. Pillow itself refuses more than 178,956,970.

    Returns:
        The ink at the picture's own size, and notes.

    Raises:
        PictureTooLargeError: More pixels than `max_pixels`.
        PictureDecodeError: Not a picture, or a damaged one.
        PictureError: The file is missing, a folder, or unreadable.
    """
    if isinstance(source, np.ndarray):
        gray, notes = _decode_image(_image_from_array(source, max_pixels), "the array", max_pixels)
    elif isinstance(source, Image.Image):
        gray, notes = _decode_image(source, "the image", max_pixels)
    elif isinstance(source, bytes):
        gray, notes = _decode_file(io.BytesIO(source), "the file", max_pixels)
    elif isinstance(source, str | os.PathLike):
        path = Path(source)
        name = str(path) if str(path).isprintable() else ascii(str(path))
        with _open_file(path, name) as file:
            gray, notes = _decode_file(file, name, max_pixels)
    else:
        raise PictureDecodeError(
            f"a picture is a path, bytes, a Pillow image or a NumPy array, not {type(source).__name__}"
        )
    ink, more_notes = extract_ink(gray)
    return Picture(ink, notes + more_notes)


def _open_file(path: Path, name: str) -> IO[bytes]:
    try:
        if path.is_dir():
            raise PictureError(f"{name} is a folder: expected a picture file")
        if path.exists() and not path.is_file():  # opening a pipe could wait forever
            raise PictureError(f"{name} is not a regular file: expected a picture file")
        return path.open("rb")
    except FileNotFoundError as error:
        raise PictureError(f"{name} does not exist: expected a picture file") from error
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        raise PictureError(f"{name} cannot be read: {_reason(error)}") from error


def _decode_file(file: IO[bytes], name: str, max_pixels: int) -> tuple[GrayPicture, tuple[str, ...]]:
    """The first picture in `file` in grey, after a look at its header only; and notes."""
    try:
        with _quiet_pillow():
            image = _identify(file)
            # A phone's JPEG may hold more than one (MPO): its thumbnail, not a frame that somebody misses.
            has_frames = getattr(image, "is_animated", False) and image.format != "MPO"
    except Image.DecompressionBombError as error:
        raise PictureTooLargeError(
            f"{name} has more pixels than can be decoded; the limit is {max_pixels:,}: scale it down"
        ) from error
    except UnidentifiedImageError as error:
        raise PictureDecodeError(_unknown_format(file, name)) from error
    except _DECODER_ERRORS as error:
        raise PictureDecodeError(f"{name} is a damaged picture: {_reason(error)}") from error
    gray, notes = _decode_image(image, name, max_pixels)
    return gray, ("first of several frames", *notes) if has_frames else notes


def _identify(file: IO[bytes]) -> ImageFile.ImageFile:
    """Read the header."""
    try:
        return Image.open(file, formats=_COMMON_FORMATS)
    except UnidentifiedImageError:
        Image.init()  # imports the plug-ins of all other formats
        return Image.open(file, formats=[name for name in _OTHER_FORMATS if name in Image.OPEN])


@contextmanager
def _quiet_pillow() -> Iterator[None]:
    """No warnings from Pillow: what matters becomes an error here, the rest nobody can act on.

    The list of warning filters belongs to the whole process: without the lock, two threads could each put
    back what the other one had set.
    """
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _unknown_format(file: IO[bytes], name: str) -> str:
    file.seek(0)
    start = file.read(1024)
    if not start:
        return f"{name} is empty: expected a picture file"
    hint = next((f" {hint}" for mark, hint in _HINTS if mark in start), "")
    return f"{name} is not a picture, or a damaged one: expected {_FORMAT_NAMES}, found {start[:8]!r}.{hint}"


def _decode_image(image: Image.Image, name: str, max_pixels: int) -> tuple[GrayPicture, tuple[str, ...]]:
    """A Pillow image in grey and upright, and notes."""
    _check_size(name, *image.size, max_pixels)
    try:
        image.load()
        gray, notes = to_gray(image)
        with _quiet_pillow():
            turn = _UPRIGHT.get(image.getexif().get(_ORIENTATION, 1))
    except PictureDecodeError as error:
        raise PictureDecodeError(f"{name}: {error}") from error
    except _DECODER_ERRORS as error:
        raise PictureDecodeError(f"{name} is a damaged picture: {_reason(error)}") from error
    return np.asarray(gray if turn is None else gray.transpose(turn)), notes


def _check_size(name: str, width: int, height: int, max_pixels: int) -> None:
    n = width * height
    if n == 0:
        raise PictureDecodeError(f"{name} has no pixels: it is {width} x {height}")
    if n > max_pixels:
        raise PictureTooLargeError(
            f"{name} has {width:,} x {height:,} = {n:,} pixels; the limit is {max_pixels:,}: scale it down"
        )


def _image_from_array(values: AnyArray, max_pixels: int) -> Image.Image:
    """uint8 image of an array, mode L, RGB or RGBA."""
    channels = values.shape[2:]
    if values.ndim not in (2, 3) or channels not in ((), (1,), (3,), (4,)):
        raise PictureDecodeError(
            f"the array has shape {values.shape}: expected (height, width), (height, width, 3) or "
            "(height, width, 4), one picture at a time"
        )
    _check_size("the array", values.shape[1], values.shape[0], max_pixels)
    try:
        levels = to_levels(values)
    except PictureDecodeError as error:
        raise PictureDecodeError(f"the array: {error}") from error
    return Image.fromarray(levels[:, :, 0] if channels == (1,) else levels)


def _reason(error: BaseException) -> str:
    """The first line of what a library or the system says, or its type where it says nothing."""
    text = getattr(error, "strerror", None) or str(error)
    lines = text.strip().splitlines()
    return lines[0] if lines else type(error).__name__
