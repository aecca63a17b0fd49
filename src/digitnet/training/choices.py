"""The names that a run's settings can take, for the command line, the page and every help text; imports no Keras.

The presets are in `recipes`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from digitnet.network.activations import ACTIVATIONS

__all__ = ["ACTIVATIONS", "OPTIMIZERS", "SCHEDULES", "OptimizerChoice"]

SCHEDULES = ("constant", "cosine", "one-cycle")


@dataclass(frozen=True)
class OptimizerChoice:
    """One of Keras's optimisers.

    Attributes:
        keras_class: Its name in `keras.optimizers`.
        settings: Where Keras's own defaults are not what everybody uses.
        on_page: Whether the page offers it: what is worth comparing in a short run at one learning rate.
        page_weight_decay: The decay that a run from the page has, which has no dial for it.
    """

    keras_class: str
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    on_page: bool = True
    page_weight_decay: float = 0.0


OPTIMIZERS: Mapping[str, OptimizerChoice] = MappingProxyType(
    {
        "adadelta": OptimizerChoice("Adadelta", on_page=False),
        "adafactor": OptimizerChoice("Adafactor", on_page=False),
        "adagrad": OptimizerChoice("Adagrad", on_page=False),
        "adam": OptimizerChoice("Adam"),
        "adamax": OptimizerChoice("Adamax", on_page=False),
        "adamw": OptimizerChoice("AdamW", page_weight_decay=0.004),  # Keras's own default; without any it would be adam
        "lamb": OptimizerChoice("Lamb", on_page=False),
        "lion": OptimizerChoice("Lion"),
        "muon": OptimizerChoice("Muon", {"exclude_layers": ["output"]}),  # its authors advise against the output layer
        "nadam": OptimizerChoice("Nadam"),
        "nesterov": OptimizerChoice("SGD", {"momentum": 0.9, "nesterov": True}),
        "rmsprop": OptimizerChoice("RMSprop"),
        "sgd": OptimizerChoice("SGD", {"momentum": 0.9}),
    }
)
