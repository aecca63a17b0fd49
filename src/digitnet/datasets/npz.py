"""A Keras-style `.npz`: arrays x_train, y_train, x_test and y_test in one zip file."""

import io
import lzma
import math
import struct
import tokenize
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.lib.format

from digitnet.arrays import IMAGE_SIDE, AnyArray, Images
from digitnet.datasets.idx import read_file
from digitnet.datasets.pairing import DatasetPair, Part, pair
from digitnet.errors import DatasetFormatError, reason_of

__all__ = ["ZIP_DAMAGE", "check_image_shape", "check_images", "has_image_shape", "load_npz", "read_npy_header"]

_IMAGE_SHAPES = {(IMAGE_SIDE, IMAGE_SIDE), (IMAGE_SIDE**2,), (IMAGE_SIDE, IMAGE_SIDE, 1)}
_NPY: Any = numpy.lib.format  # without types before NumPy 2
_ARRAYS = ("x_train", "y_train", "x_test", "y_test")

# What Python's zip reader and NumPy's header reader let through for damaged or hostile bytes.
ZIP_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    tokenize.TokenError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)


def load_npz(path: Path, *, for_evaluation: bool = False) -> DatasetPair:
    """Load the training and test set of a file such as Keras's `mnist.npz`.

    Images may be (n, 28, 28), (n, 784) or (n, 28, 28, 1), of any integer type with values from 0 to 255;
    labels (n,) or (n, 1), of any integer type. Pickled objects are refused, since reading them runs code.

    Args:
        path: The file.
        for_evaluation: Whether a test part alone will do, and images of a single class.

    Returns:
        The training set, or all there is, and the test set or None if the file has neither x_test nor y_test.

    Raises:
        DatasetNotFoundError: No such file.
        DatasetFormatError: Not such a file, damaged, or an array is missing or of the wrong kind.
        DatasetError: As `pair`.
    """
    arrays = _read_arrays(path)
    if for_evaluation and not {"x_train", "y_train"} & set(arrays) and "x_test" in arrays:
        return pair(f"{path.stem}/test", _part(arrays, "test", path), None, for_evaluation=True)
    train = _part(arrays, "train", path)
    test = _part(arrays, "test", path) if {"x_test", "y_test"} & set(arrays) else None
    return pair(path.stem, train, test, for_evaluation=for_evaluation)


def _read_arrays(path: Path) -> dict[str, AnyArray]:
    data = read_file(path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = set(archive.namelist())
            return {
                name: _read_array(archive, f"{name}.npy", f"{name} of {path}")
                for name in _ARRAYS
                if f"{name}.npy" in members
            }
    except DatasetFormatError:
        raise
    except ZIP_DAMAGE as error:
        raise DatasetFormatError(
            f"{path} cannot be read: expected a NumPy .npz file, found something else ({reason_of(error)}). "
            f"Fetch or save the file again."
        ) from error


def _read_array(archive: zipfile.ZipFile, member: str, what: str) -> AnyArray:
    """Read one array, in pieces that grow with the bytes there are, whatever the header promises."""
    with archive.open(member) as stream:
        shape, is_fortran, dtype = read_npy_header(stream, what)
        size = math.prod(shape) * dtype.itemsize
        data = stream.read(size + 1) if 0 <= size <= archive.getinfo(member).file_size else b""
    if len(data) != size or min(shape, default=0) < 0:
        raise DatasetFormatError(
            f"{what} is cut short or too long: its header promises {dtype} {shape}, {size} bytes. "
            f"Fetch or save the file again."
        )
    return np.frombuffer(data, dtype).reshape(shape, order="F" if is_fortran else "C")


def read_npy_header(stream: IO[bytes], what: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read the header of one array; the stream is left at the first byte of its data.

    Args:
        stream: At the start of a `.npy` file.
        what: Name of the array, for messages.

    Returns:
        Shape, whether the first axis is the fastest (Fortran's order), and dtype, never of objects. A hostile
        header may promise any shape.

    Raises:
        DatasetFormatError: The array holds pickled objects.
        Exception: One of `ZIP_DAMAGE`: not a `.npy` file, or a damaged one.
    """
    version = _NPY.read_magic(stream)
    read_header = _NPY.read_array_header_1_0 if version == (1, 0) else _NPY.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of headers written by Python 2: readable all the same
        shape, is_fortran, dtype = read_header(stream)
    if dtype.hasobject:
        raise DatasetFormatError(
            f"{what} holds pickled Python objects: expected integers. Reading objects could run "
            f"any code; save the array with .astype(numpy.uint8)."
        )
    return shape, is_fortran, dtype


def has_image_shape(shape: tuple[int, ...]) -> bool:
    """Whether an array of that shape holds images: (n, 28, 28), (n, 784) or (n, 28, 28, 1)."""
    return shape[1:] in _IMAGE_SHAPES


def _part(arrays: dict[str, AnyArray], part: str, path: Path) -> Part:
    for name in (f"x_{part}", f"y_{part}"):
        if name not in arrays:
            raise DatasetFormatError(
                f"{path} lacks the array {name}: expected x_train and y_train, and maybe x_test and y_test, "
                f"found {', '.join(arrays) or 'none of them'}. Save the arrays under those names."
            )
    images = check_images(arrays[f"x_{part}"], f"x_{part} of {path}")
    return Part(images, _labels(arrays[f"y_{part}"], f"y_{part} of {path}"))


def check_image_shape(shape: tuple[int, ...], what: str) -> None:
    """Refuse the shape of an array that does not hold images.

    Args:
        shape: Of the whole array.
        what: Its name, for messages.

    Raises:
        DatasetFormatError: Neither (n, 28, 28), nor (n, 784), nor (n, 28, 28, 1).
    """
    if not has_image_shape(shape):
        raise DatasetFormatError(
            f"{what} is not an array of images: expected shape (n, 28, 28), (n, 784) or (n, 28, 28, 1), "
            f"found {shape}. Scale the pictures to MNIST's frame first."
        )


def check_images(array: AnyArray, what: str, first: int = 0) -> Images:
    """Bring an array of images to the form in which they are used.

    Args:
        array: Any.
        what: Its name, for messages.
        first: Number of its first image, for messages.

    Returns:
        uint8 (n, 28, 28).

    Raises:
        DatasetFormatError: Another shape, something else than integers, or a pixel outside 0..255.
    """
    check_image_shape(array.shape, what)
    if array.dtype.kind not in "iu":
        is_unit_range = array.dtype.kind == "b" or (array.dtype.kind == "f" and np.max(array, initial=0) <= 1)
        scale = "255 * " if is_unit_range else ""
        raise DatasetFormatError(
            f"{what} holds pixels of type {array.dtype}: expected whole numbers from 0 to 255. "
            f"Save numpy.rint({scale}x).astype(numpy.uint8) instead."
        )
    if array.dtype != np.uint8 and array.size and (array.min() < 0 or array.max() > 255):
        outside = np.argwhere((array < 0) | (array > 255))[0]
        raise DatasetFormatError(
            f"{what} has a pixel out of range: expected 0 to 255, found {array[tuple(outside)]} in image "
            f"{first + outside[0]} (counted from 0). Bring the pixels to 0 = paper, 255 = ink."
        )
    return array.astype(np.uint8, copy=False).reshape(len(array), IMAGE_SIDE, IMAGE_SIDE)


def _labels(array: AnyArray, what: str) -> AnyArray:
    if array.dtype.kind in "iu" and array.shape in {(array.size,), (array.size, 1)}:
        return array.reshape(-1)
    raise DatasetFormatError(
        f"{what} is not an array of labels: expected integers (n,), found {array.dtype} {array.shape}. "
        f"Save the number of each image's class; from one column a class, numpy.argmax(y, axis=1)."
    )
