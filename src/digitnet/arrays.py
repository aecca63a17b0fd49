"""Names for the arrays that pass between modules; the shape is in the comment, the dtype in the type."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

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
