"""Limits of a picture's size: its pixels, each of its sides, and how long it may be for its width."""

from digitnet.errors import PictureDecodeError, PictureTooLargeError

__all__ = ["MAX_PIXELS", "MAX_RATIO", "MAX_SIDE", "check_ratio", "check_size"]

# Default limit of width times height in pixels: photos of phones, 48 or 50 megapixels, pass, and a decompression bomb
# of 100 does not; chosen by hand.
MAX_PIXELS = 64_000_000
# Pixels of the longer side. OpenCV's remap and warpAffine address pixels in 16 bits and refuse a side of SHRT_MAX,
# 32,767 (modules/imgproc/src/imgwarp.cpp).
MAX_SIDE = 32_766
# The longer side divided by the shorter. Work on a picture that is reduced or enlarged by one factor grows with this
# ratio: 1 x 64,000,000 pixels took 2.3 GB. A line of 300 digits has a ratio of about 300; chosen by hand.
MAX_RATIO = 1000


def check_size(name: str, width: int, height: int, max_pixels: int) -> None:
    """Refuse a picture that is empty, too large or too long, by its size alone.

    Args:
        name: Name of the picture in the error message.
        width: In pixels.
        height: In pixels.
        max_pixels: Greatest width times height.

    Raises:
        PictureDecodeError: It has no pixels.
        PictureTooLargeError: It has more pixels than `max_pixels`, or a side beyond `MAX_SIDE` or `MAX_RATIO`.
    """
    n = width * height
    if n == 0:
        raise PictureDecodeError(f"{name} has no pixels: it is {width} x {height}")
    if n > max_pixels:
        raise PictureTooLargeError(
            f"{name} has {width:,} x {height:,} = {n:,} pixels; the limit is {max_pixels:,}: scale it down"
        )
    if max(width, height) > MAX_SIDE:
        raise PictureTooLargeError(
            f"{name} has {width:,} x {height:,} pixels; the limit of a side is {MAX_SIDE:,}: cut it into pieces"
        )
    check_ratio(f"{name} has {width:,} x {height:,} pixels", width, height)


def check_ratio(what: str, width: float, height: float) -> None:
    """Refuse a picture or page that is too long for its width.

    Args:
        what: What it is and which size it has, the beginning of the error message.
        width: In any unit, greater than 0.
        height: In the same unit, greater than 0.

    Raises:
        PictureTooLargeError: The ratio is above `MAX_RATIO`.
    """
    if max(width, height) > MAX_RATIO * min(width, height):
        raise PictureTooLargeError(
            f"{what}; the longer side may be {MAX_RATIO:,} times the shorter at most: cut it into pieces"
        )
