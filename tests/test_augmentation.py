"""Augmentation against NumPy's own slices."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from digitnet.augmentation import random_shift

RANDOM = np.random.default_rng(0)


def key(*words: int) -> Any:
    return jnp.array(words, jnp.uint32)


@pytest.mark.parametrize("pixels", [0, 1, 3])
def test_every_image_is_one_of_its_shifts_and_all_occur(pixels: int) -> None:
    image = RANDOM.integers(1, 256, (28, 28), dtype=np.uint8)
    shifted = np.asarray(random_shift(jnp.asarray(np.stack([image] * 2000)), key(1, 2), pixels=pixels))
    possible = {}
    for down in range(-pixels, pixels + 1):
        for right in range(-pixels, pixels + 1):
            moved = np.zeros_like(image)
            rows, columns = (np.arange(28)[max(0, by) : 28 + min(0, by)] for by in (down, right))
            moved[np.ix_(rows, columns)] = image[np.ix_(rows - down, columns - right)]
            possible[moved.tobytes()] = 0
    for one in shifted:
        possible[one.tobytes()] += 1  # a KeyError is an image that is no shift of the original
    share = 1 / len(possible)
    for count in possible.values():
        assert abs(count / 2000 - share) <= 4.5 * np.sqrt(share * (1 - share) / 2000)
    assert shifted.dtype == np.uint8


def test_the_shift_follows_from_the_key_alone() -> None:
    images = jnp.asarray(RANDOM.integers(0, 256, (50, 28, 28), dtype=np.uint8))
    shift = jax.jit(partial(random_shift, pixels=2))
    np.testing.assert_array_equal(shift(images, key(1, 2, 3)), random_shift(images, key(1, 2, 3), pixels=2))
    assert (np.asarray(shift(images, key(1, 2, 3))) != np.asarray(shift(images, key(1, 2, 4)))).any()
