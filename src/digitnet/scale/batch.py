"""From pictures to a whole folder of results: what is to be done, what is done already, and a manifest at the end.

All pictures are listed before the first is read, into a file that is deleted at the end: so their number is known,
which decides how large parts are, pictures that are named twice are found, and no list of millions of names is held.
"""

import gzip
import hashlib
import json
import tempfile
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import IO, NamedTuple, TypeAlias

import numpy as np

from digitnet.errors import BatchError
from digitnet.scale.out_folder import MANIFEST, OutFolder
from digitnet.scale.part_size import Amount, size_for
from digitnet.scale.parts import Item, Part, PartSize, cut_parts
from digitnet.scale.picture_reading import Task
from digitnet.scale.sources import find_items
from digitnet.scale.work import DonePart, Job, do_part, end_processes

__all__ = ["Found", "Listener", "Progress", "Run", "Summary", "Workers", "one_process", "run_batch"]

_REPORT_EVERY = 2.0  # seconds, while pictures are being found; chosen by hand

# Does parts, in any order, and takes the next one only when it has use for it.
Run: TypeAlias = Callable[[Job, Iterator[Part]], Iterator[DonePart]]
Workers: TypeAlias = Callable[[], AbstractContextManager[Run]]


class Found(NamedTuple):
    """While pictures are being found.

    Attributes:
        pictures: So far; a PDF counts as one.
        is_all: Whether there are no more.
    """

    pictures: int
    is_all: bool


class Progress(NamedTuple):
    """After each part.

    Attributes:
        parts: That are finished, before this run too.
        all_parts: How many there are.
        pictures: In the finished parts; a PDF counts as one.
        all_pictures: How many there are.
        read: Pictures that this run has read.
        errors: Rows with an error that this run has written.
        seconds: Since the first part of this run began.
    """

    parts: int
    all_parts: int
    pictures: int
    all_pictures: int
    read: int = 0
    errors: int = 0
    seconds: float = 0.0


class Summary(NamedTuple):
    """What a folder of results holds at the end.

    Attributes:
        out: The folder.
        parts: How many files of rows.
        rows: In all of them.
        errors: Rows with an error.
        parts_read: By this run; the others were there.
        seconds: That this run worked on parts, without the start of a cluster.
    """

    out: str
    parts: int
    rows: int
    errors: int
    parts_read: int
    seconds: float


Listener: TypeAlias = Callable[[Found | Progress], object]


@contextmanager
def one_process() -> Iterator[Run]:
    """Do parts one after the other, without a cluster."""
    try:
        yield lambda job, parts: (do_part(job, part) for part in parts)
    finally:
        end_processes()


def run_batch(
    words: Sequence[str],
    job: Job,
    workers: Workers = one_process,
    *,
    listener: Listener = lambda _: None,
    renew: bool = False,
) -> Summary:
    """Read pictures into a folder of results, or what of them is missing there.

    Args:
        words: What to read; see `find_items`.
        job: How, and where to.
        workers: Are started where there is anything to do, and end with it.
        listener: Is told how far the work is.
        renew: Whether parts may be thrown away that were read with other settings, or of other pictures.

    Returns:
        What the folder holds; each picture has its rows once.

    Raises:
        BatchError: A word stands for nothing, a picture is named twice, the folder holds other results or cannot be
            written, or the cluster is lost. What is finished stays, and the same call goes on from there.
        ConfigurationError: A word makes no sense.
    """
    out = OutFolder(job.out, job.format)
    is_kept = out.check(job.recorded(), renew=renew)
    with _listed(words, job.settings.task, out.part_size() if is_kept else None, listener) as listed:
        finished = _usable(out, listed, renew=renew) if is_kept else set()
        counts = {name: out.rows_of(name) for name in finished}
        seconds = 0.0
        if len(finished) < len(listed.names):
            with workers() as run:  # before anything is written: a cluster that is not there leaves no trace
                if not is_kept:
                    out.begin(job.recorded(), listed.size)
                out.delete(MANIFEST)
                began = time.monotonic()
                missing = (part for part in listed.parts() if part.name not in finished)
                for done in _reported(run(job, missing), listed, finished, listener):
                    counts[done.name] = (done.rows, done.errors)
                seconds = time.monotonic() - began
        return _finish(out, listed.names, counts)._replace(
            parts_read=len(listed.names) - len(finished), seconds=seconds
        )


class _Listed(NamedTuple):
    """All pictures in a file, and the parts that they make: their names and sizes are in memory."""

    file: IO[bytes]
    size: PartSize
    names: dict[str, int]

    def parts(self) -> Iterator[Part]:
        return cut_parts(_items_in(self.file), self.size)


@contextmanager
def _listed(words: Sequence[str], task: Task, size: PartSize | None, listener: Listener) -> Iterator[_Listed]:
    """List what is to be read; a size of None is found by how much there is."""
    with _temporary_file() as file:
        hashes, amount = array("Q"), Amount()
        items = _watched(find_items(words, takes_images=task == "predict"), listener)
        try:
            with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1) as lines:
                for item in items:
                    lines.write(f"{item.to_json()}\n".encode())
                    hashes.append(_hash_of(item))
                    amount = amount.with_item(item)
            file.flush()
        except OSError as error:
            raise BatchError(
                f"the list of pictures cannot be written in {tempfile.gettempdir()}: {error.strerror or error}. "
                f"Name another folder in TMPDIR"
            ) from error
        _refuse_doubles(file, np.frombuffer(hashes, np.uint64))
        listed = _Listed(file, size or size_for(amount, task), {})
        listed.names.update((part.name, part.pictures) for part in listed.parts())
        yield listed


@contextmanager
def _temporary_file() -> Iterator[IO[bytes]]:
    file = tempfile.TemporaryFile(prefix="digitnet-")  # noqa: SIM115 - to close it fails once more on a full disk
    try:
        yield file
    finally:
        with suppress(OSError):
            file.close()


def _items_in(file: IO[bytes]) -> Iterator[Item]:
    file.seek(0)
    with gzip.GzipFile(fileobj=file) as lines:
        yield from map(Item.from_json, lines)


def _watched(items: Iterable[Item], listener: Listener) -> Iterator[Item]:
    """The same items; the listener is told now and then."""
    reported, pictures = time.monotonic(), 0
    for item in items:
        pictures += item.pictures
        if time.monotonic() - reported > _REPORT_EVERY:
            reported = time.monotonic()
            listener(Found(pictures, is_all=False))
        yield item
    listener(Found(pictures, is_all=True))


def _hash_of(item: Item) -> int:
    name = f"{item.start if item.kind == 'images' else ''} {item.name}"
    return int.from_bytes(hashlib.blake2b(name.encode(errors="surrogateescape"), digest_size=8).digest(), "big")


def _refuse_doubles(file: IO[bytes], hashes: "np.typing.NDArray[np.uint64]") -> None:
    """Refuse a picture that is named twice; the names themselves are looked at only where hashes agree."""
    ordered = np.sort(hashes)
    doubtful = set(ordered[1:][ordered[1:] == ordered[:-1]].tolist())
    if not doubtful:
        return
    seen: set[tuple[str, int]] = set()
    for item in _items_in(file):
        if _hash_of(item) in doubtful:
            key = (item.name, item.start if item.kind == "images" else 0)
            if key in seen:
                raise BatchError(f"{item.name} is there twice, but each picture is read once: name it once")
            seen.add(key)


def _usable(out: OutFolder, listed: _Listed, *, renew: bool) -> set[str]:
    """The names of the parts that are there already; those of other pictures are refused, or thrown away."""
    finished = out.finished()
    others = sorted(finished - set(listed.names))
    if others and not renew:
        raise BatchError(
            f"{out.place} holds {len(others)} parts of pictures that were not named now, or have changed since, such "
            f"as {out.file_of(others[0])}. Name a new folder, or throw them away with --renew"
        )
    if others:
        out.delete(MANIFEST)
    for name in others:
        out.delete(out.file_of(name))
    return finished - set(others)


def _reported(done: Iterator[DonePart], listed: _Listed, finished: set[str], listener: Listener) -> Iterator[DonePart]:
    before = sum(listed.names[name] for name in finished)
    progress = Progress(len(finished), len(listed.names), before, sum(listed.names.values()))
    began = time.monotonic()
    listener(progress)
    for each in done:
        read = progress.read + listed.names[each.name]
        progress = progress._replace(
            parts=progress.parts + 1,
            pictures=before + read,
            read=read,
            errors=progress.errors + each.errors,
            seconds=time.monotonic() - began,
        )
        listener(progress)
        yield each


def _finish(out: OutFolder, names: Iterable[str], counts: dict[str, tuple[int, int]]) -> Summary:
    parts = [{"file": out.file_of(name), "rows": counts[name][0], "errors": counts[name][1]} for name in names]
    rows, errors = (sum(count[place] for count in counts.values()) for place in (0, 1))
    manifest = {"rows": rows, "errors": errors, "parts": parts}
    out.write(MANIFEST, f"{json.dumps(manifest, indent=1)}\n".encode())
    return Summary(out.place, len(parts), rows, errors, 0, 0.0)
