"""The activation functions of a model file and their derivatives, in NumPy."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray

__all__ = ["LINEAR", "Activation", "activation_of", "keras_activation"]

Array: TypeAlias = NDArray[np.float32]
_Function: TypeAlias = Callable[[Array, float], AnyArray]

_SELU_ALPHA = 1.67326319  # as ONNX has them by default
_SELU_SCALE = 1.05070102


@dataclass(frozen=True, slots=True)
class Activation:
    """One activation function.

    Attributes:
        name: As Keras calls it.
        alpha: Its slope or height below 0, where it has one.
        is_piecewise_linear: Whether it consists of straight pieces; then gradient times input is exact.
        is_zero_below_zero: Whether it is 0 for every sum of 0 or less.
    """

    name: str
    alpha: float = 0.0
    is_piecewise_linear: bool = False
    is_zero_below_zero: bool = False

    def __call__(self, sums: Array) -> Array:
        """The function of each sum, of the same shape."""
        return np.asarray(_FUNCTIONS[self.name][0](sums, self.alpha), np.float32)

    def slope(self, sums: Array) -> Array:
        """The derivative at each sum; at a kink the one from below."""
        return np.asarray(_FUNCTIONS[self.name][1](sums, self.alpha), np.float32)


def activation_of(operator: str, alpha: float | None = None) -> Activation | None:
    """The activation function that an ONNX operator stands for.

    Args:
        operator: Its name; "Silu" for the product of a sum and its sigmoid.
        alpha: Its attribute of that name; None for ONNX's default.

    Returns:
        The function; None where the operator is none.
    """
    known = _OPERATORS.get(operator)
    if known is None or alpha is None:
        return known
    return Activation(known.name, alpha, known.is_piecewise_linear, known.is_zero_below_zero)


def keras_activation(name: str) -> Activation:
    """The activation function that Keras calls so, as `keras.layers.Activation(name)` computes it.

    Args:
        name: Its name, such as "relu".

    Returns:
        The function.

    Raises:
        KeyError: There is none of that name here.
    """
    if name == "leaky_relu":
        return Activation(name, alpha=0.2, is_piecewise_linear=True)  # Keras's default, which is not ONNX's
    return {known.name: known for known in (LINEAR, *_OPERATORS.values())}[name]


def _sigmoid(sums: Array) -> Array:
    # exp of something positive could be more than float32 can hold.
    small = np.exp(-np.abs(sums))
    return np.asarray(np.where(sums >= 0, 1, small) / (1 + small), np.float32)


def _normal_cdf(sums: Array) -> Array:
    """The cumulative distribution function of the standard normal distribution.

    Source:
        M. Abramowitz, I. Stegun, Handbook of Mathematical Functions (1964), 7.1.26: error below 1.5e-7.
    """
    size = np.abs(sums) / np.sqrt(np.float32(2))
    t = 1 / (1 + 0.3275911 * size)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    above = 0.5 * series * np.exp(-size * size)
    return np.asarray(np.where(sums >= 0, 1 - above, above), np.float32)


def _normal_pdf(sums: Array) -> Array:
    return np.asarray(np.exp(-0.5 * sums * sums) / np.sqrt(np.float32(2 * np.pi)))


def _exp_below_zero(sums: Array) -> Array:
    """exp(sum) where that is below 1, and 1 elsewhere."""
    return np.asarray(np.exp(np.minimum(sums, 0)))


def _elu(sums: Array, alpha: float) -> Array:
    return np.where(sums > 0, sums, alpha * np.expm1(np.minimum(sums, 0)))


def _elu_derivative(sums: Array, alpha: float) -> AnyArray:
    return np.where(sums > 0, 1, alpha * _exp_below_zero(sums))


_FUNCTIONS: dict[str, tuple[_Function, _Function]] = {
    "elu": (_elu, _elu_derivative),
    "gelu": (
        lambda sums, _: sums * _normal_cdf(sums),
        lambda sums, _: _normal_cdf(sums) + sums * _normal_pdf(sums),
    ),
    "leaky_relu": (
        lambda sums, alpha: np.where(sums > 0, sums, alpha * sums),
        lambda sums, alpha: np.where(sums > 0, 1, alpha),
    ),
    "linear": (lambda sums, _: sums, lambda sums, _: np.ones_like(sums)),
    "relu": (lambda sums, _: np.maximum(sums, 0), lambda sums, _: np.where(sums > 0, 1, 0)),
    "selu": (
        lambda sums, alpha: _SELU_SCALE * _elu(sums, alpha),
        lambda sums, alpha: _SELU_SCALE * _elu_derivative(sums, alpha),
    ),
    "sigmoid": (lambda sums, _: _sigmoid(sums), lambda sums, _: _sigmoid(sums) * _sigmoid(-sums)),
    "silu": (
        lambda sums, _: sums * _sigmoid(sums),
        lambda sums, _: _sigmoid(sums) * (1 + sums * _sigmoid(-sums)),
    ),
    "softplus": (
        lambda sums, _: np.maximum(sums, 0) + np.log1p(_exp_below_zero(-np.abs(sums))),
        lambda sums, _: _sigmoid(sums),
    ),
    "tanh": (lambda sums, _: np.tanh(sums), lambda sums, _: 1 - np.tanh(sums) ** 2),
}

LINEAR = Activation("linear", is_piecewise_linear=True)

_OPERATORS = {
    "Elu": Activation("elu", alpha=1.0),
    "Gelu": Activation("gelu"),
    "LeakyRelu": Activation("leaky_relu", alpha=0.01, is_piecewise_linear=True),
    "Relu": Activation("relu", is_piecewise_linear=True, is_zero_below_zero=True),
    "Selu": Activation("selu", alpha=_SELU_ALPHA),
    "Sigmoid": Activation("sigmoid"),
    "Silu": Activation("silu"),
    "Softplus": Activation("softplus"),
    "Tanh": Activation("tanh"),
}
