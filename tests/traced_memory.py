"""How much memory some work takes, as Python and NumPy count it: the same on a busy machine as on a quiet one."""

import threading
import tracemalloc
from collections.abc import Callable

from patience import wait_until

__all__ = ["traced_peak"]


def traced_peak(work: Callable[[], object]) -> int:
    """Bytes that were held at most at a time while some work was done, beside those that were held before.

    Args:
        work: Called once, as soon as nothing that another test began is computed in this process any more.
    """
    wait_until(lambda: all(thread.name != "digitnet-neighbours" for thread in threading.enumerate()))
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
