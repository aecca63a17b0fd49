"""A kernel that is mostly zeros, cut into bands of units that see nearly the same inputs.

The units of a network with receptive fields see a part of what is before them. Sorted by the middle of what they see,
neighbours see nearly the same: a band of them needs only the inputs from the first to the last that any of its units
sees. Nothing is known of discs here; the zeros of the kernel say it all.

Source:
    Sizes: docs/log.md, 2026-11-30, "products of what units see".
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray

__all__ = ["Band", "Places", "find_bands"]

Places: TypeAlias = NDArray[np.intp]

_BANDS_MAX = 4  # more make single images slower: each band is an operator of its own
_UNITS_MIN = 256  # of a band; smaller products are slower by the number
_BLOCK = 16  # inputs that are looked at together, less than a row of pixels
_WORTHWHILE = 0.9  # largest part of the kernel's products that is worth the slicing


class Band(NamedTuple):
    """Units that see nearly the same inputs.

    Attributes:
        units: Which ones, in the order of the sorted layer.
        first: The first input that any of them sees.
        end: The input behind the last one that any of them sees.
    """

    units: Places
    first: int
    end: int


def find_bands(kernel: AnyArray) -> Sequence[Band]:
    """The bands of a kernel.

    Args:
        kernel: (inputs, units), the inputs in an order in which neighbours belong together.

    Returns:
        Bands that hold every unit once; none where they would save too little.
    """
    inputs, units = kernel.shape
    count = min(_BANDS_MAX, units // _UNITS_MIN)
    if count < 2 or not inputs:
        return ()
    is_seen = _seen_blocks(kernel)
    if np.count_nonzero(is_seen) > _WORTHWHILE * is_seen.size:
        return ()
    first = is_seen.argmax(axis=0)
    last = len(is_seen) - 1 - is_seen[::-1].argmax(axis=0)
    last[~is_seen.any(axis=0)] = 0  # a unit that sees nothing fits anywhere
    order = np.argsort(first + last, kind="stable")
    bands = [
        Band(members, _BLOCK * int(first[members].min()), min(inputs, _BLOCK * (int(last[members].max()) + 1)))
        for members in np.array_split(order, count)
    ]
    products = sum(len(band.units) * (band.end - band.first) for band in bands)
    return bands if products <= _WORTHWHILE * kernel.size else ()


def _seen_blocks(kernel: AnyArray) -> NDArray[np.bool_]:
    """Whether each unit sees any input of each block, (blocks, units)."""
    bits = kernel.view(
        np.dtype(f"u{kernel.itemsize}")
    )  # numbers are put together by their bits, in less than a millisecond
    whole = len(bits) // _BLOCK * _BLOCK
    blocks = [np.bitwise_or.reduce(bits[:whole].reshape(-1, _BLOCK, bits.shape[1]), axis=1)]
    if whole < len(bits):
        blocks.append(np.bitwise_or.reduce(bits[whole:], axis=0, keepdims=True))
    seen = np.concatenate(blocks)
    if kernel.dtype.kind == "f":
        seen &= np.iinfo(seen.dtype).max >> 1  # -0.0 is a zero too, with a bit for its sign
    is_seen: NDArray[np.bool_] = seen != 0
    return is_seen
