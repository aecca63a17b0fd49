"""A cache of values computed from files, each valid until its file changes."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

__all__ = ["FileCache"]

T = TypeVar("T")

_LIMIT = 3  # files; chosen by hand: hardly more than two networks are compared at a time


class FileCache(Generic[T]):
    """Values computed from files; safe to use from any thread.

    Args:
        limit: Number of files whose values are kept, those used last.
    """

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._lock = threading.Lock()  # held while a value is computed, so that none is computed twice
        self._made: OrderedDict[tuple[Path, int, int], T] = OrderedDict()

    def get(self, path: Path, make: Callable[[], T]) -> T:
        """The value of a file, computed if it is not in the cache or the file has changed.

        Args:
            path: The file; a change is seen by its size and its time of modification.
            make: Computes the value; it raises the error for a file that cannot be read.

        Returns:
            The value.
        """
        with self._lock:
            version = _version(path)
            if version not in self._made:
                self._made[version] = make()
            self._made.move_to_end(version)
            while len(self._made) > self._limit:
                self._made.popitem(last=False)
            return self._made[version]


def _version(path: Path) -> tuple[Path, int, int]:
    try:
        status = path.stat()
    except OSError:
        return path, 0, 0
    return path, status.st_mtime_ns, status.st_size
