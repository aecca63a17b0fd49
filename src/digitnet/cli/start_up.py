"""What makes a short command short: little is done that such a process never profits from."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collected_never", "quick_imports"]

_BLAS_THREADS = "OPENBLAS_NUM_THREADS"


@contextmanager
def collected_never() -> Iterator[None]:
    """Around imports that last: what they make is never looked through for garbage, neither now nor later.

    A single look through the million objects of Keras and JAX takes a tenth of a second.
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
    """Around the imports of a command that answers and ends; not for training.

    Imports make many objects and hardly any garbage, so none is looked for. And NumPy's OpenBLAS is to start no
    threads of its own, unless the user says how many: no product here is large enough for two, yet while they wait
    for work they spin, for as long as all of the imports take.
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
