"""Arrays as base64, which is how JSON carries them to the page."""

import base64

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray

__all__ = ["encoded_bytes", "encoded_fields"]


def encoded_bytes(array: AnyArray) -> str:
    """The bytes of an array, in row order, as base64."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def encoded_fields(weights: AnyArray) -> NDArray[np.int8]:
    """Weights of units as signed bytes, each unit to a scale of its own, so that its strongest weight is +-127.

    Args:
        weights: (units, n) finite.

    Returns:
        int8 (units, n); a unit without weights is all 0.
    """
    strongest = np.abs(weights).max(axis=1, keepdims=True, initial=0)
    return np.asarray(np.rint(127 * weights / np.where(strongest > 0, strongest, 1)), np.int8)
