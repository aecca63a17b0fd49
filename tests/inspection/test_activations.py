"""Each activation function against the standard library, and its slope against differences."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from digitnet.inspection.activations import LINEAR, Activation, activation_of

SUMS = np.array([-30, -4, -1.5, -0.3, 0.4, 1, 2.5, 6, 30], np.float32)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def elu(x: float, alpha: float = 1.0) -> float:
    return x if x > 0 else alpha * math.expm1(x)


ORACLES: dict[str, Callable[[float], float]] = {
    "Elu": elu,
    "Gelu": lambda x: x * 0.5 * (1 + math.erf(x / math.sqrt(2))),
    "LeakyRelu": lambda x: x if x > 0 else 0.01 * x,
    "Relu": lambda x: max(x, 0.0),
    "Selu": lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772),
    "Sigmoid": sigmoid,
    "Silu": lambda x: x * sigmoid(x),
    "Softplus": lambda x: math.log1p(math.exp(x)),
    "Tanh": math.tanh,
}


def named(operator: str) -> Activation:
    activation = activation_of(operator)
    assert activation is not None
    return activation


@pytest.mark.parametrize("operator", ORACLES)
def test_values_are_those_of_the_standard_library(operator: str) -> None:
    found = named(operator)(SUMS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [ORACLES[operator](float(x)) for x in SUMS], rtol=2e-6, atol=5e-7)


@pytest.mark.parametrize("operator", ORACLES)
def test_slopes_are_those_of_small_differences(operator: str) -> None:
    step = 1e-5
    oracle = ORACLES[operator]
    expected = [(oracle(float(x) + step) - oracle(float(x) - step)) / (2 * step) for x in SUMS]
    found = named(operator).slope(SUMS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize("operator", ORACLES)
def test_sums_of_any_size_stay_numbers(operator: str) -> None:
    far = np.array([-1e4, 1e4], np.float32)
    assert np.isfinite(named(operator)(far)).all()
    assert np.isfinite(named(operator).slope(far)).all()


def test_the_file_tells_the_slope_below_zero() -> None:
    activation = activation_of("LeakyRelu", 0.2)
    assert activation is not None
    assert activation(np.array([-10, 10], np.float32)).tolist() == [-2, 10]
    assert activation.slope(np.array([-10, 10], np.float32)).tolist() == [np.float32(0.2), 1]


def test_which_are_made_of_straight_pieces() -> None:
    straight = {operator for operator in ORACLES if named(operator).is_piecewise_linear}
    assert straight == {"LeakyRelu", "Relu"}
    assert LINEAR.is_piecewise_linear
    assert [operator for operator in ORACLES if named(operator).is_zero_below_zero] == ["Relu"]


def test_another_operator_is_no_activation() -> None:
    assert activation_of("Softmax") is None
