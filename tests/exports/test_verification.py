"""An export that answers otherwise is seen, however few answers differ."""

import numpy as np
import pytest

from digitnet.arrays import Images, Probabilities
from digitnet.datasets import Dataset
from digitnet.errors import ModelFileError
from digitnet.exports.verification import Comparison, compare, comparison_images, refuse_other_answers
from exported import images_of_ink


def answers(images: Images) -> Probabilities:
    sums = images.reshape(len(images), 784)[:, :3] + np.array([0, 1000, 0], np.float32)
    return np.asarray(sums / sums.sum(axis=1, keepdims=True), np.float32)


def test_images_are_2000_of_the_training_images(mnist: tuple[Dataset, Dataset]) -> None:
    images = comparison_images()
    assert images.shape == (2000, 28, 28)
    assert np.array_equal(images, mnist[0].images[::30])


def test_the_largest_difference_and_every_other_label_count() -> None:
    images = images_of_ink(1201)  # the last one is alone in its batch

    def other(some: Images) -> Probabilities:
        found = answers(some)
        found[(some == images[-1]).all(axis=(1, 2))] = [0.5, 0.25, 0.25]
        return found

    found = compare(answers, other, images)
    assert (found.n, found.other_labels) == (1201, 1)
    assert found.largest_difference == pytest.approx(np.abs(answers(images[-1:]) - [[0.5, 0.25, 0.25]]).max())
    assert compare(answers, answers, images) == Comparison(1201, 0.0, 0)


def test_numbers_that_are_not_finite_and_other_shapes_are_refused() -> None:
    images = images_of_ink(3)
    assert compare(answers, lambda some: answers(some) * np.nan, images).largest_difference == np.inf
    with pytest.raises(ModelFileError, match=r"answers with shape \(3, 2\), expected \(3, 3\)"):
        compare(answers, lambda some: answers(some)[:, :2], images)


@pytest.mark.parametrize(("difference", "labels"), [(1.1e-4, 0), (0.0, 2), (float("inf"), 0)])
def test_beyond_either_bound_it_is_refused(difference: float, labels: int) -> None:
    refuse_other_answers(Comparison(2000, 1e-4, 1), 1e-4, 1)
    with pytest.raises(ModelFileError, match=rf"differs by {difference:.1e} and {labels} labels".replace("+", r"\+")):
        refuse_other_answers(Comparison(2000, difference, labels), 1e-4, 1)
