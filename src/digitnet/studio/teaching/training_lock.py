"""One run at a time, also where several servers share the folder: a lock that lives as long as the run's process."""

import os
import sys
from pathlib import Path

from digitnet.studio.teaching.errors import BusyError, StorageError

__all__ = ["TrainingLock"]


class TrainingLock:
    """A locked file.

    The lock belongs to the open file, which the run's process inherits: it is free when both have closed it.

    On Windows, which has no such locks, one server knows nothing of another.

    Args:
        path: The file; made where it is missing.

    Attributes:
        handle: The open file, for the process to inherit.

    Raises:
        BusyError: Somebody else has it.
        StorageError: The file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        try:
            self.handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StorageError(f"the lock of the runs cannot be opened: {error.strerror}") from error
        if sys.platform != "win32":
            import fcntl  # noqa: PLC0415 - Windows has none

            try:
                fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os.close(self.handle)
                raise BusyError("another run is under way: wait for its end, or stop it") from error

    def release(self) -> None:
        """Give up our half of it."""
        os.close(self.handle)
