"""Random bits inside a compiled program, from a hash of (key, position).

JAX's own generator, Threefry, is made so that nobody can guess its stream, and takes a tenth of an epoch. Dropout and
augmentation need bits without visible pattern, no more; these cost a handful of operations each, follow from their
key alone, and need no state.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from digitnet.network.backend import Tensor

__all__ = ["random_bits"]


def random_bits(key: Sequence[Tensor] | Tensor, n: int) -> Tensor:
    """Evenly distributed bits.

    Args:
        key: Two or more uint32. Keys that differ in any of them give streams that look unrelated.
        n: How many words, below 2**32.

    Returns:
        uint32 (n,).

    Source:
        The finaliser and its constants: C. Wellons, "Prospecting for Hash Functions" (2018), lowbias32; a bijection
        of 32 bits in which a change of one input bit changes each output bit with probability 1/2, to 0.2 %.
    """
    start = jnp.uint32(0)
    for word in reversed(key):
        start = word + _mixed_bits(start)
    return _mixed_bits(jax.lax.iota(jnp.uint32, n) + _mixed_bits(start))


def _mixed_bits(bits: Tensor) -> Tensor:
    bits = (bits ^ (bits >> 16)) * np.uint32(0x7FEB352D)
    bits = (bits ^ (bits >> 15)) * np.uint32(0x846CA68B)
    return bits ^ (bits >> 16)
