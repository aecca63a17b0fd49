"""Numbers in JSON become images, or a sentence."""

import re
from typing import Any

import numpy as np
import pytest

from digitnet.errors import RequestError
from digitnet.server.numbers import to_images, to_pixels
from live_server import some_images


def test_pixels_keep_their_values_and_shape() -> None:
    images = some_images()
    pixels = to_pixels(images.tolist(), "data")
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, images)


def test_whole_numbers_may_be_written_as_floats() -> None:
    assert to_pixels([0.0, 255.0, 7], "data").tolist() == [0, 255, 7]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("text", "data is not an array of numbers from 0 to 255"),
        ({"a": 1}, "data is not an array"),
        ([[1, 2], [3]], "data is not rectangular"),
        ([1, [2]], "data is not rectangular"),
        (["1"], "something other than numbers"),
        ([None], "something other than numbers"),
        ([True], "something other than numbers"),
        ([2**70], "something other than numbers"),
        ([256], "data holds 256"),
        ([3, -1], "data holds -1"),
        ([float("nan")], "data holds nan"),
        ([float("inf")], "data holds inf"),
        ([0.5], "the division by 255 is in the model"),
    ],
)
def test_other_things_are_refused(content: Any, sentence: str) -> None:
    with pytest.raises(RequestError, match=re.escape(sentence)) as refused:
        to_pixels(content, "data")
    assert refused.value.status == 400


def test_nesting_without_end_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(200):
        deep = [deep]
    with pytest.raises(RequestError):
        to_pixels(deep, "data")


@pytest.mark.parametrize("shape", [(3, 28, 28), (3, 28, 28, 1), (3, 784)])
def test_images_come_in_three_shapes(shape: tuple[int, ...]) -> None:
    images = some_images(3)
    np.testing.assert_array_equal(to_images(images.reshape(shape).tolist(), "instances"), images)


def test_no_images_are_no_mistake() -> None:
    assert to_images([], "inputs").shape == (0, 28, 28)


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 27), (784,), (1, 1, 28, 28), (0, 28), (2, 0)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    content = np.zeros(shape, int).tolist()
    if content == []:
        return  # lists cannot tell of which shape nothing is
    with pytest.raises(RequestError, match="has the shape"):
        to_images(content, "instances")
