"""Learning-rate schedules: the learning rate as a function of the step."""

import math
from typing import Any

from digitnet.errors import ConfigurationError, nearest_name
from digitnet.network.backend import Tensor, keras
from digitnet.training.choices import SCHEDULES

__all__ = ["OneCycle", "WarmupCosine", "make_schedule"]


@keras.saving.register_keras_serializable(package="digitnet")
class WarmupCosine(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Linear from 0 to the peak, then half a cosine down to 0.

    Args:
        peak: Highest learning rate, above 0, reached after the warm-up.
        total_steps: Steps until 0, at least 1.
        warmup_fraction: Part of the steps that rises, in [0, 1).

    Source:
        Loshchilov and Hutter (2017), arXiv 1608.03983; warm-up: Goyal and others (2017), arXiv 1706.02677.
    """

    def __init__(self, peak: float, total_steps: int, warmup_fraction: float = 0.1) -> None:
        super().__init__()
        self._config = _checked(peak, total_steps, warmup_fraction)

    def __call__(self, step: Tensor) -> Tensor:
        """Learning rate at a step, counted from 0; 0 from `total_steps` on."""
        config = self._config
        warmup_steps = config["warmup_fraction"] * config["total_steps"]
        step = keras.ops.cast(step, "float32")
        rising = (step + 1) / max(warmup_steps, 1)
        part = keras.ops.clip((step - warmup_steps) / (config["total_steps"] - warmup_steps), 0, 1)
        falling = 0.5 * (1 + keras.ops.cos(math.pi * part))
        return config["peak"] * keras.ops.where(step < warmup_steps, keras.ops.minimum(rising, 1), falling)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, so that a saved model knows its schedule."""
        return dict(self._config)


@keras.saving.register_keras_serializable(package="digitnet")
class OneCycle(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Half a cosine up from peak / 25 to the peak, then half a cosine down to peak / 10,000.

    Args:
        peak: Highest learning rate, above 0.
        total_steps: Length of the cycle, at least 1.
        warmup_fraction: Part of the cycle that rises, in [0, 1).

    Source:
        Smith and Topin (2018), arXiv 1708.07120.
    """

    _START = 1 / 25
    _END = 1 / 10_000

    def __init__(self, peak: float, total_steps: int, warmup_fraction: float = 0.3) -> None:
        super().__init__()
        self._config = _checked(peak, total_steps, warmup_fraction)

    def __call__(self, step: Tensor) -> Tensor:
        """Learning rate at a step, counted from 0."""
        config = self._config
        rise = max(config["warmup_fraction"] * config["total_steps"], 1)
        fall = max(config["total_steps"] - rise, 1)
        step = keras.ops.cast(step, "float32")
        up = _half_cosine(self._START, 1.0, keras.ops.clip(step / rise, 0, 1))
        down = _half_cosine(1.0, self._END, keras.ops.clip((step - rise) / fall, 0, 1))
        return config["peak"] * keras.ops.where(step < rise, up, down)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, so that a saved model knows its schedule."""
        return dict(self._config)


def make_schedule(name: str, learning_rate: float, total_steps: int, warmup_fraction: float) -> Any:
    """A schedule by name.

    Args:
        name: One of `SCHEDULES`.
        learning_rate: The constant, or the peak.
        total_steps: Steps of the whole run.
        warmup_fraction: Part of the steps that rises, in [0, 1); not used by `constant`.

    Returns:
        What a Keras optimiser takes as `learning_rate`: a number or a LearningRateSchedule.

    Raises:
        ConfigurationError: An unknown name, or a value outside its range.
    """
    if name not in SCHEDULES:
        raise ConfigurationError(
            f"schedule {name!r} is not known{nearest_name(name, SCHEDULES)}; expected one of {', '.join(SCHEDULES)}"
        )
    _checked(learning_rate, total_steps, warmup_fraction)
    if name == "constant":
        return learning_rate
    schedule = WarmupCosine if name == "cosine" else OneCycle
    return schedule(learning_rate, total_steps, warmup_fraction)


def _half_cosine(start: float, end: float, part: Tensor) -> Tensor:
    return end + (start - end) * 0.5 * (1 + keras.ops.cos(math.pi * part))


def _checked(peak: float, total_steps: int, warmup_fraction: float) -> dict[str, Any]:
    if not 0 < peak < math.inf:
        raise ConfigurationError(f"learning_rate is {peak}: expected a number above 0")
    if total_steps < 1:
        raise ConfigurationError(f"total_steps is {total_steps}: expected 1 or more")
    if not 0 <= warmup_fraction < 1:
        raise ConfigurationError(f"warmup_fraction is {warmup_fraction}: expected at least 0 and below 1")
    return {"peak": peak, "total_steps": total_steps, "warmup_fraction": warmup_fraction}
