"""Conversion of any colour mode, bit depth and transparency to 8-bit grey or RGB; percentiles of grey levels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitnet.arrays import AnyArray
from digitnet.errors import PictureDecodeError
from digitnet.notes import Note, NoteKind

__all__ = ["percentiles", "to_colours", "to_gray", "to_levels"]

# Pillow's grey modes with more than 8 bits.
_DEEP_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
_COLOURLESS_MODES = ("1", "L")
# Bits a value of cameras and scanners; their files store 10 to 14 bits in 16.
_BIT_DEPTHS = (8, 10, 12, 14, 16)
# Share of the full scale by which rounding errors may leave the range; chosen by hand.
_RANGE_TOLERANCE = 1e-3
# Grey levels between the 5 % and the 95 % point of opaque pixels from which they show paper and ink of their own;
# chosen by hand.
_MIN_OPAQUE_CONTRAST = 64


def to_gray(image: Image.Image) -> tuple[Image.Image, tuple[Note, ...]]:
    """Turn a loaded Pillow image of any mode into mode L.

    Args:
        image: Any mode, at least one pixel.

    Returns:
        The image in mode L, of the same size, and what was done.

    Raises:
        PictureDecodeError: Values that `to_levels` refuses.
        ValueError: A mode that Pillow cannot convert.
    """
    plain, notes = to_colours(image)
    return plain.convert("L"), notes


def to_colours(image: Image.Image) -> tuple[Image.Image, tuple[Note, ...]]:
    """Turn a loaded Pillow image of any mode into mode L where it has no colour, else into mode RGB.

    Transparent pixels become paper: white under dark strokes, black under light ones. Where most of the picture is
    opaque and shows paper and ink itself, as a photo with rounded corners does, they get the colour of that paper.

    Args:
        image: Any mode, at least one pixel.

    Returns:
        The image in mode L or RGB, of the same size, and what was done.

    Raises:
        PictureDecodeError: Values that `to_levels` refuses.
        ValueError: A mode that Pillow cannot convert.
    """
    if image.mode in _DEEP_MODES:
        return Image.fromarray(to_levels(np.asarray(image))), ()
    if image.has_transparency_data:
        return _composited(image.convert("RGBA"))
    if image.mode == "LAB":  # Pillow has no way from here to RGB; the lightness alone shows the strokes
        return image.getchannel("L"), ()
    return image.convert("L" if image.mode in _COLOURLESS_MODES else "RGB"), ()


def to_levels(values: AnyArray) -> NDArray[np.uint8]:
    """Scale brightness of any type to 0..255.

    Args:
        values: Any shape, at least one value. bool; uint8 0..255; other integers 0..65535, whose
            maximum decides how many bits are in use (8, 10, 12, 14 or 16); floats 0..1 when none is above 1, else
            0..255.

    Returns:
        uint8, of the same shape.

    Raises:
        PictureDecodeError: Another type of values, values outside that range, or not finite.
    """
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    if values.dtype == np.bool_:
        return np.multiply(values, 255, dtype=np.uint8)
    if values.dtype.kind not in "iuf":
        raise PictureDecodeError(f"expected numbers from 0 to 255, found values of type {values.dtype}")
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(low) and np.isfinite(high)):  # a NaN anywhere is the minimum and the maximum
        raise PictureDecodeError("expected finite numbers, found NaN or infinity")
    if values.dtype.kind == "f":
        full = 1.0 if high <= 1 + _RANGE_TOLERANCE else 255.0
    else:
        full = next((2.0**bits - 1 for bits in _BIT_DEPTHS if high < 2**bits), 65535.0)
    if low < -_RANGE_TOLERANCE * full or high > (1 + _RANGE_TOLERANCE) * full:
        expected = "0..1 or 0..255" if values.dtype.kind == "f" else "0..65535"
        raise PictureDecodeError(f"expected values in {expected}, found {low:g} to {high:g}")
    scaled = np.multiply(values, 255 / full, dtype=np.float32)
    return np.asarray(np.clip(np.rint(scaled), 0, 255), np.uint8)


def percentiles(levels: NDArray[np.uint8], shares: Sequence[float]) -> list[float]:
    """Percentiles of grey levels, equal to those of `numpy.percentile` to the last bit.

    The first call of `numpy.percentile` imports `numpy.ma`, which takes longer than reading a picture.

    Args:
        levels: uint8 (n,), n >= 1.
        shares: Each in [0, 100].

    Returns:
        One number in [0, 255] for each share, interpolated between the two nearest levels.

    Source:
        R. J. Hyndman, Y. Fan, The American Statistician 50 (1996), 361-365: their definition 7.
    """
    ordered = np.sort(levels, kind="stable")  # for bytes this is a radix sort, linear in n
    found = []
    for share in shares:
        place = (len(ordered) - 1) * (share / 100)
        before = int(place)
        low, high = int(ordered[before]), int(ordered[min(before + 1, len(ordered) - 1)])
        part = place - before
        # Like NumPy, interpolate from the nearer of the two levels, so that rounding errors agree.
        found.append(low + (high - low) * part if part < 0.5 else high - (high - low) * (1 - part))
    return found


def _composited(image: Image.Image) -> tuple[Image.Image, tuple[Note, ...]]:
    """An RGBA image composited on a background on which its strokes are visible."""
    colours, alpha = image.convert("RGB"), image.getchannel("A")
    opacity = np.asarray(alpha)
    if opacity.min() == 255:
        return colours, ()
    is_opaque = opacity > opacity.max() // 2
    opaque = np.asarray(colours.convert("L"))[is_opaque]
    dark, middle, light = percentiles(opaque, (5, 50, 95)) if opaque.size else (0, 0, 0)
    if opaque.size > opacity.size / 2 and light - dark > _MIN_OPAQUE_CONTRAST:
        paper, name = _median_colour(np.asarray(colours)[is_opaque]), "its own paper"
    elif middle < 128:
        paper, name = (255, 255, 255), "white"
    else:
        paper, name = (0, 0, 0), "black"
    laid = Image.composite(colours, Image.new("RGB", image.size, paper), alpha)
    return laid, (Note(NoteKind.BACKGROUND_FILLED, (name,)),)


def _median_colour(colours: NDArray[np.uint8]) -> tuple[int, int, int]:
    """The median of each channel of (n, 3)."""
    red, green, blue = (round(percentiles(colours[:, channel], (50,))[0]) for channel in range(3))
    return red, green, blue
