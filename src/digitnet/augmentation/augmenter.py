"""Random changes of training images, drawn anew in every epoch.

All runs inside the compiled epoch, on the batch that a step has just gathered, so that no image is ever stored twice.
An image is scaled, sheared, rotated, shifted and distorted elastically. All of that together is one sampling grid,
which gives for each pixel its place in the original, so that the image is interpolated once. Then its strokes are
changed (`digitnet.augmentation.strokes`). Each kind of change has a stream of random numbers of its own: switching one
kind on or off does not change the others, so that two experiments differ in nothing else.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from digitnet.arrays import IMAGE_SIDE, AnyArray, Images, Labels
from digitnet.augmentation.distortion import Distortion
from digitnet.augmentation.strokes import blurred, faded, materialized, thickened, with_gaps
from digitnet.network.backend import Tensor
from digitnet.network.random_bits import random_bits

__all__ = [
    "Augmentation",
    "augmented_copies",
    "bilinear_sample",
    "make_augmentation",
    "random_distortion",
    "random_sampling_grid",
    "random_shift",
    "random_strokes",
]

# (images uint8 (n, 28, 28), labels int (n,), key) -> images, as they came
Augmentation: TypeAlias = Callable[[Tensor, Tensor, Tensor], Tensor]

_CENTRE = (IMAGE_SIDE - 1) / 2
# One stream of random numbers for each kind of change; its key is the step's key followed by its position here.
# Position 0 gives the same numbers as the step's key alone, which is what `random_shift` uses.
_STREAMS = ("shift", "rotation", "scaling", "shear", "elastic", "thickness", "gaps", "contrast", "blur")


def make_augmentation(distortion: Distortion) -> Augmentation | None:
    """The argument `augmentation` of `train`, for given strengths.

    Args:
        distortion: How strongly images are changed.

    Returns:
        A function (images uint8 (n, 28, 28), labels int (n,), key) -> images uint8 (n, 28, 28); None where nothing
        is to be changed.
    """
    return None if distortion.is_none else partial(random_distortion, distortion=distortion)


def augmented_copies(images: Images, labels: Labels, distortion: Distortion, *, copies: int, seed: int) -> Images:
    """Several distorted copies of each image, to show what training sees.

    Args:
        images: uint8 (n, 28, 28).
        labels: uint8 (n,).
        distortion: The strengths.
        copies: How many of each image, 1 or more.
        seed: Where the random numbers start, 0 or more.

    Returns:
        uint8 (n, copies, 28, 28).
    """
    distort = jax.jit(partial(random_distortion, distortion=distortion))
    keys = np.random.SeedSequence(seed).generate_state(2 * copies).reshape(copies, 2)
    return np.stack([np.asarray(distort(images, labels, key)) for key in keys], axis=1)


def random_distortion(images: Tensor, labels: Tensor, key: Tensor, *, distortion: Distortion) -> Tensor:
    """Distort each image in its own way.

    Args:
        images: uint8 (n, 28, 28), 0 = paper.
        labels: int (n,); 1 and 7 are turned and sheared by `distortion.slender_factor` times the others' angles.
        key: As `random_bits` takes it; equal keys distort equally.
        distortion: The strengths.

    Returns:
        uint8 (n, 28, 28).
    """
    if distortion.is_warp:
        images = bilinear_sample(images, random_sampling_grid(labels, key, distortion=distortion))
    elif distortion.shift:  # whole pixels need no interpolation
        images = random_shift(images, key, pixels=distortion.shift)
    return random_strokes(images, key, distortion=distortion)


def random_shift(images: Tensor, key: Tensor, *, pixels: int) -> Tensor:
    """Shift each image by whole pixels in x and y; what leaves is lost, and paper comes in.

    Args:
        images: uint8 (n, height, width).
        key: As `random_bits` takes it; equal keys shift equally.
        pixels: The farthest, 0 or more; all distances from -pixels to pixels are equally likely, to 0.1 %.

    Returns:
        uint8 (n, height, width).
    """
    tops, lefts = _random_shifts(len(images), key, pixels)
    padded = jnp.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels)))
    return jax.vmap(lambda image, top, left: jax.lax.dynamic_slice(image, (top, left), images.shape[1:]))(
        padded, tops, lefts
    )


def random_sampling_grid(labels: Tensor, key: Tensor, *, distortion: Distortion) -> Tensor:
    """The place in the original of each pixel of a distorted image.

    The original is scaled, then sheared, then rotated about its centre, then shifted; the elastic displacement is added
    to the place that each pixel is taken from. All strengths are drawn evenly from their ranges. Both parts
    are made in one go, basis @ numbers @ basis.T, with a few numbers for each image.

    Args:
        labels: int (n,).
        key: As `random_bits` takes it.
        distortion: The strengths.

    Returns:
        float32 (n, 2, 28, 28): the row, then the column, in pixels from the centre of the top left pixel.
    """
    basis = _grid_basis(distortion)
    affine = _random_affine(labels, key, distortion)
    n, nodes = len(labels), basis.shape[1] - 2
    noise = _uniform(key, "elastic", n, 2, nodes, nodes) * distortion.elastic_pixels * math.sqrt(3)  # variance of 1 / 3
    numbers = jnp.pad(affine, _padding(after=nodes)) + jnp.pad(noise, _padding(before=2))
    return jnp.einsum("yr,narc,xc->nayx", basis, numbers, basis, precision="highest")


def _random_affine(labels: Tensor, key: Tensor, distortion: Distortion) -> Tensor:
    """The affine part of the grid: the place of an image's centre in the original, and the steps per column and row.

    Returns:
        float32 (n, 2, 2, 2): for the row and the column in the original, [[at the centre, per column], [per row, 0]].
    """
    n = len(labels)
    slender = jnp.where((labels == 1) | (labels == 7), jnp.float32(distortion.slender_factor), jnp.float32(1))
    angle = math.radians(distortion.rotation) * slender * _uniform(key, "rotation", n)
    slant = jnp.tan(math.radians(distortion.shear) * slender * _uniform(key, "shear", n))
    width, height = 1 + distortion.scaling * _uniform(key, "scaling", n, 2).T
    # The inverse of turn @ shear @ scale, since a pixel of the result asks where it comes from.
    cosine, sine = jnp.cos(angle), jnp.sin(angle)
    per_column = jnp.stack([-sine / height, (cosine + slant * sine) / width])
    per_row = jnp.stack([cosine / height, (sine - slant * cosine) / width])
    down, right = (distortion.shift - drawn for drawn in _random_shifts(n, key, distortion.shift))
    centre = _CENTRE - per_column * right - per_row * down
    return jnp.array([[centre, per_column], [per_row, jnp.zeros_like(centre)]]).transpose(3, 2, 0, 1)


def _padding(before: int = 0, after: int = 0) -> tuple[tuple[int, int], ...]:
    """Padding for `jnp.pad` of an array (n, 2, rows, columns): zeros before and after its rows and its columns."""
    return ((0, 0), (0, 0), (before, after), (before, after))


def bilinear_sample(images: Tensor, grid: Tensor) -> Tensor:
    """Interpolate each pixel of the result between four pixels of the original; beyond the edge is paper.

    Args:
        images: uint8 (n, 28, 28).
        grid: float32 (n, 2, 28, 28) as `random_sampling_grid` makes it.

    Returns:
        uint8 (n, 28, 28), bilinear interpolation rounded to the nearest grey.
    """
    n, side = len(images), IMAGE_SIDE
    # One pixel of paper is added all around, and places farther out are moved onto it.
    rows, columns = (jnp.clip(grid[:, axis] + 1, 0, side + 0.999) for axis in (0, 1))
    top, left = rows.astype(jnp.int32), columns.astype(jnp.int32)
    below, beside = rows - top, columns - left
    # The four neighbours of each place are the four bytes of one number, so that one gather fetches them all.
    padded = jnp.pad(images, ((0, 0), (1, 1), (1, 1))).astype(jnp.uint32)
    corners = padded[:, :-1, :-1] | padded[:, :-1, 1:] << 8 | padded[:, 1:, :-1] << 16 | padded[:, 1:, 1:] << 24
    corners = _optimization_barrier(corners.reshape(n, -1))  # computed once, not again for each gather
    places = (top * (side + 1) + left).reshape(n, -1)
    found = jnp.take_along_axis(corners, places, axis=1, mode="promise_in_bounds")
    found = _optimization_barrier(found).reshape(n, side, side)  # XLA vectorises all that follows
    upper_left, upper_right, lower_left, lower_right = (
        (found >> bits & 0xFF).astype(jnp.float32) for bits in (0, 8, 16, 24)
    )
    upper = upper_left + beside * (upper_right - upper_left)
    lower = lower_left + beside * (lower_right - lower_left)
    return (upper + below * (lower - upper) + 0.5).astype(jnp.uint8)


def random_strokes(images: Tensor, key: Tensor, *, distortion: Distortion) -> Tensor:
    """Change the strokes of each image in its own way: their thickness, then gaps, contrast and blur.

    Args:
        images: uint8 (n, 28, 28), 0 = paper.
        key: As `random_bits` takes it.
        distortion: The strengths; those of the geometry are ignored.

    Returns:
        uint8 (n, 28, 28).
    """
    n = len(images)
    if distortion.changes_strokes:
        images = materialized(images)
    if distortion.thickness:
        images = thickened(images, distortion.thickness * _uniform(key, "thickness", n))
    if distortion.gaps:
        images = _with_random_gaps(images, key, distortion)
    if distortion.contrast:
        images = faded(images, 1 - distortion.contrast * _uniform_fraction(key, "contrast", n))
    if distortion.blur:
        images = blurred(images, distortion.blur * _uniform_fraction(key, "blur", n), math.ceil(3 * distortion.blur))
    return images


def _with_random_gaps(images: Tensor, key: Tensor, distortion: Distortion) -> Tensor:
    """The images with 0 to `distortion.gaps` gaps each, every number equally likely."""
    drawn = _uniform_fraction(key, "gaps", len(images), 1 + 2 * distortion.gaps)
    count, places, sizes = jnp.split(drawn, (1, 1 + distortion.gaps), axis=1)
    is_there = jnp.arange(distortion.gaps) < jnp.floor(count * (distortion.gaps + 1))
    return with_gaps(images, places, jnp.where(is_there, distortion.gap_radius * (1 + sizes) / 2, 0))


def _random_shifts(n: int, key: Tensor, pixels: int) -> tuple[Tensor, Tensor]:
    """Random shifts down and right, int32 (n,) each, uniform from 0 to 2 * pixels."""
    bits = random_bits(key, n)
    down, right = ((part % (2 * pixels + 1)).astype(jnp.int32) for part in (bits & 0xFFFF, bits >> 16))
    return down, right


def _uniform(key: Tensor, stream: str, *shape: int) -> Tensor:
    """Uniformly distributed float32 in [-1, 1], of the given shape, from the stream of one kind of change."""
    bits = random_bits(jnp.append(key, jnp.uint32(_STREAMS.index(stream))), math.prod(shape))
    return jax.lax.bitcast_convert_type(bits, jnp.int32).reshape(shape).astype(jnp.float32) / 2.0**31


def _uniform_fraction(key: Tensor, stream: str, *shape: int) -> Tensor:
    """Uniformly distributed float32 in [0, 1]; otherwise as `_uniform`."""
    return (1 + _uniform(key, stream, *shape)) / 2


def _grid_basis(distortion: Distortion) -> AnyArray:
    """The functions that a grid is a combination of, along one axis: float32 (28, 2 + nodes), a row for each pixel.

    A constant, the distance from the centre, and, where there is an elastic part, how much each node of a coarse
    lattice of noise counts. A Gaussian leaves nothing finer than its own width, so that noise on every pixel is not
    needed: nodes a little less than its standard deviation apart give the same field, to 0.1 %, with a tenth of the
    random numbers. A node's weights have unit norm at each pixel, so the field varies there as much as the noise.
    """
    distance = np.arange(IMAGE_SIDE) - _CENTRE
    columns = [np.ones((IMAGE_SIDE, 1)), distance[:, None]]
    if distortion.elastic_alpha:
        sigma = distortion.elastic_sigma
        spacing = max(1.0, sigma / 1.25)
        count = math.ceil((IMAGE_SIDE - 1 + 4 * sigma) / spacing) + 1  # up to two standard deviations outside
        nodes = spacing * (np.arange(count) - (count - 1) / 2)
        weights = np.exp(-((distance[:, None] - nodes) ** 2) / (2 * sigma**2))
        columns.append(weights / np.linalg.norm(weights, axis=1, keepdims=True))
    return np.asarray(np.concatenate(columns, axis=1), np.float32)


def _optimization_barrier(values: Tensor) -> Tensor:
    """The same values; XLA may not fuse their computation with what uses them."""
    return jax.lax.optimization_barrier(values)  # type: ignore[no-untyped-call] # JAX has not typed it
