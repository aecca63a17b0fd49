"""The settings of a training run from the page, each within bounds that a laboratory on one machine can afford."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, TypeGuard

from digitnet.augmentation.distortion import NO_DISTORTION
from digitnet.errors import ConfigurationError, nearest_name
from digitnet.training.choices import ACTIVATIONS
from digitnet.training.choices import OPTIMIZERS as KNOWN_OPTIMIZERS
from digitnet.training.recipes import PRESETS, Recipe

__all__ = ["ACTIVATIONS", "HELD_OUT", "OPTIMIZERS", "RunSettings", "described_settings"]

OPTIMIZERS = tuple(name for name, choice in KNOWN_OPTIMIZERS.items() if choice.on_page)

HELD_OUT = 5000  # of the 60,000 training images, the same in every run, so that two runs can be compared

# Least and greatest value of each setting, all chosen by hand.
_MAX_LAYERS = 4
_WHOLE_NUMBERS = {
    "epochs": (1, 200),
    "batch_size": (10, 1000),
    "training_images": (500, 60_000 - HELD_OUT),
    "seed": (0, 2**31 - 1),
}
_UNITS = (1, 512)
_LEARNING_RATE = (1e-6, 1.0)
_DROPOUT = (0.0, 0.8)


@dataclass(frozen=True)
class RunSettings:
    """The dials of a training run from the page.

    Attributes:
        hidden_sizes: Units of each hidden layer, 1 to 512; one to four layers.
        activation: One of `ACTIVATIONS`.
        optimizer: One of `OPTIMIZERS`.
        learning_rate: The same in every step, 1e-6 to 1.
        epochs: Passes over the training images, 1 to 200.
        batch_size: Images a step, 10 to 1000, and no more than there are training images.
        dropout: Part of the hidden outputs dropped in training, 0 to 0.8.
        augment: Whether training images are distorted as the standard recipe does it.
        training_images: How many images it learns from, 500 to 55,000; the other 5,000 of MNIST's training images are
            held out of every run.
        seed: Starting point of everything random, 0 to 2**31 - 1.

    Raises:
        ConfigurationError: A value of another type, or out of range.
    """

    hidden_sizes: tuple[int, ...] = (128, 64)
    activation: str = "relu"
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    epochs: int = 5
    batch_size: int = 125
    dropout: float = 0.0
    augment: bool = False
    training_images: int = 60_000 - HELD_OUT
    seed: int = 0

    def __post_init__(self) -> None:
        _check_sizes(self.hidden_sizes)
        for name, known in (("activation", ACTIVATIONS), ("optimizer", OPTIMIZERS)):
            _check_name(name, vars(self)[name], known)
        for name, (low, high) in _WHOLE_NUMBERS.items():
            value = vars(self)[name]
            if not _is_whole(value) or not low <= value <= high:
                raise ConfigurationError(f"{name} is {value!r:.40}: expected a whole number from {low} to {high}")
        for name, (least, most) in (("learning_rate", _LEARNING_RATE), ("dropout", _DROPOUT)):
            number = vars(self)[name]
            if isinstance(number, bool) or not isinstance(number, int | float) or not least <= number <= most:
                raise ConfigurationError(f"{name} is {number!r:.40}: expected a number from {least:g} to {most:g}")
        if self.batch_size > self.training_images:
            raise ConfigurationError(
                f"batch_size is {self.batch_size} and training_images {self.training_images}: "
                "a step takes no more images than there are"
            )
        if not isinstance(self.augment, bool):
            raise ConfigurationError(f"augment is {self.augment!r:.40}: expected true or false")

    @classmethod
    def from_dict(cls, content: object) -> "RunSettings":
        """The settings in a JSON object; what it does not name stays as it is by default.

        Runs of older versions have `images` instead of `training_images`, which counted those held out as well.

        Args:
            content: Whatever a browser sent.

        Returns:
            The settings, checked.

        Raises:
            ConfigurationError: Not an object, an unknown name, or a value out of range.
        """
        if not isinstance(content, dict):
            raise ConfigurationError(f"the settings are {content!r:.40}: expected a JSON object")
        content = _without_images(content)
        known = [field.name for field in dataclasses.fields(cls)]
        for name in content:
            if name not in known:
                hint = nearest_name(str(name)[:40], known)
                raise ConfigurationError(f"the setting {name!r:.40} is not known{hint}; expected {', '.join(known)}")
        sizes = content.get("hidden_sizes", cls.hidden_sizes)
        return cls(**{**content, "hidden_sizes": tuple(sizes) if isinstance(sizes, list) else sizes})

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `RunSettings.from_dict` reads it back."""
        return {**dataclasses.asdict(self), "hidden_sizes": list(self.hidden_sizes)}

    def to_recipe(self) -> Recipe:
        """The same as a recipe: a plain network, and a learning rate that stays where it was put."""
        return Recipe(
            preset="studio",
            hidden_sizes=self.hidden_sizes,
            activation=self.activation,
            dropout=float(self.dropout),
            batch_normalization=False,  # so that each layer is one matrix and one bias, as a beginner draws it
            receptive_fields=(),  # the first layer begins as noise, and what it learns can be watched
            optimizer=self.optimizer,
            learning_rate=float(self.learning_rate),
            schedule="constant",
            warmup_fraction=0.0,
            weight_decay=KNOWN_OPTIMIZERS[self.optimizer].page_weight_decay,
            label_smoothing=0.0,
            augmentation=PRESETS["standard"].augmentation if self.augment else NO_DISTORTION,
            hard_examples=0.0,
            epochs=self.epochs,
            batch_size=self.batch_size,
            validation_fraction=HELD_OUT / 60_000,
            seed=self.seed,
        )


def described_settings() -> dict[str, Any]:
    """All that the page needs for its dials.

    Returns:
        JSON-ready: `defaults`, the `bounds` of each number, those of the `units` of a layer, `layers_max`, how many
        images are `held_out`, and the names of `activations` and `optimizers`.
    """
    numbers = {**_WHOLE_NUMBERS, "learning_rate": _LEARNING_RATE, "dropout": _DROPOUT}
    return {
        "defaults": RunSettings().to_dict(),
        "bounds": {name: {"min": low, "max": high} for name, (low, high) in numbers.items()},
        "units": {"min": _UNITS[0], "max": _UNITS[1]},
        "layers_max": _MAX_LAYERS,
        "held_out": HELD_OUT,
        "activations": list(ACTIVATIONS),
        "optimizers": list(OPTIMIZERS),
    }


def _without_images(content: dict[str, Any]) -> dict[str, Any]:
    """The settings of an older version in the words of this one."""
    images = content.get("images")
    if not _is_whole(images) or "training_images" in content:
        return content
    others = {name: value for name, value in content.items() if name != "images"}
    return {**others, "training_images": images - HELD_OUT}


def _check_sizes(sizes: object) -> None:
    low, high = _UNITS
    if (
        not isinstance(sizes, tuple)
        or not 1 <= len(sizes) <= _MAX_LAYERS
        or not all(_is_whole(size) and low <= size <= high for size in sizes)
    ):
        found = list(sizes) if isinstance(sizes, tuple) else sizes
        raise ConfigurationError(
            f"hidden_sizes is {found!r:.60}: expected 1 to {_MAX_LAYERS} layers, each of {low} to {high} units"
        )


def _check_name(what: str, name: object, known: tuple[str, ...]) -> None:
    if not isinstance(name, str) or name not in known:
        hint = nearest_name(name[:40], known) if isinstance(name, str) else ""
        raise ConfigurationError(f"{what} is {name!r:.40}{hint}: expected one of {', '.join(known)}")


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < math.inf
