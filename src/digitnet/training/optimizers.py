"""Compile: Keras's optimisers by name."""

import inspect
from typing import Any

from digitnet.errors import ConfigurationError, nearest_name
from digitnet.network.backend import keras
from digitnet.training.choices import OPTIMIZERS

__all__ = ["make_optimizer"]


def make_optimizer(name: str, learning_rate: Any, weight_decay: float = 0.0) -> Any:
    """A Keras optimiser by name, with decoupled weight decay on the kernels only.

    Args:
        name: One of `choices.OPTIMIZERS`; case does not matter.
        learning_rate: A number above 0, or a keras.optimizers.schedules.LearningRateSchedule.
        weight_decay: Fraction (times the learning rate) by which every kernel shrinks at each step, 0 or more;
            biases and the parameters of batch normalisation are left alone.

    Returns:
        A keras.optimizers.Optimizer.

    Raises:
        ConfigurationError: An unknown name (the nearest one is suggested), or a negative weight decay.

    Source:
        Decoupled weight decay: Loshchilov and Hutter (2019), arXiv 1711.05101.
    """
    key = name.casefold()
    if key not in OPTIMIZERS:
        raise ConfigurationError(
            f"optimizer {name!r} is not known{nearest_name(name, OPTIMIZERS)}; expected one of {', '.join(OPTIMIZERS)}"
        )
    if not 0 <= weight_decay < float("inf"):
        raise ConfigurationError(f"weight_decay is {weight_decay}: expected 0 or more")
    choice = OPTIMIZERS[key]
    settings: dict[str, Any] = {**choice.settings, "learning_rate": learning_rate, "weight_decay": weight_decay or None}
    if choice.keras_class == "AdamW":  # the only one that takes no None
        settings["weight_decay"] = weight_decay
    kind = vars(keras.optimizers)[choice.keras_class]  # `keras.optimizers.get` does not know Lamb
    # Muon has a decay of its own, from Keras 3.13 on, for the weights that it leaves to Adam.
    if "adam_weight_decay" in inspect.signature(kind).parameters:
        settings["adam_weight_decay"] = weight_decay or None
    optimizer = kind(**settings)
    if weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
