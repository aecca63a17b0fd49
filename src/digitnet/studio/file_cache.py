"""What was made of a file, for as long as the file stays as it is."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

__all__ = ["Kept"]

T = TypeVar("T")

_LIMIT = 3  # networks; more than two are hardly compared at a time


class Kept(Generic[T]):
    """What was made of some files, kept until a file changes or others need the room; for any thread.

    Args:
        limit: Of how many files it is kept: of those asked for last.
    """

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._lock = threading.Lock()  # also while something is made, so that nothing is made twice
        self._made: OrderedDict[tuple[Path, int, int], T] = OrderedDict()

    def get(self, path: Path, make: Callable[[], T]) -> T:
        """What was made of that file, or is made now.

        Args:
            path: Of the file.
            make: Makes it; says what is wrong with a file that cannot be read.

        Returns:
            What it makes, or made before.
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
