"""Rendering of PDF pages, where the optional `pypdfium2` is installed."""

import importlib
import math
import threading
from collections.abc import Iterator
from typing import IO, Any

from PIL import Image

from digitnet.errors import MissingExtraError, PictureDecodeError, PictureTooLargeError
from digitnet.pictures.size_limits import MAX_SIDE, check_ratio

__all__ = ["count_pages", "is_pdf", "read_pages"]

_SIGNATURE = b"%PDF-"
# Bytes within which the signature must begin, since some programs write a few of their own in front; Acrobat
# accepts as many (PDF Reference 1.7, appendix H).
_SIGNATURE_WITHIN = 1024
# Resolution of a rendered page: a handwritten digit of 4 mm becomes 30 pixels high; chosen by hand.
_DOTS_PER_INCH = 200
# Pixels of a rendered page at most: one of A3 has 7.7 million at that resolution, and one of A2 is rendered with 176
# dots per inch. What is larger is halved when it is read anyway, and 16 million took 3.4 seconds; chosen by hand.
_RENDERED_PIXELS_MAX = 12_000_000
# The unit of lengths in PDF, by its specification (ISO 32000).
_POINTS_PER_INCH = 72
# Share of the greatest scale that is used, so that rounding sides up stays within the limit; chosen by hand.
_SCALE_MARGIN = 0.99
# PDFium is not thread-safe.
_lock = threading.Lock()


def is_pdf(file: IO[bytes]) -> bool:
    """Whether the file begins as a PDF does; afterwards it is at its beginning again."""
    file.seek(0)
    start = file.read(_SIGNATURE_WITHIN)
    file.seek(0)
    return _SIGNATURE in start


def read_pages(file: IO[bytes], name: str, max_pixels: int, *, first: int = 0) -> Iterator[tuple[Image.Image, int]]:
    """Render the pages of a PDF, one after the other.

    Args:
        file: The document, at its beginning.
        name: Name of the file in error messages.
        max_pixels: Width times height of a page; a larger one is rendered at less than 200 dots per inch.
        first: The page to begin with, from 0; those before it are not rendered.

    Yields:
        The page as an RGB image, and the number of pages.

    Raises:
        MissingExtraError: `pypdfium2` is not installed.
        PictureDecodeError: Not a PDF, a damaged one, one behind a password, or one without pages.
        PictureTooLargeError: A page that is too long for its width.
    """
    pdfium = _pdfium(name)
    document, n = _opened(pdfium, file, name)
    try:
        for number in range(first, n):
            yield _rendered(pdfium, document, number, name, max_pixels), n
    finally:
        with _lock:
            document.close()


def count_pages(file: IO[bytes], name: str) -> int:
    """How many pages a PDF has.

    Args:
        file: The document, at its beginning; afterwards it is there again.
        name: Name of the file in error messages.

    Raises:
        MissingExtraError: `pypdfium2` is not installed.
        PictureDecodeError: Not a PDF, a damaged one, one behind a password, or one without pages.
    """
    document, n = _opened(_pdfium(name), file, name)
    with _lock:
        document.close()
    file.seek(0)
    return n


def _opened(pdfium: Any, file: IO[bytes], name: str) -> tuple[Any, int]:
    """The document, and how many pages it has, at least one."""
    try:
        with _lock:
            document = pdfium.PdfDocument(file.read())
            n = len(document)
    except pdfium.PdfiumError as error:
        raise PictureDecodeError(f"{name} is a damaged PDF, or one behind a password: {error}") from error
    if n == 0:
        raise PictureDecodeError(f"{name} is a PDF without pages")
    return document, n


def _rendered(pdfium: Any, document: Any, number: int, name: str, max_pixels: int) -> Image.Image:
    try:
        with _lock:
            page = document[number]
            width, height = page.get_size()
            if not (width > 0 and height > 0 and math.isfinite(width * height)):
                raise PictureDecodeError(f"page {number + 1} of {name} is empty: it is {width:g} x {height:g} points")
            what = f"page {number + 1} of {name} is {width:g} x {height:g} points"
            check_ratio(what, width, height)
            most = min(max_pixels, _RENDERED_PIXELS_MAX)
            largest = min(math.sqrt(most / (width * height)), MAX_SIDE / max(width, height))
            scale = min(_DOTS_PER_INCH / _POINTS_PER_INCH, largest * _SCALE_MARGIN)
            if math.ceil(width * scale) * math.ceil(height * scale) > max_pixels:
                raise PictureTooLargeError(f"{what}: the limit is {max_pixels:,} pixels")
            image: Image.Image = page.render(scale=scale).to_pil().convert("RGB")
            return image
    except pdfium.PdfiumError as error:
        raise PictureDecodeError(f"page {number + 1} of {name} is damaged: {error}") from error


def _pdfium(name: str) -> Any:
    try:
        return importlib.import_module("pypdfium2")
    except ImportError as error:
        raise MissingExtraError(
            f"{name} is a PDF, for which pypdfium2 is missing: pip install pypdfium2, or export the page as PNG"
        ) from error
