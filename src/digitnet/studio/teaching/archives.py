"""Corrections to carry away: a zip of two IDX files, or of PNG files in one folder a label.

Unpacked, either is a folder that `digitnet train --data` and `evaluate --data` read.
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

_ORIGINALS = ".originals"  # hidden, so that the folders beside it stay one a label


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
    file.writestr("train-images-idx3-ubyte", encode_idx(images))
    file.writestr("train-labels-idx1-ubyte", encode_idx(labels))


def _write_png(file: zipfile.ZipFile, corrections: Corrections) -> None:
    from PIL import Image  # noqa: PLC0415 - only an export needs it

    for correction in corrections.each():
        name = f"{correction.label}/{correction.id:05}.png"
        pixels = np.frombuffer(correction.image, np.uint8).reshape(IMAGE_SIDE, IMAGE_SIDE)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        file.writestr(name, buffer.getvalue())
        if correction.png is not None:
            file.writestr(f"{_ORIGINALS}/{name}", correction.png)
