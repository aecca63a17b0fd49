"""Data sets that several test files share, and a cache of their own for all."""

from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
import pytest

from advice import pytest_terminal_summary
from digitnet.datasets import Dataset, load_mnist
from extras import HAS_TRAINING

__all__ = ["pytest_terminal_summary"]

if find_spec("hypothesis") is not None:  # some tests are run where it is not
    from hypothesis import HealthCheck, settings

    # How long an example takes to make and to check is a matter of how busy the machine is.
    settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy machine")


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
    return Dataset(images, np.arange(30, dtype=np.uint8) % np.uint8(10), "thirty digits")


@pytest.fixture(scope="session")
def mnist() -> tuple[Dataset, Dataset]:
    """The bundled MNIST, loaded once."""
    return load_mnist()


# These import Keras or Matplotlib at their top; without the training extra nothing in them could run.
if not HAS_TRAINING:
    collect_ignore_glob = [
        "report",
        "training",
        "runs",
        "cli/test_train.py",
        "test_augmentation.py",
        "test_backend.py",
        "test_compilation_cache.py",
        "test_export.py",
        "test_initialization.py",
        "test_model.py",
        "test_random_bits.py",
        "test_rejection.py",
        "test_strokes.py",
    ]
