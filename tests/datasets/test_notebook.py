import io

import numpy as np
from PIL import Image

from digitnet.datasets import Dataset
from digitnet.datasets.notebook import gallery
from digitnet.datasets.png import encode_png
from seen_html import HOSTILE, seen


def test_a_notebook_shows_name_size_and_classes() -> None:
    images = np.zeros((1234, 28, 28), np.uint8)
    labels = (np.arange(1234) > 1000).astype(np.uint8)
    dataset = Dataset(images, labels, HOSTILE, class_names=("a" + HOSTILE, "b"), skipped=("x.png",))
    text = seen(dataset._repr_html_())
    for part in (
        HOSTILE,
        "1,234",
        "1,001",
        "233",
        "a" + HOSTILE,
        "1 files that could not be used",
        "the first 36 images",
    ):
        assert part in text


def test_of_many_classes_only_the_range_is_said() -> None:
    dataset = Dataset(np.zeros((60, 28, 28), np.uint8), (np.arange(60) % 47).astype(np.uint8))
    assert "47, each 1 to 2 times" in seen(dataset._repr_html_())


def test_the_gallery_shows_ink_dark_on_light_and_leaves_nothing_out() -> None:
    images = np.zeros((14, 28, 28), np.uint8)
    images[13, 5, 7] = 255  # in the second row, at its second place
    sheet = gallery(images)
    assert sheet.shape == (2 * 32 + 4, 12 * 32 + 4)
    assert sheet[4 + 32 + 5, 4 + 32 + 7] == 0
    assert np.count_nonzero(sheet != 250) == 1
    assert gallery(images[:1]).shape == (36, 36)


def test_the_picture_is_a_png_of_the_gallery_at_twice_its_size(thirty_digits: Dataset) -> None:
    with Image.open(io.BytesIO(thirty_digits._repr_png_())) as picture:
        pixels = np.asarray(picture)
    np.testing.assert_array_equal(pixels[::2, 1::2], gallery(thirty_digits.images))


def test_pillow_reads_what_encode_png_writes() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    with Image.open(io.BytesIO(encode_png(pixels, dpi=100))) as picture:
        np.testing.assert_array_equal(np.asarray(picture), pixels)
        assert round(picture.info["dpi"][0]) == 100
