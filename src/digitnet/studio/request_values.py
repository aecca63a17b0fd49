"""Values of query parameters and JSON fields, checked: numbers, names, images."""

import base64
import binascii
import re
from typing import Any

import numpy as np
from starlette.requests import Request

from digitnet.arrays import IMAGE_SIDE, Images
from digitnet.errors import RequestError

__all__ = ["UNITS_MAX", "check_below", "image_of", "one_of", "switches_of", "whole_number"]

UNITS_MAX = 1 << 20  # larger numbers of layers and units are refused before the network is read; chosen by hand

_SWITCHES_MAX = 4096  # neurons; chosen by hand
_PIXELS = IMAGE_SIDE * IMAGE_SIDE


def whole_number(request: Request, name: str, low: int, high: int, default: int | None = None) -> int:
    """A number of the query.

    Args:
        request: The request.
        name: Of the parameter.
        low: The least it may be.
        high: The most it may be.
        default: What a missing one is; None where it may not be missing.

    Returns:
        The number, in [low, high].

    Raises:
        RequestError: 400, it is missing, no whole number, or outside.
    """
    text = request.query_params.get(name, "" if default is None else str(default))
    if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
        raise RequestError(f"{name} is {text!r:.40}: expected a whole number from {low} to {high}")
    return int(text)


def one_of(request: Request, name: str, known: tuple[str, ...]) -> str:
    """A choice in the query.

    Args:
        request: The request.
        name: Of the parameter.
        known: What it may be; the first where it is missing.

    Returns:
        One of them.

    Raises:
        RequestError: 400, it is another one.
    """
    text = request.query_params.get(name, known[0])
    if text not in known:
        raise RequestError(f"{name} is {text!r:.40}: expected {' or '.join(known)}")
    return text


def image_of(content: dict[str, Any], name: str = "image") -> Images:
    """An image in an object of JSON.

    Args:
        content: The object.
        name: Of the image.

    Returns:
        uint8 (28, 28).

    Raises:
        RequestError: 400, it is not base64 of 784 bytes.
    """
    text = content.get(name)
    if not isinstance(text, str):
        raise RequestError(f"{name} is {_kind(content, name)}: expected base64 of {_PIXELS} bytes, 28 rows of 28")
    try:
        pixels = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError(f"{name} is not base64: expected that of {_PIXELS} bytes, 28 rows of 28") from error
    if len(pixels) != _PIXELS:
        raise RequestError(f"{name} has {len(pixels):,} bytes: expected {_PIXELS}, 28 rows of 28")
    return np.frombuffer(pixels, np.uint8).reshape(IMAGE_SIDE, IMAGE_SIDE)


def check_below(name: str, value: object, count: int) -> int:
    """Refuse a value that is not a whole number from 0 to `count` - 1.

    Args:
        name: Its name in the error.
        value: Anything that JSON can hold.
        count: One more than the largest value.

    Returns:
        The value, in [0, count).

    Raises:
        RequestError: 400, it is something else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < count:
        raise RequestError(f"{name} is {value!r:.40}: expected a whole number from 0 to {count - 1}")
    return value


def switches_of(content: dict[str, Any]) -> list[tuple[int, int]]:
    """The neurons that are switched off, in an object of JSON; whether they exist is checked with the network.

    Args:
        content: The object.

    Returns:
        Layer and unit of each.

    Raises:
        RequestError: 400, it is no list of pairs of whole numbers.
    """
    pairs = content.get("switched_off", [])
    if not isinstance(pairs, list) or len(pairs) > _SWITCHES_MAX:
        raise RequestError(f"switched_off is not a list of at most {_SWITCHES_MAX:,} pairs of layer and unit")
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise RequestError(f"switched_off has {pair!r:.40}: expected a pair of layer and unit")
        for name, value in zip(("a layer", "a unit"), pair, strict=True):
            check_below(f"{name} of switched_off", value, UNITS_MAX)
    return [(layer, unit) for layer, unit in pairs]


def _kind(content: dict[str, Any], name: str) -> str:
    return "missing" if name not in content else f"{content[name]!r:.40}"
