"""Faster start of commands: no garbage collection during imports, no idle threads of OpenBLAS."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["quick_imports", "without_garbage_collection"]

_BLAS_THREADS = "OPENBLAS_NUM_THREADS"


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Import without garbage collection, and exclude the imported objects from later collections.

    A single collection over the million objects of Keras and JAX takes a tenth of a second.
    """
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if is_collecting:
            gc.enable()


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import without garbage collection and without threads of OpenBLAS; for commands that answer and end.

    Imports make many objects and hardly any garbage. NumPy's OpenBLAS starts no threads, unless the user says how many:
    no product here is large enough for two, and idle threads spin during all of the imports.
    """
    is_collecting = gc.isenabled()
    gc.disable()
    is_set = _BLAS_THREADS in os.environ
    os.environ.setdefault(_BLAS_THREADS, "1")
    try:
        yield
    finally:
        if not is_set:
            del os.environ[_BLAS_THREADS]  # processes that are started from here are to choose for themselves
        if is_collecting:
            gc.enable()
