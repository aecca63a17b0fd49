"""Damage to files and requests: bytes that are changed at random, also below checksums and compression."""

import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Sample", "mutant"]

_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 10_000, 65_000)
_NUMBERS: tuple[bytes, ...] = (b"0", b"-1", b"1e400", b"NaN", b"9" * 30, b"4294967296", b"0.5", b"", b"null")
_COUNTS = (1, 1, 1, 2, 4)  # changes of one mutant; chosen by hand: with many more only the first is ever reached
_SLICE_MOST = 64  # bytes that are left out, repeated or taken from elsewhere
_HEAD = 512  # bytes: half of all changes are in the first, where headers are
_NESTED = b"[" * 100_000  # deeper than any recursion may go
_INFLATED_MOST = 4 << 20  # bytes of a mutant's content that are compressed again

Change = Callable[[bytearray, np.random.Generator], None]
Mutate = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Sample:
    """An input that is whole.

    Attributes:
        name: What it is, for the examples of what went wrong.
        content: Its bytes.
    """

    name: str
    content: bytes


def mutant(samples: Sequence[Sample], rng: np.random.Generator) -> Sample:
    """One of these, changed in a few places.

    Args:
        samples: Whole ones, at least one.
        rng: Decides which, where and how.

    Returns:
        The changed one. In half of those that have checksums or are compressed the content is changed and the checksum
        made right again: otherwise nothing behind the checksum would ever be reached.
    """
    sample = samples[int(rng.integers(len(samples)))]

    def mutate(content: bytes) -> bytes:
        return _changed(content, rng)

    deep = next((deep for start, deep in _DEEP if sample.content.startswith(start)), None)
    if deep is None or rng.random() < 0.5:
        return Sample(sample.name, mutate(sample.content))
    return Sample(f"{sample.name}, checksums right", deep(sample.content, mutate, rng))


def _changed(content: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for _ in range(_COUNTS[int(rng.integers(len(_COUNTS)))]):
        if changed:
            _CHANGES[int(rng.integers(len(_CHANGES)))](changed, rng)
    return bytes(changed)


def _place(content: bytearray, rng: np.random.Generator) -> int:
    end = len(content) if rng.random() < 0.5 else min(len(content), _HEAD)
    return int(rng.integers(end))


def _flip_bit(content: bytearray, rng: np.random.Generator) -> None:
    content[_place(content, rng)] ^= 1 << int(rng.integers(8))


def _set_byte(content: bytearray, rng: np.random.Generator) -> None:
    content[_place(content, rng)] = int(rng.integers(256))


def _set_number(content: bytearray, rng: np.random.Generator) -> None:
    """Write a number of one, two or four bytes, as sizes and counts are, that programs trip over."""
    size, order = (1, 2, 4)[int(rng.integers(3))], ("little", "big")[int(rng.integers(2))]
    value = _EXTREMES[int(rng.integers(len(_EXTREMES)))] & (256**size - 1)
    place = _place(content, rng)
    content[place : place + size] = value.to_bytes(size, "big" if order == "big" else "little")


def _set_text_number(content: bytearray, rng: np.random.Generator) -> None:
    """Put another number in the place of one in digits, as JSON, CSV and HTTP have them; else set a byte."""
    start = _place(content, rng)
    found = re.compile(rb"[0-9]+").search(content, start)
    if found is None:
        _set_byte(content, rng)
    else:
        content[found.start() : found.end()] = _NUMBERS[int(rng.integers(len(_NUMBERS)))]


def _leave_out(content: bytearray, rng: np.random.Generator) -> None:
    place = _place(content, rng)
    del content[place : place + int(rng.integers(1, _SLICE_MOST))]


def _repeat(content: bytearray, rng: np.random.Generator) -> None:
    place, times = _place(content, rng), int(rng.integers(1, 4))
    content[place:place] = content[place : place + int(rng.integers(1, _SLICE_MOST))] * times


def _move(content: bytearray, rng: np.random.Generator) -> None:
    start, place = _place(content, rng), _place(content, rng)
    part = content[start : start + int(rng.integers(1, _SLICE_MOST))]
    content[place : place + len(part)] = part


def _cut_off(content: bytearray, rng: np.random.Generator) -> None:
    del content[int(rng.integers(len(content))) :]


def _add_noise(content: bytearray, rng: np.random.Generator) -> None:
    place = _place(content, rng)
    content[place:place] = rng.bytes(int(rng.integers(1, _SLICE_MOST)))


def _nest(content: bytearray, rng: np.random.Generator) -> None:
    place = 0 if rng.random() < 0.5 else _place(content, rng)  # in the middle of a text it is only a mistake in it
    content[place:place] = _NESTED


# Each with how often it comes: damage that ends the reading at once leaves the rest untried.
_WEIGHTS: dict[Change, int] = {
    _flip_bit: 5,
    _set_byte: 3,
    _set_number: 5,
    _set_text_number: 3,
    _leave_out: 2,
    _repeat: 2,
    _move: 2,
    _add_noise: 2,
    _cut_off: 1,
    _nest: 1,
}
_CHANGES = tuple(change for change, weight in _WEIGHTS.items() for _ in range(weight))


def _deep_png(content: bytes, mutate: Mutate, rng: np.random.Generator) -> bytes:
    """Change one chunk, inside its compression if it holds pixels, and make its checksum right."""
    chunks, place = [], 8
    while place + 12 <= len(content):
        (size,) = struct.unpack_from(">I", content, place)
        chunks.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + size]))
        place += size + 12
    chosen = int(rng.integers(len(chunks)))
    kind, data = chunks[chosen]
    if kind == b"IDAT" and rng.random() < 0.5:
        data = zlib.compress(mutate(zlib.decompress(data))[:_INFLATED_MOST])
    else:
        data = mutate(data)
    chunks[chosen] = (kind, data)
    parts = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return content[:8] + b"".join(parts)


def _deep_zip(content: bytes, mutate: Mutate, rng: np.random.Generator) -> bytes:
    """Change one member and pack all of them anew."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
        method = archive.infolist()[0].compress_type
    chosen = sorted(members)[int(rng.integers(len(members)))]
    members[chosen] = mutate(members[chosen])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)  # without the time, so that a seed is enough
    return buffer.getvalue()


def _deep_gzip(content: bytes, mutate: Mutate, _: np.random.Generator) -> bytes:
    return gzip.compress(mutate(gzip.decompress(content))[:_INFLATED_MOST], 1, mtime=0)


# What a file begins with, and how what is in it is changed.
_DEEP: tuple[tuple[bytes, Callable[[bytes, Mutate, np.random.Generator], bytes]], ...] = (
    (b"\x89PNG\r\n\x1a\n", _deep_png),
    (b"PK", _deep_zip),
    (b"\x1f\x8b", _deep_gzip),
)
