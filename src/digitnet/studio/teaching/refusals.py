"""What cannot be done as asked of the studio's runs and corrections, told apart for whoever answers the asker.

DigitnetError
├── NotThereError      no run or correction of that name
├── BusyError          not now: another run is under way
├── FullError          a limit of the studio is reached: something has to be deleted first
└── StorageError       the studio's own folder or file cannot be read or written
"""

from digitnet.errors import DigitnetError

__all__ = ["BusyError", "FullError", "NotThereError", "StorageError"]


class NotThereError(DigitnetError, LookupError):
    """No run or correction of that name."""


class BusyError(DigitnetError):
    """Another run is under way, or the run is not in a state for what was asked."""


class FullError(DigitnetError):
    """A limit of the studio is reached."""


class StorageError(DigitnetError):
    """The studio's own folder or file is unwritable or damaged."""
