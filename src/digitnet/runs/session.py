"""A training run from its settings to its finished folder: the seven steps, in order."""

import platform
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from digitnet.arrays import IMAGE_SIDE
from digitnet.augmentation.augmenter import make_augmentation
from digitnet.augmentation.regional_forms import with_regional_hands
from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError, RunFolderError, TrainingInterruptedError
from digitnet.evaluation.evaluation import Evaluation
from digitnet.network.backend import KerasModel, keras
from digitnet.network.mlp import build_mlp
from digitnet.report.progress import ProgressDisplay
from digitnet.runs.data import Data, load_data
from digitnet.runs.finish import finish
from digitnet.runs.folder import RunFolder
from digitnet.training.checkpoint import Checkpoint, restore
from digitnet.training.hard_examples import HardExamples
from digitnet.training.loop import check_settings, train
from digitnet.training.optimizers import make_optimizer
from digitnet.training.recipes import Recipe
from digitnet.training.schedules import make_schedule

__all__ = ["Outcome", "compiled_model", "lessons", "resume_run", "start_run"]


_VERSIONS_OF = ("digitnet", "keras", "jax", "jaxlib", "numpy", "onnx", "onnxruntime", "opencv-python-headless")
_COPIES_ON_DISK = 9  # weights, two moments, their successor while it is written, model.keras, two model files


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        folder: Where everything is.
        metrics: The content of `metrics.json`.
        evaluation: On the test images; on the validation images where the source has no test part, and None
            where nothing was held out either.
    """

    folder: RunFolder
    metrics: dict[str, Any]
    evaluation: Evaluation | None


def start_run(
    recipe: Recipe,
    data: Data,
    path: Path | None,
    *,
    command: Sequence[str],
    console: Console,
    should_stop: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Train from the beginning, in a new folder.

    Args:
        recipe: All settings.
        data: From `load_data`.
        path: The folder to make; None makes a new one below `runs`.
        command: What the user typed, for `run.json`.
        console: For progress.
        should_stop: Asked after every epoch; True ends the run there, ready to be resumed.

    Returns:
        How it ended.

    Raises:
        TrainingInterruptedError: The user stopped it.
        DigitnetError: The settings, the folder, or the training itself failed.
    """
    train_set = lessons(recipe, data)
    model = compiled_model(recipe, train_set)  # before the folder, so that a wrong setting leaves nothing behind
    description = {
        "command": list(command),
        "settings": recipe.to_dict(),
        "seed": recipe.seed,
        "class_names": list(data.train.class_names),
        "data": data.describe(),
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in _VERSIONS_OF},
        },
        "machine": f"{platform.system()} {platform.machine()}",
        "source_path": data.path,
        "on_bad_picture": data.on_bad_picture,
    }
    check_settings(model, train_set, recipe.epochs, recipe.batch_size)
    started = datetime.now(UTC)
    default = Path("runs") / f"{recipe.preset}-{started:%Y%m%d-%H%M%S}"
    RunFolder.check_free_space(path or default, _COPIES_ON_DISK * 4 * model.count_params())
    if should_stop():
        raise TrainingInterruptedError("stopped before training began; nothing was written")
    folder = RunFolder.create_new(default) if path is None else RunFolder.create(path)
    description["started"] = started.isoformat(timespec="seconds")
    folder.write_json(folder.description_file, description)
    _announce(console, recipe, data, len(train_set), folder)
    return _train_and_finish(folder, recipe, data, train_set, model, console, should_stop)


def resume_run(path: Path, *, console: Console, should_stop: Callable[[], bool] = lambda: False) -> Outcome:
    """Go on with a run that was interrupted, to the same bits that it would have reached.

    Args:
        path: Its folder.
        console: For progress.
        should_stop: As for `start_run`.

    Returns:
        How it ended.

    Raises:
        RunFolderError: Not a run folder, complete already, or its data is no longer the same.
        DigitnetError: As `start_run`.
    """
    folder = RunFolder.open(path)
    if folder.is_complete:
        raise RunFolderError(f"{path} is complete: there is nothing to resume. Start a new run with another --out")
    description = folder.read_description()
    try:
        recipe = Recipe.from_dict(description["settings"])
    except ConfigurationError as error:
        raise RunFolderError(f"{folder.description_file} is damaged: {error}") from error
    data = load_data(description["source_path"], recipe, description["on_bad_picture"])
    if data.describe() != description["data"] | {"source": data.source}:
        raise RunFolderError(
            f"{path}: the data at {data.source} is no longer what this run was started with "
            "(see the digests in run.json): restore it, or start a new run"
        )
    train_set = lessons(recipe, data)
    return _train_and_finish(folder, recipe, data, train_set, compiled_model(recipe, train_set), console, should_stop)


def lessons(recipe: Recipe, data: Data) -> Dataset:
    """What is shown to the network in training: the training images, and digits of other hands that are made from them.

    Args:
        recipe: Says how many are added.
        data: Only MNIST gets other hands; what a 1 looks like in other data is not known here.

    Returns:
        The training images, in their order, and those of other hands behind them.
    """
    return with_regional_hands(data.train, recipe.regional_hands, recipe.seed) if data.source == "mnist" else data.train


def compiled_model(recipe: Recipe, train_set: Dataset) -> KerasModel:
    """Build and compile: steps two to four.

    Args:
        recipe: All settings.
        train_set: What it is going to learn from; its size decides how long the schedule is.

    Returns:
        What `train` takes.
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
    total_steps = recipe.epochs * -(-len(train_set) // recipe.batch_size)
    schedule = make_schedule(recipe.schedule, recipe.learning_rate, total_steps, recipe.warmup_fraction)
    model.compile(
        optimizer=make_optimizer(recipe.optimizer, schedule, recipe.weight_decay),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],
    )
    return model


def _announce(console: Console, recipe: Recipe, data: Data, num_lessons: int, folder: RunFolder) -> None:
    """The steps before training, as a reader of the tutorial knows them."""
    counts = {"to train": data.train, "to validate": data.validation, "to test": data.test}
    sizes = [IMAGE_SIDE * IMAGE_SIDE, *recipe.hidden_sizes, data.train.num_classes]
    changes = [f"{name} {strength:g}" for name, strength in recipe.augmentation.to_dict().items() if strength]
    added = num_lessons - len(data.train)
    steps = {
        "load": f"{data.source}: " + ", ".join(f"{len(part):,} {name}" for name, part in counts.items() if part),
        "preprocess": "pixels / 255, flattened to 784, inside the model",
        **({"hands": f"{added:,} digits as they are written elsewhere"} if added else {}),
        **({} if recipe.augmentation.is_none else {"augment": ", ".join(changes)}),
        "build": f"{'-'.join(map(str, sizes))}, {recipe.activation}, softmax",
        "compile": f"{recipe.optimizer}, learning rate {recipe.learning_rate:g} ({recipe.schedule}), cross-entropy",
        "train": f"epochs: {recipe.epochs}, in batches of {recipe.batch_size}, into {folder.path}",
    }
    for name, text in steps.items():
        console.print(Text.assemble((f"{name:<11}", "bold"), text))


class _Bookkeeper(keras.callbacks.Callback):  # type: ignore[misc] # Keras ships no type information
    """Adds seconds and learning rate to the log of each epoch, and stops the run where that is asked."""

    def __init__(self, should_stop: Callable[[], bool]) -> None:
        super().__init__()
        self._should_stop = should_stop
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:  # noqa: ARG002 - Keras's signature
        now = time.perf_counter()
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        logs["seconds"] = now - self._began
        self._began = now
        if self._should_stop():
            self.model.stop_training = True


def _train_and_finish(
    folder: RunFolder,
    recipe: Recipe,
    data: Data,
    train_set: Dataset,
    model: KerasModel,
    console: Console,
    should_stop: Callable[[], bool],
) -> Outcome:
    hard_examples = HardExamples(len(train_set), recipe.hard_examples) if recipe.hard_examples else None
    checkpoint = Checkpoint(folder.checkpoint, restore(model, folder.checkpoint, hard_examples), hard_examples)
    display = ProgressDisplay(console, len(train_set))
    try:
        train(
            model,
            train_set,
            epochs=recipe.epochs,
            batch_size=recipe.batch_size,
            seed=recipe.seed,
            validation_set=data.validation,
            initial_epoch=len(checkpoint.history),
            callbacks=[_Bookkeeper(should_stop), display, checkpoint],
            augmentation=make_augmentation(recipe.augmentation),
            hard_examples=hard_examples,
            keep_zeros=any(recipe.receptive_fields),
        )
        if len(checkpoint.history) < recipe.epochs:  # only should_stop ends a run before its last epoch
            raise KeyboardInterrupt
        metrics, evaluation = finish(folder, model, data, checkpoint.history)
    except KeyboardInterrupt:
        raise TrainingInterruptedError(
            f"stopped; {len(checkpoint.history)} of {recipe.epochs} epochs are finished and kept. "
            f"Go on with: digitnet train --resume {shlex.quote(str(folder.path))}"
        ) from None
    finally:
        display.close()
    return Outcome(folder, metrics, evaluation)
