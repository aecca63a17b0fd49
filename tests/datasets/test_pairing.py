import numpy as np
import pytest

from digitnet.datasets.pairing import Part, pair
from digitnet.errors import DatasetFormatError


def part(*labels: int, skipped: tuple[str, ...] = ()) -> Part:
    return Part(np.zeros((len(labels), 28, 28), np.uint8), np.array(labels), skipped)


def test_both_parts_have_the_classes_of_the_training_part() -> None:
    train, test = pair("shop", part(0, 2, 1), part(1, 1), ("coat", "boot", "bag"))
    assert test is not None
    assert (train.name, test.name) == ("shop/train", "shop/test")
    assert (train.labels.tolist(), test.labels.tolist()) == ([0, 2, 1], [1, 1])
    assert train.num_classes == test.num_classes == 3
    assert train.class_names == test.class_names == ("coat", "boot", "bag")


def test_without_a_test_part_the_whole_bears_the_name() -> None:
    whole, test = pair("shop", part(0, 3), None)
    assert test is None
    assert whole.name == "shop"
    assert whole.class_names == ("0", "1", "2", "3")


def test_skipped_files_are_kept_apart() -> None:
    train, test = pair("shop", part(0, 1, skipped=("a",)), part(0, skipped=("b", "c")))
    assert test is not None
    assert (train.skipped, test.skipped) == (("a",), ("b", "c"))


@pytest.mark.parametrize(("labels", "found"), [((4, 4, 4), "3 images of 1"), ((), "0 images of 0")])
def test_one_class_is_nothing_to_learn(labels: tuple[int, ...], found: str) -> None:
    with pytest.raises(DatasetFormatError, match=f"shop: expected images of at least two classes, found {found}"):
        pair("shop", part(*labels), None)


def test_a_test_part_may_hold_a_single_class() -> None:
    _, test = pair("shop", part(0, 1), part(1))
    assert test is not None
    assert test.num_classes == 2


def test_refuses_to_test_what_was_not_taught() -> None:
    with pytest.raises(DatasetFormatError, match="shop/test: expected labels from 0 to 2, found 3 at position 1"):
        pair("shop", part(0, 1, 2), part(0, 3))


@pytest.mark.parametrize("label", [-1, 256, 70_000])
def test_refuses_labels_out_of_range(label: int) -> None:
    with pytest.raises(DatasetFormatError, match=f"shop: expected labels from 0 to 255, found {label} at position 2"):
        pair("shop", part(0, 1, label), None)
