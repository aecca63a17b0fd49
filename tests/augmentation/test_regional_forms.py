"""Regional hands: what is added, where, and that it is what it says."""

import numpy as np
import pytest

from digitnet.arrays import Images
from digitnet.augmentation.regional_forms import with_regional_forms
from digitnet.datasets import Dataset, load_mnist
from digitnet.pictures.mnist_frame import centred_in_frame


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_mnist()[0].subset(np.arange(600))


@pytest.fixture(scope="module")
def enlarged(digits: Dataset) -> Dataset:
    return with_regional_forms(digits, 0.5, seed=0)


def test_the_images_stay_and_the_others_come_behind_them(digits: Dataset, enlarged: Dataset) -> None:
    np.testing.assert_array_equal(enlarged.images[:600], digits.images)
    np.testing.assert_array_equal(enlarged.labels[:600], digits.labels)
    assert (enlarged.name, enlarged.class_names) == (digits.name, digits.class_names)
    assert np.bincount(enlarged.labels[600:], minlength=10).tolist() == [0, 225, 0, 0, 0, 0, 0, 75, 0, 0]


def test_nothing_is_added_where_nothing_is_asked_for(digits: Dataset) -> None:
    assert with_regional_forms(digits, 0.0, seed=0) is digits


def test_what_is_added_follows_from_the_seed(digits: Dataset, enlarged: Dataset) -> None:
    np.testing.assert_array_equal(with_regional_forms(digits, 0.5, seed=0).images, enlarged.images)
    assert (with_regional_forms(digits, 0.5, seed=1).images[600:] != enlarged.images[600:]).any(axis=(1, 2)).all()


def test_each_is_in_mnists_frame(enlarged: Dataset) -> None:
    for image in enlarged.images[600:]:
        np.testing.assert_array_equal(centred_in_frame(image), image)


def test_a_one_has_ink_to_the_left_of_its_stem_and_little_to_the_right(enlarged: Dataset) -> None:
    """Its upper half leans to the left of the line from its top to its foot; MNIST's own are that line."""
    lefts = []
    for image in enlarged.images[600:825].astype(np.float64):
        rows = np.flatnonzero(image.max(axis=1) > 128)
        top, foot = image[rows[0]], image[rows[-1]]
        columns = np.arange(28)
        line = np.interp(np.arange(28), [rows[0], rows[-1]], [top @ columns / top.sum(), foot @ columns / foot.sum()])
        side = columns[None, :] - line[:, None]
        lefts.append(image[side < -1.5].sum() / image.sum())
    assert np.mean(lefts) > 0.2
    assert np.quantile(lefts, 0.1) > 0.03


def test_a_seven_gets_a_bar_and_keeps_its_ink(digits: Dataset, enlarged: Dataset) -> None:
    """More ink than the 7s it was made from, in the middle of its height."""

    def middle(images: Images) -> float:
        return float((images[:, 11:19] > 128).sum(axis=(1, 2)).mean())

    sevens = digits.images[digits.labels == 7]
    assert middle(enlarged.images[825:900]) > 1.15 * middle(sevens)


def test_data_without_one_of_these_digits_gets_the_others_only(digits: Dataset) -> None:
    without_ones = digits.subset(np.flatnonzero(digits.labels != 1))
    added = with_regional_forms(without_ones, 0.1, seed=0).labels[len(without_ones) :]
    assert set(added.tolist()) == {7}
