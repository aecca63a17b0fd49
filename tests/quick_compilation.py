"""Compile quickly, for tests that hold results against an oracle and run them once."""

from collections.abc import Iterator
from contextlib import contextmanager

import jax

_SETTING = "jax_disable_most_optimizations"


@contextmanager
def quick_compilation() -> Iterator[None]:
    """Inside, programs are compiled without optimisation, which takes a third less time of the processor.

    What is compiled with all optimisation is held against Keras by `test_one_epoch_is_one_epoch_of_keras`, and against
    the same operations one by one by `test_what_is_drawn_follows_from_key_and_place`.
    """
    before = jax.config.values[_SETTING]
    jax.config.update(_SETTING, True)  # type: ignore[no-untyped-call] # JAX has not typed it
    try:
        yield
    finally:
        jax.config.update(_SETTING, before)  # type: ignore[no-untyped-call]
