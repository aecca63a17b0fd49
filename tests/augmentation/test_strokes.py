"""What happens to ink, against SciPy's filters, loops in NumPy and values worked by hand."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from digitnet.arrays import AnyArray, Images
from digitnet.augmentation import strokes

# Compiled as in training: much faster than operation by operation.
thickened = jax.jit(strokes.thickened)
with_gaps = jax.jit(strokes.with_gaps)
ink_positions = jax.jit(strokes.ink_positions)
faded = jax.jit(strokes.faded)
blurred = jax.jit(strokes.blurred, static_argnames="radius")

RANDOM = np.random.default_rng(0)
ROUNDING = 0.5 + 1e-3
NOISE: Images = RANDOM.integers(0, 256, (60, 28, 28), dtype=np.uint8)
SPARSE: Images = np.where(RANDOM.random((60, 28, 28)) < 0.1, NOISE, 0).astype(np.uint8)


def own(strengths: AnyArray) -> AnyArray:
    """One strength an image, so that each meets one pixel."""
    return strengths[:, np.newaxis, np.newaxis].astype(np.float64)


@pytest.mark.parametrize(
    ("pixels", "expected"), [(2, ndimage.grey_dilation), (-2, ndimage.grey_erosion), (0, lambda image, **_: image)]
)
def test_full_strength_is_grey_dilation_and_erosion(pixels: int, expected: Callable[..., AnyArray]) -> None:
    for images in (NOISE, SPARSE):
        found = np.asarray(thickened(jnp.asarray(images), jnp.full(60, pixels, jnp.float32)))
        for image, one in zip(images, found, strict=True):
            assert_array_equal(one, expected(image, size=(3, 3), mode="constant", cval=0))


def test_between_the_ends_each_image_is_blended_by_its_own_part() -> None:
    pixels = RANDOM.uniform(-2, 2, 60).astype(np.float32)
    most = np.stack([ndimage.grey_dilation(image, size=(3, 3), mode="constant", cval=0) for image in NOISE])
    least = np.stack([ndimage.grey_erosion(image, size=(3, 3), mode="constant", cval=0) for image in NOISE])
    target = np.where(own(pixels) > 0, most, least)
    part = np.abs(own(pixels)) / 2
    found = thickened(jnp.asarray(NOISE), jnp.asarray(pixels))
    assert_allclose(found, (1 - part) * NOISE + part * target, atol=ROUNDING)


@pytest.mark.parametrize("pixels", [-2, -1.4, -0.5, 0.0, 0.3, 1.0, 2.0])
def test_a_wide_stroke_gains_that_many_pixels(pixels: float) -> None:
    bar = np.zeros((1, 28, 28), np.uint8)
    bar[:, :, 10:14] = 255
    found = np.asarray(thickened(jnp.asarray(bar), jnp.array([pixels], jnp.float32)))
    assert_allclose(found[0, 14].sum() / 255, 4 + pixels, atol=0.01)


def places_by_counting(image: AnyArray, part: float) -> tuple[int, int]:
    """Line by line until that much of the ink has been passed."""
    ink = image.astype(int).ravel().tolist()
    wanted = min(int(np.float32(part) * np.float32(sum(ink))), sum(ink) - 1)
    passed = 0
    for place, amount in enumerate(ink):
        passed += amount
        if passed > wanted:
            return divmod(place, 28)
    raise AssertionError("there is less ink than that")


@pytest.mark.parametrize("images", [NOISE, SPARSE], ids=["noise", "sparse"])
def test_places_are_found_by_counting_ink(images: Images) -> None:
    parts = RANDOM.random((60, 3)).astype(np.float32)
    parts[0] = 0, 0.5, 1
    rows, columns = (np.asarray(found) for found in ink_positions(jnp.asarray(images), jnp.asarray(parts)))
    for n, image in enumerate(images):
        expected = [places_by_counting(image, part) for part in parts[n]]
        assert list(zip(rows[n], columns[n], strict=True)) == expected
        assert all(image[place] > 0 for place in expected)


def test_a_pixel_is_found_as_often_as_it_is_dark() -> None:
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 3, 20], image[0, 3, 21], image[0, 9, 2] = 50, 100, 150
    parts = (np.arange(300) + 0.5)[np.newaxis] / 300
    found = zip(*(np.asarray(axis)[0].tolist() for axis in ink_positions(image, jnp.asarray(parts))), strict=True)
    assert list(found) == [(3, 20)] * 50 + [(3, 21)] * 100 + [(9, 2)] * 150


def test_gaps_are_discs_around_their_places() -> None:
    parts = RANDOM.random((60, 4)).astype(np.float32)
    radii = np.where(RANDOM.random((60, 4)) < 0.6, RANDOM.uniform(0.25, 7, (60, 4)), 0).astype(np.float32)
    found = np.asarray(with_gaps(jnp.asarray(SPARSE), jnp.asarray(parts), jnp.asarray(radii)))
    rows, columns = np.mgrid[:28, :28]
    for n, image in enumerate(SPARSE):
        left = np.ones((28, 28))
        for part, radius in zip(parts[n], radii[n], strict=True):
            row, column = places_by_counting(image, part)
            if radius:
                left = np.minimum(left, np.clip(np.hypot(rows - row, columns - column) - radius + 0.5, 0, 1))
        assert_allclose(found[n], image * left, atol=ROUNDING)


def test_half_of_the_ink_is_left_at_the_radius() -> None:
    line = np.zeros((1, 28, 28), np.uint8)
    line[:, 14] = 200
    found = np.asarray(with_gaps(line, jnp.array([[0.5]]), jnp.array([[3.0]], jnp.float32)))[0, 14]
    assert found[9:20].tolist() == [200, 200, 100, 0, 0, 0, 0, 0, 100, 200, 200]


def test_fading_is_a_product() -> None:
    parts = RANDOM.random(60).astype(np.float32)
    assert_allclose(faded(jnp.asarray(NOISE), jnp.asarray(parts)), own(parts) * NOISE, atol=ROUNDING)


@pytest.mark.parametrize("largest", [0.4, 1.0, 3.0])
def test_blur_is_a_gaussian_filter_of_each_image_s_own_width(largest: float) -> None:
    sigmas = RANDOM.uniform(0.01, largest, 60).astype(np.float32)
    sigmas[0] = largest
    radius = int(np.ceil(3 * largest))
    found = np.asarray(blurred(jnp.asarray(NOISE), jnp.asarray(sigmas), radius=radius))
    for image, sigma, one in zip(NOISE, sigmas, found, strict=True):
        exact = ndimage.gaussian_filter(image.astype(float), sigma, mode="constant", radius=radius)
        assert_allclose(one, exact, atol=ROUNDING)
        endless = ndimage.gaussian_filter(image.astype(float), sigma, mode="constant", truncate=20)
        assert_allclose(one, endless, atol=1.5)


def test_a_width_of_zero_blurs_nothing() -> None:
    assert_array_equal(blurred(jnp.asarray(NOISE), jnp.zeros(60), radius=2), NOISE)


CHANGES: dict[str, Callable[[Any], Any]] = {
    "thickened": lambda images: strokes.thickened(images, jnp.linspace(-2, 2, 60)),
    "broken": lambda images: strokes.with_gaps(images, jnp.full((60, 2), 0.3), jnp.full((60, 2), 2.0)),
    "faded": lambda images: strokes.faded(images, jnp.linspace(0, 1, 60)),
    "blurred": lambda images: strokes.blurred(images, jnp.linspace(0, 2, 60), 6),
    "materialized": strokes.materialized,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_paper_stays_paper(change: Callable[[Any], Any]) -> None:
    found = jax.jit(change)(jnp.zeros((60, 28, 28), jnp.uint8))
    assert found.dtype == jnp.uint8
    assert not np.asarray(found).any()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_compiled_and_not_agree(change: Callable[[Any], Any]) -> None:
    eager, compiled = (np.asarray(run(jnp.asarray(NOISE))).astype(int) for run in (change, jax.jit(change)))
    assert np.abs(eager - compiled).max() <= 1  # a sum that ends in one half may be rounded either way
    assert (eager != compiled).mean() < 1e-3


@pytest.mark.parametrize("values", [NOISE, RANDOM.normal(size=(3, 4)).astype(np.float32), np.arange(-3, 4)])
def test_computing_once_changes_nothing(values: AnyArray) -> None:
    found = strokes.materialized(jnp.asarray(values))
    assert found.dtype == jnp.asarray(values).dtype
    assert_array_equal(found, values)
