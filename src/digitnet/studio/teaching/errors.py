"""The errors of runs, lessons and corrections; each has an HTTP status of its own in `digitnet.studio.error_status`.

DigitnetError
├── NotFoundError      no run or correction of that name
├── BusyError          not now: another run is under way
├── FullError          a limit of the studio is reached: something has to be deleted first
└── StorageError       the studio's own folder or file cannot be read or written
"""

from digitnet.errors import DigitnetError

__all__ = ["BusyError", "FullError", "NotFoundError", "StorageError"]


class NotFoundError(DigitnetError, LookupError):
    """No run or correction of that name."""


class BusyError(DigitnetError):
    """Another run is under way, or the run is not in a state for what was asked."""


class FullError(DigitnetError):
    """A limit of the studio is reached."""


class StorageError(DigitnetError):
    """The studio's own folder or file is unwritable or damaged."""
