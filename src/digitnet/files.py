"""Files that are either whole or not there: written beside their place, then renamed into it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["replaced_file", "write_atomically"]


@contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """Give the path of a temporary file in the same folder; on success it takes the place of `path`.

    Args:
        path: The file to make or to replace.

    Yields:
        Where to write. Its name ends as `path` does, for libraries that look at the ending.

    Raises:
        OSError: The folder cannot be written or the disk is full; `path` is then as it was.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=".unfinished-", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None  # the name that the caller gave
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())  # otherwise a power cut could leave the new name on an empty file
        temporary.chmod(0o666 & ~_umask())  # mkstemp makes files that only their owner can read
        temporary.replace(path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write a whole file at once, text as UTF-8.

    Args:
        path: The file to make or to replace.
        data: Its content.

    Raises:
        OSError: As `replaced_file`.
    """
    with replaced_file(path) as temporary:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
