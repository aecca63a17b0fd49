"""Decoding of files, bytes, Pillow images and arrays to upright pixels, grey or RGB.

Pillow decodes a file after its header has been checked against the limits of `size_limits`; what cannot be decoded
raises a `PictureError` with a message of one line. A photo of more pixels than handwriting needs is decoded at a half
or a quarter of its size.
"""

import functools
import io
import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from digitnet.arrays import AnyArray
from digitnet.errors import MissingExtraError, PictureDecodeError, PictureError, PictureTooLargeError
from digitnet.notes import Note, NoteKind
from digitnet.pictures.decoder_errors import DECODER_ERRORS
from digitnet.pictures.decoder_output import quiet_libtiff, quiet_pillow
from digitnet.pictures.documents import is_pdf, read_pages
from digitnet.pictures.grays import to_colours, to_levels
from digitnet.pictures.paper import AnyPicture
from digitnet.pictures.size_limits import check_size
from digitnet.pictures.unknown_format import SIGNATURE_BYTES, unknown_format

__all__ = ["PictureSource", "Pixels", "decode", "decode_pages"]

PictureSource: TypeAlias = str | Path | bytes | Image.Image | AnyArray

# Pixels beyond which a picture is decoded at a half or a quarter of its size (12 megapixels become 3): the digits of a
# page are still 50 pixels high; chosen by hand.
_ENOUGH_PIXELS = 6_000_000

# Formats that hold pictures and nothing else. Pillow supports more: some run other programs (EPS), some contain a
# second picture whose size is not in the header (ICO). The common ones are identified without importing all of Pillow's
# plug-ins.
_COMMON_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "PPM")
_OTHER_FORMATS = ("WEBP", "TIFF", "AVIF", "JPEG2000", "HEIF")
# EXIF tag of the orientation (EXIF 2.3, section 4.6.4), and what turns each of its values upright.
_ORIENTATION_TAG = 0x0112
_TURN_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_DECODER_ERRORS = (*DECODER_ERRORS, Warning, Image.DecompressionBombError)


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """A decoded picture.

    Attributes:
        values: uint8 (height, width) grey or (height, width, 3) RGB, upright; a reduced copy of a large picture.
        size: Height and width of the upright picture itself.
        notes: What was done.
    """

    values: AnyPicture
    size: tuple[int, int]
    notes: tuple[Note, ...]


def decode(source: PictureSource, max_pixels: int) -> Pixels:
    """Decode a picture; only the first frame of an animation or page of a document.

    Args:
        source: As for `digitnet.pictures.load_picture`.
        max_pixels: Greatest width times height.

    Returns:
        Its pixels.

    Raises:
        PictureTooLargeError: More pixels than `max_pixels`, or too long a side.
        PictureDecodeError: Not a picture, or a damaged one.
        PictureError: The file is missing, a folder, or unreadable.
    """
    pages = decode_pages(source, max_pixels)
    try:
        return next(pages)
    finally:
        pages.close()


def decode_pages(source: PictureSource, max_pixels: int) -> Generator[Pixels, None, None]:
    """Decode a picture, or each page of a PDF.

    Args:
        source: As for `digitnet.pictures.load_picture`.
        max_pixels: Greatest width times height.

    Yields:
        The pixels of each page; one picture for anything but a PDF.

    Raises:
        PictureError: As for `decode`.
    """
    if isinstance(source, np.ndarray):
        yield _decode_image(_image_from_array(source, max_pixels), "the array", max_pixels)
    elif isinstance(source, Image.Image):
        yield _decode_image(source, "the image", max_pixels)
    elif isinstance(source, bytes):
        yield from _decode_file(io.BytesIO(source), "the file", max_pixels)
    elif isinstance(source, str | os.PathLike):
        path = Path(source)
        name = str(path) if str(path).isprintable() else ascii(str(path))
        with _open_file(path, name) as file:
            yield from _decode_file(file, name, max_pixels)
    else:
        raise PictureDecodeError(
            f"a picture is a path, bytes, a Pillow image or a NumPy array, not {type(source).__name__}"
        )


def _open_file(path: Path, name: str) -> IO[bytes]:
    try:
        if path.is_dir():
            raise PictureError(f"{name} is a folder: expected a picture file")
        if path.exists() and not path.is_file():  # opening a pipe could wait forever
            raise PictureError(f"{name} is not a regular file: expected a picture file")
        return path.open("rb")
    except FileNotFoundError as error:
        raise PictureError(f"{name} does not exist: expected a picture file") from error
    except (OSError, ValueError) as error:  # ValueError: the path contains a zero byte
        raise PictureError(f"{name} cannot be read: {_reason(error)}") from error


def _decode_file(file: IO[bytes], name: str, max_pixels: int) -> Iterator[Pixels]:
    """Check the header of `file`, then decode its pictures."""
    try:
        if is_pdf(file):
            yield from _decode_document(file, name, max_pixels)
            return
        with quiet_pillow():
            image = _identify(file)
            # Besides the photo, the JPEG of a phone (MPO) may contain a thumbnail, which is no frame to mention.
            has_frames = getattr(image, "is_animated", False) and image.format != "MPO"
            full = image.size
            check_size(name, *full, max_pixels)
            if image.format in ("JPEG", "MPO"):  # reduced while decoding: faster, and less memory
                factor = _reduction(*full)
                image.draft(image.mode, (full[0] // factor, full[1] // factor))
    except (PictureError, MissingExtraError):
        raise
    except Image.DecompressionBombError as error:
        raise PictureTooLargeError(
            f"{name} has more pixels than can be decoded; the limit is {max_pixels:,}: scale it down"
        ) from error
    except UnidentifiedImageError as error:
        raise PictureDecodeError(unknown_format(name, _beginning(file))) from error
    except _DECODER_ERRORS as error:
        raise PictureDecodeError(f"{name} is a damaged picture: {_reason(error)}") from error
    yield _decode_image(image, name, max_pixels, full, (Note(NoteKind.FIRST_FRAME),) if has_frames else ())


def _decode_document(file: IO[bytes], name: str, max_pixels: int) -> Iterator[Pixels]:
    try:
        for number, (image, n) in enumerate(read_pages(file, name, max_pixels), start=1):
            notes = (Note(NoteKind.PAGE, (number, n)),) if n > 1 else ()
            yield _decode_image(image, name, max_pixels, None, notes)
    except MissingExtraError as error:
        raise PictureDecodeError(str(error)) from error


def _identify(file: IO[bytes]) -> ImageFile.ImageFile:
    """Read the header."""
    try:
        return Image.open(file, formats=_COMMON_FORMATS)
    except UnidentifiedImageError:
        Image.init()  # imports the plug-ins of all other formats
        _register_heif()
        return Image.open(file, formats=[name for name in _OTHER_FORMATS if name in Image.OPEN])


@functools.cache  # a failed import takes longer than reading a small picture
def _register_heif() -> None:
    """Let Pillow decode HEIC, the format of iPhones, where the plug-in is installed."""
    try:
        import pillow_heif  # noqa: PLC0415 - optional
    except ImportError:
        return
    pillow_heif.register_heif_opener()


def _beginning(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read(SIGNATURE_BYTES)


def _decode_image(
    image: Image.Image,
    name: str,
    max_pixels: int,
    full: tuple[int, int] | None = None,
    notes: tuple[Note, ...] = (),
) -> Pixels:
    """The pixels of a Pillow image; `full` is its true width and height if it is decoded at a reduced size."""
    width, height = full or image.size
    check_size(name, width, height, max_pixels)
    try:
        if image.format == "TIFF":
            quiet_libtiff()
            with quiet_pillow():  # it looks for the orientation, and warns of other fields
                image.load()
        image.load()
        plain, more_notes = to_colours(image)
        with quiet_pillow():
            turn = _TURN_UPRIGHT.get(image.getexif().get(_ORIENTATION_TAG, 1))
    except PictureDecodeError as error:
        raise PictureDecodeError(f"{name}: {error}") from error
    except _DECODER_ERRORS as error:
        raise PictureDecodeError(f"{name} is a damaged picture: {_reason(error)}") from error
    factor = _reduction(*plain.size)
    if factor > 1:
        plain = plain.reduce(factor)
    if turn is not None:
        plain = plain.transpose(turn)
        are_sides_swapped = turn in tuple(_TURN_UPRIGHT[orientation] for orientation in (5, 6, 7, 8))
        width, height = (height, width) if are_sides_swapped else (width, height)
    values = np.asarray(plain)
    return Pixels(values, (height, width), (*notes, *more_notes))


def _reduction(width: int, height: int) -> int:
    """The power of two by which a picture of this size is reduced."""
    factor = 1
    while width * height > _ENOUGH_PIXELS * factor**2:
        factor *= 2
    return factor


def _image_from_array(values: AnyArray, max_pixels: int) -> Image.Image:
    """An array as an 8-bit image of mode L, RGB or RGBA."""
    channels = values.shape[2:]
    if values.ndim not in (2, 3) or channels not in ((), (1,), (3,), (4,)):
        raise PictureDecodeError(
            f"the array has shape {values.shape}: expected (height, width), (height, width, 3) or "
            "(height, width, 4), one picture at a time"
        )
    check_size("the array", values.shape[1], values.shape[0], max_pixels)
    try:
        levels = to_levels(values)
    except PictureDecodeError as error:
        raise PictureDecodeError(f"the array: {error}") from error
    return Image.fromarray(levels[:, :, 0] if channels == (1,) else levels)


def _reason(error: BaseException) -> str:
    """The first line of an error's message, or its type where the message is empty."""
    text = getattr(error, "strerror", None) or str(error)
    lines = text.strip().splitlines()
    return lines[0] if lines else type(error).__name__
