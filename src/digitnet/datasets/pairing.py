"""From the parts that a source holds to a training and a test set that agree on their classes."""

from typing import NamedTuple, TypeAlias

import numpy as np

from digitnet.arrays import AnyArray, Images
from digitnet.datasets.dataset import Dataset
from digitnet.errors import DatasetFormatError

__all__ = ["DatasetPair", "Part", "pair"]

DatasetPair: TypeAlias = tuple[Dataset, Dataset | None]  # training set, test set if the source has one


class Part(NamedTuple):
    """What a source holds for training, or for testing.

    Attributes:
        images: uint8 (n, 28, 28).
        labels: Integers (n,), not yet checked.
        skipped: Files that could not be used.
    """

    images: Images
    labels: AnyArray
    skipped: tuple[str, ...] = ()


def pair(
    name: str, train: Part, test: Part | None, class_names: tuple[str, ...] = (), *, for_evaluation: bool = False
) -> DatasetPair:
    """Build the data sets of one source; the training part decides which classes there are.

    Args:
        name: The source, for messages and reports.
        train: All that the source holds, or its training part.
        test: Its test part, or None.
        class_names: One for each class; left out: the numbers.
        for_evaluation: Whether images of a single class will do, as nothing is to be learned from them.

    Returns:
        The training set, called `name` or `name/train`, and the test set `name/test` or None.

    Raises:
        DatasetError: A part is malformed, the training part has a single class, or the test part has
            a label that the training part cannot have taught.
    """
    train_name = name if test is None else f"{name}/train"
    found = len(np.unique(train.labels))
    if found < 2 and not (for_evaluation and found):
        raise DatasetFormatError(
            f"{train_name}: expected images of at least two classes, found {len(train.labels)} images "
            f"of {found}. Add images of another class."
        )
    num_classes = 0 if class_names else max(2, int(train.labels.max()) + 1)  # of 0s alone there would be one
    train_set = Dataset(train.images, train.labels, train_name, num_classes, class_names, train.skipped)
    if test is None:
        return train_set, None
    classes = (train_set.num_classes, train_set.class_names)
    return train_set, Dataset(test.images, test.labels, f"{name}/test", *classes, test.skipped)
