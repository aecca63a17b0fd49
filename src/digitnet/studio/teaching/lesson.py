"""A copy of a network learns the corrections: `python -m digitnet.studio.teaching.lesson FOLDER`, a process of its own.

The folder has a `job.json`, `base.onnx`, the network that the copy is made of, and `corrections.npz`, what it learns
besides MNIST: both as they were when the lesson began. The copy may answer if it reads more of the corrections right
than the network before it, and makes at most one mistake in a thousand more on the test set.
"""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from digitnet.arrays import AnyArray
from digitnet.augmentation.augmenter import make_augmentation
from digitnet.augmentation.distortion import NO_DISTORTION, Distortion
from digitnet.datasets import Dataset, load_mnist
from digitnet.errors import ConfigurationError
from digitnet.evaluation.evaluation import evaluate
from digitnet.inference.classifier import Classifier
from digitnet.model_file.contract import ModelMetadata, open_model
from digitnet.network.backend import KerasModel
from digitnet.network.mlp import KerasPredictor, layer_table
from digitnet.runs import Data, RunFolder
from digitnet.runs.events import Stage, StageStarted
from digitnet.runs.publishing import Publication, publish
from digitnet.runs.training import train_with_events
from digitnet.studio.teaching.approval import refusal
from digitnet.studio.teaching.live_training import choose_data
from digitnet.studio.teaching.mixture import mixture
from digitnet.studio.teaching.page_listener import PageListener, figures_of_measurement
from digitnet.studio.teaching.process_control import Control, run_as_child
from digitnet.studio.teaching.weights import keras_from_model_file
from digitnet.training.compilation_cache import compilation_cache
from digitnet.training.loop import TrainingPlan
from digitnet.training.optimizers import make_optimizer
from digitnet.training.schedules import make_schedule
from digitnet.training.stopping import StopRequest

__all__ = ["interpolate_weights", "teach"]

_FRACTIONS = (0.25, 0.5, 0.75, 1.0)  # of the way from the weights before the lesson to those after it
_IMAGES_TO_COMPARE = 64  # on which the copy must answer as its model file does, before the lesson; chosen by hand


def teach(folder: Path, control: Control, mnist: tuple[Dataset, Dataset] | None = None) -> bool:
    """Teach a copy, and report what that did to it.

    Args:
        folder: The folder of the lesson.
        control: The way to the page, and its request to stop.
        mnist: Training and test set; None loads them.

    Returns:
        Whether it finished; False where it was stopped, and there is no copy then.

    Raises:
        DigitnetError: The network or the folder cannot be used, or the training failed.
    """
    settings = json.loads((folder / "job.json").read_bytes())["settings"]
    content = (folder / "base.onnx").read_bytes()
    session, metadata = open_model(content)
    everything = choose_data(mnist or load_mnist())
    corrections = _load_corrections(folder / "corrections.npz", metadata)
    if metadata.class_names != everything.train.class_names:
        raise ConfigurationError("this model is not one of the ten digits of MNIST: choose another one")
    parts = {"test": _required(everything.test), "corrections": corrections}
    before = {name: evaluate(Classifier(session, metadata), part) for name, part in parts.items()}
    model = keras_from_model_file(content, everything.train.images[:_IMAGES_TO_COMPARE])
    learned = mixture(everything.train, corrections, seed=settings["seed"])
    data = dataclasses.replace(everything, source="mnist and corrections", train=learned)
    weights = [np.asarray(variable.value) for variable in model.trainable_variables]
    with PageListener(control) as listener:
        _train(model, data, settings, metadata.recipe, listener, control.stop)
        if control.stop.requested:
            return False
        listener(StageStarted(Stage.MEASURING))
    interpolate_weights(model, weights, corrections)
    recipe = {**metadata.recipe, "taught": settings}
    described = dataclasses.replace(metadata, precision="float32", recipe=recipe, data=data.describe())
    publication = Publication(
        # The temperature stays: what is held out here the network may have learned before.
        metadata=dataclasses.replace(described, layers=tuple(layer_table(model))),
        train_images=learned.images,
        parts={"validation": _required(data.validation), **parts},
        score_of=content,
    )
    after = publish(RunFolder(folder), model, publication).measured
    reason = refusal(before, after)
    figures = [{name: figures_of_measurement(one[name]) for name in parts} for one in (before, after)]
    control.emit("result", before=figures[0], after=figures[1], accepted=not reason, reason=reason)
    return True


def interpolate_weights(model: KerasModel, weights: Sequence[AnyArray], corrections: Dataset) -> float:
    """Interpolate between the weights before and after a lesson, as near to those before as the corrections allow.

    On images other than the corrections, networks with weights in between are better than the one after the lesson
    (docs/log.md, 2026-11-28, "serving, and teaching a copy").

    Args:
        model: The taught network; it is changed.
        weights: Its trainable weights before the lesson.
        corrections: The images that decide.

    Returns:
        The fraction of the way: the least of `_FRACTIONS` at which at most one correction in twenty more is wrong than
        at the best of them.

    Source:
        Wortsman and others (2022), Robust fine-tuning of zero-shot models, arXiv 2109.01903.
    """
    predictor = KerasPredictor(model)
    taught = [np.asarray(variable.value) for variable in model.trainable_variables]

    def errors_at(fraction: float) -> int:
        for variable, first, last in zip(model.trainable_variables, weights, taught, strict=True):
            variable.assign(first + np.float32(fraction) * (last - first))
        predicted = predictor.predict_logits(corrections.images).argmax(axis=1)
        return int((predicted != corrections.labels).sum())

    errors = {fraction: errors_at(fraction) for fraction in _FRACTIONS}
    accepted = min(errors.values()) + len(corrections) // 20
    chosen = next(fraction for fraction in _FRACTIONS if errors[fraction] <= accepted)
    errors_at(chosen)  # sets the weights
    return chosen


def _load_corrections(path: Path, metadata: ModelMetadata) -> Dataset:
    with np.load(path, allow_pickle=False) as arrays:
        return Dataset(arrays["images"], arrays["labels"], "corrections", class_names=metadata.class_names)


def _required(part: Dataset | None) -> Dataset:
    if part is None:
        raise ConfigurationError("the data has no part to measure on")
    return part


def _train(
    model: KerasModel,
    data: Data,
    settings: dict[str, Any],
    recipe: dict[str, Any],
    listener: PageListener,
    stop: StopRequest,
) -> None:
    """Train with a low learning rate and the augmentation that the network was trained with."""
    epochs, batch_size = settings["epochs"], settings["batch_size"]
    steps = epochs * -(-len(data.train) // batch_size)
    schedule = make_schedule("cosine", settings["learning_rate"], steps, 0.0)
    model.compile(optimizer=make_optimizer("adam", schedule), loss="categorical_crossentropy", metrics=["accuracy"])
    plan = TrainingPlan(
        epochs=epochs,
        batch_size=batch_size,
        seed=settings["seed"],
        validation_set=data.validation,
        augmentation=make_augmentation(_distortion(recipe)),
        keep_zeros=True,  # its units go on seeing only what they saw
    )
    train_with_events(model, data.train, plan, listener, stop)


def _distortion(recipe: dict[str, Any]) -> Distortion:
    """The augmentation that a model file names; none where it names none that this version knows."""
    try:
        return Distortion.from_dict(recipe["augmentation"])
    except (ConfigurationError, KeyError, TypeError):
        return NO_DISTORTION


def _main(folder: Path, control: Control) -> bool:
    with compilation_cache(print):  # into the log of the lesson
        return teach(folder, control)


if __name__ == "__main__":
    run_as_child(_main)
