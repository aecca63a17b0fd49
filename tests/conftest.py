"""Data sets that several test files share, and what saves the whole run time and memory."""

import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from advice import pytest_terminal_summary
from digitnet.datasets import Dataset, load_mnist
from extras import HAS_TRAINING

__all__ = ["pytest_terminal_summary"]

# A setting that changes no result: Python would look through all objects for cycles after every 700 new ones, which is
# a twelfth of the time that tests of training take (four tests of training/test_loop.py, alternating three times: 13.7
# and 12.5 core-seconds).
gc.set_threshold(100_000, 50, 100)

if find_spec("hypothesis") is not None:  # some tests are run where it is not
    from hypothesis import HealthCheck, settings

    # How long an example takes to make and to check is a matter of how busy the machine is.
    settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy machine")


@pytest.fixture(scope="session", autouse=True)
def no_cache_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What commands compile stays out of the user's own folder, and all workers of a test run share it.

    That is safe, because `digitnet.training.compilation_cache` checks every entry and renames it into its place.
    """
    own = tmp_path_factory.getbasetemp()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITNET_CACHE_DIR", str((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "cache"))
        yield


@pytest.fixture(scope="session", autouse=True)
def programs_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the tests of one worker compile in its own process is found again by those that come later.

    Most of the time of all tests went into compiling the same few programs again. JAX's cache has a folder for each
    worker, because JAX would read what another process has written by half. That a kept program gives the same bits
    as one compiled afresh is held by cli/test_train.py, whose processes have folders of their own.
    """
    if not HAS_TRAINING:
        yield
        return
    import jaxlib.version  # noqa: PLC0415 - not there without the training extra

    if jaxlib.version.__version_info__ < (0, 10, 2):  # as in digitnet.training.compilation_cache: those before complain
        yield
        return
    with _jax_cache(tmp_path_factory.mktemp("programs")):
        yield


@contextmanager
def _jax_cache(folder: Path) -> Iterator[None]:
    import jax  # noqa: PLC0415 - as above
    from jax.experimental.compilation_cache.compilation_cache import reset_cache  # noqa: PLC0415

    settings: dict[str, Any] = {
        "jax_compilation_cache_dir": str(folder),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
        "jax_persistent_cache_enable_xla_caches": "none",
    }
    before = {name: jax.config.values[name] for name in settings}
    for values in (settings, before):
        for name, value in values.items():
            jax.config.update(name, value)  # type: ignore[no-untyped-call] # JAX has not typed it
        reset_cache()  # JAX holds on to the folder that it used first
        if values is settings:
            yield


@pytest.fixture(scope="module", autouse=True)
def memory_given_back() -> Iterator[None]:
    """What a file of tests has freed goes back to the system: glibc keeps half of it, 1 GB in a worker over time."""
    yield
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)


@pytest.fixture
def compiled_quickly() -> Iterator[None]:
    """For tests that compile much and run it once."""
    from quick_compilation import quick_compilation  # noqa: PLC0415 - imports JAX

    with quick_compilation():
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


# What takes longest comes first, so that no worker is left alone with it in the end.
_SLOW = (
    "runs/test_session.py",
    "studio/web/test_access.py",
    "training/test_loop.py",
    "augmentation/test_augmenter.py",
    "studio/web/test_train.py",
    "cli/test_cli.py",
    "studio/test_teaching_routes.py",
    "studio/web/test_inside.py",
    "inference/test_classifier.py",
    "cli/test_train.py",
    "test_tutorial.py",
    "test_sklearn.py",
    "training/test_outlier_detector.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {Path(__file__).parent / name: place for place, name in enumerate(_SLOW)}
    items.sort(key=lambda item: places.get(item.path, len(_SLOW)))  # all others stay in their order


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a file as a whole to one worker, so that its fixtures are made once and its programs compiled once."""
    # This hook is only called by xdist, which types nothing of it.
    from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped] # noqa: PLC0415

    if config.option.dist != "load":  # chosen by hand
        return None
    config.option.loadscopereorder = False  # else the files with the most tests come first, and not the slow ones
    return LoadFileScheduling(config, log)


# What could not run: without the export extra; and without the training extra, whose Keras and Matplotlib are imported
# at the top.
collect_ignore_glob = [] if find_spec("safetensors") is not None else ["exports", "cli/test_export.py"]
if not HAS_TRAINING:
    collect_ignore_glob += [
        "augmentation/test_augmenter.py",
        "augmentation/test_strokes.py",
        "cli/test_train.py",
        "network",
        "report",
        "runs",
        "training",
    ]
