from typing import Any

import numpy as np
import pytest

from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError
from digitnet.training.weights import image_weights


def test_every_image_has_the_weight_of_its_label(thirty_digits: Dataset) -> None:
    weights = image_weights(thirty_digits, {3: 2.5, 4: 0})
    assert weights is not None
    assert weights.tolist() == [1, 1, 1, 2.5, 0, 1, 1, 1, 1, 1] * 3


def test_weights_of_images_stay_as_they_are(thirty_digits: Dataset) -> None:
    weights = image_weights(thirty_digits, sample_weight=list(range(30)))
    assert weights is not None
    assert weights.tolist() == list(range(30))
    assert image_weights(thirty_digits) is None


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"class_weight": {0: 1.0}, "sample_weight": np.ones(30)}, "both given: multiply them"),
        ({"class_weight": {10: 1.0}}, "the label 10: expected whole numbers from 0 to 9"),
        ({"class_weight": {"3": 1.0}}, "the label '3': expected"),
        ({"class_weight": [1.0] * 10}, "expected a mapping"),
        ({"class_weight": {3: -1.0}}, "class_weight holds -1"),
        ({"class_weight": {3: "much"}}, "something else than numbers"),
        ({"sample_weight": np.ones(29)}, r"shape \(29,\): expected \(30,\)"),
        ({"sample_weight": np.ones((30, 1))}, r"shape \(30, 1\): expected"),
        ({"sample_weight": [1.0] * 29 + [float("nan")]}, "nan at position 29"),
        ({"sample_weight": [1.0, float("inf")] + [1.0] * 28}, "inf at position 1"),
        ({"sample_weight": [None, "x"]}, "something else than numbers"),
    ],
)
def test_weights_that_make_no_sense_are_named_in_one_line(
    asked: dict[str, Any], message: str, thirty_digits: Dataset
) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        image_weights(thirty_digits, **asked)
    assert "\n" not in str(caught.value)
