"""How much each image counts in the loss, with the meaning that Keras's `fit` gives to it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError

__all__ = ["Weights", "checked_weights", "image_weights"]

Weights = NDArray[np.float32]  # (n,), finite and 0 or more


def image_weights(
    train_set: Dataset, class_weight: Mapping[int, float] | None = None, sample_weight: Any = None
) -> Weights | None:
    """The weight of each image of a data set.

    The loss of a step is the sum of weight times loss, divided by the number of its images, not by the sum of their
    weights: weights that are all 2 double the loss, as in Keras.

    Args:
        train_set: The images that are weighted.
        class_weight: Of labels; those that are not named have 1.
        sample_weight: Of each image, (n,) in the order of the data set.

    Returns:
        float32 (n,); None where nothing is weighted.

    Raises:
        ConfigurationError: Both are given, a label is not one of the data set's, or a weight is no number, below 0 or
            not finite.
    """
    if class_weight is not None and sample_weight is not None:
        raise ConfigurationError("class_weight and sample_weight are both given: multiply them into one sample_weight")
    if class_weight is not None:
        return _of_classes(train_set, class_weight)
    return None if sample_weight is None else checked_weights(sample_weight, "sample_weight", len(train_set))


def _of_classes(train_set: Dataset, class_weight: Mapping[int, float]) -> Weights:
    if not isinstance(class_weight, Mapping):
        raise ConfigurationError(f"class_weight is {class_weight!r:.40}: expected a mapping from labels to weights")
    unknown = [label for label in class_weight if label not in range(train_set.num_classes)]
    if unknown:
        raise ConfigurationError(
            f"class_weight names the label {unknown[0]!r}: expected whole numbers from 0 to {train_set.num_classes - 1}"
        )
    of_class = np.ones(train_set.num_classes, np.float32)
    values = checked_weights(list(class_weight.values()), "class_weight", len(class_weight))
    of_class[[int(label) for label in class_weight]] = values
    return np.asarray(of_class[train_set.labels])


def checked_weights(weights: Any, name: str, count: int) -> Weights:
    """Weights as they are used.

    Args:
        weights: Numbers, (count,).
        name: Whose they are, for the message.
        count: How many there must be.

    Returns:
        float32 (count,), finite, 0 or more.

    Raises:
        ConfigurationError: They are something else.
    """
    try:
        values = np.asarray(weights, np.float32)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{name} holds something else than numbers: {weights!r:.60}") from error
    if values.shape != (count,):
        raise ConfigurationError(f"{name} has the shape {values.shape}: expected ({count},), a weight for each image")
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(wrong):
        raise ConfigurationError(
            f"{name} holds {values[wrong[0]]:g} at position {wrong[0]} (counted from 0): expected finite numbers, "
            "0 or more"
        )
    return values
