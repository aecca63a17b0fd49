"""A part: pictures whose rows become one file. It is named by them: the same pictures are the same part."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias

__all__ = ["IMAGES_A_PART", "SMALLEST", "Item", "Kind", "Part", "PartSize", "cut_parts"]

Kind: TypeAlias = Literal["picture", "member", "images", "error"]

# Images in MNIST's frame that are read at once: half a second of work, and 3 MB; chosen by hand.
IMAGES_A_PART = 4096
# A part ends where the hash of a name says so: a new picture in the middle of a folder changes one part, not all that
# come after it. In units of a part's mean size: it holds at least a quarter, at most three times as many, and each name
# in between is an end with a probability that makes the mean 1. All three chosen by hand.
_LEAST = 0.25
_MOST = 3.0
_ENDS_ONE_IN = 0.75


class PartSize(NamedTuple):
    """How much a part holds.

    Attributes:
        pictures: On average; a power of two, at least 4.
        images: In MNIST's frame; a multiple of `IMAGES_A_PART`.
        file_bytes: Of its files, after which a part ends in any case; 0 for any number.
    """

    pictures: int
    images: int
    file_bytes: int


# Some seconds of work, and enough parts for all cores to be busy until shortly before the end of some hundred pictures.
# Folders of results that say nothing about their parts have these, too.
SMALLEST = PartSize(16, IMAGES_A_PART, 0)


class Item(NamedTuple):
    """A picture, or several images of one file.

    Attributes:
        name: What its rows call the file.
        path: What to open: a path, or a URL that fsspec knows.
        kind: "picture" is a file, whose pages are pictures if it is a PDF; "member" is a picture inside a tar file;
            "images" are images in MNIST's frame; "error" is what could not be looked into.
        version: Size and time of the last change, so that a file that was changed makes another part.
        start: Of a member its first byte in the (unpacked) tar file, of images the number of the first.
        size: Of a member its bytes, of images how many.
        error: Why there is nothing to read.
        is_packed: Whether the tar file is compressed, so that all of it is unpacked up to its last member.
    """

    name: str
    path: str
    kind: Kind
    version: str = ""
    start: int = 0
    size: int = 0
    error: str = ""
    is_packed: bool = False

    @property
    def pictures(self) -> int:
        """How many pictures it is; a PDF counts as one."""
        return self.size if self.kind == "images" else 1

    @property
    def file_bytes(self) -> int:
        """How large it is; 0 where that is not known, and of images."""
        if self.kind == "picture":
            size = self.version.partition("-")[0]
            return int(size) if size.isdecimal() else 0
        return self.size if self.kind == "member" else 0

    def to_json(self) -> str:
        """One line of text, from which `from_json` makes the same item."""
        return json.dumps(self)

    @staticmethod
    def from_json(line: str | bytes) -> "Item":
        """The item of a line of `to_json`."""
        return Item(*json.loads(line))


class Part(NamedTuple):
    """Items whose rows become one file.

    Attributes:
        name: Follows from the items alone.
        items: At least one, in the order of the rows.
    """

    name: str
    items: tuple[Item, ...]

    @property
    def pictures(self) -> int:
        """How many pictures it has; a PDF counts as one."""
        return sum(item.pictures for item in self.items)

    def to_json(self) -> str:
        """One line of text, from which `from_json` makes the same part."""
        return json.dumps([self.name, *self.items])

    @staticmethod
    def from_json(line: str | bytes) -> "Part":
        """The part of a line of `to_json`."""
        name, *items = json.loads(line)
        return Part(name, tuple(Item(*item) for item in items))


def cut_parts(items: Iterable[Item], size: PartSize = SMALLEST) -> Iterator[Part]:
    """Put items together, in their order.

    Args:
        items: Any number; no more than a part of them is held.
        size: Of the parts.

    Yields:
        Parts. Images stand with others of their file alone; the members of a compressed tar file are one part, since
        each reader would have to unpack it from its beginning.
    """
    waiting: list[Item] = []
    held = 0  # bytes
    for item in items:
        if waiting and _group(item) != _group(waiting[0]):
            yield _part(waiting)
            waiting, held = [], 0
        waiting.append(item)
        held += item.file_bytes
        if _is_full(waiting, held, size):
            yield _part(waiting)
            waiting, held = [], 0
    if waiting:
        yield _part(waiting)


def _group(item: Item) -> str:
    """What items of a part have in common: the file of images and of packed members, nothing of others."""
    return item.path if item.kind == "images" or item.is_packed else ""


def _is_full(items: list[Item], held: int, size: PartSize) -> bool:
    last = items[-1]
    if last.kind == "images":
        return (last.start + last.size) % size.images == 0
    if last.is_packed:
        return False
    if size.file_bytes and held >= size.file_bytes:
        return True
    if len(items) < _LEAST * size.pictures:
        return False
    digest = hashlib.blake2b(last.name.encode(errors="surrogateescape"), digest_size=4).digest()
    is_end = int.from_bytes(digest, "big") % int(_ENDS_ONE_IN * size.pictures) == 0
    return is_end or len(items) >= _MOST * size.pictures


def _part(items: list[Item]) -> Part:
    text = json.dumps(items)
    return Part(hashlib.sha256(text.encode()).hexdigest()[:24], tuple(items))
