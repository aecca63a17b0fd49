"""What the words of a command line stand for: pictures in files, folders and tar files, and files of many images."""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from digitnet.datasets.image_stream import count_images
from digitnet.errors import BatchError, ConfigurationError, DatasetError, DigitnetError
from digitnet.pictures.endings import PICTURE_ENDINGS
from digitnet.scale.archives import archive_items, is_archive
from digitnet.scale.parts import IMAGES_A_PART, Item
from digitnet.scale.remote import FoundFile, found_file, is_remote, local_copy, matching, open_file, walk

__all__ = ["find_items"]

_PATTERN_MARKS = "*?["
_MANY_ENDINGS = (".npz", ".npy", "-ubyte", "-ubyte.gz", ".idx", ".idx.gz")


def find_items(words: Sequence[str], *, takes_images: bool) -> Iterator[Item]:
    """The pictures that words stand for, found one after the other while the caller goes on.

    Args:
        words: Paths, folders, patterns such as `*.png`, and URLs of each; at least one.
        takes_images: Whether files of images in MNIST's frame can be read.

    Yields:
        Items in the order of the words, and of the names in a folder. What of a folder, a pattern or a tar file cannot
        be looked into is an item with an error.

    Raises:
        BatchError: A word stands for nothing, or cannot be reached.
        ConfigurationError: Images in MNIST's frame are named where pictures are read, or standard input.
    """
    for word in words:
        yield from _items_of_word(word, takes_images=takes_images)


def _items_of_word(word: str, *, takes_images: bool) -> Iterator[Item]:
    if word == "-":
        raise ConfigurationError("- is standard input, which only one process can read: name files, folders or URLs")
    try:
        is_pattern = any(mark in word for mark in _PATTERN_MARKS) and (is_remote(word) or not Path(word).exists())
        named = None if is_pattern else found_file(word)
        if named is not None:
            yield from _items_of_file(named, takes_images=takes_images, is_named=True)
            return
        found = matching(word) if is_pattern else walk(word)
        is_empty = True
        for each in found:
            if is_pattern or _is_wanted(each.path):
                is_empty = False
                yield from _items_of_file(each, takes_images=takes_images, is_named=is_pattern)
    except DigitnetError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a zero byte in a path
        reason = getattr(error, "strerror", None) or str(error)
        raise BatchError(f"{getattr(error, 'filename', None) or word} cannot be read: {reason}") from error
    if is_empty:
        what = "matches no file" if is_pattern else "is a folder without pictures"
        raise BatchError(f"{word} {what}: expected .png, .jpg, .pdf, .tar or the like")


def _is_wanted(path: str) -> bool:
    """Whether a file of a folder is a picture or holds some, by its name."""
    return PurePosixPath(path).suffix.lower() in PICTURE_ENDINGS or is_archive(path)


def _items_of_file(file: FoundFile, *, takes_images: bool, is_named: bool) -> Iterator[Item]:
    if is_archive(file.path):
        with open_file(file.path) as stream:
            yield from archive_items(stream, file.path, file.version)
    elif is_named and _holds_many(file.path):
        if not takes_images:
            raise ConfigurationError(
                f"{file.path} holds images in MNIST's frame, of one digit each: read them with --task predict"
            )
        yield from _images_items(file)
    else:
        yield Item(file.path, file.path, "picture", file.version)


def _images_items(file: FoundFile) -> Iterator[Item]:
    try:
        with local_copy(file.path) as copy:
            n = count_images(copy)
    except DatasetError as error:
        yield Item(file.path, file.path, "error", file.version, error=str(error))
        return
    for first in range(0, n, IMAGES_A_PART):
        yield Item(file.path, file.path, "images", file.version, first, min(IMAGES_A_PART, n - first))
    if n == 0:
        yield Item(file.path, file.path, "error", file.version, error=f"{file.path} holds no images")


def _holds_many(path: str) -> bool:
    """Whether a file that was named holds many images: of this machine by its first bytes, elsewhere by its name."""
    if is_remote(path):
        return path.lower().endswith(_MANY_ENDINGS)
    with Path(path).open("rb") as stream:
        start = stream.read(3)
    return start[:2] in (b"PK", b"\x93N", b"\x1f\x8b") or (start[:2] == b"\0\0" and start[2:] >= b"\x08")
