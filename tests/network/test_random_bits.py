"""Random bits against the same hash in plain Python, and against what fair bits do."""

import jax.numpy as jnp
import numpy as np
import pytest

from digitnet.network.random_bits import random_bits


def scrambled(bits: int) -> int:
    bits = (bits ^ (bits >> 16)) * 0x7FEB352D % 2**32
    bits = (bits ^ (bits >> 15)) * 0x846CA68B % 2**32
    return bits ^ (bits >> 16)


@pytest.mark.parametrize("key", [(123456789, 42), (0, 0), (7, 8, 2**32 - 1)])
def test_the_bits_are_the_hash_of_key_and_position(key: tuple[int, ...]) -> None:
    start = 0
    for word in reversed(key):
        start = (word + scrambled(start)) % 2**32
    expected = [scrambled((position + scrambled(start)) % 2**32) for position in range(50)]
    assert np.asarray(random_bits(jnp.array(key, jnp.uint32), 50)).tolist() == expected


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (((1, 0), 0), ((1, 1), 0)),
        (((1, 0), 0), ((2, 0), 0)),
        (((1, 0), 0), ((0, 1), 0)),  # exchanged
        (((1, 0), 0), ((1, 0), 1)),  # the neighbour
        (((1, 0), 0), ((1, 0), 512)),
        (((5, 6, 0), 0), ((5, 6, 1), 0)),
    ],
)
def test_streams_do_not_know_of_each_other(
    first: tuple[tuple[int, ...], int], second: tuple[tuple[int, ...], int]
) -> None:
    n = 1 << 16
    a, b = (np.asarray(random_bits(jnp.array(key, jnp.uint32), n + skip))[skip:] for key, skip in (first, second))
    for shift in range(0, 32, 5):
        agreement = ((a >> shift & 1) == (b >> shift & 1)).mean()
        assert abs(agreement - 0.5) <= 4 * 0.5 / np.sqrt(n)


def test_every_bit_is_fair() -> None:
    n = 1 << 18
    bits = np.asarray(random_bits(jnp.array([3, 4], jnp.uint32), n))
    for shift in range(32):
        assert abs((bits >> shift & 1).mean() - 0.5) <= 4 * 0.5 / np.sqrt(n)
