"""A Kaggle-style `.csv`: one image a line, its label and then its 784 pixels."""

import io
from pathlib import Path

import numpy as np

from digitnet.arrays import IMAGE_SIDE, AnyArray
from digitnet.datasets.emnist import is_emnist, pair_emnist
from digitnet.datasets.idx import GZIP_START, gunzip, read_file
from digitnet.datasets.pairing import DatasetPair, Part, pair
from digitnet.errors import DatasetFormatError

__all__ = ["load_csv"]

_COLUMNS = 1 + IMAGE_SIDE**2  # the label and 784 pixels
# Looking a field up is twice as fast as int(), and knows the range.
_BYTE_OF_TEXT = {str(value).encode(): value for value in range(256)}


def load_csv(path: Path, *, for_evaluation: bool = False) -> DatasetPair:
    """Load the images of a file such as Kaggle's `train.csv` for the digit recogniser, plain or gzipped.

    Each line is `label,pixel0,...,pixel783`, whole numbers from 0 to 255, row by row from the top left. The
    first line may be a header. A file whose name begins with `emnist-` is turned upright, see `emnist`.

    Args:
        path: The file.
        for_evaluation: As for `pair`.

    Returns:
        All images, and None: such a file has no test part.

    Raises:
        DatasetNotFoundError: No such file.
        DatasetFormatError: A line is not such a line; the message has its number, counted from 1.
        DatasetError: As `pair`.
    """
    data = read_file(path)
    if data.startswith(GZIP_START):
        data = gunzip(data, where=str(path))
    table = _parse(io.BytesIO(data.removeprefix(b"\xef\xbb\xbf")), path)  # a byte order mark, from Excel
    part = Part(table[:, 1:].reshape(-1, IMAGE_SIDE, IMAGE_SIDE), table[:, 0])
    name = path.name.removesuffix(".gz").removesuffix(".csv")
    return (pair_emnist if is_emnist(name) else pair)(name, part, None, for_evaluation=for_evaluation)


def _parse(lines: io.BytesIO, path: Path) -> AnyArray:
    """Turn all lines into uint8 (n, 785), a label and 784 pixels a row."""
    values = bytearray()
    byte_of = _BYTE_OF_TEXT.__getitem__
    for number, line in enumerate(lines, start=1):
        fields = line.rstrip().split(b",")
        try:
            row = bytes(map(byte_of, fields))
        except KeyError:
            if not line.strip() or (number == 1 and _is_header(fields, path)):
                continue
            row = _parse_carefully(fields, f"{path}, line {number}")
        if len(row) != _COLUMNS:
            raise _wrong_count(len(row), f"{path}, line {number}")
        values += row
    if not values:
        raise DatasetFormatError(
            f"{path} holds no image: expected lines of a label and 784 pixels. Is it the right file?"
        )
    return np.frombuffer(values, np.uint8).reshape(-1, _COLUMNS)


def _is_header(fields: list[bytes], path: Path) -> bool:
    """Whether the first line names the columns; a line that begins with any number does not."""
    names = [_clean(field).lower() for field in fields]
    if names[0].lstrip(b"-").replace(b".", b"", 1).isdigit():
        return False
    if {b"label", b"class"} & set(names[1:]):
        raise DatasetFormatError(
            f"{path}, line 1: expected the label in the first column, found it in another. Move that column."
        )
    return True


def _parse_carefully(fields: list[bytes], where: str) -> bytes:
    """Read a line with quotes, blanks or leading zeros, or say what is wrong with it."""
    if len(fields) != _COLUMNS:
        raise _wrong_count(len(fields), where)
    row = bytearray()
    for column, field in enumerate(fields, start=1):
        text = _clean(field)
        value = _BYTE_OF_TEXT.get(text.lstrip(b"0") or b"0") if text else None
        if value is None:
            raise DatasetFormatError(
                f"{where}, column {column}: expected a whole number from 0 to 255, "
                f"found {field[:20].decode('latin-1')!r}. Correct the line or remove it."
            )
        row.append(value)
    return bytes(row)


def _clean(field: bytes) -> bytes:
    return field.strip(b' \t\r\n"')


def _wrong_count(count: int, where: str) -> DatasetFormatError:
    hint = "Is the label missing?" if count == _COLUMNS - 1 else "Is the line cut, or not separated by commas?"
    return DatasetFormatError(f"{where}: expected a label and 784 pixels, found {count} values. {hint}")
