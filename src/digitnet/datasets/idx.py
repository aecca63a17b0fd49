"""IDX, the file format of MNIST: bytes to arrays and back.

An IDX file is a magic number (two zero bytes, one byte for the element type, one for the number of
dimensions), one big-endian uint32 a dimension, and then the elements, big endian, last axis fastest.

Source:
    Y. LeCun, C. Cortes, C. Burges: The MNIST database, section "File formats".
"""

import gzip
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from digitnet.arrays import IMAGE_SIDE, AnyArray, Images, Labels
from digitnet.errors import DatasetError, DatasetFormatError, DatasetNotFoundError
from digitnet.files import write_atomically

__all__ = [
    "GZIP_START",
    "IMAGES_HEADER_SIZE",
    "decode_idx",
    "encode_idx",
    "file_error",
    "gunzip",
    "parse_images_header",
    "read_file",
    "read_idx",
    "read_idx_images",
    "read_idx_labels",
    "write_idx",
]

GZIP_START = b"\x1f\x8b"
IMAGES_HEADER_SIZE = 16  # bytes: the magic number and three dimensions

_IMAGES_MAGIC = 0x00000803
_LABELS_MAGIC = 0x00000801
_DTYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
_MAX_RANK = 32  # NumPy 1's limit; the format's own is 255
_MAX_DIMENSION = 2**32 - 1  # a dimension is stored as uint32
_LONGEST_HEADER = 4 + 4 * _MAX_RANK  # bytes
_MAX_SIZE = 2**62  # bytes; more than any file, and still a size that zlib accepts


@dataclass(frozen=True)
class _Header:
    """What the first bytes of an IDX file promise about the rest."""

    dtype: np.dtype[Any]  # big endian
    shape: tuple[int, ...]

    @property
    def data_start(self) -> int:
        return 4 + 4 * len(self.shape)

    @property
    def file_size(self) -> int:
        # Python integers: the product of 32 hostile dimensions must not wrap around.
        return self.data_start + math.prod(self.shape) * self.dtype.itemsize


def decode_idx(data: bytes, *, where: str) -> AnyArray:
    """Turn the bytes of an IDX file into an array.

    Args:
        data: The whole file, not compressed.
        where: Name of the file, for messages.

    Returns:
        A read-only array of the file's shape and type, in the machine's byte order.

    Raises:
        DatasetFormatError: Not IDX, cut short, or longer than its header says.
    """
    return _decode(data, _parse_header(data, where, None), where)


def encode_idx(array: AnyArray) -> bytes:
    """Turn an array into the bytes of an IDX file.

    Args:
        array: Any shape; uint8, int8, int16, int32, float32 or float64 in either byte order.

    Raises:
        DatasetFormatError: IDX has no such element type, or a dimension is over 2**32 - 1.
    """
    stored = array.dtype.newbyteorder(">")
    codes = [code for code, dtype in _DTYPES.items() if dtype == stored]
    if not codes:
        raise DatasetFormatError(
            f"An array of {array.dtype} cannot be stored as IDX: expected uint8, int8, int16, int32, float32 "
            f"or float64. Convert it with .astype() first."
        )
    if max(array.shape, default=0) > _MAX_DIMENSION:
        raise DatasetFormatError(
            f"An array of shape {array.shape} cannot be stored as IDX: expected at most 2**32 - 1 in a "
            f"dimension. Split it."
        )
    header = bytes([0, 0, codes[0], array.ndim]) + np.array(array.shape, dtype=">u4").tobytes()
    return header + array.astype(stored, copy=False).tobytes()


def read_idx(path: str | Path) -> AnyArray:
    """Read an IDX file of any type and shape, plain or gzipped: the bytes decide, not the name.

    Returns:
        A read-only array, in the machine's byte order.

    Raises:
        DatasetNotFoundError: No such file.
        DatasetFormatError: Not IDX, damaged, cut short or too long.
        DatasetError: The file cannot be opened.
    """
    return _read(Path(path), None)


def read_idx_images(path: str | Path) -> Images:
    """Read the images of a file such as MNIST's `train-images-idx3-ubyte.gz`.

    Returns:
        uint8 (n, 28, 28), read-only, as stored: MNIST's own have 0 = paper and 255 = ink.

    Raises:
        DatasetError: As `read_idx`; also when the file holds labels, or images that are not 28 x 28.
    """
    images: Images = _read(Path(path), _IMAGES_MAGIC)
    _check_frame(images.shape, str(path))
    return images


def parse_images_header(start: bytes, *, where: str) -> int:
    """How many images follow in an IDX file, after its first `IMAGES_HEADER_SIZE` bytes.

    Args:
        start: Those bytes, not compressed.
        where: Name of the file, for messages.

    Raises:
        DatasetFormatError: Not an IDX file of images, or they are not 28 x 28.
    """
    shape = _parse_header(start, where, _IMAGES_MAGIC).shape
    _check_frame(shape, where)
    return shape[0]


def read_idx_labels(path: str | Path) -> Labels:
    """Read the labels of a file such as MNIST's `train-labels-idx1-ubyte.gz`.

    Returns:
        uint8 (n,), read-only.

    Raises:
        DatasetError: As `read_idx`; also when the file holds images.
    """
    labels: Labels = _read(Path(path), _LABELS_MAGIC)
    return labels


def write_idx(path: str | Path, array: AnyArray) -> None:
    """Write an array as an IDX file, gzipped if the name ends in `.gz`.

    The file appears whole or not at all, and the same array gives the same bytes on every day.

    Args:
        path: Where to; an older file there is replaced.
        array: As for `encode_idx`.

    Raises:
        DatasetFormatError: IDX cannot hold the array.
        DatasetError: The file cannot be written.
    """
    path = Path(path)
    data = encode_idx(array)
    if path.suffix == ".gz":
        data = gzip.compress(data, mtime=0)  # a time stamp would make every file differ
    try:
        write_atomically(path, data)
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be written: {error.strerror}. Choose a folder that exists and is yours to write."
        ) from error


def read_file(path: Path) -> bytes:
    """Read a whole file of a data set.

    Raises:
        DatasetNotFoundError: No such file.
        DatasetFormatError: A folder, or an empty file.
        DatasetError: The system refuses to read it.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise file_error(path, error) from error
    if not data:
        raise DatasetFormatError(f"{path} is empty: expected a data file. Fetch or write it again.")
    return data


def file_error(path: Path, error: OSError) -> DatasetError:
    """What the system's refusal to read a file of a data set is called here."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return DatasetNotFoundError(f"{path} does not exist: expected a data file. Check the path.")
    if isinstance(error, IsADirectoryError):
        return DatasetFormatError(f"{path} is a folder: expected a file. Name the file inside it.")
    return DatasetError(f"{path} cannot be read: {error.strerror}. Check its permissions and the disk.")


def gunzip(data: bytes, *, where: str, limit: int = _MAX_SIZE) -> bytes:
    """Unpack gzip data, one or several members, and check their checksums.

    Args:
        data: The packed bytes.
        where: Name of the file, for messages.
        limit: Stop after this many unpacked bytes, so that a small file cannot fill the memory.

    Raises:
        DatasetFormatError: Cut short, damaged, or followed by something else.
    """
    parts: list[bytes] = []
    room = limit
    while data and room:
        stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)  # 16: gzip's frame, with its CRC-32
        try:
            parts.append(stream.decompress(data, room))
        except zlib.error as error:
            raise DatasetFormatError(
                f"{where} is damaged: its gzip data does not unpack ({error}). Fetch or write the file again."
            ) from error
        room -= len(parts[-1])
        if room and not stream.eof:
            raise DatasetFormatError(
                f"{where} is cut short: its gzip data ends too early. Fetch or write the file again."
            )
        data = stream.unused_data.lstrip(b"\0")  # some tools pad the end with zeros
    return b"".join(parts)


def _read(path: Path, expected_magic: int | None) -> AnyArray:
    data, where = read_file(path), str(path)
    if not data.startswith(GZIP_START):
        return _decode(data, _parse_header(data, where, expected_magic), where)
    start = gunzip(data, where=where, limit=_LONGEST_HEADER)
    header = _parse_header(start, where, expected_magic)
    # One byte more than promised is enough to know that a file is too long.
    limit = min(header.file_size + 1, _MAX_SIZE)
    return _decode(gunzip(data, where=where, limit=limit), header, where)


def _check_frame(shape: tuple[int, ...], where: str) -> None:
    if shape[1:] != (IMAGE_SIDE, IMAGE_SIDE):
        raise DatasetFormatError(
            f"{where} holds images of {shape[1]} x {shape[2]} pixels: expected 28 x 28. "
            f"Scale the pictures to MNIST's frame first."
        )


def _parse_header(data: bytes, where: str, expected_magic: int | None) -> _Header:
    if len(data) < 4:
        raise DatasetFormatError(
            f"{where} is not an IDX file: expected a magic number of 4 bytes, found {len(data)} bytes. "
            f"Fetch or write the file again."
        )
    magic = int.from_bytes(data[:4], "big")
    dtype, rank = _DTYPES.get(magic >> 8), magic & 0xFF
    if expected_magic is not None and magic != expected_magic:
        kind = "image" if expected_magic == _IMAGES_MAGIC else "label"
        raise DatasetFormatError(
            f"{where} is not an IDX {kind} file: expected magic number 0x{expected_magic:08x}, "
            f"found 0x{magic:08x}. {_hint(data)}"
        )
    if dtype is None or rank > _MAX_RANK:
        raise DatasetFormatError(
            f"{where} is not an IDX file: expected a magic number such as 0x{_IMAGES_MAGIC:08x}, "
            f"found 0x{magic:08x}. {_hint(data)}"
        )
    if len(data) < 4 + 4 * rank:
        raise DatasetFormatError(
            f"{where} is cut short: expected a header of {4 + 4 * rank} bytes, found {len(data)} bytes. "
            f"Fetch or write the file again."
        )
    return _Header(dtype, tuple(np.frombuffer(data, ">u4", rank, offset=4).tolist()))


def _hint(data: bytes) -> str:
    """Say what a file with the wrong magic number probably is."""
    magic = int.from_bytes(data[:4], "big")
    dtype, rank = _DTYPES.get(magic >> 8), magic & 0xFF
    if magic == _LABELS_MAGIC:
        return "That is an IDX label file: were the image and label paths swapped?"
    if magic == _IMAGES_MAGIC:
        return "That is an IDX image file: were the image and label paths swapped?"
    if dtype is not None:
        return f"That is an IDX file of {dtype.name} in {rank} dimensions: is it the right file?"
    if data.startswith(GZIP_START):
        return "That is gzip inside gzip: unpack it once."
    if data.lstrip().startswith(b"<"):
        return "That looks like a web page: the download failed, fetch the file again."
    return "Is it the right file?"


def _decode(data: bytes, header: _Header, where: str) -> AnyArray:
    shape = " x ".join(str(length) for length in header.shape) or "1"
    promise = f"its header promises {shape} elements of {header.dtype.name}, {header.file_size} bytes in all"
    if len(data) < header.file_size:
        raise DatasetFormatError(f"{where} is cut short: {promise}, found {len(data)}. Fetch or write the file again.")
    if len(data) > header.file_size:
        raise DatasetFormatError(
            f"{where} is too long: {promise}, and more bytes follow. Fetch or write the file again."
        )
    flat = np.frombuffer(data, header.dtype, offset=header.data_start)
    native = flat.astype(header.dtype.newbyteorder("="), copy=False)  # single bytes are not copied
    try:
        array = native.reshape(header.shape)
    except ValueError as error:  # an axis of length 0 beside others too long for NumPy to index
        raise DatasetFormatError(
            f"{where} cannot be held in memory: {promise}. Fetch or write the file again."
        ) from error
    array.flags.writeable = False
    return array
