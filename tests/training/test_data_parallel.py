"""One training on two devices of one process, which are two of the processor, beside the same on one."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import two_devices
from digitnet.errors import ConfigurationError
from digitnet.training.data_parallel import DataParallel, OneDevice, layout_of


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `two_devices.py` wrote."""
    out = tmp_path_factory.mktemp("devices") / "found.npz"
    process = subprocess.run(
        [sys.executable, two_devices.__file__, str(out)],
        env={
            **os.environ,
            "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
            "JAX_PLATFORMS": "cpu",
            "PYTHONPATH": str(Path(two_devices.__file__).parent),
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    with np.load(out) as arrays:
        return dict(arrays)


def test_two_devices_come_to_the_weights_of_one(found: dict[str, Any]) -> None:
    # Gradients move weights by 1e-3 and more. Drawn for each device instead of each image, dropout or augmentation
    # would move them elsewhere; statistics of half a batch likewise.
    assert found["two_moved"] > 1e-3
    np.testing.assert_allclose(found["two_weights"], found["one_weights"], rtol=0, atol=2e-6)


@pytest.mark.parametrize("name", ["loss", "accuracy", "val_loss", "val_accuracy"])
def test_metrics_count_every_image_once(found: dict[str, Any], name: str) -> None:
    np.testing.assert_allclose(found[f"two_{name}"], found[f"one_{name}"], rtol=1e-5)


def test_what_is_summed_over_a_divided_batch_is_summed_over_the_devices(found: dict[str, Any]) -> None:
    assert found["is_divided"]


def test_a_batch_that_cannot_be_shared_evenly_is_refused(found: dict[str, Any]) -> None:
    assert str(found["refusal"]) == (
        "batch_size is 75, which the 2 devices of the mesh cannot share evenly: "
        "choose a multiple of 2, such as 74 or 76"
    )


def test_without_a_mesh_nothing_is_divided() -> None:
    batch = jax.numpy.arange(4)
    layout = layout_of(None)
    assert isinstance(layout, OneDevice)
    assert layout.divide(batch) is batch
    assert layout.is_any(True, [])
    assert not layout.is_any(False, [])


def test_what_is_no_mesh_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"mesh is a list: expected a jax\.sharding\.Mesh"):
        DataParallel(jax.devices())
