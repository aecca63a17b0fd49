"""Optimisers by name, and what their weight decay touches."""

import numpy as np
import pytest

from digitnet.errors import ConfigurationError
from digitnet.network.backend import keras
from digitnet.network.mlp import build_mlp
from digitnet.training.choices import OPTIMIZERS
from digitnet.training.optimizers import make_optimizer


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_name_gives_a_keras_optimiser(name: str, weight_decay: float) -> None:
    optimizer = make_optimizer(name, 0.01, weight_decay=weight_decay)
    assert isinstance(optimizer, keras.optimizers.Optimizer)
    assert float(optimizer.learning_rate) == pytest.approx(0.01)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weight_decay_shrinks_kernels_and_nothing_else(name: str) -> None:
    """With gradients of 0 only the decay moves anything: each kernel by learning rate x decay = 1 %."""
    model = build_mlp((6,), batch_normalization=True, seed=1)
    before = [np.array(variable.value) for variable in model.trainable_variables]
    optimizer = make_optimizer(name, 0.1, weight_decay=0.1)
    optimizer.apply([np.zeros(value.shape, np.float32) for value in before], model.trainable_variables)
    for variable, value in zip(model.trainable_variables, before, strict=True):
        factor = 0.99 if variable.name == "kernel" else 1.0
        np.testing.assert_allclose(np.array(variable.value), value * factor, rtol=2e-5, err_msg=variable.path)


def test_no_weight_decay_is_no_change() -> None:
    model = build_mlp((6,), seed=1)
    before = [np.array(variable.value) for variable in model.trainable_variables]
    optimizer = make_optimizer("muon", 0.1)
    optimizer.apply([np.zeros(value.shape, np.float32) for value in before], model.trainable_variables)
    for variable, value in zip(model.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(np.array(variable.value), value)


@pytest.mark.parametrize(
    ("given", "suggestion"), [("adm", "adam"), ("ADAMWW", "adamw"), ("rmsprob", "rmsprop"), ("sdg", "sgd")]
)
def test_an_unknown_name_gets_the_nearest_one(given: str, suggestion: str) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"optimizer '{given}' is not known \(did you mean '{suggestion}'\?\)"
    ):
        make_optimizer(given, 0.01)


def test_a_name_like_none_gets_the_list() -> None:
    with pytest.raises(ConfigurationError, match="not known; expected one of adadelta, adafactor"):
        make_optimizer("xyzzy", 0.01)


def test_negative_weight_decay_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"weight_decay is -0\.1"):
        make_optimizer("adam", 0.01, weight_decay=-0.1)
