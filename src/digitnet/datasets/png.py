"""PNG files of 8-bit pixels, without a library for pictures."""

import struct
import zlib

import numpy as np

from digitnet.arrays import AnyArray

__all__ = ["encode_png"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COMPRESSION = 3  # of 1 to 9; up to here more of it is free
_INCHES_PER_METRE = 1 / 0.0254
_GRAY, _COLOUR = 0, 2  # PNG's types of colour


def encode_png(pixels: AnyArray, dpi: float | None = None) -> bytes:
    """The PNG file of a picture.

    Args:
        pixels: uint8 (height, width) in grey, or (height, width, 3) in red, green and blue.
        dpi: Dots per inch that the file says it has; None says nothing.

    Returns:
        The bytes of the file.

    Source:
        Portable Network Graphics (PNG) Specification, third edition, W3C.
    """
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    lines = np.zeros((height, 1 + channels * width), np.uint8)  # each line starts with its filter: 0 for none
    lines[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, _GRAY if channels == 1 else _COLOUR, 0, 0, 0)
    parts = [_chunk(b"IHDR", header)]
    if dpi is not None:
        density = round(dpi * _INCHES_PER_METRE)
        parts.append(_chunk(b"pHYs", struct.pack(">IIB", density, density, 1)))  # dots in a metre
    return _SIGNATURE + b"".join(
        [*parts, _chunk(b"IDAT", zlib.compress(lines.data, _COMPRESSION)), _chunk(b"IEND", b"")]
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
