import dataclasses
import hashlib

import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.datasets.dataset import Dataset
from digitnet.errors import ConfigurationError, DatasetFormatError


def images(count: int) -> AnyArray:
    return np.random.default_rng(count).integers(0, 256, (count, 28, 28), dtype=np.uint8)


def labels(*values: int, dtype: type = np.uint8) -> AnyArray:
    return np.array(values, dtype=dtype)


def test_holds_what_it_was_given() -> None:
    pixels = images(3)
    dataset = Dataset(pixels, labels(0, 2, 1), "three")
    assert len(dataset) == 3
    np.testing.assert_array_equal(dataset.images, pixels)
    assert dataset.labels.tolist() == [0, 2, 1]
    assert repr(dataset) == "Dataset('three': 3 images, 3 classes)"


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.int64, np.uint64])
def test_labels_of_any_integer_type_become_bytes(dtype: type) -> None:
    dataset = Dataset(images(2), labels(3, 100, dtype=dtype))
    assert dataset.labels.dtype == np.uint8
    assert dataset.labels.tolist() == [3, 100]


class TestCannotBeChanged:
    def test_through_itself(self) -> None:
        dataset = Dataset(images(2), labels(0, 1))
        for array in (dataset.images, dataset.labels):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 5
            with pytest.raises(ValueError, match="WRITEABLE"):
                array.flags.writeable = True
        with pytest.raises(dataclasses.FrozenInstanceError):
            dataset.name = "other"  # type: ignore[misc]

    def test_through_the_arrays_it_was_made_from(self) -> None:
        pixels, classes = images(2), labels(0, 1)
        dataset = Dataset(pixels, classes)
        before = dataset.images.copy()
        pixels[:] = 0
        classes[:] = 7
        np.testing.assert_array_equal(dataset.images, before)
        assert dataset.labels.tolist() == [0, 1]

    def test_through_what_lies_under_a_read_only_view(self) -> None:
        memory = bytearray(2 * 784)
        pixels = np.frombuffer(memory, np.uint8).reshape(2, 28, 28)
        pixels.flags.writeable = False
        dataset = Dataset(pixels, labels(0, 1))
        memory[0] = 200
        assert dataset.images[0, 0, 0] == 0

    def test_so_nothing_immutable_is_copied(self) -> None:
        pixels = np.frombuffer(bytes(4 * 784), np.uint8).reshape(4, 28, 28)
        assert Dataset(pixels, labels(0, 1, 0, 1)).images is pixels
        part = pixels[1:3]
        assert Dataset(part, labels(0, 1)).images is part

    def test_and_strides_do_not_matter(self) -> None:
        pixels = np.frombuffer(images(4).tobytes(), np.uint8).reshape(4, 28, 28)
        turned = Dataset(pixels.swapaxes(1, 2)[::2], labels(0, 1))
        assert turned.images[1, 3, 9] == pixels[2, 9, 3]
        assert turned.digest == Dataset(pixels.swapaxes(1, 2)[::2].copy(), labels(0, 1)).digest


@pytest.mark.parametrize(
    ("pixels", "found"),
    [
        (np.zeros((2, 28, 28), np.float32), r"float32 \(2, 28, 28\)"),
        (np.zeros((2, 28, 28), np.int64), r"int64 \(2, 28, 28\)"),
        (np.zeros((2, 784), np.uint8), r"uint8 \(2, 784\)"),
        (np.zeros((2, 28, 27), np.uint8), r"uint8 \(2, 28, 27\)"),
        (np.zeros((2, 28, 28, 1), np.uint8), r"uint8 \(2, 28, 28, 1\)"),
        (np.zeros((28, 28), np.uint8), r"uint8 \(28, 28\)"),
        (np.array(7, np.uint8), r"uint8 \(\)"),
        ([[[0] * 28] * 28] * 2, "list"),
    ],
)
def test_refuses_images_of_another_kind(pixels: AnyArray, found: str) -> None:
    with pytest.raises(
        DatasetFormatError, match=rf"some: expected images as a uint8 .*\(n, 28, 28\), found {found}\. "
    ):
        Dataset(pixels, labels(0, 1), "some")


@pytest.mark.parametrize(
    ("classes", "found"),
    [
        (np.array([0.0, 1.0]), r"float64 \(2,\)"),
        (np.array([False, True]), r"bool \(2,\)"),
        (np.array([[0], [1]]), r"int64 \(2, 1\)"),
        (np.array(["0", "1"]), r"<U1 \(2,\)"),
        ([0, 1], "list"),
    ],
)
def test_refuses_labels_of_another_kind(classes: AnyArray, found: str) -> None:
    with pytest.raises(DatasetFormatError, match=rf"some: expected labels as an integer .*, found {found}\. "):
        Dataset(images(2), classes, "some")


def test_refuses_different_counts() -> None:
    with pytest.raises(DatasetFormatError, match="found 3 labels for 2 images"):
        Dataset(images(2), labels(0, 1, 0))


def test_refuses_to_be_empty() -> None:
    with pytest.raises(DatasetFormatError, match="at least one image, found none"):
        Dataset(images(0), labels())


class TestClasses:
    def test_are_counted_from_the_labels(self) -> None:
        dataset = Dataset(images(3), labels(0, 4, 1))
        assert dataset.num_classes == 5
        assert dataset.class_names == ("0", "1", "2", "3", "4")

    def test_can_be_more_than_occur(self) -> None:
        assert Dataset(images(1), labels(3), num_classes=10).class_names[-1] == "9"

    def test_are_counted_from_their_names(self) -> None:
        dataset = Dataset(images(2), labels(0, 1), class_names=("coat", "boot", "bag"))
        assert dataset.num_classes == 3
        assert dataset.class_names == ("coat", "boot", "bag")

    def test_may_be_256(self) -> None:
        assert Dataset(images(2), labels(0, 255)).num_classes == 256

    @pytest.mark.parametrize("num_classes", [1, 257, -3])
    def test_are_2_to_256(self, num_classes: int) -> None:
        with pytest.raises(ConfigurationError, match=f"expected 2 to 256 classes, found {num_classes}"):
            Dataset(images(2), labels(0, 0), num_classes=num_classes)

    def test_of_one_kind_of_label_need_a_number(self) -> None:
        with pytest.raises(ConfigurationError, match=r"found 1\. .* give num_classes"):
            Dataset(images(2), labels(0, 0))

    @pytest.mark.parametrize(
        ("num_classes", "class_names"), [(3, ("a", "b")), (0, ("a", "b", "a")), (2, ("a", "b", "c"))]
    )
    def test_have_one_name_each(self, num_classes: int, class_names: tuple[str, ...]) -> None:
        with pytest.raises(ConfigurationError, match="different class names"):
            Dataset(images(2), labels(0, 1), num_classes=num_classes, class_names=class_names)

    @pytest.mark.parametrize(
        ("values", "found"),
        [
            ((0, 1, 2, 10), "10 at position 3"),
            ((0, -1, 99, 3), "-1 at position 1"),
            ((0, 1, 2, 300), "300 at"),
        ],
    )
    def test_bound_the_labels(self, values: tuple[int, ...], found: str) -> None:
        with pytest.raises(DatasetFormatError, match=f"found {found}"):
            Dataset(images(4), labels(*values, dtype=np.int64), num_classes=10)

    def test_fit_into_a_byte(self) -> None:
        with pytest.raises(DatasetFormatError, match="labels from 0 to 255, found 256 at position 1"):
            Dataset(images(2), labels(0, 256, dtype=np.int64))

    def test_message_counts_all_labels_out_of_range(self) -> None:
        with pytest.raises(DatasetFormatError, match=r"found 2 at position 1 .*, 3 such labels in all"):
            Dataset(images(4), labels(0, 2, 3, 2), num_classes=2)


class TestDigest:
    def test_is_that_of_the_two_idx_files(self) -> None:
        pixels = np.stack([np.full((28, 28), 7, np.uint8), np.full((28, 28), 255, np.uint8)])
        dataset = Dataset(pixels, labels(0, 1), "the name does not matter", num_classes=9)
        by_hand = bytes.fromhex("00000803 00000002 0000001c 0000001c") + b"\x07" * 784 + b"\xff" * 784
        by_hand += bytes.fromhex("00000801 00000002 00 01")
        assert dataset.digest == hashlib.sha256(by_hand).hexdigest()

    def test_depends_on_order_labels_and_pixels(self) -> None:
        pixels = images(2)
        others = [
            Dataset(pixels, labels(0, 1)),
            Dataset(pixels[::-1], labels(1, 0)),
            Dataset(pixels, labels(1, 0)),
            Dataset(np.asarray(255 - pixels, np.uint8), labels(0, 1)),
            Dataset(pixels[:1], labels(0), num_classes=2),
        ]
        assert len({dataset.digest for dataset in others}) == len(others)

    def test_does_not_depend_on_how_the_arrays_came(self) -> None:
        pixels = images(2)
        wide = Dataset(np.asfortranarray(pixels), labels(0, 1, dtype=np.int64))
        assert wide.digest == Dataset(pixels, labels(0, 1)).digest


class TestSubset:
    def test_picks_in_the_order_given(self) -> None:
        dataset = Dataset(images(5), labels(0, 1, 2, 3, 4), "five", class_names=tuple("abcdef"))
        part = dataset.subset(np.array([4, 0, 4]))
        assert part.labels.tolist() == [4, 0, 4]
        np.testing.assert_array_equal(part.images, dataset.images[[4, 0, 4]])
        assert (part.name, part.num_classes, part.class_names) == ("five", 6, tuple("abcdef"))

    def test_keeps_the_number_of_classes_when_it_loses_one(self) -> None:
        part = Dataset(images(3), labels(0, 1, 9)).subset(np.array([0]))
        assert part.num_classes == 10

    def test_has_its_own_digest(self) -> None:
        dataset = Dataset(images(3), labels(0, 1, 2))
        assert dataset.digest != dataset.subset(np.array([0, 2, 1])).digest
        assert dataset.digest == dataset.subset(np.array([0, 1, 2])).digest

    def test_skipped_files_belong_to_the_whole(self) -> None:
        dataset = Dataset(images(2), labels(0, 1), skipped=("a.png",))
        assert dataset.subset(np.array([0])).skipped == ()

    @pytest.mark.parametrize(
        "indices",
        [
            np.array([True, False]),
            np.array([0.0]),
            np.array([[0]]),
            np.array(0),
            np.array([], dtype=np.int64),
        ],
    )
    def test_refuses_what_is_not_a_row_of_positions(self, indices: AnyArray) -> None:
        with pytest.raises(ConfigurationError, match=r"one row of at least one integer .* numpy\.flatnonzero"):
            Dataset(images(2), labels(0, 1)).subset(indices)

    @pytest.mark.parametrize("index", [-1, 2])
    def test_refuses_positions_outside(self, index: int) -> None:
        with pytest.raises(ConfigurationError, match=f"positions from 0 to 1, found {index}"):
            Dataset(images(2), labels(0, 1)).subset(np.array([0, index]))
