"""The contrast of a picture relative to its paper, by hand-worked pictures."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from digitnet.arrays import GrayPicture
from digitnet.pictures.local_contrast import NUM_FEATURES, local_contrast

PAPER, INK = 200, 100
STROKE = (slice(30, 70), slice(60, 69))
MIDDLE = (50, 64)


def stroke_on_paper(paper: int = PAPER, ink: int = INK) -> GrayPicture:
    picture = np.full((100, 130), paper, np.uint8)
    picture[STROKE] = ink
    return picture


def test_contrast_is_the_share_of_light_that_is_missing() -> None:
    local = local_contrast(stroke_on_paper())
    assert local.contrast[MIDDLE] == pytest.approx(0.5, abs=0.01)
    assert local.contrast[50, 20] == 0
    assert_allclose(local.paper, PAPER / 255, atol=1e-6)
    assert local.full_ink[50, 80] == pytest.approx(0.5, abs=0.01)  # 16 pixels away
    assert local.full_ink[50, 110] == 0  # 46 pixels away
    assert local.noise == 0


def test_under_half_the_light_the_contrast_is_the_same() -> None:
    bright, dark = local_contrast(stroke_on_paper()), local_contrast(stroke_on_paper(PAPER // 2, INK // 2))
    assert_allclose(bright.contrast, dark.contrast, atol=0.02)


def test_light_that_falls_off_is_paper() -> None:
    picture = np.rint(stroke_on_paper() * np.linspace(0.75, 1, 130)).astype(np.uint8)
    local = local_contrast(picture)
    assert local.contrast[MIDDLE] == pytest.approx(0.5, abs=0.06)
    candidates = local.candidates()
    assert candidates[STROKE].all()
    assert not candidates[12:-12, 12:50].any()
    assert not candidates[12:-12, 80:-12].any()


def test_noise_is_measured_and_is_seldom_a_candidate() -> None:
    noise = np.random.default_rng(0).normal(0, 6, (200, 200))
    picture = np.clip(np.rint(PAPER + noise), 0, 255).astype(np.uint8)
    local = local_contrast(picture)
    assert local.noise == pytest.approx(6 / PAPER, rel=0.4)
    assert local.candidates().mean() < 0.05
    quieter = np.clip(np.rint(PAPER + noise / 3), 0, 255).astype(np.uint8)
    assert local_contrast(quieter).noise < 0.5 * local.noise


def test_a_table_darker_than_all_paper_is_no_full_ink_of_its_own() -> None:
    picture = stroke_on_paper()
    picture[:, :40] = 8  # a dark table
    picture[40:60, 10:14] = 2  # a quarter of its light, but nothing beside the light of the paper
    assert local_contrast(picture).contrast[50, 12] < 0.15


def test_the_middle_of_the_first_window_is_the_pixel_itself() -> None:
    local = local_contrast(stroke_on_paper())
    rows, columns = np.array([50, 50]), np.array([64, 58])
    features = local.features(rows, columns)
    assert features.shape == (2, NUM_FEATURES)
    own = features[:, 17 * 17 // 2]
    expected = np.minimum(255 * local.contrast[rows, columns] / local.full_ink[rows, columns], 255)
    assert_allclose(own, expected, atol=1)
    assert own[0] > 240
    window = features[0, : 17 * 17].reshape(17, 17)
    assert (window[8, 5:12] > 240).all()  # across the stroke
    assert (window[8, [0, 1, 15, 16]] == 0).all()


def test_features_of_a_pixel_do_not_depend_on_the_others() -> None:
    local = local_contrast(stroke_on_paper())
    rows, columns = np.nonzero(local.candidates())
    every = local.features(rows, columns)
    for number in (0, len(rows) // 2, len(rows) - 1):
        own = slice(number, number + 1)
        assert_array_equal(local.features(rows[own], columns[own]), every[own])


def test_features_move_with_the_picture() -> None:
    """By eight pixels, a whole one of the coarsest scale."""
    picture = np.full((160, 160), PAPER, np.uint8)
    picture[60:100, 70:79] = INK
    moved = np.roll(picture, (8, 8), axis=(0, 1))
    before = local_contrast(picture).features(np.array([80]), np.array([74]))
    after = local_contrast(moved).features(np.array([88]), np.array([82]))
    assert_array_equal(before, after)


def test_beyond_the_border_is_what_is_at_the_border() -> None:
    picture = np.full((60, 60), PAPER, np.uint8)
    picture[:, :5] = INK
    window = local_contrast(picture).features(np.array([30]), np.array([0]))[0, : 17 * 17].reshape(17, 17)
    assert (window[:, :9] > 200).all()
