"""Digits that look nearly the same say what a doubtful one is, and nothing else does."""

import cv2
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from digitnet.arrays import Images
from digitnet.segmentation.characters import CHARACTER_NAMES
from digitnet.segmentation.writer_adaptation import ADAPTATION_WEIGHTS, adapted_log_probabilities

KNOWN = ADAPTATION_WEIGHTS.min_known
ODD_NINE, BAR = 0, 1  # shapes


def drawn(shape: int, seed: int) -> NDArray[np.uint8]:
    """A loop with a tail, or a bar, a little different for each seed."""
    image = np.zeros((28, 28), np.uint8)
    wobble = np.random.default_rng(seed).uniform(-0.7, 0.7, 4)
    places = [
        (round(16 * (a + w)), round(16 * (b + w)))
        for (a, b), w in zip([(13, 9), (17, 10), (18, 18), (11, 23)], wobble, strict=True)
    ]
    if shape == BAR:
        cv2.line(image, (14 * 16, 4 * 16), places[3], 255, 2, cv2.LINE_AA, 4)
    else:
        cv2.circle(image, places[0], 4 * 16, 255, 2, cv2.LINE_AA, 4)
        cv2.polylines(image, [np.array(places[1:], np.int32)], False, 255, 2, cv2.LINE_AA, 4)
    return image


def names_of(**shares: float) -> NDArray[np.float64]:
    """The log-probabilities of one character whose names have some shares; `d` before a digit."""
    found = np.full(26, 1e-6)
    for name, share in shares.items():
        found[CHARACTER_NAMES.index(name.removeprefix("d"))] = share
    return np.asarray(np.log(found))


@pytest.fixture
def page() -> tuple[Images, NDArray[np.float64], list[tuple[int, int]]]:
    """Known 9s, as many known 1s, and in the end a 9 that is thought to be a 3."""
    shapes = [ODD_NINE] * KNOWN + [BAR] * KNOWN
    images = np.stack([drawn(shape, seed) for seed, shape in enumerate([*shapes, ODD_NINE])])
    names = [names_of(d9=0.95), *[names_of(d9=0.95)] * (KNOWN - 1), *[names_of(d1=0.95)] * KNOWN]
    known = [(place, 9 if shape == ODD_NINE else 1) for place, shape in enumerate(shapes)]
    return images, np.stack([*names, names_of(d3=0.5, d9=0.3, letter=0.1)]), known


def test_a_doubtful_digit_is_what_those_like_it_are(
    page: tuple[Images, NDArray[np.float64], list[tuple[int, int]]],
) -> None:
    images, names, known = page
    adapted = adapted_log_probabilities(images, names, known)
    assert adapted[-1].argmax() == 9
    assert_array_equal(adapted[:-1].argmax(axis=1), names[:-1].argmax(axis=1))


def test_how_probable_a_digit_is_at_all_stays(page: tuple[Images, NDArray[np.float64], list[tuple[int, int]]]) -> None:
    images, names, known = page
    adapted = adapted_log_probabilities(images, names, known)
    assert_allclose(np.exp(adapted[:, :10]).sum(axis=1), np.exp(names[:, :10]).sum(axis=1))
    assert_array_equal(adapted[:, 10:], names[:, 10:])


def test_with_few_examples_nothing_changes(page: tuple[Images, NDArray[np.float64], list[tuple[int, int]]]) -> None:
    images, names, known = page
    assert_array_equal(adapted_log_probabilities(images, names, known[: KNOWN - 1]), names)
    assert (adapted_log_probabilities(images, names, known[:KNOWN]) != names).any()


def test_what_looks_like_none_of_them_stays(page: tuple[Images, NDArray[np.float64], list[tuple[int, int]]]) -> None:
    images, names, known = page
    for other in (np.zeros((28, 28), np.uint8), np.rot90(images[-1])):
        images[-1] = other
        assert_allclose(adapted_log_probabilities(images, names, known)[-1], names[-1], atol=0.1)


def test_a_character_is_no_example_of_itself(page: tuple[Images, NDArray[np.float64], list[tuple[int, int]]]) -> None:
    """The odd one is known as a 3 by mistake; the 9s beside it are still what it looks like."""
    images, names, known = page
    adapted = adapted_log_probabilities(images, names, [*known, (len(images) - 1, 3)])
    assert adapted[-1].argmax() == 9


def test_of_many_examples_a_part_counts(page: tuple[Images, NDArray[np.float64], list[tuple[int, int]]]) -> None:
    """A page of ten thousand digits would take gigabytes otherwise."""
    images, names, known = page
    few = ADAPTATION_WEIGHTS._replace(max_known=KNOWN)
    adapted = adapted_log_probabilities(images, names, known, few)
    assert_allclose(adapted, adapted_log_probabilities(images, names, known[::2]))
    assert (adapted != adapted_log_probabilities(images, names, known)).any()
