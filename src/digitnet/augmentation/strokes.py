"""Changes of strokes: thicker or thinner, with gaps, fainter, blurred, as pens, paper and cameras make them.

Nothing here is random: the strength of each change is an argument, one number for each image. Paper stays paper, and
beyond the edge of an image there is more of it.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from digitnet.arrays import IMAGE_SIDE
from digitnet.network.backend import Tensor

__all__ = ["blurred", "faded", "ink_positions", "materialized", "thickened", "with_gaps"]

_DILATION_PIXELS = 2  # what a stroke gains in thickness from a maximum over 3 x 3 pixels: one on either side
_SMALLEST_SIGMA = 1e-3  # pixels; avoids a division by 0, and such a Gaussian leaves an image as it is


def thickened(images: Tensor, pixels: Tensor) -> Tensor:
    """Make strokes thicker or thinner, by parts of a pixel too.

    An image is blended with its grey dilation or its grey erosion, the maximum or the minimum over 3 x 3 pixels, which
    make a wide upright stroke 2 pixels thicker or thinner: half of the blend is 1 pixel.

    Args:
        images: uint8 (n, 28, 28), 0 = paper.
        pixels: float32 (n,) from -2 to 2: what a stroke gains in thickness.

    Returns:
        uint8 (n, 28, 28).
    """
    padded = jnp.pad(images, ((0, 0), (1, 1), (1, 1)))
    most, least = (_filter_3x3(padded, pick) for pick in (jnp.maximum, jnp.minimum))
    part = (pixels / _DILATION_PIXELS)[:, None, None]
    target = jnp.where(part > 0, most, least).astype(jnp.float32)
    return materialized(_rounded_to_uint8(images + jnp.abs(part) * (target - images)))


def _filter_3x3(padded: Tensor, pick: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    rows = pick(pick(padded[:, :-2], padded[:, 1:-1]), padded[:, 2:])
    return pick(pick(rows[:, :, :-2], rows[:, :, 1:-1]), rows[:, :, 2:])


def with_gaps(images: Tensor, parts: Tensor, radii: Tensor) -> Tensor:
    """Take the ink out of round places; their edge is soft, a pixel wide.

    Args:
        images: uint8 (n, 28, 28), 0 = paper.
        parts: float32 (n, k) in [0, 1]: where the centres of k gaps are, as `ink_positions` has it.
        radii: float32 (n, k) in pixels: half of the ink is left at this distance; 0 makes no gap.

    Returns:
        uint8 (n, 28, 28).
    """
    rows, columns = ink_positions(images, parts)
    offset = np.arange(IMAGE_SIDE, dtype=np.float32)
    outside = jnp.full(images.shape, jnp.inf)  # pixels from the edge of the nearest gap, below 0 inside
    for gap in range(radii.shape[1]):
        row, column, radius = (numbers[:, gap, None, None] for numbers in (rows, columns, radii))
        distance = jnp.sqrt((offset[:, None] - row) ** 2 + (offset - column) ** 2) - radius
        outside = jnp.minimum(outside, jnp.where(radius > 0, distance, jnp.inf))
    return materialized(_rounded_to_uint8(images * jnp.clip(outside + 0.5, 0, 1)))


def ink_positions(images: Tensor, parts: Tensor) -> tuple[Tensor, Tensor]:
    """Positions of inked pixels, each given by the part of all ink that comes before it, row by row.

    With parts drawn uniformly from [0, 1], a pixel is chosen in proportion to its ink.

    Args:
        images: uint8 (n, 28, 28), 0 = paper.
        parts: float32 (n, k) in [0, 1].

    Returns:
        Rows and columns, int32 (n, k) each; in an image without ink, the last pixel.
    """
    amounts = images.astype(jnp.int32)
    in_rows = amounts.sum(2)
    up_to_row = jnp.cumsum(in_rows, axis=1)
    total = up_to_row[:, -1:]
    wanted = jnp.minimum((parts * total).astype(jnp.int32), total - 1)
    rows = _count_up_to(up_to_row[:, None], wanted)
    lines = jnp.take_along_axis(amounts, rows[:, :, None], axis=1)
    before_row = jnp.take_along_axis(up_to_row - in_rows, rows, axis=1)
    columns = _count_up_to(jnp.cumsum(lines, axis=2), wanted - before_row)
    has_ink = total > 0
    last = IMAGE_SIDE - 1
    return jnp.where(has_ink, rows, last), jnp.where(has_ink, columns, last)


def _count_up_to(amounts: Tensor, wanted: Tensor) -> Tensor:
    """How many of the growing amounts, (n, 1 or k, 28), lie at or below what is wanted, (n, k)."""
    return (amounts <= wanted[:, :, None]).sum(2, dtype=jnp.int32)


def faded(images: Tensor, parts: Tensor) -> Tensor:
    """Leave a part of the ink everywhere.

    Args:
        images: uint8 (n, 28, 28), 0 = paper.
        parts: float32 (n,) in [0, 1]: what is left.

    Returns:
        uint8 (n, 28, 28).
    """
    return _rounded_to_uint8(images * parts[:, None, None])


def blurred(images: Tensor, sigmas: Tensor, radius: int) -> Tensor:
    """Smooth each image with a Gaussian of its own.

    Args:
        images: uint8 (n, 28, 28), 0 = paper.
        sigmas: float32 (n,), the standard deviation in pixels, 0 or more.
        radius: Pixels that the Gaussian reaches to each side, 1 or more; beyond three standard deviations is little.

    Returns:
        uint8 (n, 28, 28).
    """
    distances = np.arange(-radius, radius + 1)
    weights = jnp.exp(-((distances / jnp.maximum(sigmas, _SMALLEST_SIGMA)[:, None]) ** 2) / 2)
    weights = (weights / weights.sum(1, keepdims=True))[:, :, None, None]
    starts = range(len(distances))
    padded = jnp.pad(images, ((0, 0), (radius, radius), (0, 0)))
    rows = materialized(sum(weights[:, start] * padded[:, start : start + IMAGE_SIDE] for start in starts))
    padded = jnp.pad(rows, ((0, 0), (0, 0), (radius, radius)))
    return _rounded_to_uint8(sum(weights[:, start] * padded[:, :, start : start + IMAGE_SIDE] for start in starts))


def _rounded_to_uint8(images: Tensor) -> Tensor:
    """Numbers from 0 to 255 as uint8, rounded to the nearest."""
    return (images + 0.5).astype(jnp.uint8)


def materialized(values: Tensor) -> Tensor:
    """The same values, which XLA computes once and keeps in memory.

    On a CPU it would otherwise fuse all changes and compute the same pixel again for each of its neighbours, which
    takes twice as long for all changes together. The input of a loop is always materialised; this one negates twice.

    Args:
        values: Any numbers.

    Returns:
        The same.
    """
    return jax.lax.fori_loop(0, 2, lambda _, kept: -kept, values)
