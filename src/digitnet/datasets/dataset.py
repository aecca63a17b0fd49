"""Dataset: labelled images that cannot be changed once they are together."""

import dataclasses
import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from digitnet.arrays import IMAGE_SIDE, AnyArray, Images, Indices, Labels
from digitnet.datasets.idx import encode_idx
from digitnet.datasets.notebook import dataset_html, dataset_png
from digitnet.errors import ConfigurationError, DatasetFormatError

__all__ = ["MAX_CLASSES", "Dataset"]

MAX_CLASSES = 256  # a label is one byte


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Images and the class of each.

    The arrays are kept in memory that nobody can write to, so a digest taken once stays true.

    Attributes:
        images: uint8 (n, 28, 28), n >= 1, 0 = paper, 255 = ink.
        labels: uint8 (n,), each below `num_classes`; any integer type is accepted and converted.
        name: Where the data came from, for messages and reports.
        num_classes: 2 to 256. Left out: one for each class name, or else the largest label + 1. A subset
            keeps the number of its parent, also when it has lost a class.
        class_names: One for each class, all different. Left out: "0", "1", ...
        skipped: Files that belong to the source and could not be used.

    Raises:
        DatasetFormatError: Wrong shape or type, different counts, no image at all, or a label out of range.
        ConfigurationError: `num_classes` or `class_names` make no sense.
    """

    images: Images
    labels: Labels
    name: str = ""
    num_classes: int = 0
    class_names: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        where = self.name or "This data set"
        _check_images(self.images, where)
        _check_labels(self.labels, len(self.images), where)
        _check_label_range(self.labels, MAX_CLASSES, where)
        num_classes = self.num_classes or len(self.class_names) or int(self.labels.max()) + 1
        class_names = tuple(self.class_names) or tuple(str(label) for label in range(num_classes))
        _check_classes(num_classes, class_names, where)
        _check_label_range(self.labels, num_classes, where)
        checked = {
            "images": _immutable(self.images),
            "labels": _immutable(self.labels),
            "num_classes": num_classes,
            "class_names": class_names,
        }
        for field, value in checked.items():
            object.__setattr__(self, field, value)  # the one moment a frozen dataclass may be filled in

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}: {len(self)} images, {self.num_classes} classes)"

    def _repr_html_(self) -> str:
        return dataset_html(self.name, self.images, self.labels, self.class_names, len(self.skipped))

    def _repr_png_(self) -> bytes:
        return dataset_png(self.images)

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the images as an IDX file followed by the labels as an IDX file.

        It depends on the order of the images. For MNIST it is what
        `zcat train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz | sha256sum` prints.
        """
        total = hashlib.sha256(encode_idx(self.images))
        total.update(encode_idx(self.labels))
        return total.hexdigest()

    def subset(self, indices: Indices) -> "Dataset":
        """The images at some positions, in the order given.

        Args:
            indices: Integers (k,), k >= 1, each in [0, n); a position may be named twice.

        Returns:
            A data set with the same name, number of classes and class names.

        Raises:
            ConfigurationError: Not a row of integers, none at all, or one outside the data set.
        """
        positions = np.asarray(indices)
        if positions.ndim != 1 or positions.dtype.kind not in "iu" or not len(positions):
            raise ConfigurationError(
                f"subset() expected one row of at least one integer position, found {positions.dtype} "
                f"{positions.shape}. For a mask use numpy.flatnonzero(mask)."
            )
        outside = np.flatnonzero((positions < 0) | (positions >= len(self)))
        if len(outside):
            raise ConfigurationError(
                f"subset() expected positions from 0 to {len(self) - 1}, found {positions[outside[0]]}. "
                f"Count from the start of the data set."
            )
        return dataclasses.replace(self, images=self.images[positions], labels=self.labels[positions], skipped=())


def _check_images(images: AnyArray, where: str) -> None:
    found = f"{images.dtype} {images.shape}" if isinstance(images, np.ndarray) else type(images).__name__
    frame = (IMAGE_SIDE, IMAGE_SIDE)
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape[1:] != frame:
        raise DatasetFormatError(
            f"{where}: expected images as a uint8 array (n, 28, 28), found {found}. "
            f"Bring the pixels to whole numbers from 0 = paper to 255 = ink."
        )
    if not len(images):
        raise DatasetFormatError(f"{where}: expected at least one image, found none. Is the source empty?")


def _check_labels(labels: AnyArray, count: int, where: str) -> None:
    found = f"{labels.dtype} {labels.shape}" if isinstance(labels, np.ndarray) else type(labels).__name__
    if not isinstance(labels, np.ndarray) or labels.dtype.kind not in "iu" or labels.ndim != 1:
        raise DatasetFormatError(
            f"{where}: expected labels as an integer array (n,), found {found}. "
            f"Give each image the number of its class."
        )
    if len(labels) != count:
        raise DatasetFormatError(
            f"{where}: expected as many labels as images, found {len(labels)} labels for {count} images. "
            f"Do the two belong together?"
        )


def _check_label_range(labels: AnyArray, num_classes: int, where: str) -> None:
    outside = np.flatnonzero((labels < 0) | (labels >= num_classes))
    if len(outside):
        raise DatasetFormatError(
            f"{where}: expected labels from 0 to {num_classes - 1}, found {labels[outside[0]]} at position "
            f"{outside[0]} (counted from 0), {len(outside)} such labels in all. "
            f"Correct the labels, or leave those images out."
        )


def _check_classes(num_classes: int, class_names: tuple[str, ...], where: str) -> None:
    if not 2 <= num_classes <= MAX_CLASSES:
        raise ConfigurationError(
            f"{where}: expected 2 to {MAX_CLASSES} classes, found {num_classes}. "
            f"If the data holds only some of the classes, give num_classes."
        )
    if len(class_names) != num_classes or len(set(class_names)) != num_classes:
        raise ConfigurationError(
            f"{where}: expected {num_classes} different class names, found {len(class_names)} of which "
            f"{len(set(class_names))} are different. Name each class once."
        )


def _immutable(array: AnyArray) -> AnyArray:
    """The same numbers as uint8 in memory that stays as it is, copied unless it is so already.

    NumPy lets the owner of an array make it writable again; over a `bytes` object it refuses.
    """
    owner: object = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if isinstance(owner, bytes) and array.flags.c_contiguous and array.dtype == np.uint8:
        return array
    return np.frombuffer(array.astype(np.uint8, copy=False).tobytes(), np.uint8).reshape(array.shape)
