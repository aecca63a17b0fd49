"""Every number of the presets, in one place.

A recipe is all that a training run depends on, apart from the data. `quick` is for a first look, `standard` is the
default that people wait for, `record` trades time for accuracy, and `tiny` fits into a microcontroller.
"""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from digitnet.augmentation.distortion import Distortion
from digitnet.errors import ConfigurationError, nearest_name
from digitnet.training.choices import ACTIVATIONS, OPTIMIZERS, SCHEDULES
from digitnet.training.setting import setting, setting_of

__all__ = ["PRESETS", "Recipe", "make_recipe"]

_MAX_RADIUS = (
    28  # pixels, the side of an image; not imported from digitnet.arrays, which would load NumPy for a help text
)

# The ranges of Cireşan and others (2010), arXiv 1003.0358, with the
# upper end of what they give for scale.
_STANDARD_DISTORTION = Distortion(rotation=15, scaling=0.2, shear=15, elastic_alpha=37, slender_factor=0.5)


@dataclass(frozen=True)
class Recipe:
    """The settings of one training run, each with its meaning and its range.

    A setting with a group is an option of `digitnet train`; nothing else has to be changed for a new one.
    """

    preset: str = setting("standard", "Name of the preset that the settings started from.")
    hidden_sizes: tuple[int, ...] = setting(
        (1024, 1024), "Units of each hidden layer.", group="Network", example="512,512"
    )
    activation: str = setting("relu", "Activation of the hidden layers.", group="Network", choices=ACTIVATIONS)
    dropout: float = setting(
        0.0, "Part of the hidden outputs dropped in training, 0 to 1.", group="Network", low=0, below=1
    )
    batch_normalization: bool = setting(True, "Normalise hidden layers over the batch.", group="Network")
    receptive_fields: tuple[float, ...] = setting(
        (6, 10),
        "Radius in pixels of the disc that each unit of the first hidden layer, of the second and so on sees; 0 is "
        "everything.",
        group="Network",
        example="6,11",
    )
    max_weights: int = setting(
        0,
        "Most weights that the network may have, for small devices; 0 is no limit. A model with a limit has "
        "no digit score, which would be several times as large.",
        group="Network",
        low=0,
        below=1_000_000_000,
    )
    optimizer: str = setting("adamw", "Optimiser.", group="Training", choices=tuple(OPTIMIZERS))
    learning_rate: float = setting(1e-2, "Peak learning rate.", group="Training")
    schedule: str = setting(
        "cosine",
        "Learning-rate schedule.",
        group="Training",
        choices=SCHEDULES,
    )
    warmup_fraction: float = setting(
        0.05,
        "Part of all steps in which a learning rate that is not constant rises, 0 to 1.",
        group="Training",
        low=0,
        below=1,
    )
    weight_decay: float = setting(0.05, "Decoupled decay of the kernels.", group="Training", low=0)
    label_smoothing: float = setting(
        0.02, "Part of the target spread over all classes, 0 to 1.", group="Training", low=0, below=1
    )
    augmentation: Distortion = setting(  # noqa: RUF009 - it makes a field, whose default is immutable
        _STANDARD_DISTORTION,
        "How strongly training images are changed at random, anew in every epoch: rotation=15,scaling=0.2,... or none; "
        "what is not named stays as the preset has it.",
        group="Training images",
        option="augment",
        values="NAME=X,...",
    )
    regional_hands: float = setting(
        0.0,
        "Digits as they are written elsewhere, added to MNIST's, as a part of them, 0 to 1.",
        group="Training images",
        low=0,
        below=1,
    )
    hard_examples: float = setting(
        0.5,
        "Part of each epoch drawn in proportion to how badly each image was last read, 0 to 1.",
        group="Training images",
        low=0,
        below=1,
    )
    epochs: int = setting(18, "Passes over the training images.", group="Training", low=1, below=1_000_000)
    batch_size: int = setting(500, "Images a step.", group="Training", low=1, below=1_000_000)
    validation_fraction: float = setting(
        1 / 12,  # 5,000 of MNIST's 60,000, which leaves whole batches of 500
        "Part of the training images held out to watch and to calibrate, 0 to 1.",
        group="Training images",
        low=0,
        below=1,
    )
    temperature: float = setting(
        1.0,
        "What logits are divided by for calibrated probabilities, where no images are held out to fit it on.",
        low=0.01,
        below=100,
    )
    seed: int = setting(0, "Starting point of weights, split, order and dropout.", group="Training", low=0, below=2**63)

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value, kind = vars(self)[field.name], type(field.default)
            accepted = (int, float) if kind is float else (kind,)
            if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
                raise ConfigurationError(f"{field.name} is {value!r}: expected {kind.__name__}")
            low, below = setting_of(field).low, setting_of(field).below
            if low is not None and not low <= vars(self)[field.name] < below:
                raise ConfigurationError(f"{field.name} is {value}: expected at least {low} and below {below}")
        if not 0 < self.learning_rate < math.inf:
            raise ConfigurationError(f"learning_rate is {self.learning_rate}: expected a number above 0")
        if not self.hidden_sizes or any(not isinstance(size, int) or size < 1 for size in self.hidden_sizes):
            raise ConfigurationError(
                f"hidden_sizes is {list(self.hidden_sizes)}: expected one or more layers, each of 1 unit or more"
            )
        radii = self.receptive_fields
        if any(not isinstance(radius, int | float) or not 0 <= radius <= _MAX_RADIUS for radius in radii):
            raise ConfigurationError(
                f"receptive_fields is {list(radii)}: expected a radius for each layer, "
                f"of 0 to {_MAX_RADIUS} pixels, where 0 is everything"
            )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `Recipe.from_dict` reads it back."""
        return {**dataclasses.asdict(self), **{name: list(vars(self)[name]) for name in _SEQUENCES}}

    @classmethod
    def from_dict(cls, settings: dict[str, Any]) -> "Recipe":
        """The recipe that `to_dict` described.

        Raises:
            ConfigurationError: A setting is unknown, missing or out of range.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        if not isinstance(settings, dict):
            raise ConfigurationError(f"the settings are {settings!r:.40}: expected a mapping")
        settings = {**_YOUNGER, **settings}
        if settings.keys() != known:
            raise ConfigurationError(
                f"the settings do not fit this version: missing {sorted(known - settings.keys())}, "
                f"unknown {sorted(settings.keys() - known)}"
            )
        sequences = {name: tuple(settings[name]) for name in _SEQUENCES if isinstance(settings[name], list)}
        return cls(
            **{
                **settings,
                **sequences,
                "augmentation": Distortion.from_dict(settings["augmentation"]),
            }
        )


_SEQUENCES = ("hidden_sizes", "receptive_fields")  # lists in JSON
_YOUNGER = {"max_weights": 0}  # what runs of older versions do not name, and what it was then

PRESETS: dict[str, Recipe] = {
    "quick": Recipe(
        preset="quick",
        hidden_sizes=(384, 384),
        receptive_fields=(),
        learning_rate=3e-2,
        warmup_fraction=0.1,
        label_smoothing=0.1,
        augmentation=Distortion(shift=1),
        hard_examples=0.0,
        epochs=3,
        batch_size=250,
        validation_fraction=1 / 24,  # 2,500, which again leaves whole batches: a remainder would be compiled once more
    ),
    "standard": Recipe(),
    "record": Recipe(
        preset="record",
        hidden_sizes=(1536, 1024, 512),
        receptive_fields=(5, 8, 12),
        dropout=0.1,  # at this length a network begins to learn its training writers by heart
        regional_hands=0.05,  # 3,000, which leaves whole batches
        epochs=100,
        validation_fraction=0.0,
        temperature=0.66,  # fitted on held-out writers, see docs/log.md: here no image is left to fit it on
    ),
    "tiny": Recipe(
        preset="tiny",
        hidden_sizes=(64, 64),
        receptive_fields=(9,),
        max_weights=56 * 1024,  # each a byte in 8 bits, which leaves a quarter of 64 KiB for what runs the network
        learning_rate=2e-2,
        warmup_fraction=0.1,
        weight_decay=0.01,
        label_smoothing=0.0,
        # Half of what `standard` does to its images: so few weights cannot learn more forms of a digit than that.
        augmentation=Distortion(rotation=7.5, scaling=0.1, shear=7.5, elastic_alpha=18.5),
        epochs=60,
    ),
}


def make_recipe(preset: str = "standard", **dials: Any) -> Recipe:
    """A preset with some of its settings changed.

    Args:
        preset: One of `PRESETS`.
        dials: Settings of `Recipe` to change; those that are None stay as the preset has them. The augmentation may
            be text as `Distortion.changed` takes it.

    Returns:
        The recipe.

    Raises:
        ConfigurationError: An unknown preset, or a setting out of range.
    """
    if preset not in PRESETS:
        raise ConfigurationError(
            f"preset {preset!r} is not known{nearest_name(preset, PRESETS)}; expected one of {', '.join(PRESETS)}"
        )
    changed = {name: value for name, value in dials.items() if value is not None}
    if isinstance(changed.get("augmentation"), str):
        changed["augmentation"] = PRESETS[preset].augmentation.changed(changed["augmentation"])
    return dataclasses.replace(PRESETS[preset], **changed)
