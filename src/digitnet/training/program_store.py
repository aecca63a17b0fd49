"""Compiled programs on disk, each behind a digest: what comes out is what was put in, or it does not come out."""

import errno
import hashlib
import os
import stat
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ProgramStore", "make_own_folder"]

_SUFFIX = "-cache"  # how JAX's names end
_SEAL_BYTES = hashlib.sha256().digest_size
_MAX_ENTRIES = 512  # a recipe makes about 30, 250 KB together; to check and copy 512 takes about 0.1 s
_MAX_BYTES = 64 * 2**20


@dataclass(frozen=True)
class ProgramStore:
    """Compiled programs in a folder, one file each, behind a digest of content, name and fingerprint.

    Attributes:
        folder: Where they are.
        fingerprint: Of the process that runs them.
    """

    folder: Path
    fingerprint: str

    def copy_to(self, private: Path) -> tuple[list[str], int]:
        """Copy all that is intact, and remove the rest.

        Args:
            private: An empty folder that no other process uses.

        Returns:
            The names of the programs copied, and how many were damaged.

        Raises:
            OSError: The store cannot be listed, or the private folder cannot be written.
        """
        intact, damaged = [], 0
        for path in self._bounded():
            try:
                program = self._read(path)
            except FileNotFoundError:  # removed by another run in this moment
                continue
            except OSError:
                program = None
            if program is None:
                damaged += 1
                _remove(path)
                continue
            copy = private / path.name
            copy.write_bytes(program)
            os.utime(copy, (0, 0))  # so that the time of reading tells whether JAX wanted it
            intact.append(path.name)
        return intact, damaged

    def take_from(self, private: Path, known: Collection[str]) -> None:
        """Keep what JAX has added to its folder; mark what it has read as used.

        Args:
            private: The folder that `copy_to` filled. What is kept is moved out of it.
            known: The names that `copy_to` gave.

        Raises:
            OSError: The disk is full, or the store cannot be written any more.
        """
        for path in sorted(private.iterdir()):
            kept = self.folder / path.name
            if path.name in known:
                if path.stat().st_atime > 0:
                    with suppress(FileNotFoundError):  # removed by another run
                        os.utime(kept)
            elif path.name.endswith(_SUFFIX) and (program := path.read_bytes()):
                path.write_bytes(self._seal(path.name, program) + program)
                path.replace(kept)  # no fsync: a file torn by a power cut fails its check
        self._bounded()

    def remove(self, names: Collection[str]) -> None:
        """Forget programs; those that cannot be removed stay."""
        for name in names:
            _remove(self.folder / name)

    def _seal(self, name: str, program: bytes) -> bytes:
        return hashlib.sha256(b"\0".join((self.fingerprint.encode(), os.fsencode(name), program))).digest()

    def _read(self, path: Path) -> bytes | None:
        """A program that is what was kept under this name; None for anything else."""
        if not stat.S_ISREG(path.lstat().st_mode):  # a link, a folder, a pipe that would never end
            return None
        content = path.read_bytes()
        program = content[_SEAL_BYTES:]
        return program if content[:_SEAL_BYTES] == self._seal(path.name, program) else None

    def _bounded(self) -> list[Path]:
        """The most recently used programs that fit, newest first; the others are removed."""
        found = []
        for path in self.folder.iterdir():
            if path.name.endswith(_SUFFIX):
                with suppress(FileNotFoundError):
                    status = path.lstat()
                    found.append((status.st_mtime, status.st_size, path))
        kept: list[Path] = []
        total = 0
        for _, size, path in sorted(found, reverse=True):
            if len(kept) < _MAX_ENTRIES and total + size <= _MAX_BYTES:
                kept.append(path)
                total += size
            else:
                _remove(path)
        return kept


def make_own_folder(folder: Path) -> None:
    """Make a folder that only this user can write, unless it is there; machine code from others is not to be run.

    Args:
        folder: Where; folders above it are made too.

    Raises:
        OSError: It cannot be made, is something else, or others may write to it.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(folder))
    if hasattr(os, "getuid"):  # elsewhere, mode and owner tell nothing
        if status.st_uid != os.getuid():
            raise PermissionError(errno.EPERM, "belongs to another user", str(folder))
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(errno.EPERM, "other users may write to it (chmod 700 mends that)", str(folder))


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
