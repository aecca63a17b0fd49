"""The images of a large file, chunk by chunk: any number of them in the memory of a few thousand.

The bytes decide what kind of file it is, not the name: IDX, plain or gzipped; NumPy's `.npz`, packed or not; `.npy`.
What a plain file or an archive promises is compared with its size before the first image; that gzip data is damaged
or cut short shows only where it happens.
"""

import gzip
import math
import os
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from digitnet.arrays import IMAGE_SIDE, Images
from digitnet.datasets.emnist import is_emnist
from digitnet.datasets.idx import GZIP_START, IMAGES_HEADER_SIZE, file_error, parse_images_header
from digitnet.datasets.npz import ZIP_DAMAGE, check_image_shape, check_images, has_image_shape, read_npy_header
from digitnet.errors import ConfigurationError, DatasetFormatError, DigitnetError, reason_of

__all__ = ["count_images", "stream_images"]

_CHUNK_SIZE = 4096  # images; 3 MB
_NPY_START = b"\x93NUMPY"
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")  # the second is an archive without members
_DEFAULT_ARRAYS = ("x_test", "x_train")  # Keras's names; predictions are wanted of images that were not trained on


@dataclass(frozen=True)
class _Source:
    """Images that are about to be read.

    Attributes:
        stream: At the first byte of the first image.
        name: What to call it in messages.
        shape: (n, ...) of the array that is stored.
        dtype: Of its elements.
        size: Bytes that are left in the stream, where that is known.
        is_lying: Whether rows and columns are interchanged.
    """

    stream: IO[bytes] | gzip.GzipFile
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    size: int | None = None
    is_lying: bool = False

    @property
    def bytes_an_image(self) -> int:
        return math.prod(self.shape[1:]) * self.dtype.itemsize


def stream_images(
    path: str | Path, *, array: str | None = None, chunk_size: int = _CHUNK_SIZE, first: int = 0
) -> Iterator[Images]:
    """Read the images of a file, a chunk at a time, as they are: in MNIST's frame already.

    Labels are not needed and not looked at. EMNIST's own files are turned upright, see `emnist`.

    Args:
        path: An IDX file of images, plain or gzipped; a `.npz` or a `.npy` of integers from 0 to 255, of shape
            (n, 28, 28), (n, 784) or (n, 28, 28, 1).
        array: Which array of a `.npz`; left out, `x_test`, or else `x_train`, or else the only one with images.
        chunk_size: Images read at once, at least 1.
        first: The image to begin with, from 0; those before it are skipped, in packed files by unpacking them.

    Yields:
        uint8 (k, 28, 28), k = `chunk_size` but for the last chunk; read-only where nothing had to be converted.

    Raises:
        DatasetNotFoundError: No such file.
        DatasetFormatError: Not such a file, or a damaged one; the message says after how many images.
        DatasetError: The system refuses to read it.
        ConfigurationError: `chunk_size` is below 1, or `array` is given for a file of one array.
    """
    if chunk_size < 1:
        raise ConfigurationError(f"chunk_size: expected at least 1 image, found {chunk_size}. Try {_CHUNK_SIZE}.")
    with ExitStack() as files:
        yield from _chunks(_opened(Path(path), array, files), chunk_size, first)


def count_images(path: str | Path) -> int:
    """How many images the header of a file promises; of a plain file or an archive compared with its size.

    Args:
        path: As for `stream_images`.

    Raises:
        DatasetError: As for `stream_images`.
    """
    with ExitStack() as files:
        return _opened(Path(path), None, files).shape[0]


def _opened(path: Path, array: str | None, files: ExitStack) -> _Source:
    """Open a file and read up to its first image; what is open is left to `files`."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # opening a pipe could wait forever
            raise DatasetFormatError(f"{path} is not a regular file: expected a data file. Save it to one first.")
        file = files.enter_context(path.open("rb"))
    except OSError as error:
        raise file_error(path, error) from error
    try:
        source = _find_images(file, path, array, files)
    except DigitnetError:
        raise
    except ZIP_DAMAGE as error:
        raise DatasetFormatError(
            f"{path} cannot be read: its first bytes promise images, the next do not keep it "
            f"({reason_of(error)}). Fetch or save the file again."
        ) from error
    _check_size(source)
    return source


def _find_images(file: IO[bytes], path: Path, array: str | None, files: ExitStack) -> _Source:
    """Tell the kind of file and read up to the first image; whatever is opened on the way is left to `files`."""
    start = file.read(8)
    file.seek(0)
    if start.startswith(_ZIP_STARTS):
        return _find_in_npz(files.enter_context(zipfile.ZipFile(file)), path, array, files)
    if array is not None:
        raise ConfigurationError(f"array: {path} is no .npz, it has no array called {array!r}. Leave it out.")
    whole = os.fstat(file.fileno()).st_size
    if start.startswith(_NPY_START):
        shape, dtype = _read_shape(file, str(path))
        return _Source(file, str(path), shape, dtype, whole - file.tell())
    is_packed = start.startswith(GZIP_START)
    if not is_packed and not start.startswith(b"\0\0"):  # as each IDX file does
        raise DatasetFormatError(
            f"{path} is not a file of images: expected IDX, plain or gzipped, or NumPy's .npz or .npy, "
            f"found {start!r} at its start. Convert it."
        )
    stream = files.enter_context(gzip.GzipFile(fileobj=file)) if is_packed else file
    n = parse_images_header(stream.read(IMAGES_HEADER_SIZE), where=str(path))
    size = None if is_packed else whole - IMAGES_HEADER_SIZE
    return _Source(stream, str(path), (n, IMAGE_SIDE, IMAGE_SIDE), np.dtype(np.uint8), size, is_emnist(path.name))


def _find_in_npz(archive: zipfile.ZipFile, path: Path, array: str | None, files: ExitStack) -> _Source:
    name = _choose_array(archive, path, array)
    stream = files.enter_context(archive.open(f"{name}.npy"))
    shape, dtype = _read_shape(stream, f"{name} of {path}")
    return _Source(stream, f"{name} of {path}", shape, dtype, archive.getinfo(f"{name}.npy").file_size - stream.tell())


def _choose_array(archive: zipfile.ZipFile, path: Path, array: str | None) -> str:
    """The name of the array to read."""
    names = [member.removesuffix(".npy") for member in archive.namelist() if member.endswith(".npy")]
    for name in _DEFAULT_ARRAYS if array is None else [array]:
        if name in names:
            return name
    found = f"found {', '.join(names) or 'no array'}"
    if array is not None:
        raise DatasetFormatError(f"{path} lacks the array {array}: {found}. Name one of those.")
    with_images = []
    for name in names:
        with archive.open(f"{name}.npy") as stream:
            shape, _, dtype = read_npy_header(stream, f"{name} of {path}")
            if has_image_shape(shape) and dtype.kind in "iu":
                with_images.append(name)
    if len(with_images) != 1:
        raise DatasetFormatError(
            f"{path}: expected an array x_test or x_train, or a single one with images of 28 x 28, {found}. "
            f"Name the array to read."
        )
    return with_images[0]


def _read_shape(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Read the header of an array of images and make sure that it can be read from front to back."""
    shape, is_fortran, dtype = read_npy_header(stream, name)
    check_image_shape(shape, name)
    check_images(np.empty((0, *shape[1:]), dtype), name)  # of the type, before the first image is read
    if is_fortran:
        raise DatasetFormatError(
            f"{name} is not stored image by image: expected C order, found Fortran's. "
            f"Save numpy.ascontiguousarray(x) instead."
        )
    return shape, dtype


def _check_size(source: _Source) -> None:
    """Compare what the header promises with what there is, where that is known."""
    promised = source.shape[0] * source.bytes_an_image
    if source.size is not None and source.size != promised:
        problem = "cut short" if source.size < promised else "too long"
        raise DatasetFormatError(
            f"{source.name} is {problem}: its header promises {source.shape[0]:,} images, {promised:,} bytes, found "
            f"{source.size:,}. Fetch or write the file again."
        )


def _chunks(source: _Source, chunk_size: int, first: int) -> Iterator[Images]:
    n, done = source.shape[0], first
    if first:
        _skip(source, first)
    while done < n:
        count = min(chunk_size, n - done)
        data = _read(source, count * source.bytes_an_image, done)
        whole = len(data) // source.bytes_an_image
        if whole:
            pixels = np.frombuffer(data, source.dtype, whole * math.prod(source.shape[1:]))
            images = check_images(pixels.reshape(whole, *source.shape[1:]), source.name, done)
            yield images.swapaxes(1, 2) if source.is_lying else images
            done += whole
        if whole < count:
            raise _stopped_error(source, done, "the file is cut short")
    if _read(source, 1, done):  # this is also where a checksum at the end is looked at
        raise _stopped_error(source, done, "more bytes follow than its header promises")


def _skip(source: _Source, count: int) -> None:
    try:
        source.stream.seek(count * source.bytes_an_image, os.SEEK_CUR)
    except ZIP_DAMAGE as error:
        raise _stopped_error(source, 0, reason_of(error)) from error


def _read(source: _Source, size: int, done: int) -> bytes:
    try:
        return source.stream.read(size)
    except ZIP_DAMAGE as error:
        raise _stopped_error(source, done, reason_of(error)) from error


def _stopped_error(source: _Source, done: int, reason: str) -> DatasetFormatError:
    doubt = " What came before it may be damaged as well." if "CRC" in reason else ""
    return DatasetFormatError(
        f"{source.name}: stopped after {done:,} of {source.shape[0]:,} images: {reason}.{doubt} "
        f"Fetch or write the file again."
    )
