"""Files that are either whole or not there: written beside their place, then renamed into it.

A writer that is killed leaves its temporary file behind. The next one in the same folder deletes it: at once where the
name of the file says that its writer ran on this machine and is gone, and after a day in any case.
"""

import os
import platform
import re
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["new_folder", "replaced_file", "write_atomically"]

_UNFINISHED = ".unfinished-"
_ABANDONED_AFTER = 86_400.0  # seconds without a write; chosen by hand, for a table of answers may grow slowly


@contextmanager
def replaced_file(path: Path, *, sweep: bool = True) -> Iterator[Path]:
    """Give the path of a temporary file in the same folder; on success it takes the place of `path`.

    Args:
        path: The file to make or to replace.
        sweep: Whether to look for what killed writers have left, which takes long in a folder of 100,000 files.

    Yields:
        Where to write. Its name ends as `path` does, for libraries that look at the ending.

    Raises:
        OSError: The folder cannot be written or the disk is full; `path` is then as it was.
    """
    if sweep:
        _sweep(path.parent)
    try:
        handle, name = tempfile.mkstemp(prefix=f"{_own_prefix()}{os.getpid()}-", suffix=path.suffix, dir=path.parent)
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
        _sync_folder(path.parent)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give the path of an empty folder beside `path`; on success it gets that name.

    Args:
        path: The folder to make, which is not there yet.

    Yields:
        Where to write.

    Raises:
        OSError: The folder above cannot be written, the disk is full, or something else is at `path` by now; nothing is
            left behind.
    """
    _sweep(path.parent)
    try:
        temporary = Path(tempfile.mkdtemp(prefix=f"{_own_prefix()}{os.getpid()}-", dir=path.parent))
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None  # the name that the caller gave
    try:
        yield temporary
        for file in temporary.rglob("*"):
            if file.is_file():
                with file.open("rb+") as handle:
                    os.fsync(handle.fileno())  # as for a single file
            elif file.is_dir():
                _sync_folder(file)
        _sync_folder(temporary)
        temporary.chmod(0o777 & ~_umask())  # mkdtemp makes folders that only their owner can open
        temporary.rename(path)
        _sync_folder(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


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


def _own_prefix() -> str:
    """How the temporary files of this machine begin, so that no other machine with the same folder judges them."""
    return f"{_UNFINISHED}{zlib.crc32(platform.node().encode()):08x}-"


def _sweep(folder: Path) -> None:
    """Delete what writers that were killed have left in a folder."""
    own = re.compile(f"{re.escape(_own_prefix())}([0-9]+)-")
    with suppress(OSError):  # whoever writes there next says what is wrong
        for left in folder.glob(f"{_UNFINISHED}*"):
            writer = own.match(left.name)
            is_abandoned = writer is not None and not _is_running(int(writer[1]))
            with suppress(OSError):
                if left.is_file() and (is_abandoned or time.time() - left.stat().st_mtime > _ABANDONED_AFTER):
                    left.unlink()
                elif left.is_dir() and is_abandoned:  # of a folder the time of its last write is not known
                    shutil.rmtree(left)


def _is_running(process: int) -> bool:
    """Whether there is such a process; True where it cannot be told."""
    if sys.platform == "win32":
        return True  # to ask for a process there would be to end it
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk: otherwise a renamed file could have its old name after a power cut."""
    if sys.platform == "win32":
        return  # there a folder cannot be opened as a file
    with suppress(OSError):  # a file system that cannot do it, such as some over a network; the file itself is whole
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
