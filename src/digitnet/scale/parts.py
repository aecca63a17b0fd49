"""A part: pictures whose rows become one file. It is named by them: the same pictures are the same part."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias

__all__ = ["IMAGES_A_PART", "Item", "Kind", "Part", "cut_parts"]

Kind: TypeAlias = Literal["picture", "member", "images", "error"]

# Images in MNIST's frame: half a second of work, beside which the 12 ms that Dask takes for a task are 3 %; and 3 MB.
IMAGES_A_PART = 4096
# Pictures, of which one takes 0.02 to 3 s: on average 16, some seconds of work that a killed worker loses at most, and
# enough parts for all cores to be busy until shortly before the end of some hundred pictures.
# A part ends where the hash of a name says so: a new picture in the middle of a folder changes one part, not all that
# come after it. All three chosen by hand.
_MIN_PICTURES = 4
_ENDS_ONE_IN = 12
_MAX_PICTURES = 48


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


def cut_parts(items: Iterable[Item]) -> Iterator[Part]:
    """Put items together, in their order.

    Args:
        items: Any number; no more than a part of them is held.

    Yields:
        Parts; images make one for each item, the members of a compressed tar file one for the whole file, since each
        reader would have to unpack it from its beginning.
    """
    waiting: list[Item] = []
    for item in items:
        is_same_archive = bool(waiting) and waiting[0].is_packed and item.path == waiting[0].path
        if waiting and not is_same_archive and (item.kind == "images" or item.is_packed or waiting[0].is_packed):
            yield _part(waiting)
            waiting = []
        waiting.append(item)
        if item.kind == "images" or (not item.is_packed and _is_full(waiting)):
            yield _part(waiting)
            waiting = []
    if waiting:
        yield _part(waiting)


def _is_full(items: list[Item]) -> bool:
    if len(items) < _MIN_PICTURES:
        return False
    is_end = int.from_bytes(
        hashlib.blake2b(items[-1].name.encode(errors="surrogateescape"), digest_size=4).digest(), "big"
    )
    return len(items) >= _MAX_PICTURES or is_end % _ENDS_ONE_IN == 0


def _part(items: list[Item]) -> Part:
    text = json.dumps(items)
    return Part(hashlib.sha256(text.encode()).hexdigest()[:24], tuple(items))
