"""Train: epoch after epoch of a compiled program, with Keras's callbacks between them."""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import jax
import numpy as np

from digitnet.arrays import AnyArray
from digitnet.augmentation.augmenter import Augmentation
from digitnet.datasets import Dataset
from digitnet.errors import ConfigurationError, TrainingDivergedError
from digitnet.network.backend import KerasModel, keras
from digitnet.network.mlp import shaped_for
from digitnet.training.data_parallel import layout_of
from digitnet.training.epoch import (
    VALIDATION_BATCH,
    Layout,
    StepOutputs,
    TrainingState,
    make_epoch,
    make_validation,
    mean_loss,
    read_state,
    write_state,
)
from digitnet.training.example_difficulty import ExampleDifficulty
from digitnet.training.history import History
from digitnet.training.objective import Objective, make_objective
from digitnet.training.stopping import StopRequest
from digitnet.training.weights import Weights, image_weights

__all__ = ["TrainingPlan", "check_settings", "order_of_epoch", "train", "train_by_plan"]

# An epoch that reports on the way runs as so many programs, each of at least so many steps: a page wants some points of
# a curve a second, and every program that is started costs a hundredth of one. Both chosen by hand.
_PARTS = 10
_STEPS_OF_PART = 10
_POLL_SECONDS = 0.01  # how often a running epoch is asked whether it is done; chosen by hand, short beside an epoch


Order: TypeAlias = np.ndarray[Any, np.dtype[np.int32]]  # of the images in an epoch, (n,)
Losses: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]  # mean loss of each of some steps, (steps,)


@dataclass(frozen=True)
class TrainingPlan:
    """What `train` is asked for, apart from the model and its images; each attribute is the argument of that name.

    `on_losses` is called some times an epoch with the steps that are done, those of the whole epoch, the loss of each
    step since the call before, and the trainable weights of now, in Keras's order. It changes no result.
    """

    epochs: int
    batch_size: int = 128
    seed: int = 0
    validation_set: Dataset | None = None
    initial_epoch: int = 0
    augmentation: Augmentation | None = None
    hard_examples: ExampleDifficulty | None = None
    keep_zeros: bool = False
    weights: Weights | None = field(default=None, compare=False)  # of each image, as `image_weights` gives them
    mesh: Any = None
    on_losses: Callable[[int, int, Losses, Sequence[jax.Array]], None] | None = field(default=None, compare=False)


def train(  # noqa: PLR0913 - the dials of Keras's `fit`, and three more
    model: KerasModel,
    train_set: Dataset,
    *,
    epochs: int,
    batch_size: int = 128,
    seed: int = 0,
    validation_set: Dataset | None = None,
    initial_epoch: int = 0,
    callbacks: Sequence[Any] = (),
    augmentation: Augmentation | None = None,
    hard_examples: ExampleDifficulty | None = None,
    keep_zeros: bool = False,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: Any = None,
    mesh: Any = None,
) -> History:
    """Train a compiled Keras model in place.

    Args:
        model: A compiled keras.Model that takes the images of `train_set`, as they are or flattened. It gets
            pixels as uint8 0..255, so its first layer should be the preprocessing (`build_mlp` has it).
        train_set: Images and labels to learn from, at least `batch_size` of them.
        epochs: The epoch to end with, counted from 1, as in Keras: with `initial_epoch` 3 and `epochs` 5, two run.
        batch_size: Images a step; the last step of an epoch takes what is left over.
        seed: Order of the images, and what the augmentation draws. With the model's own seeds it makes a run
            repeatable bit for bit.
        validation_set: Measured after every epoch, never trained on.
        initial_epoch: Epochs already done.
        callbacks: Standard `keras.callbacks`, called at the epoch boundaries with loss, the compiled metrics, and
            the same with `val_` in front; all are exact means over the images seen.
        augmentation: Changes the images of each step: `make_augmentation` of `digitnet.augmentation.augmenter` makes
            it, or any function (images, labels, key) -> images in JAX. Validation images stay as they are.
        hard_examples: Chooses the images of each epoch by how difficult they were of late; None shows each once.
        keep_zeros: Leave the weights of kernels that are exactly 0 at 0, so that units go on seeing only what
            `build_mlp(receptive_fields=...)` let them see.
        class_weight: How much the images of each label count in the loss, 1 where a label is not named; as in Keras a
            step's loss is divided by the number of its images, not by the sum of their weights.
        sample_weight: The same for each image, (n,) in the order of `train_set`; not both. As in Keras these two count
            in metrics compiled as `weighted_metrics`, not in others, and not in validation.
        mesh: The devices to divide each batch over, of this process or of all that `jax.distributed` has joined: a
            jax.sharding.Mesh, or a keras.distribution.DeviceMesh. Every process calls `train` with the same arguments,
            and is left with the same model. None trains on one device.

    Returns:
        A keras.callbacks.History: `history.history["loss"]` has one value an epoch.

    Raises:
        ConfigurationError: The model is not compiled, does not fit the data, or a value makes no sense.
        TrainingDivergedError: The loss of an epoch is not finite; the model is as it was before that epoch.
        TrainingProcessError: Another process has ended, or came to other weights.
    """
    check_settings(model, train_set, epochs, batch_size, initial_epoch)
    weights = image_weights(train_set, class_weight, sample_weight)
    plan = TrainingPlan(
        epochs, batch_size, seed, validation_set, initial_epoch, augmentation, hard_examples, keep_zeros, weights, mesh
    )
    return train_by_plan(model, train_set, plan, _checked_callbacks(callbacks))


def train_by_plan(
    model: KerasModel,
    train_set: Dataset,
    plan: TrainingPlan,
    callbacks: Sequence[Any] = (),
    stop: StopRequest | None = None,
) -> History:
    """The same as `train`, with its arguments as one value, and a request to stop that any thread may make.

    Args:
        model: As for `train`, like the others.
        train_set: Images and labels to learn from.
        plan: What is asked for.
        callbacks: Standard `keras.callbacks`.
        stop: Asked after every epoch, and while one runs whether it is to be given up; the model is then as it was
            before that epoch.

    Returns:
        As `train`.

    Raises:
        ConfigurationError: As `train`.
        TrainingDivergedError: As `train`.
    """
    stop = stop or StopRequest()
    check_settings(model, train_set, plan.epochs, plan.batch_size, plan.initial_epoch)
    if plan.seed < 0:
        raise ConfigurationError(f"seed is {plan.seed}: expected a whole number, 0 or more")
    layout = layout_of(plan.mesh)
    layout.check_batch_size(plan.batch_size)
    run_epoch = _Epochs(model, train_set, plan, stop, layout)
    history = History()
    steps = -(-len(train_set) // plan.batch_size)
    notify = keras.callbacks.CallbackList(
        [history, *callbacks], model=model, epochs=plan.epochs, steps=steps, verbose=0
    )
    model.stop_training = False
    notify.on_train_begin()
    logs: dict[str, Any] | None = {}
    for epoch in range(plan.initial_epoch, plan.epochs):
        notify.on_epoch_begin(epoch)
        with layout.watched():
            logs = run_epoch(epoch)
        if logs is None:
            break
        notify.on_epoch_end(epoch, logs)
        with layout.watched():
            if layout.is_any(model.stop_training or stop.requested, read_state(model)):
                break
    model.optimizer.finalize_variable_values(model.trainable_variables)  # a moving average takes the weights' place
    notify.on_train_end(logs)
    return history


class _Epochs:
    """One epoch after the other of a model, on images that stay on the device.

    Args:
        model: As for `train_by_plan`, like the others.
        train_set: Images and labels to learn from.
        plan: What is asked for.
        stop: Whether an epoch is to be given up.
        layout: On which devices.
    """

    def __init__(
        self, model: KerasModel, train_set: Dataset, plan: TrainingPlan, stop: StopRequest, layout: Layout
    ) -> None:
        self._model = model
        self._plan = plan
        self._stop = stop
        self._layout = layout
        self._n = len(train_set)
        objective = make_objective(model)
        self._data: tuple[jax.Array, jax.Array] = layout.replicate(_as_arrays(model, train_set))
        self._weights = None if plan.weights is None else layout.replicate(plan.weights)
        _build_variables(model, objective, self._data)
        self._run = make_epoch(
            model, objective, plan.batch_size, plan.augmentation, keep_zeros=plan.keep_zeros, layout=layout
        )
        self._measure = (
            None if plan.validation_set is None else _Validation(model, objective, plan.validation_set, layout)
        )

    def __call__(self, epoch: int) -> dict[str, Any] | None:
        """Train one, counted from 0: its logs, or None where it was given up and the model is as it was before."""
        model, plan = self._model, self._plan
        order = self._choose(epoch)
        model.reset_metrics()
        key = _key_of_epoch(plan.seed, epoch)
        result = self._run_whole(order, key) if plan.on_losses is None else self._run_in_parts(order, key)
        if result is None:
            return None
        state, outputs = result
        _check_finite(outputs.losses, epoch)
        write_state(model, state)
        if plan.hard_examples is not None:
            plan.hard_examples.update(order, np.asarray(outputs.difficulties))
        logs = {**_metrics(model), "loss": mean_loss(outputs.losses, plan.batch_size, self._n)}
        return logs if self._measure is None else logs | self._measure()

    def _run_whole(self, order: Order, key: AnyArray) -> tuple[TrainingState, StepOutputs] | None:
        place: tuple[jax.Array, jax.Array] = self._layout.replicate((order, key))
        result = self._run(self._state(), *self._data, *place, self._weights)
        return self._layout.local(result) if _wait_for(result, self._stop) else None

    def _run_in_parts(self, order: Order, key: AnyArray) -> tuple[TrainingState, StepOutputs] | None:
        """The same in some programs one after the other, and a word after each."""
        batch_size, on_losses, layout = self._plan.batch_size, self._plan.on_losses, self._layout
        steps = -(-len(order) // batch_size)
        steps_of_part = max(-(-steps // _PARTS), _STEPS_OF_PART)
        state, told = self._state(), []
        for first in range(0, steps, steps_of_part):
            part = order[first * batch_size : (first + steps_of_part) * batch_size]
            place: tuple[jax.Array, jax.Array] = layout.replicate((part, key))
            result = self._run(state, *self._data, *place, self._weights, layout.replicate(np.uint32(first)))
            if not _wait_for(result, self._stop):
                return None
            state, outputs = result[0], layout.local(result[1])
            told.append(outputs)
            if on_losses is not None:
                weights = layout.local(state).trainable
                on_losses(first + len(outputs.losses), steps, np.asarray(outputs.losses), weights)
        losses, difficulties = (np.concatenate(parts) for parts in zip(*told, strict=True))
        return layout.local(state), StepOutputs(jax.numpy.asarray(losses), jax.numpy.asarray(difficulties))

    def _state(self) -> TrainingState:
        state: TrainingState = self._layout.replicate_state(read_state(self._model))
        return state

    def _choose(self, epoch: int) -> Order:
        if self._plan.hard_examples is None:
            return order_of_epoch(self._plan.seed, epoch, self._n)
        return self._plan.hard_examples.order_of_epoch(self._plan.seed, epoch)


class _Validation:
    """Loss and metrics of the model on one data set, named with `val_`."""

    def __init__(self, model: KerasModel, objective: Objective, dataset: Dataset, layout: Layout) -> None:
        self._model = model
        self._run = make_validation(model, objective, layout)
        self._layout = layout
        self._n = len(dataset)
        order = np.arange(self._n, dtype=np.int32)
        self._data = layout.replicate((*_as_arrays(model, dataset), order, _key_of_epoch(0, 0)))

    def __call__(self) -> dict[str, Any]:
        self._model.reset_metrics()
        result = self._run(self._layout.replicate_state(read_state(self._model)), *self._data)
        _wait_for(result, StopRequest())  # it takes a moment, and its epoch is part of the model already
        state, outputs = self._layout.local(result)
        write_state(self._model, state)
        logs = {**_metrics(self._model), "loss": mean_loss(outputs.losses, VALIDATION_BATCH, self._n)}
        return {f"val_{name}": value for name, value in logs.items()}


def order_of_epoch(seed: int, epoch: int, n: int) -> Order:
    """The order of the images in one epoch. It follows from (seed, epoch) alone, so resuming needs no state."""
    return np.random.default_rng([seed, epoch]).permutation(n).astype(np.int32)


def _key_of_epoch(seed: int, epoch: int) -> AnyArray:
    """The key of an epoch's augmentation, uint32 (2,); like the order it depends on (seed, epoch) alone."""
    return np.random.SeedSequence([seed, epoch, 1]).generate_state(2, np.uint32)


def _wait_for(result: tuple[TrainingState, StepOutputs], stop: StopRequest) -> bool:
    """Wait for a result in Python, not inside XLA, so that signals are handled; False if training is to stop."""
    while not result[1].losses.is_ready():  # type: ignore[attr-defined] # every array has it, jax's type does not say so
        if stop.at_once:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _as_arrays(model: KerasModel, dataset: Dataset) -> tuple[AnyArray, AnyArray]:
    """The whole data set as it goes to the device, still uint8: 47 MB for MNIST."""
    num_outputs = model.output_shape[-1]
    if dataset.num_classes > num_outputs:
        raise ConfigurationError(
            f"the model has {num_outputs} outputs, but the data has {dataset.num_classes} classes: "
            f"build it with num_classes={dataset.num_classes}"
        )
    return shaped_for(model, dataset.images), dataset.labels.astype(np.int32)


def _build_variables(model: KerasModel, objective: Objective, data: Sequence[jax.Array]) -> None:
    """Create the variables of metrics and optimiser, which Keras makes at their first use.

    The metrics are only traced: a Keras variable that is made in a stateless scope gets its value at its end.
    """

    def use(images: jax.Array, labels: jax.Array) -> None:
        _, targets, predictions = objective(images, labels, None, False)
        model.compute_metrics(None, targets, predictions)

    with keras.StatelessScope(state_mapping=[(variable, variable.value) for variable in model.variables]):
        shapes: Any = jax.ShapeDtypeStruct
        jax.eval_shape(use, *(shapes((1, *array.shape[1:]), array.dtype) for array in data))
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)


def _metrics(model: KerasModel) -> dict[str, Any]:
    """Each metric as a float; those with a value for each class as an array."""
    values = {name: np.asarray(value) for name, value in model.get_metrics_result().items()}
    return {name: value.item() if value.size == 1 else value for name, value in values.items()}


def check_settings(model: KerasModel, train_set: Dataset, epochs: int, batch_size: int, initial_epoch: int = 0) -> None:
    """Refuse what `train` could not run, before anything is made for it.

    Args:
        model: As for `train`, like the others.
        train_set: Images and labels to learn from.
        epochs: The epoch to end with.
        batch_size: Images a step.
        initial_epoch: Epochs already done.

    Raises:
        ConfigurationError: The model is not compiled, or a number is out of range.
    """
    if getattr(model, "optimizer", None) is None:
        raise ConfigurationError(
            "the model is not compiled: call "
            'model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"]) first'
        )
    if not isinstance(train_set, Dataset):
        raise ConfigurationError(f"train_set is a {type(train_set).__name__}: expected a digitnet.Dataset")
    for name, value in (("epochs", epochs), ("batch_size", batch_size), ("initial_epoch", initial_epoch)):
        if not isinstance(value, int):
            raise ConfigurationError(f"{name} is {value!r}: expected a whole number")
    if not 1 <= batch_size <= len(train_set):
        raise ConfigurationError(
            f"batch_size is {batch_size}: expected 1 to {len(train_set)}, the number of training images"
        )
    if not 0 <= initial_epoch <= epochs or epochs < 1:
        raise ConfigurationError(
            f"epochs is {epochs} and initial_epoch {initial_epoch}: expected epochs of 1 or more, "
            "and initial_epoch from 0 to epochs"
        )


def _check_finite(losses: jax.Array, epoch: int) -> None:
    finite = np.isfinite(np.asarray(losses))
    if not finite.all():
        step = int(np.argmin(finite)) + 1
        raise TrainingDivergedError(
            f"epoch {epoch + 1} diverged: the loss is not finite from step {step} of {len(finite)} on. "
            "Lower the learning rate (a tenth of it is a good next try), or let it warm up for longer"
        )


def _checked_callbacks(callbacks: Sequence[Any]) -> Sequence[Any]:
    """An epoch is one program, so nothing can be called between its batches: say so rather than stay silent."""
    for callback in callbacks:
        if getattr(callback, "save_freq", None) == "epoch":
            continue  # Keras's checkpoints have a batch hook that then does nothing
        for hook in ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"):
            function = getattr(getattr(callback, hook), "__func__", None)
            if function is not getattr(keras.callbacks.Callback, hook):
                warnings.warn(
                    f"{type(callback).__name__}.{hook} is never called: digitnet runs a whole epoch as one "
                    "program, and callbacks at its boundaries",
                    stacklevel=3,
                )
    return callbacks
