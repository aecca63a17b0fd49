"""A hand that writes pages without files: seven-segment digits of its own, and the typeface that comes with Pillow."""

from functools import cache

import cv2
import numpy as np
from PIL import ImageFont

from digitnet.arrays import Images
from digitnet.augmentation.written_pages import Writer

# Which strokes of a seven-segment display each digit has.
_SEGMENTS = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg")
_ENDS = {
    "a": ((9, 5), (19, 5)),
    "b": ((19, 5), (19, 14)),
    "c": ((19, 14), (19, 23)),
    "d": ((9, 23), (19, 23)),
    "e": ((9, 14), (9, 23)),
    "f": ((9, 5), (9, 14)),
    "g": ((9, 14), (19, 14)),
}


@cache
def drawn_digits() -> Images:
    """The ten digits, uint8 (10, 28, 28)."""
    images = np.zeros((10, 28, 28), np.uint8)
    for image, segments in zip(images, _SEGMENTS, strict=True):
        for segment in segments:
            cv2.line(image, *_ENDS[segment], 255, 2)
    return images


@cache
def typeface() -> ImageFont.FreeTypeFont:
    """Pillow's own typeface."""
    font = ImageFont.load_default(64)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def writer(seed: int, *, has_typeface: bool = True) -> Writer:
    """Somebody who writes with these."""
    fonts = [typeface()] if has_typeface else []
    return Writer(drawn_digits(), np.arange(10), fonts, np.random.default_rng(seed))
