"""Compile: Keras's optimisers by name."""

import inspect
from typing import Any

from digitnet.errors import ConfigurationError, nearest_name
from digitnet.network.backend import keras

__all__ = ["OPTIMIZERS", "make_optimizer"]

# What is not in Keras's own defaults but in everybody's: momentum for SGD, and no Muon on the output layer,
# which its authors advise against.
_EXTRA: dict[str, dict[str, Any]] = {
    "sgd": {"momentum": 0.9},
    "nesterov": {"momentum": 0.9, "nesterov": True},
    "muon": {"exclude_layers": ["output"]},
}
_CLASSES = {
    "adadelta": keras.optimizers.Adadelta,
    "adafactor": keras.optimizers.Adafactor,
    "adagrad": keras.optimizers.Adagrad,
    "adam": keras.optimizers.Adam,
    "adamax": keras.optimizers.Adamax,
    "adamw": keras.optimizers.AdamW,
    "lamb": keras.optimizers.Lamb,
    "lion": keras.optimizers.Lion,
    "muon": keras.optimizers.Muon,
    "nadam": keras.optimizers.Nadam,
    "nesterov": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}

OPTIMIZERS = tuple(_CLASSES)


def make_optimizer(name: str, learning_rate: Any, weight_decay: float = 0.0) -> Any:
    """A Keras optimiser by name, with decoupled weight decay on the kernels only.

    Args:
        name: One of `OPTIMIZERS`; case does not matter. `sgd` has momentum 0.9, `nesterov` Nesterov's form of it.
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
    if key not in _CLASSES:
        raise ConfigurationError(
            f"optimizer {name!r} is not known{nearest_name(name, OPTIMIZERS)}; expected one of {', '.join(OPTIMIZERS)}"
        )
    if not 0 <= weight_decay < float("inf"):
        raise ConfigurationError(f"weight_decay is {weight_decay}: expected 0 or more")
    kind = _CLASSES[key]
    settings = dict(_EXTRA.get(key, {}))
    if "adam_weight_decay" in inspect.signature(kind).parameters:  # Muon decays what it leaves to Adam by this one
        settings["adam_weight_decay"] = weight_decay or None
    none = 0.0 if key == "adamw" else None  # the only one that takes no None
    optimizer = kind(learning_rate=learning_rate, weight_decay=weight_decay or none, **settings)
    if weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
