"""One small picture file to grey numbers."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from digitnet.arrays import IMAGE_SIDE, GrayPicture
from digitnet.errors import DatasetFormatError
from digitnet.pictures.decoder_errors import DECODER_ERRORS
from digitnet.pictures.decoder_output import quiet_libtiff, quiet_pillow

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["load_small_picture"]

# Formats that are read by Pillow itself; of the others some start programs.
_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")

# At most eight bits a channel: of a deeper picture, conversion to grey would cut off the bright part.
_MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"}


def load_small_picture(path: Path) -> GrayPicture:
    """Read a picture that is in MNIST's frame already.

    Colours become grey by their brightness (ITU-R BT.601). Nothing is scaled, inverted or turned; of several
    frames the first is read.

    Args:
        path: A BMP, GIF, JPEG, PNG, PPM, TIFF or WebP file.

    Returns:
        uint8 (28, 28), as stored: 0 = black, which is paper to a network trained on MNIST.

    Raises:
        DatasetFormatError: Not such a picture, damaged, of another size, deeper than 8 bits, or see-through.
    """
    from PIL import Image  # noqa: PLC0415 - only a folder of pictures needs it

    quiet_libtiff()
    try:
        with quiet_pillow():  # of odd but readable metadata
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS) as picture:
                _check_header(picture, path)
                return _to_gray(picture, path)
    except DatasetFormatError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DatasetFormatError(
            f"{path} has far too many pixels: digitnet trains on pictures of 28 x 28. Scale it first."
        ) from error
    except DECODER_ERRORS as error:
        raise DatasetFormatError(
            f"{path} cannot be read: expected a picture ({', '.join(_FORMATS)}), found damage or another "
            f"kind of file. Repair or remove it."
        ) from error


def _check_header(picture: "Image.Image", path: Path) -> None:
    """Refuse what the header alone condemns, before a single pixel is unpacked."""
    if picture.size != (IMAGE_SIDE, IMAGE_SIDE):
        width, height = picture.size
        raise DatasetFormatError(
            f"{path} has {width} x {height} pixels: digitnet trains on pictures of 28 x 28. Scale it first."
        )
    if picture.mode not in _MODES:
        raise DatasetFormatError(
            f"{path} has pixels of Pillow's mode {picture.mode}: expected at most 8 bits a channel. Convert it first."
        )


def _to_gray(picture: "Image.Image", path: Path) -> GrayPicture:
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        if np.asarray(picture)[:, :, 3].min() < 255:
            raise DatasetFormatError(
                f"{path} is see-through in places: expected an opaque picture. Lay it on its background first."
            )
    return np.asarray(picture.convert("L"))
