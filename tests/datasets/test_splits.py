import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitnet.datasets.dataset import Dataset
from digitnet.datasets.splits import train_validation_split
from digitnet.errors import ConfigurationError


def numbered(counts: list[int], seed: int = 0) -> Dataset:
    """A data set with that many images of each class, shuffled; each image carries its position."""
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    images = np.zeros((len(labels), 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = np.divmod(np.arange(len(labels)), 256)
    return Dataset(images, labels.astype(np.uint8), "numbered", num_classes=max(2, len(counts)))


def positions(dataset: Dataset) -> list[int]:
    return [256 * int(image[0, 0]) + int(image[0, 1]) for image in dataset.images]


def validation_counts(counts: list[int], fraction: float) -> list[int]:
    _, validation = train_validation_split(numbered(counts), fraction, seed=0)
    return [int(np.count_nonzero(validation.labels == label)) for label in range(len(counts))]


@pytest.mark.parametrize(
    ("counts", "fraction", "expected"),
    [
        ([100, 100], 0.1, [10, 10]),
        # 10 % of 23 is 2.3: 2 places. Exact shares 0.61, 0.52, 0.87: the largest remainders are the third's
        # and the first's.
        ([7, 6, 10], 0.1, [1, 0, 1]),
        # 6 places of 20: shares 3.9, 1.2, 0.9, so 3, 1, 0 and then the two remainders of 0.9.
        ([13, 4, 3], 0.3, [4, 1, 1]),
        # 2 places of 4, shares all 0.5: ties go to the smaller label.
        ([1, 1, 1, 1], 0.5, [1, 1, 0, 0]),
        # 2 places of 5, shares 0.4 and 1.6; the first class would lose its only image.
        ([1, 4], 0.4, [0, 2]),
        # 3 places of 6, shares 0.5, 0.5 and 2.0: one of the single images has to go.
        ([1, 1, 4], 0.5, [1, 0, 2]),
        # 2 places of 4, shares 0.5 and 1.5: the tie spares the only image of the first class.
        ([1, 3], 0.5, [0, 2]),
        # Half an image rounds up: 2.5 places of 10 become 3, shares 1.5 and 1.5.
        ([5, 5], 0.25, [2, 1]),
        ([0, 4, 0, 4], 0.5, [0, 2, 0, 2]),
    ],
)
def test_places_are_shared_as_by_hand(counts: list[int], fraction: float, expected: list[int]) -> None:
    assert validation_counts(counts, fraction) == expected


@given(
    counts=st.lists(st.integers(0, 40), min_size=2, max_size=8).filter(lambda counts: sum(counts) > 1),
    fraction=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**64),
)
def test_every_image_lands_on_one_side_and_every_class_in_proportion(
    counts: list[int], fraction: float, seed: int
) -> None:
    whole = numbered(counts)
    size = int(np.floor(sum(counts) * fraction + 0.5))
    if size in (0, sum(counts)):
        with pytest.raises(ConfigurationError):
            train_validation_split(whole, fraction, seed)
        return
    train, validation = train_validation_split(whole, fraction, seed)
    assert len(validation) == size
    assert sorted(positions(train) + positions(validation)) == list(range(len(whole)))
    for part in (train, validation):
        assert positions(part) == sorted(positions(part))  # the order of the data set is kept
        assert part.labels.tolist() == whole.labels[positions(part)].tolist()
    for label, count in enumerate(counts):
        share = np.count_nonzero(validation.labels == label)
        assert abs(share - count * size / sum(counts)) < 1


def test_both_parts_keep_name_and_classes() -> None:
    images = np.zeros((6, 28, 28), np.uint8)
    whole = Dataset(images, np.array([0, 1, 0, 1, 0, 1]), "whole", class_names=("a", "b", "c"))
    for part in train_validation_split(whole, 0.5, seed=0):
        assert (part.name, part.num_classes, part.class_names) == ("whole", 3, ("a", "b", "c"))


def test_the_seed_decides() -> None:
    whole = numbered([50, 50])
    splits = [positions(train_validation_split(whole, 0.2, seed)[1]) for seed in (0, 0, 1, 2)]
    assert splits[0] == splits[1]
    assert splits[0] != splits[2] != splits[3]


def test_a_seed_gives_this_split_for_ever() -> None:
    # If this fails, runs that were made before cannot be repeated.
    images = np.zeros((40, 28, 28), np.uint8)
    images[:, 0, 1] = np.arange(40)
    whole = Dataset(images, (np.arange(40) % 2).astype(np.uint8))
    _, validation = train_validation_split(whole, 0.2, seed=7)
    # The four smallest of each class by PCG64's output, computed apart from NumPy with 128-bit integers.
    assert positions(validation) == [6, 20, 21, 23, 24, 32, 37, 39]


def test_every_image_is_as_likely_as_another() -> None:
    whole = numbered([10, 10])
    times = np.zeros(20)
    for seed in range(1000):
        times[positions(train_validation_split(whole, 0.3, seed)[1])] += 1
    # 300 expected of each; the standard deviation is sqrt(1000 * 0.3 * 0.7) = 14.5.
    assert np.abs(times - 300).max() < 5 * 14.5
    assert times.std() > 3  # not simply in turn


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 1.5, float("nan"), float("inf")])
def test_refuses_fractions_out_of_range(fraction: float) -> None:
    with pytest.raises(ConfigurationError, match="validation_fraction: expected a number between 0 and 1, found"):
        train_validation_split(numbered([5, 5]), fraction, seed=0)


@pytest.mark.parametrize(("fraction", "size"), [(0.04, 0), (0.96, 10)])
def test_refuses_to_leave_a_part_empty(fraction: float, size: int) -> None:
    with pytest.raises(ConfigurationError, match=f"{fraction} of 10 images is {size} for validation, expected at"):
        train_validation_split(numbered([5, 5]), fraction, seed=0)


def test_refuses_a_negative_seed() -> None:
    with pytest.raises(ConfigurationError, match="seed: expected a whole number of at least 0, found -1"):
        train_validation_split(numbered([5, 5]), 0.5, seed=-1)
