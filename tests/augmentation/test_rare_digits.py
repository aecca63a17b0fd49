"""Which digits are unlike all others."""

import numpy as np
import pytest

from digitnet.arrays import Images
from digitnet.augmentation import rare_digits
from digitnet.augmentation.rare_digits import rarest_digits
from digitnet.datasets import Dataset


def test_the_rarest_are_those_without_another_like_them(mnist: tuple[Dataset, Dataset]) -> None:
    """Each of 40 digits is there twice, three others once: these are the rarest, and noise is rarer than a digit."""
    digits = mnist[0].images[:43]
    noise = np.random.default_rng(0).integers(0, 256, (1, 28, 28), dtype=np.uint8)
    images = np.concatenate([digits[:40], digits, noise])
    assert rarest_digits(images, 1).tolist() == [83]
    assert sorted(rarest_digits(images, 4).tolist()) == [80, 81, 82, 83]
    assert len(rarest_digits(images, 0)) == 0
    assert sorted(rarest_digits(images, 84).tolist()) == list(range(84))


def test_one_pixel_aside_is_nearly_the_same() -> None:
    stroke, aside, level = (np.zeros((28, 28), np.uint8) for _ in range(3))
    stroke[4:24, 13], aside[4:24, 14], level[13, 4:24] = 255, 255, 255
    assert rarest_digits(np.stack([stroke, level, aside]), 1).tolist() == [1]


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_it_does_not_matter_how_many_are_compared_at_once(
    at_once: int, mnist: tuple[Dataset, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    images: Images = mnist[0].images[:50]
    expected = set(rarest_digits(images, 20).tolist())
    monkeypatch.setattr(rare_digits, "_CHUNK_IMAGES", at_once)
    assert len(expected ^ set(rarest_digits(images, 20).tolist())) <= 2  # sums are rounded in another order
