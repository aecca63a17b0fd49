"""The pictures of tar files, as WebDataset and tar make them; other members, such as labels, are passed over."""

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, cast

from digitnet.errors import reason_of
from digitnet.pictures.endings import PICTURE_ENDINGS
from digitnet.scale.parts import Item
from digitnet.scale.remote import is_remote, open_file

__all__ = ["ARCHIVE_ENDINGS", "archive_items", "is_archive", "open_packed"]

_PACKED_ENDINGS = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
ARCHIVE_ENDINGS = (".tar", *_PACKED_ENDINGS)
_BLOCK = 512  # bytes, of which a tar file consists


def is_archive(name: str) -> bool:
    """Whether a file is called like a tar file."""
    return name.lower().endswith(ARCHIVE_ENDINGS)


def archive_items(stream: IO[bytes], path: str, version: str) -> Iterator[Item]:
    """Each picture of a tar file; where the file is damaged, an error takes the place of what would follow.

    Args:
        stream: The file, at its beginning.
        path: Its path or URL; a member's name follows it after a slash.
        version: Of the file.

    Yields:
        Items in the order of the file; one error for a file without pictures.
    """
    is_packed = path.lower().endswith(_PACKED_ENDINGS)
    found = False
    try:
        with tarfile.open(fileobj=stream, mode="r:*") as archive:
            while (member := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined] # or all of them would be kept
                if member.isreg() and PurePosixPath(member.name).suffix.lower() in PICTURE_ENDINGS:
                    found = True
                    yield Item(
                        f"{path}/{member.name}", path, "member", version, member.offset_data, member.size,
                        is_packed=is_packed,
                    )  # fmt: skip
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        reason = reason_of(error)
        text = f"{path} is a damaged tar file, or none: {reason}. What came before was read; fetch or write it again"
        yield Item(path, path, "error", version, error=text)
        return
    if not found:
        yield Item(path, path, "error", version, error=f"{path} is a tar file without pictures")


def open_packed(path: str) -> IO[bytes]:
    """A compressed tar file, unpacked while it is read; to go back begins anew.

    Args:
        path: Its path or URL.
    """
    ending = PurePosixPath(path.lower()).suffix
    if is_remote(path):
        return open_file(path, compression={".bz2": "bz2", ".xz": "xz"}.get(ending, "gzip"))
    if ending == ".bz2":
        return cast("IO[bytes]", bz2.BZ2File(path))
    return cast("IO[bytes]", lzma.LZMAFile(path) if ending == ".xz" else gzip.GzipFile(path))
