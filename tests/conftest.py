"""Data sets that several test files share, and a cache of their own for all."""

from collections.abc import Iterator

import numpy as np
import pytest

from digitnet.datasets import Dataset, load_mnist
from extras import HAS_TRAINING


@pytest.fixture(scope="session", autouse=True)
def no_cache_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests compile stays out of the folder where the user's own runs look."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITNET_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def thirty_digits() -> Dataset:
    """Thirty images of noise, three for each digit, in the order 0, 1, ..., 9, 0, 1, ..."""
    images = np.random.default_rng(0).integers(0, 256, (30, 28, 28), dtype=np.uint8)
    return Dataset(images, np.arange(30, dtype=np.uint8) % 10, "thirty digits")


@pytest.fixture(scope="session")
def mnist() -> tuple[Dataset, Dataset]:
    """The bundled MNIST, loaded once."""
    return load_mnist()


# These import Keras or Matplotlib at their top; without the training extra nothing in them could run.
if not HAS_TRAINING:
    collect_ignore_glob = [
        "augmentation/test_augmenter.py",
        "augmentation/test_strokes.py",
        "cli/test_train.py",
        "network",
        "report",
        "runs",
        "training",
    ]
