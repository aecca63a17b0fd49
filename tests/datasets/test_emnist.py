import numpy as np
import pytest

from digitnet.datasets.emnist import is_emnist, pair_emnist
from digitnet.datasets.pairing import Part


def part(*labels: int) -> Part:
    return Part(np.zeros((len(labels), 28, 28), np.uint8), np.array(labels, np.uint8))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("emnist-letters-train-images-idx3-ubyte.gz", True),
        ("emnist-mnist-test.csv", True),
        ("qmnist-train-images-idx3-ubyte", False),
        ("train-images-idx3-ubyte", False),
        ("my-emnist-letters.csv", False),
    ],
)
def test_is_told_by_its_name(name: str, expected: bool) -> None:
    assert is_emnist(name) is expected


def test_images_are_turned_upright() -> None:
    lying = np.zeros((2, 28, 28), np.uint8)
    lying[0, 14, 5:25] = 255  # a 1 as EMNIST stores it: a horizontal stroke
    train, test = pair_emnist("emnist-digits", Part(lying, np.array([1, 0])), Part(lying[:1], np.array([1])))
    assert test is not None
    for upright in (train.images[0], test.images[0]):
        assert upright[5:25, 14].tolist() == [255] * 20
        assert np.count_nonzero(upright) == 20


def test_letters_count_from_zero_and_are_called_a_to_z() -> None:
    train, test = pair_emnist("emnist-letters", part(1, 26, 3), part(2))
    assert test is not None
    assert train.labels.tolist() == [0, 25, 2]
    assert [train.class_names[label] for label in train.labels] == ["A", "Z", "C"]
    assert test.labels.tolist() == [1]
    assert test.class_names == train.class_names


@pytest.mark.parametrize(("train", "test"), [((0, 1, 2), (1, 2)), ((1, 2), (0, 2, 1)), ((2, 3), (2, 3))])
def test_labels_stay_if_zero_occurs_or_one_does_not(train: tuple[int, ...], test: tuple[int, ...]) -> None:
    train_set, test_set = pair_emnist("emnist-mnist", part(*train), part(*test))
    assert test_set is not None
    assert train_set.labels.tolist() == list(train)
    assert test_set.labels.tolist() == list(test)


@pytest.mark.parametrize(
    ("name", "num_classes", "some"),
    [
        # From emnist-balanced-mapping.txt and emnist-byclass-mapping.txt: label and ASCII code.
        ("emnist-balanced", 47, {9: 57, 10: 65, 35: 90, 36: 97, 37: 98, 38: 100, 43: 110, 46: 116}),
        ("emnist-bymerge", 47, {10: 65, 39: 101, 40: 102, 41: 103, 42: 104, 44: 113, 45: 114}),
        ("emnist-byclass", 62, {0: 48, 10: 65, 36: 97, 61: 122}),
        ("emnist-digits", 10, {0: 48, 9: 57}),
        ("emnist-mnist", 10, {0: 48, 9: 57}),
    ],
)
def test_classes_are_characters(name: str, num_classes: int, some: dict[int, int]) -> None:
    train, _ = pair_emnist(name, part(*range(num_classes)), None)
    assert train.num_classes == num_classes
    assert {label: ord(train.class_names[label]) for label in some} == some


def test_an_unexpected_number_of_classes_goes_unnamed() -> None:
    train, _ = pair_emnist("emnist-balanced", part(0, 1, 2), None)
    assert train.class_names == ("0", "1", "2")
