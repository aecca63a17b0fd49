"""Augmented inference: the geometry against SciPy and by hand, the mean against its definition."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.special import log_softmax

from digitnet.arrays import AnyArray, Images
from digitnet.errors import ConfigurationError, ModelOutputError
from digitnet.inference.augmented_inference import (
    AugmentedInference,
    CopyStrengths,
    distort,
    lookup_table,
    sampling_grids,
)

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 256, (28, 28), dtype=np.uint8)
IDENTITY = np.indices((28, 28)).astype(np.float64)
FLAT = IDENTITY.reshape(2, -1)
RIGID = CopyStrengths(elastic_pixels=0.0)


def looked_up(grid: AnyArray, image: AnyArray = IMAGE) -> Images:
    """The copy of one grid."""
    copy: Images = distort(image, *lookup_table(np.asarray(grid)[np.newaxis]))[0]
    return copy


def test_the_identity_gives_the_image_back() -> None:
    np.testing.assert_array_equal(looked_up(IDENTITY), IMAGE)


@pytest.mark.parametrize(("down", "right"), [(1, 0), (0, 1), (-2, 5), (-27, 0), (28, 0), (0, -28), (40, -40)])
def test_whole_pixels_shift_and_beyond_the_edge_is_paper(down: int, right: int) -> None:
    padded = np.pad(IMAGE, 50)
    expected = padded[50 - down : 78 - down, 50 - right : 78 - right]
    np.testing.assert_array_equal(looked_up(IDENTITY - np.array([down, right])[:, None, None]), expected)


def test_half_a_pixel_is_the_mean_of_two_rounded_up() -> None:
    expected = (np.pad(IMAGE, ((1, 0), (0, 0)))[:-1].astype(int) + IMAGE + 1) // 2
    np.testing.assert_array_equal(looked_up(IDENTITY - np.array([0.5, 0])[:, None, None]), expected)


def test_copies_are_bilinear_lookups() -> None:
    grids = sampling_grids(40)
    copies = distort(IMAGE, *lookup_table(grids))
    assert copies.dtype == np.uint8
    for grid, copy in zip(grids, copies, strict=True):
        expected = map_coordinates(IMAGE.astype(np.float64), grid, order=1, mode="grid-constant", cval=0)
        # Places are rounded to 1/256 pixel, which is at most half a grey along each axis, and then the grey.
        np.testing.assert_allclose(copy, expected, rtol=0, atol=1.5 + 1e-6)


def test_weights_are_exact_in_float32() -> None:
    _, weights = lookup_table(sampling_grids(30))
    np.testing.assert_array_equal(weights * 2.0**16, np.rint(weights.astype(np.float64) * 2**16))
    np.testing.assert_array_equal(weights.astype(np.float64).sum(axis=1), 1)


@pytest.fixture
def affine_parts() -> NDArray[np.float64]:
    """(500, 5): degrees of rotation, width, height, slant and distance from the affine map, of copies not bent."""
    places = np.stack([FLAT[1], FLAT[0], np.full(784, 13.5)]) - 13.5  # column and row from the centre, ...
    places[2] = 1  # ... and a constant, for a shift
    parts = []
    for row, column in sampling_grids(500, RIGID):
        places_of_copy = np.stack([column.ravel(), row.ravel()]) - 13.5
        fit = np.linalg.lstsq(places.T, places_of_copy.T, rcond=None)[0].T
        forth = np.linalg.inv(fit[:, :2])  # where a pixel of the image goes
        angle = math.atan2(forth[1, 0], forth[0, 0])
        turned_back = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) @ forth
        (width, sheared), (_, height) = turned_back
        off = np.abs(fit @ places - places_of_copy).max() + np.abs(fit[:, 2]).max()
        parts.append((math.degrees(angle), width, height, sheared / height, off))
    return np.array(parts)


def test_strengths_fill_their_ranges_and_stay_inside(affine_parts: NDArray[np.float64]) -> None:
    angle, width, height, slant, off = affine_parts.T
    for values, centre, reach in (
        (angle, 0, 7.5),
        (width, 1, 0.1),
        (height, 1, 0.1),
        (slant, 0, math.tan(math.radians(7.5))),
    ):
        distance = (values - centre) / reach
        assert 0.98 < distance.max() <= 1 + 1e-9
        assert -1 - 1e-9 <= distance.min() < -0.98
        assert distance.std() == pytest.approx(1 / math.sqrt(3), rel=0.1)  # evenly
    assert np.abs(np.corrcoef(affine_parts[::2, :4].T) - np.eye(4)).max() < 0.2  # each on its own
    assert off.max() < 1e-9  # an affine map about the centre and nothing else


def test_copies_come_in_pairs_to_either_side(affine_parts: NDArray[np.float64]) -> None:
    centred = affine_parts[:, :4] - [0, 1, 1, 0]
    np.testing.assert_allclose(centred[1::2], -centred[::2], atol=1e-9)


def test_the_elastic_part_is_as_strong_and_as_smooth_as_it_says() -> None:
    bent = sampling_grids(1000)
    field = bent - sampling_grids(1000, RIGID)
    assert math.sqrt((field**2).mean()) == pytest.approx(0.5, rel=0.05)
    assert np.sqrt((field**2).mean(axis=(0, 1))).max() < 0.56  # at the edges as in the middle
    # White noise behind a Gaussian of deviation s is correlated by exp(-d^2 / 4s^2) over a distance d.
    for distance in (1, 5, 11):
        for along in (
            field[..., distance:, :] - field[..., :-distance, :],
            field[..., distance:] - field[..., :-distance],
        ):
            expected = 0.5 * math.sqrt(2 - 2 * math.exp(-(distance**2) / (4 * 5.5**2)))
            assert math.sqrt((along**2).mean()) == pytest.approx(expected, rel=0.08)


def test_the_first_copies_are_the_same_however_many_there_are() -> None:
    many = sampling_grids(9)
    for count in (1, 2, 5, 8):
        np.testing.assert_array_equal(sampling_grids(count), many[:count])


def test_copies_are_the_same_in_every_process() -> None:
    """Figures from one run, so that another NumPy or another seed cannot change answers unnoticed."""
    expected = [[5.0468580884, 21.8496549056], [0.7026884076, 17.9756557406], [4.3452301603, 18.3853186522]]
    np.testing.assert_allclose(sampling_grids(3)[:, :, 3, 20], expected, atol=1e-9)


@pytest.mark.parametrize("copies", [0, -1, 1001, 2.5, "8", None, True])
def test_other_numbers_of_copies_are_refused(copies: int) -> None:
    with pytest.raises(ConfigurationError, match=r"augment_inference is .*: expected a whole number of copies, 0"):
        AugmentedInference(copies)


def test_which_images_the_network_is_unsure_of() -> None:
    probabilities = np.array([[0.011, 0.989], [0.5, 0.5], [0.991, 0.009], [0.01, 0.99], [1, 0]], np.float32)
    assert AugmentedInference(1).is_unsure(probabilities).tolist() == [True, True, False, False, False]
    always = AugmentedInference(1, CopyStrengths(sure_from=2.0))
    assert always.is_unsure(probabilities).all()


WEIGHTS = np.random.default_rng(1).normal(0, 1e-3, (784, 4)).astype(np.float32)


class Network:
    """A linear network that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Images] = []

    def __call__(self, images: Images) -> AnyArray:
        self.asked.append(images.copy())
        return images.reshape(len(images), 784) @ WEIGHTS


@pytest.mark.parametrize("copies", [1, 7, 256, 300])
def test_the_answer_is_the_mean_log_probability_of_image_and_copies(copies: int) -> None:
    images = RNG.integers(0, 256, (3, 28, 28), dtype=np.uint8)
    network = Network()
    answer = AugmentedInference(copies).log_probabilities(images, network(images), 1.7, network)
    for row, image in zip(answer, images, strict=True):
        shown = [image, *distort(image, *lookup_table(sampling_grids(copies)))]
        logits = np.stack([each.ravel().astype(np.float64) @ WEIGHTS.astype(np.float64) for each in shown])
        expected = log_softmax(log_softmax(logits / 1.7, axis=1).mean(axis=0))
        np.testing.assert_allclose(row, expected, atol=1e-4)
    np.testing.assert_allclose(np.exp(answer).sum(axis=1), 1)


def test_the_network_sees_few_copies_at_once_and_those_of_one_image_only() -> None:
    images = RNG.integers(0, 256, (2, 28, 28), dtype=np.uint8)
    network = Network()
    AugmentedInference(600).log_probabilities(images, np.zeros((2, 4), np.float32), 1.0, network)
    assert [len(asked) for asked in network.asked] == [256, 256, 88] * 2
    expected = distort(images[1], *lookup_table(sampling_grids(600)))
    np.testing.assert_array_equal(np.concatenate(network.asked[3:]), expected)


def test_no_images_are_no_answers() -> None:
    empty = np.zeros((0, 28, 28), np.uint8)
    assert AugmentedInference(3).log_probabilities(empty, np.zeros((0, 4), np.float32), 1.0, Network()).shape == (0, 4)


def test_an_answer_that_is_not_finite_is_refused() -> None:
    def broken(images: Images) -> AnyArray:
        return np.full((len(images), 2), np.nan, np.float32)

    with pytest.raises(ModelOutputError, match="nan"):
        AugmentedInference(2).log_probabilities(IMAGE[np.newaxis], np.zeros((1, 2), np.float32), 1.0, broken)
