"""Corrections to carry away: a zip of two IDX files, or of PNG files in one folder a label.

Unpacked, either is a folder that `digitnet train --data` and `evaluate --data` read. What is no digit has no label: it
is in a hidden folder, which they pass over.
"""

import io
import zipfile

import numpy as np

from digitnet.arrays import IMAGE_SIDE
from digitnet.datasets.idx import encode_idx
from digitnet.errors import ConfigurationError
from digitnet.studio.teaching.corrections import Corrections
from digitnet.studio.teaching.errors import NotFoundError

__all__ = ["archive"]

# Hidden, so that the folders beside them stay one a label.
_ORIGINALS = ".originals"
_NO_DIGITS = ".not_a_digit"


def archive(corrections: Corrections, kind: str) -> bytes:
    """All corrections as one zip file.

    Args:
        corrections: Where they are kept.
        kind: `idx` or `png`.

    Returns:
        The bytes of the file.

    Raises:
        ConfigurationError: Another kind.
        NotFoundError: There are no corrections.
        StorageError: They cannot be read.
    """
    writers = {"idx": _write_idx, "png": _write_png}
    if kind not in writers:
        raise ConfigurationError(f"format is {kind!r:.40}: expected idx or png")
    if not corrections.all():
        raise NotFoundError("there are no corrections to export")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        writers[kind](file, corrections)
    return buffer.getvalue()


def _write_idx(file: zipfile.ZipFile, corrections: Corrections) -> None:
    images, labels = corrections.arrays()
    if len(images):
        file.writestr("train-images-idx3-ubyte", encode_idx(images))
        file.writestr("train-labels-idx1-ubyte", encode_idx(labels))
    no_digits = b"".join(correction.image for correction in corrections.each() if correction.label is None)
    if no_digits:
        pixels = np.frombuffer(no_digits, np.uint8).reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
        file.writestr(f"{_NO_DIGITS}/images-idx3-ubyte", encode_idx(pixels))


def _write_png(file: zipfile.ZipFile, corrections: Corrections) -> None:
    from PIL import Image  # noqa: PLC0415 - only an export needs it

    for correction in corrections.each():
        folder = _NO_DIGITS if correction.label is None else correction.label
        name = f"{folder}/{correction.id:05}.png"
        pixels = np.frombuffer(correction.image, np.uint8).reshape(IMAGE_SIDE, IMAGE_SIDE)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        file.writestr(name, buffer.getvalue())
        if correction.png is not None:
            file.writestr(f"{_ORIGINALS}/{name}", correction.png)
