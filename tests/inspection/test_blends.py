"""Blends of two classes of digits: worked by hand, partners that are alike, and every set of examples once."""

import numpy as np
import pytest

from digitnet.errors import ConfigurationError
from digitnet.inspection.blends import BLEND_SIDE, PAIRS, blended, paired_examples


def test_a_blend_is_the_mean_of_the_images_around_it() -> None:
    corners = np.zeros((2, PAIRS, 28, 28), np.uint8)
    corners[0, :, 3, 4] = (8, 80, 160, 240)
    corners[1, :, 5, 6] = 255
    sheet = blended(corners)
    assert sheet.shape == (BLEND_SIDE, BLEND_SIDE, 28, 28)
    for pair in range(PAIRS):  # the images themselves stand at both edges
        np.testing.assert_array_equal(sheet[8 * pair, 0], corners[0, pair])
        np.testing.assert_array_equal(sheet[8 * pair, -1], corners[1, pair])
    # Row 12 is half way between 80 and 160; column 6 is a quarter of the way to the other kind.
    assert (sheet[12, 6, 3, 4], sheet[12, 6, 5, 6]) == (90, 64)  # 3/4 x 120, and 255/4 = 63.75
    assert sheet[4, 12, 3, 4] == 22  # (8 + 80)/2/2
    assert sheet[0, 21, 3, 4] == 1  # 8/8
    assert np.count_nonzero(sheet[12, 6]) == 2


def test_partners_are_those_that_are_most_alike() -> None:
    images = np.zeros((12, 28, 28), np.uint8)
    labels = np.array([7, 7, 7, 7, 7, 7, 2, 2, 2, 2, 2, 2], np.uint8)
    images[:, 0, 0] = (0, 60, 120, 180, 240, 250, 181, 1, 121, 61, 9, 9)
    np.testing.assert_array_equal(paired_examples(images, labels, (7, 2), 0), [[0, 1, 2, 3], [7, 9, 8, 6]])
    second = paired_examples(images, labels, (7, 2), 1)  # two are left of each, and then it begins anew
    assert [set(row.tolist()) for row in second] == [{4, 5, 0, 1}, {10, 11, 6, 7}]
    np.testing.assert_array_equal(paired_examples(images, labels, (2, 7), 0)[0], [6, 7, 8, 9])


def test_a_class_with_few_images_is_refused() -> None:
    images, labels = np.zeros((5, 28, 28), np.uint8), np.array([1, 1, 1, 1, 0], np.uint8)
    with pytest.raises(ConfigurationError, match="1 images of class 0: expected 4 or more"):
        paired_examples(images, labels, (1, 0), 0)
