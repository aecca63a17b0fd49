"""Names for the arrays that pass between modules; the shape is in the comment, the dtype in the type. And one check."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.errors import PictureDecodeError

__all__ = [
    "IMAGE_SIDE",
    "AnyArray",
    "ConfusionMatrix",
    "GrayPicture",
    "Images",
    "Indices",
    "Labels",
    "Logits",
    "Probabilities",
    "check_images",
]

IMAGE_SIDE = 28  # pixels; MNIST's frame is 28 x 28, the digit inside it 20 x 20

Images: TypeAlias = NDArray[np.uint8]  # (n, 28, 28), 0 = paper, 255 = ink
Labels: TypeAlias = NDArray[np.uint8]  # (n,), the true or predicted class
Logits: TypeAlias = NDArray[np.float32]  # (n, classes), any real number
Probabilities: TypeAlias = NDArray[np.float32]  # (n, classes), each row sums to 1
Indices: TypeAlias = NDArray[np.int64]  # (k,), positions in a data set
ConfusionMatrix: TypeAlias = NDArray[np.int64]  # (classes, classes), [true, predicted]
GrayPicture: TypeAlias = NDArray[np.uint8]  # (height, width), any size
AnyArray: TypeAlias = NDArray[Any]  # unchecked, as a user gave it


def check_images(images: object) -> None:
    """Refuse anything that is not images as the network takes them.

    Args:
        images: Whatever a caller gave as uint8 (n, 28, 28).

    Raises:
        PictureDecodeError: It is something else; the message says what would make it so.
    """
    expected = f"expected images as a uint8 array of shape (n, {IMAGE_SIDE}, {IMAGE_SIDE})"
    if not isinstance(images, np.ndarray):
        raise PictureDecodeError(f"{expected}, found {type(images).__name__}")
    if images.shape[1:] != (IMAGE_SIDE, IMAGE_SIDE):
        hint = _shape_hint(images.shape)
        raise PictureDecodeError(f"{expected}, found shape {images.shape}{hint}")
    if images.dtype != np.uint8:
        hint = ""
        if images.dtype.kind == "f":
            hint = ": the division by 255 is inside the model, so pass np.rint(images * 255).astype(np.uint8)"
        raise PictureDecodeError(f"{expected}, found {images.dtype}{hint}")


def _shape_hint(shape: tuple[int, ...]) -> str:
    if shape == (IMAGE_SIDE, IMAGE_SIDE):
        return ": for a single image pass images[None]"
    if shape[1:] == (IMAGE_SIDE, IMAGE_SIDE, 1):
        return ": pass images[..., 0]"
    if shape[1:] == (IMAGE_SIDE * IMAGE_SIDE,):
        return f": pass images.reshape(-1, {IMAGE_SIDE}, {IMAGE_SIDE})"
    return ": for pictures of any size use read_digit"
