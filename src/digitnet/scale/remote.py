"""Files that fsspec opens: on this machine by a path, elsewhere by a URL such as s3://bucket/scans/1.png."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

from digitnet.errors import BatchError, MissingExtraError, reason_of

__all__ = [
    "FoundFile",
    "file_system",
    "found_file",
    "is_remote",
    "local_copy",
    "matching",
    "open_file",
    "remote_errors",
    "walk",
]

# What a file system may say about the content of a file; the first that is there counts.
_VERSION_KEYS = ("ETag", "etag", "mtime", "LastModified", "last_modified", "updated", "created")


class FoundFile(NamedTuple):
    """A file, and what tells it from an older one of the same name."""

    path: str
    version: str


def is_remote(word: str) -> bool:
    """Whether a word is a URL, and not a path of this machine."""
    return "://" in word


@contextmanager
def remote_errors(what: str) -> Iterator[None]:
    """Inside, whatever a file system raises becomes one line.

    Args:
        what: What was being read or written, for the message.

    Raises:
        BatchError: The file system refuses.
        MissingExtraError: The package for this kind of URL is not installed.
    """
    try:
        yield
    except (BatchError, MissingExtraError):
        raise
    except ImportError as error:
        raise MissingExtraError(f"{what} cannot be reached: {reason_of(error)}") from error
    except FileNotFoundError as error:
        raise BatchError(
            f"{what} does not exist: expected a file, a folder or a bucket that is there. Check its name"
        ) from error
    except PermissionError as error:
        raise BatchError(f"{what} refuses access: {reason_of(error)}. Check credentials and permissions") from error
    except Exception as error:  # each file system raises errors of its own, and of the libraries below it
        raise BatchError(f"{what} cannot be reached: {reason_of(error)}") from error


def file_system(url: str) -> tuple[Any, str]:
    """The file system of a URL or path, and the path in it."""
    import fsspec  # noqa: PLC0415 - comes with an extra

    with remote_errors(url):
        system, path = fsspec.core.url_to_fs(url)
        return system, str(path)


def open_file(path: str, compression: str | None = None) -> IO[bytes]:
    """A file, open to be read.

    Args:
        path: A path, or a URL.
        compression: What a URL's content is unpacked from, by fsspec's name; None for nothing.

    Raises:
        OSError: It cannot be opened.
        BatchError: The same of a URL.
    """
    if not is_remote(path):
        return Path(path).open("rb")
    system, inside = file_system(path)
    with remote_errors(path):
        opened: IO[bytes] = system.open(inside, "rb", compression=compression)
        return opened


def walk(folder: str) -> Iterator[FoundFile]:
    """All files in a folder and below, in the order of their names; no more than one folder's names are held.

    Args:
        folder: A path, or a URL.
    """
    if is_remote(folder):
        yield from _walk_remote(folder)
        return
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.is_dir():
            if not entry.is_symlink():  # which could lead round in circles
                yield from walk(entry.path)
        elif entry.is_file():
            yield FoundFile(entry.path, _version_of(entry.stat()))


def _walk_remote(folder: str) -> Iterator[FoundFile]:
    system, inside = file_system(folder)
    with remote_errors(folder):
        for _, _, files in system.walk(inside, detail=True, on_error="raise"):
            for _, info in sorted(files.items()):
                yield FoundFile(system.unstrip_protocol(info["name"]), _version_in(info))


def matching(pattern: str) -> Iterator[FoundFile]:
    """The files that a pattern matches, in the order of their names."""
    from glob import iglob  # noqa: PLC0415 - hardly ever needed

    if is_remote(pattern):
        system, inside = file_system(pattern)
        with remote_errors(pattern):
            found = system.glob(inside, detail=True)
        for _, info in sorted(found.items()):
            if info.get("type") != "directory":
                yield FoundFile(system.unstrip_protocol(info["name"]), _version_in(info))
        return
    for path in sorted(iglob(pattern, recursive=True)):  # noqa: PTH207 - Path.glob takes no absolute pattern
        with suppress(FileNotFoundError):
            status = Path(path).stat()
            if stat.S_ISREG(status.st_mode):
                yield FoundFile(path, _version_of(status))


def found_file(path: str) -> FoundFile | None:
    """A single file, or None where the path is a folder.

    Raises:
        OSError: No such file.
        BatchError: The same of a URL.
    """
    if not is_remote(path):
        status = Path(path).stat()
        return None if stat.S_ISDIR(status.st_mode) else FoundFile(path, _version_of(status))
    system, inside = file_system(path)
    with remote_errors(path):
        info = system.info(inside)
    return None if info.get("type") == "directory" else FoundFile(path, _version_in(info))


@contextmanager
def local_copy(path: str) -> Iterator[str]:
    """The path of a file on this machine; one from elsewhere is fetched, and deleted at the end.

    Args:
        path: A path, or a URL.
    """
    if not is_remote(path):
        yield path
        return
    system, inside = file_system(path)
    with tempfile.TemporaryDirectory(prefix="digitnet-") as folder:
        copy = os.path.join(folder, os.path.basename(inside) or "images")  # noqa: PTH118, PTH119 - a path of a URL
        with remote_errors(path):
            system.get_file(inside, copy)
        yield copy


def _version_of(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}"


def _version_in(info: dict[str, Any]) -> str:
    known = next((info[key] for key in _VERSION_KEYS if info.get(key)), "")
    return f"{info.get('size')}-{known}"
