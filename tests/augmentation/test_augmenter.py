"""Augmentation against NumPy, SciPy and OpenCV, and what is drawn against what it is said to be."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import cv2
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage, stats

from digitnet.arrays import AnyArray, Images
from digitnet.augmentation.augmenter import (
    augmented_copies,
    bilinear_sample,
    make_augmentation,
    random_distortion,
    random_sampling_grid,
    random_shift,
    random_strokes,
)
from digitnet.augmentation.distortion import NO_DISTORTION, Distortion
from digitnet.datasets import load_mnist
from quick_compilation import quick_compilation

RANDOM = np.random.default_rng(0)
NOISE: Images = RANDOM.integers(0, 256, (60, 28, 28), dtype=np.uint8)
ROUNDING = 0.5 + 1e-3
MANY = 4000
GEOMETRY: dict[str, Any] = {"rotation": 15, "scaling": 0.2, "shear": 15, "shift": 2, "elastic_alpha": 30}
STROKES: dict[str, Any] = {"thickness": 1, "gaps": 3, "contrast": 0.5, "blur": 1}
EVERYTHING = Distortion(**GEOMETRY, **STROKES, slender_factor=0.5)


def key(*words: int) -> Any:
    return jnp.array(words, jnp.uint32)


KEY = key(1, 2)


def grids_of(labels: AnyArray, distortion: Distortion) -> AnyArray:
    """float64 (n, 2, 28, 28), all drawn from one key."""
    draw = jax.jit(lambda labels: random_sampling_grid(labels, KEY, distortion=distortion))
    return np.asarray(draw(jnp.asarray(labels))).astype(np.float64)


@lru_cache(maxsize=4)  # of 50 MB each
def grids(distortion: Distortion, n: int = MANY) -> AnyArray:
    """As `grids_of`, of images of 0."""
    return grids_of(np.zeros(n, int), distortion)


@pytest.fixture(scope="module", autouse=True)
def no_grids_kept() -> Iterator[None]:
    """A worker goes on with other files, and has to have room for them."""
    yield
    grids.cache_clear()


def distorted(distortion: Distortion, images: Images = NOISE) -> Images:
    """uint8 (60, 28, 28), all drawn from one key, as `grids`."""
    distort = jax.jit(lambda images, labels: random_distortion(images, labels, KEY, distortion=distortion))
    return np.asarray(distort(images, jnp.zeros(len(images), jnp.int32)))


def strokes_of(distortion: Distortion, image: AnyArray, n: int = MANY) -> AnyArray:
    """float64 (n, 28, 28): the image, changed in n ways."""
    draw = jax.jit(lambda images: random_strokes(images, KEY, distortion=distortion))
    return np.asarray(draw(np.repeat(image[np.newaxis].astype(np.uint8), n, axis=0))).astype(np.float64)


def affine_parts(grid: AnyArray) -> tuple[AnyArray, AnyArray]:
    """The matrices (n, 2, 2) and the places of the centre (n, 2) of grids, in the order x, y, by their corners."""
    points = grid[:, ::-1, [0, 0, 27, 27], [0, 27, 0, 27]]
    per_column, per_row = (points[:, :, 1] - points[:, :, 0]) / 27, (points[:, :, 2] - points[:, :, 0]) / 27
    matrices = np.stack([per_column, per_row], axis=2)
    rebuilt = points.mean(2)[:, :, None, None] + np.einsum(
        "nik,kyx->niyx", matrices, np.mgrid[:28, :28][::-1].astype(float) - 13.5
    )
    assert_allclose(grid[:, ::-1], rebuilt, atol=2e-4)  # so it is affine
    return matrices, points.mean(2)


def assert_evenly_drawn(values: AnyArray, low: float, high: float, tolerance: float = 1e-3) -> None:
    """In the range, up to its ends, and even."""
    assert low - tolerance <= values.min() <= low + 0.005 * (high - low) + tolerance
    assert high + tolerance >= values.max() >= high - 0.005 * (high - low) - tolerance
    assert stats.kstest(values, "uniform", args=(low, high - low)).pvalue > 1e-3


# --- moving by whole pixels


@pytest.mark.parametrize("pixels", [0, 1, 3])
def test_every_image_is_one_of_its_shifts_and_all_occur(pixels: int) -> None:
    image = RANDOM.integers(1, 256, (28, 28), dtype=np.uint8)
    shifted = np.asarray(random_shift(jnp.asarray(np.stack([image] * 2000)), key(1, 2), pixels=pixels))
    possible = {}
    for down in range(-pixels, pixels + 1):
        for right in range(-pixels, pixels + 1):
            moved = np.zeros_like(image)
            rows, columns = (np.arange(28)[max(0, by) : 28 + min(0, by)] for by in (down, right))
            moved[np.ix_(rows, columns)] = image[np.ix_(rows - down, columns - right)]
            possible[moved.tobytes()] = 0
    for one in shifted:
        possible[one.tobytes()] += 1  # a KeyError is an image that is no shift of the original
    share = 1 / len(possible)
    for count in possible.values():
        assert abs(count / 2000 - share) <= 4.5 * np.sqrt(share * (1 - share) / 2000)
    assert shifted.dtype == np.uint8


def test_the_shift_follows_from_the_key_alone() -> None:
    images = jnp.asarray(NOISE)
    shift = jax.jit(lambda images, key: random_shift(images, key, pixels=2))
    assert_array_equal(shift(images, key(1, 2, 3)), random_shift(images, key(1, 2, 3), pixels=2))
    assert (np.asarray(shift(images, key(1, 2, 3))) != np.asarray(shift(images, key(1, 2, 4)))).any()


def test_whole_pixels_are_the_same_with_and_without_interpolation() -> None:
    shifted = distorted(Distortion(shift=3))
    assert_array_equal(shifted, random_shift(NOISE, KEY, pixels=3))
    assert_array_equal(shifted, jax.jit(bilinear_sample)(NOISE, grids(Distortion(shift=3), 60).astype(np.float32)))


# --- looking up


def looked_up(images: Images, grid: AnyArray) -> AnyArray:
    return np.stack(
        [
            ndimage.map_coordinates(image.astype(float), places, order=1, mode="grid-constant", cval=0)
            for image, places in zip(images, grid, strict=True)
        ]
    )


@pytest.mark.parametrize(
    ("low", "high"), [(-1.5, 28.5), (-1.02, -0.98), (26.98, 28.02), (-0.1, 0.1), (-1000, 1000), (5, 20)]
)
def test_looking_up_is_bilinear_and_beyond_the_edge_is_paper(low: float, high: float) -> None:
    grid = RANDOM.uniform(low, high, (60, 2, 28, 28)).astype(np.float32)
    grid[30:, 0] = RANDOM.uniform(0, 27, (30, 28, 28))  # beyond one edge only
    assert_allclose(bilinear_sample(NOISE, jnp.asarray(grid)), looked_up(NOISE, grid), atol=ROUNDING)


def test_whole_places_are_looked_up_exactly() -> None:
    grid = RANDOM.integers(-3, 31, (60, 2, 28, 28)).astype(np.float32)
    assert_array_equal(bilinear_sample(NOISE, jnp.asarray(grid)), looked_up(NOISE, grid))


def test_looking_up_is_what_opencv_does() -> None:
    grid = (RANDOM.integers(-100, 1000, (60, 2, 28, 28)) / 32).astype(np.float32)  # OpenCV's own steps
    expected = [
        cv2.remap(image, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        for image, (rows, columns) in zip(NOISE, grid, strict=True)
    ]
    assert_allclose(
        np.asarray(bilinear_sample(NOISE, jnp.asarray(grid))).astype(int), np.stack(expected).astype(int), atol=1
    )


# --- turning, scaling, slanting


def test_angles_are_evenly_drawn() -> None:
    matrices, centres = affine_parts(grids(Distortion(rotation=30)))
    angles = np.arctan2(matrices[:, 0, 1], matrices[:, 0, 0])
    turns = np.stack([[np.cos(angles), np.sin(angles)], [-np.sin(angles), np.cos(angles)]]).transpose(2, 0, 1)
    assert_allclose(matrices, turns, atol=1e-5)
    assert_allclose(centres, 13.5, atol=1e-4)
    assert_evenly_drawn(np.degrees(angles), -30, 30)


def test_scales_are_evenly_drawn_for_each_axis() -> None:
    matrices, centres = affine_parts(grids(Distortion(scaling=0.3)))
    assert_allclose(matrices[:, [0, 1], [1, 0]], 0, atol=1e-6)
    assert_allclose(centres, 13.5, atol=1e-4)
    width, height = 1 / matrices[:, 0, 0], 1 / matrices[:, 1, 1]
    assert_evenly_drawn(width, 0.7, 1.3)
    assert_evenly_drawn(height, 0.7, 1.3)
    assert abs(np.corrcoef(width, height)[0, 1]) < 4 / np.sqrt(MANY)


def test_slants_are_evenly_drawn() -> None:
    matrices, centres = affine_parts(grids(Distortion(shear=40)))
    assert_allclose(matrices[:, [0, 1, 1], [0, 1, 0]], [[1, 1, 0]] * MANY, atol=1e-5)  # rows stay where they are
    assert_allclose(centres, 13.5, atol=1e-4)
    assert_evenly_drawn(np.degrees(np.arctan(matrices[:, 0, 1])), -40, 40)


@pytest.mark.usefixtures("compiled_quickly")
def test_only_ones_and_sevens_are_turned_and_slanted_less() -> None:
    labels = np.repeat(np.arange(10), 200)
    factor = np.where((labels == 1) | (labels == 7), 0.25, 1)
    for strengths, angle_of in (({"rotation": 20}, np.arcsin), ({"shear": 20}, np.arctan)):
        usual, slender = (
            angle_of(affine_parts(grids_of(labels, Distortion(**strengths, slender_factor=f)))[0][:, 0, 1])
            for f in (1, 0.25)
        )
        assert_allclose(slender, factor * usual, atol=1e-4)
    scaling = Distortion(scaling=0.2, slender_factor=0.25)
    assert_array_equal(grids_of(labels, scaling), grids_of(labels, Distortion(scaling=0.2)))


@pytest.mark.usefixtures("compiled_quickly")
def test_all_together_is_the_product_of_each_alone() -> None:
    """Scaled, then slanted, then turned, then moved; each as it is drawn without the others."""
    together, centres = affine_parts(grids(Distortion(rotation=25, scaling=0.3, shear=20, shift=3)))
    turn, scale, slant = (
        np.linalg.inv(affine_parts(grids(Distortion(**one)))[0])
        for one in ({"rotation": 25}, {"scaling": 0.3}, {"shear": 20})
    )
    moved = 13.5 - affine_parts(grids(Distortion(shift=3)))[1]
    assert_allclose(np.linalg.inv(together), turn @ slant @ scale, atol=1e-4)
    expected = 13.5 - np.einsum("nij,nj->ni", together, moved)
    assert_allclose(centres, expected, atol=1e-3)
    assert_allclose(np.abs(moved).max(axis=0), 3, atol=1e-5)


def test_an_image_is_turned_as_opencv_turns_it() -> None:
    image = load_mnist()[0].images[0]
    grid = grids(Distortion(rotation=45), 20)
    found = np.asarray(bilinear_sample(np.stack([image] * 20), jnp.asarray(grid.astype(np.float32)))).astype(float)
    for one, matrix in zip(found, affine_parts(grid)[0], strict=True):
        degrees = np.degrees(np.arctan2(matrix[0, 1], matrix[0, 0]))
        turn = cv2.getRotationMatrix2D((13.5, 13.5), -degrees, 1)
        # OpenCV rounds to 1 / 32 of a pixel, so an edge of 255 is off by 8 at times.
        assert np.abs(one - cv2.warpAffine(image, turn, (28, 28))).max() <= 16
        assert np.abs(one - cv2.warpAffine(image, turn, (28, 28))).mean() < 1


# --- bending


@pytest.mark.usefixtures("compiled_quickly")
@pytest.mark.parametrize(("alpha", "sigma"), [(8.0, 1.0), (15.0, 2.5), (37.0, 5.5), (60.0, 10.0)])
def test_the_elastic_field_is_smoothed_white_noise(alpha: float, sigma: float) -> None:
    """Against SciPy's Gaussian filter of noise on every pixel: as large, and as alike between any two pixels."""
    distortion = Distortion(elastic_alpha=alpha, elastic_sigma=sigma)
    field = grids(distortion, 6000) - np.mgrid[:28, :28]
    dense = alpha * ndimage.gaussian_filter(RANDOM.uniform(-1, 1, (3000, 3000)), sigma, mode="wrap")
    assert np.sqrt((dense**2).mean()) == pytest.approx(distortion.elastic_pixels, rel=0.03)
    for axis in (0, 1):
        size = np.sqrt((field[:, axis] ** 2).mean(axis=0))  # of each pixel
        assert_allclose(size, distortion.elastic_pixels, rtol=0.05)
        assert size.mean() == pytest.approx(distortion.elastic_pixels, rel=0.02)
        for row, column in ((14, 14), (0, 0), (3, 27)):
            impulse = np.zeros((101, 101))
            impulse[50, 50] = 1
            alike = ndimage.gaussian_filter(impulse, sigma * np.sqrt(2))  # what smoothing twice comes to
            alike = alike[50 - row : 78 - row, 50 - column : 78 - column] / alike[50, 50]
            found = (field[:, axis] * field[:, axis, row, column, None, None]).mean(axis=0)
            assert_allclose(found / distortion.elastic_pixels**2, alike, atol=0.08)
            assert np.abs(found / distortion.elastic_pixels**2 - alike).mean() < 0.02
    along, across = field.transpose(1, 0, 2, 3).reshape(2, -1)
    assert abs(np.corrcoef(along, across)[0, 1]) < 0.05


def test_the_elastic_part_is_the_same_whatever_else_is_drawn() -> None:
    bent = {"elastic_alpha": 30, "elastic_sigma": 6}
    affine: dict[str, Any] = {"rotation": 15, "scaling": 0.2, "shear": 15, "shift": 2}
    alone = grids(Distortion(**bent), 100) - np.mgrid[:28, :28]
    together = grids(Distortion(**bent, **affine), 100) - grids(Distortion(**affine), 100)
    assert_allclose(together, alone, atol=2e-4)
    assert np.abs(alone).max() > 1


# --- ink


def test_contrast_is_evenly_drawn() -> None:
    left = strokes_of(Distortion(contrast=0.6), np.full((28, 28), 255))[:, 5, 5] / 255
    assert_evenly_drawn(left + RANDOM.uniform(-0.5, 0.5, MANY) / 255, 0.4, 1, 0.004)  # what rounding took is given back


@pytest.mark.usefixtures("compiled_quickly")
def test_thickness_is_evenly_drawn() -> None:
    bar = np.zeros((28, 28))
    bar[:, 8:20] = 255
    gained = strokes_of(Distortion(thickness=1.5), bar)[:, 14].sum(axis=1) / 255 - 12
    assert_evenly_drawn(gained + RANDOM.uniform(-1, 1, MANY) / 255, -1.5, 1.5, 0.008)  # two columns are rounded


@pytest.mark.usefixtures("compiled_quickly")
def test_blur_is_evenly_drawn() -> None:
    edge = np.zeros((28, 28))
    edge[:, 14:] = 255
    found = strokes_of(Distortion(blur=1.2), edge)[:, 14]
    sigmas = np.linspace(0.01, 1.2, 500)
    profiles = np.stack([ndimage.gaussian_filter1d(edge[14], sigma, mode="constant", radius=4) for sigma in sigmas])
    nearest = np.abs(found[:, None, 8:20] - profiles[None, :, 8:20]).sum(axis=2).argmin(axis=1)
    assert np.abs(found[:, 8:20] - profiles[nearest, 8:20]).max() < 1
    wide = sigmas[nearest][sigmas[nearest] > 0.4]  # narrower ones can hardly be told apart
    assert abs(len(wide) / MANY - 2 / 3) < 4 * np.sqrt(2 / 9 / MANY)
    assert stats.kstest(wide + RANDOM.uniform(-0.01, 0.01, len(wide)), "uniform", args=(0.4, 0.8)).pvalue > 1e-3
    assert wide.max() > 1.19


@pytest.mark.usefixtures("compiled_quickly")
@pytest.mark.parametrize("gaps", [1, 3, 8])
def test_from_none_to_all_gaps_are_equally_likely(gaps: int) -> None:
    small = 0.5  # a gap of up to half a pixel takes ink from its own pixel alone
    image = np.zeros((28, 28))
    image[1::6, 1::6] = 255  # 25 dots
    found = strokes_of(Distortion(gaps=gaps, gap_radius=small), image)
    hit = ((found < image) & (image > 0)).sum(axis=(1, 2))
    # Of c gaps, each at one of 25 dots, the first is a dot more, and each further one if its dot is still whole.
    expected = np.zeros(gaps + 1)
    for count in range(gaps + 1):
        dots = np.zeros(gaps + 2)
        dots[0] = 1
        for _ in range(count):
            taken = np.arange(gaps + 2) / 25
            dots = dots * taken + np.roll(dots * (1 - taken), 1)
        expected += dots[:-1] / (gaps + 1)
    shares = np.bincount(hit, minlength=gaps + 1) / MANY
    assert_allclose(shares, expected, atol=4.5 * np.sqrt(0.25 / MANY))


def test_radii_of_gaps_are_evenly_drawn() -> None:
    missing = 1 - strokes_of(Distortion(gaps=1, gap_radius=6), np.full((28, 28), 255)) / 255
    area = missing.sum(axis=(1, 2))
    middle = np.einsum("nyx,iyx->ni", missing, np.mgrid[:28, :28].astype(float)) / np.maximum(area, 1)[:, None]
    whole = (area > 0) & (np.abs(middle - 13.5) <= 7).all(axis=1)  # not cut off by the edge
    assert_evenly_drawn(np.sqrt(area[whole] / np.pi), 3, 6, tolerance=0.05)


# --- all of it


def test_each_change_is_the_same_whatever_else_is_drawn() -> None:
    images = np.asarray(jax.jit(bilinear_sample)(NOISE, grids(Distortion(**GEOMETRY), 60).astype(np.float32)))
    for name, strength in STROKES.items():
        images = distorted(Distortion(**{name: strength}), images)
    assert_array_equal(distorted(Distortion(**GEOMETRY, **STROKES)), images)
    shifted = np.asarray(random_shift(NOISE, KEY, pixels=2))
    assert_array_equal(distorted(Distortion(shift=2, contrast=0.5)), distorted(Distortion(contrast=0.5), shifted))


@pytest.mark.usefixtures("compiled_quickly")
def test_no_two_changes_follow_the_same_numbers() -> None:
    edge = np.zeros((28, 28))
    edge[:, 14:] = 255
    drawn = [
        affine_parts(grids(Distortion(rotation=30)))[0][:, 0, 1],
        *affine_parts(grids(Distortion(scaling=0.3)))[0][:, [0, 1], [0, 1]].T,
        affine_parts(grids(Distortion(shear=30)))[0][:, 0, 1],
        *affine_parts(grids(Distortion(shift=10)))[1].T,
        *grids(Distortion(elastic_alpha=30))[:, :, 0, 0].T,  # the corner's field follows the first numbers most
        *grids(Distortion(elastic_alpha=30))[:, :, 14, 14].T,
        *(strokes_of(Distortion(**{name: strength}), edge).mean(axis=(1, 2)) for name, strength in STROKES.items()),
    ]
    assert np.abs(np.corrcoef(drawn) - np.eye(len(drawn))).max() < 4.5 / np.sqrt(MANY)


@pytest.mark.parametrize("name", [*GEOMETRY, *STROKES])
def test_each_strength_changes_images(name: str) -> None:
    distortion = Distortion(**{name: {**GEOMETRY, **STROKES}[name]})
    found = distorted(distortion)
    changed = (found != NOISE).any(axis=(1, 2))
    assert changed.mean() > 0.6  # a shift may be by 0, and gaps may be none
    assert len({one.tobytes() for one in found}) == 60


def test_nothing_to_change_is_no_augmentation() -> None:
    assert make_augmentation(NO_DISTORTION) is None
    assert make_augmentation(Distortion(slender_factor=0.5, elastic_sigma=4, gap_radius=3)) is None


def test_what_is_drawn_follows_from_key_and_place() -> None:
    augmentation = make_augmentation(EVERYTHING)
    assert augmentation is not None
    distort = jax.jit(augmentation)
    labels = jnp.asarray(np.arange(60) % 10)
    first = np.asarray(distort(NOISE, labels, key(1, 2, 3)))
    assert_array_equal(distort(NOISE, labels, key(1, 2, 3)), first)
    for other in (key(1, 2, 4), key(1, 3, 3), key(2, 2, 3), key(1, 2, 3, 1)):
        assert (np.asarray(distort(NOISE, labels, other)) != first).any(axis=(1, 2)).mean() > 0.95
    assert_array_equal(distort(NOISE[:20], labels[:20], key(1, 2, 3)), first[:20])  # as in a smaller last batch
    with quick_compilation():  # hundreds of programs of one operation each
        eager = np.asarray(augmentation(NOISE, labels, key(1, 2, 3))).astype(int)
    assert np.abs(eager - first).max() <= 2  # a number that ends in one half may be rounded either way
    assert (eager != first).mean() < 2e-3


@pytest.mark.usefixtures("compiled_quickly")
@settings(max_examples=8, deadline=None)
@given(
    st.builds(
        Distortion,
        rotation=st.floats(0, 180),
        scaling=st.floats(0, 0.9),
        shear=st.floats(0, 60),
        shift=st.integers(0, 14),
        elastic_alpha=st.floats(0, 1000),
        elastic_sigma=st.floats(1, 28),
        thickness=st.floats(0, 2),
        gaps=st.integers(0, 8),
        gap_radius=st.floats(0.5, 7),
        contrast=st.floats(0, 0.9),
        blur=st.floats(0, 3),
    ),
    st.integers(0, 2**32 - 1),
)
def test_any_distortion_gives_images_and_leaves_paper_blank(distortion: Distortion, word: int) -> None:
    images = np.concatenate([NOISE[:4], np.zeros((1, 28, 28), np.uint8)])
    distort = jax.jit(lambda images, labels, key: random_distortion(images, labels, key, distortion=distortion))
    found = np.asarray(distort(images, np.arange(5), key(word, 1)))
    assert found.shape == (5, 28, 28)
    assert found.dtype == np.uint8
    assert not found[4].any()
    assert found.max() <= NOISE[:4].max()


def test_copies_are_drawn_one_by_one_from_the_seed() -> None:
    labels = (np.arange(60) % 10).astype(np.uint8)
    found = augmented_copies(NOISE, labels, EVERYTHING, copies=3, seed=5)
    assert found.shape == (60, 3, 28, 28)
    assert found.dtype == np.uint8
    assert_array_equal(augmented_copies(NOISE, labels, EVERYTHING, copies=3, seed=5), found)
    others = augmented_copies(NOISE, labels, EVERYTHING, copies=3, seed=2**63 - 1)
    different = {copy.tobytes() for copies in (found, others) for copy in copies.reshape(-1, 28, 28)}
    assert len(different) == 2 * 60 * 3
    (shifted,) = augmented_copies(NOISE[:1], labels[:1], Distortion(shift=1), copies=40, seed=0)
    possible = {
        np.pad(NOISE[0], 1)[top : top + 28, left : left + 28].tobytes() for top in range(3) for left in range(3)
    }
    assert {copy.tobytes() for copy in shifted} == possible
