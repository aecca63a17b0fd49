"""The names of settings are listed once: what is listed can be used, and can be listed without Keras."""

import subprocess
import sys

import pytest

from digitnet.training.choices import ACTIVATIONS, OPTIMIZERS, SCHEDULES
from extras import HAS_TRAINING


def test_names_are_listed_without_keras() -> None:
    code = "import sys, digitnet.training.choices, digitnet.training.recipes; print('keras' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.skipif(not HAS_TRAINING, reason="needs the training extra")
def test_every_optimizer_is_one_of_keras() -> None:
    from digitnet.network.backend import keras  # noqa: PLC0415 - imports Keras

    for choice in OPTIMIZERS.values():
        assert issubclass(vars(keras.optimizers)[choice.keras_class], keras.optimizers.Optimizer)


def test_no_name_is_listed_twice() -> None:
    for names in (ACTIVATIONS, SCHEDULES):
        assert len(set(names)) == len(names)
