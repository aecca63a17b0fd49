"""Images that were never written: every epoch sees each training image somewhat changed.

All runs inside the compiled epoch, on the batch that a step has just gathered, so that no image is ever stored twice.
"""

from collections.abc import Callable
from typing import TypeAlias

import jax
import jax.numpy as jnp

from digitnet.backend import Tensor
from digitnet.random_bits import random_bits

__all__ = ["Augmentation", "random_shift"]

Augmentation: TypeAlias = Callable[[Tensor, Tensor], Tensor]  # (images uint8 (n, 28, 28), key) -> images, as they came


def random_shift(images: Tensor, key: Tensor, *, pixels: int) -> Tensor:
    """Shift each image by whole pixels in x and y; what leaves is lost, and paper comes in.

    Args:
        images: uint8 (n, height, width).
        key: As `random_bits` takes it; equal keys shift equally.
        pixels: The farthest, 0 or more; all distances from -pixels to pixels are equally likely, to 0.1 %.

    Returns:
        uint8 (n, height, width).
    """
    width = 2 * pixels + 1
    bits = random_bits(key, len(images))
    tops, lefts = ((part % width).astype(jnp.int32) for part in (bits & 0xFFFF, bits >> 16))
    padded = jnp.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels)))
    return jax.vmap(lambda image, top, left: jax.lax.dynamic_slice(image, (top, left), images.shape[1:]))(
        padded, tops, lefts
    )
