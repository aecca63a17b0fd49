"""Nested lists of JSON -> images."""

from typing import Any

import numpy as np

from digitnet.arrays import IMAGE_SIDE, AnyArray, Images
from digitnet.errors import RequestError

__all__ = ["to_images", "to_pixels"]

_PIXELS = IMAGE_SIDE * IMAGE_SIDE


def to_pixels(content: Any, where: str) -> AnyArray:
    """Convert nested lists of whole numbers from 0 to 255 into an array.

    Args:
        content: Lists of lists of numbers, from JSON.
        where: Name of the lists in error messages.

    Returns:
        uint8, in the shape of the lists.

    Raises:
        RequestError: 400, something else is among them.
    """
    if not isinstance(content, list):
        raise RequestError(f"{where} is not an array of numbers from 0 to 255")
    try:
        values = np.asarray(content)
    except (ValueError, OverflowError) as error:
        raise RequestError(f"{where} is not rectangular: its rows differ in length or depth") from error
    if not values.size:
        return values.astype(np.uint8)
    if values.dtype.kind not in "iuf":
        raise RequestError(f"{where} holds something other than numbers from 0 to 255")
    if not ((values >= 0) & (values <= 255)).all():
        raise RequestError(f"{where} holds {_outside(values)}: expected whole numbers from 0 to 255")
    if values.dtype.kind == "f" and not (values == np.rint(values)).all():
        raise RequestError(
            f"{where} holds fractions: expected whole numbers from 0 to 255, since the division by 255 is in the model"
        )
    return values.astype(np.uint8)


def to_images(content: Any, where: str) -> Images:
    """Convert nested lists into images: each has 28 x 28 pixels, 28 x 28 x 1 or 784.

    Args:
        content: Lists of lists of numbers, from JSON.
        where: Name of the lists in error messages.

    Returns:
        uint8 (n, 28, 28).

    Raises:
        RequestError: 400, they are something else.
    """
    pixels = to_pixels(content, where)
    side = IMAGE_SIDE
    if pixels.shape[1:] not in {(side, side), (side, side, 1), (_PIXELS,)} and pixels.size:
        raise RequestError(
            f"{where} has the shape {list(pixels.shape)}: expected [n, {side}, {side}], [n, {side}, {side}, 1] "
            f"or [n, {_PIXELS}]"
        )
    if not pixels.size and pixels.shape != (0,):
        raise RequestError(f"{where} has the shape {list(pixels.shape)}: expected images of {side} x {side} pixels")
    return pixels.reshape(-1, side, side)


def _outside(values: AnyArray) -> str:
    return f"{float(values[~((values >= 0) & (values <= 255))].flat[0]):g}"
