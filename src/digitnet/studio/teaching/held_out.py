"""The images that are held out of every run from the page, the same for all, so that two runs can be compared."""

from digitnet.datasets import Dataset, train_validation_split
from digitnet.studio.teaching.settings import HELD_OUT

__all__ = ["split_held_out"]


def split_held_out(train_set: Dataset) -> tuple[Dataset, Dataset]:
    """Those that a run may learn from, and those that no run learns from.

    Args:
        train_set: MNIST's training set.

    Returns:
        All but `HELD_OUT` images, and these.
    """
    return train_validation_split(train_set, HELD_OUT / len(train_set), seed=0)
