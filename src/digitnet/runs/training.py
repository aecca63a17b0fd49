"""From settings and data to a trained network: build and compile, then epochs that are reported as events."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitnet.augmentation.augmenter import make_augmentation
from digitnet.augmentation.regional_forms import with_regional_forms
from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError
from digitnet.network.backend import KerasModel, keras
from digitnet.network.mlp import build_mlp
from digitnet.runs.data import Data
from digitnet.runs.events import EpochFinished, EpochStarted, Listener, StepsFinished
from digitnet.training.checkpoint import Checkpoint
from digitnet.training.example_difficulty import ExampleDifficulty
from digitnet.training.loop import TrainingPlan, check_settings, train_by_plan
from digitnet.training.optimizers import make_optimizer
from digitnet.training.recipes import Recipe
from digitnet.training.schedules import make_schedule
from digitnet.training.stopping import StopRequest

__all__ = [
    "PreparedRun",
    "compiled_model",
    "difficulty_of",
    "plan_of",
    "prepare",
    "train_recipe",
    "train_with_events",
    "training_images_of",
]


@dataclass(frozen=True)
class PreparedRun:
    """A run that is ready to train.

    Attributes:
        recipe: Its settings.
        data: What it learns from and is measured on.
        train_set: What is shown to the network: the training images, and the digits that were added to them.
        model: Built and compiled.
    """

    recipe: Recipe
    data: Data
    train_set: Dataset
    model: KerasModel


def prepare(recipe: Recipe, data: Data) -> PreparedRun:
    """Build and compile the network of a recipe, and refuse what it could not be trained with.

    Args:
        recipe: All settings.
        data: What it is going to learn from.

    Returns:
        What `execute_run` takes; nothing has been written.

    Raises:
        ConfigurationError: A setting does not fit the data.
    """
    train_set = training_images_of(recipe, data)
    model = compiled_model(recipe, train_set)
    check_settings(model, train_set, recipe.epochs, recipe.batch_size)
    return PreparedRun(recipe, data, train_set, model)


def training_images_of(recipe: Recipe, data: Data) -> Dataset:
    """The images that the network is trained on: the training images, and regional forms of digits.

    Args:
        recipe: Says how many are added.
        data: Regional forms are added to MNIST only; how other data write a 1 is not known.

    Returns:
        The training images, in their order, and the added ones behind them.
    """
    return with_regional_forms(data.train, recipe.regional_hands, recipe.seed) if data.source == "mnist" else data.train


def compiled_model(recipe: Recipe, train_set: Dataset) -> KerasModel:
    """Build and compile.

    Args:
        recipe: All settings.
        train_set: What it is going to learn from; its size decides how long the schedule is.

    Returns:
        What `train` takes.

    Raises:
        ConfigurationError: More weights than the recipe allows.
    """
    model = build_mlp(
        recipe.hidden_sizes,
        num_classes=train_set.num_classes,
        activation=recipe.activation,
        dropout=recipe.dropout,
        batch_normalization=recipe.batch_normalization,
        receptive_fields=recipe.receptive_fields,
        seed=recipe.seed,
    )
    _check_size(recipe, model)
    total_steps = recipe.epochs * -(-len(train_set) // recipe.batch_size)
    schedule = make_schedule(recipe.schedule, recipe.learning_rate, total_steps, recipe.warmup_fraction)
    model.compile(
        optimizer=make_optimizer(recipe.optimizer, schedule, recipe.weight_decay),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],
    )
    return model


def _check_size(recipe: Recipe, model: KerasModel) -> None:
    """Refuse a network over its limit; batch normalisation is part of the kernels and biases when it is exported."""
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    count = sum(math.prod(layer.kernel.shape) + layer.units for layer in dense)
    if recipe.max_weights and count > recipe.max_weights:
        sizes = "-".join(str(size) for size in (dense[0].kernel.shape[0], *(layer.units for layer in dense)))
        raise ConfigurationError(
            f"the network {sizes} has {count:,} weights, and max_weights allows {recipe.max_weights:,}: "
            "make hidden_sizes smaller, or max_weights 0 for no limit"
        )


def plan_of(
    recipe: Recipe,
    validation_set: Dataset | None = None,
    initial_epoch: int = 0,
    difficulty: ExampleDifficulty | None = None,
) -> TrainingPlan:
    """What a recipe asks of the training loop.

    Args:
        recipe: All settings.
        validation_set: Measured after every epoch.
        initial_epoch: Epochs that are done already.
        difficulty: Of the images, where the recipe goes by it; see `difficulty_of`.
    """
    return TrainingPlan(
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        seed=recipe.seed,
        validation_set=validation_set,
        initial_epoch=initial_epoch,
        augmentation=make_augmentation(recipe.augmentation),
        hard_examples=difficulty,
        keep_zeros=any(recipe.receptive_fields),
    )


def difficulty_of(recipe: Recipe, train_set: Dataset) -> ExampleDifficulty | None:
    """Where the difficulty of each image is kept; None where the recipe shows all images alike."""
    return ExampleDifficulty(len(train_set), recipe.hard_examples) if recipe.hard_examples else None


def train_recipe(recipe: Recipe, train_set: Dataset) -> KerasModel:
    """A network trained as a run would train it, without a folder and without events.

    Args:
        recipe: All settings; the part that it holds out is not split off here.
        train_set: All that is shown to the network.

    Returns:
        The trained model.

    Raises:
        ConfigurationError: A setting does not fit the data.
        TrainingDivergedError: The loss of an epoch is not finite.
    """
    model = compiled_model(recipe, train_set)
    train_by_plan(model, train_set, plan_of(recipe, difficulty=difficulty_of(recipe, train_set)))
    return model


def train_with_events(
    model: KerasModel,
    train_set: Dataset,
    plan: TrainingPlan,
    listener: Listener,
    stop: StopRequest,
    checkpoint: Checkpoint | None = None,
    *,
    steps_too: bool = False,
) -> None:
    """Train, and tell a listener when an epoch begins and when it is over.

    Args:
        model: Compiled; changed in place.
        train_set: All that is shown to it.
        plan: What is asked of the training loop.
        listener: Gets `EpochStarted` and `EpochFinished`.
        stop: Asked after every epoch, and while one runs whether to give it up.
        checkpoint: Written after every epoch, before the listener hears of it.
        steps_too: Whether the listener gets `StepsFinished` some times an epoch.

    Raises:
        ConfigurationError: The model does not fit the data, or a value makes no sense.
        TrainingDivergedError: The loss of an epoch is not finite.
        RunFolderError: The checkpoint cannot be written.
    """
    clock = _Clock()
    reporter = _Reporter(listener, plan.epochs, clock)
    callbacks: Sequence[Any] = [clock, *([checkpoint] if checkpoint else []), reporter]
    if steps_too:
        plan = replace(plan, on_losses=reporter.on_losses)
    train_by_plan(model, train_set, plan, callbacks, stop)


class _Clock(keras.callbacks.Callback):  # type: ignore[misc] # Keras ships no type information
    """Adds seconds and learning rate to the logs of each epoch; give it first.

    Attributes:
        seconds: Of the last epoch alone; those in the logs count from the end of the one before.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self._last_end = self._began = time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:  # noqa: ARG002 - Keras's signature
        now = time.perf_counter()
        self.seconds = now - self._began
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        logs["seconds"] = now - self._last_end
        self._last_end = now


class _Reporter(keras.callbacks.Callback):  # type: ignore[misc]
    """Turns Keras's calls into events; give it last, so that what it tells of is safe."""

    def __init__(self, listener: Listener, epochs: int, clock: _Clock) -> None:
        super().__init__()
        self._listener = listener
        self._epochs = epochs
        self._clock = clock
        self._epoch = 0

    def on_losses(self, steps: int, of: int, losses: NDArray[np.float32], weights: Sequence[Any]) -> None:
        if steps < of:  # the end of the epoch is an event of its own
            self._listener(StepsFinished(self._epoch, steps, of, float(losses.mean()), weights))

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        self._epoch = epoch + 1
        self._listener(EpochStarted(epoch + 1, self._epochs))

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self._listener(EpochFinished(epoch + 1, self._epochs, dict(logs), self._clock.seconds))
