"""Small data on which a network learns something within a second."""

import numpy as np
import pytest

from digitnet.datasets import Dataset


def striped_digits(n: int, seed: int = 0, num_classes: int = 10) -> Dataset:
    """Noise, with a bright row at a place that tells the class: easy, but not trivial."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, num_classes, n).astype(np.uint8)
    labels[:num_classes] = np.arange(num_classes)  # every class occurs
    images = generator.integers(0, 128, (n, 28, 28), dtype=np.uint8)
    images[np.arange(n), 4 + 2 * labels] = 200
    return Dataset(images, labels)


@pytest.fixture
def stripes() -> Dataset:
    return striped_digits(230)
