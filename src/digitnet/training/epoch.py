"""One epoch as one compiled program.

Keras's `fit` returns to Python after every batch. Here `jax.lax.scan` runs all steps of an epoch inside one XLA
program: the images stay on the device as uint8, each step gathers its batch by index, and Python is entered once
an epoch.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from digitnet.arrays import IMAGE_SIDE
from digitnet.augmentation.augmenter import Augmentation
from digitnet.network.backend import KerasModel, keras
from digitnet.training.data_parallel import DataParallel, OneDevice
from digitnet.training.fast_layers import fast_layers
from digitnet.training.objective import Objective

__all__ = ["StepOutputs", "TrainingState", "make_epoch", "make_validation", "mean_loss", "read_state", "write_state"]

Arrays: TypeAlias = list[jax.Array]
Layout: TypeAlias = OneDevice | DataParallel

_ONE_DEVICE = OneDevice()
VALIDATION_BATCH = 1000  # images; bounds the memory of a pass, and changes no result


class TrainingState(NamedTuple):
    """All that a step changes, in Keras's order of variables."""

    trainable: Arrays
    non_trainable: Arrays  # statistics of batch normalisation, and the random state of dropout
    optimizer: Arrays
    metrics: Arrays


class StepOutputs(NamedTuple):
    """What the steps of a pass give besides the new state."""

    losses: jax.Array  # one mean loss a step
    difficulties: jax.Array  # for each image, in the order of the pass, 1 minus the output for its true label


# One batch: (state, images, labels, weights or None) -> (state, outputs)
Step: TypeAlias = Callable[[TrainingState, jax.Array, jax.Array, jax.Array | None], tuple[TrainingState, StepOutputs]]


class Pass(Protocol):
    """One pass over the data."""

    def __call__(
        self,
        state: TrainingState,
        images: jax.Array,
        labels: jax.Array,
        order: jax.Array,
        key: jax.Array,
        weights: jax.Array | None = None,
        first_step: jax.Array | None = None,
        /,
    ) -> tuple[TrainingState, StepOutputs]:
        """The state after all steps, and what they gave; a part of an epoch begins with the step `first_step`."""
        ...


def read_state(model: KerasModel) -> TrainingState:
    """The model's present values; arrays are immutable, so later steps do not change what is returned."""
    return TrainingState(*([variable.value for variable in group] for group in _variables(model)))


def write_state(model: KerasModel, state: TrainingState) -> None:
    """Set the model's variables to `state`."""
    for group, values in zip(_variables(model), state, strict=True):
        for variable, value in zip(group, values, strict=True):
            variable.assign(value)


def _variables(model: KerasModel) -> tuple[list[Any], ...]:
    return (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )


def make_epoch(
    model: KerasModel,
    objective: Objective,
    batch_size: int,
    augmentation: Augmentation | None = None,
    *,
    keep_zeros: bool = False,
    layout: Layout = _ONE_DEVICE,
) -> Pass:
    """Compile, at its first call, one pass of training over the data.

    Args:
        model: Compiled and built keras.Model; its optimiser is built too.
        objective: From `make_objective`.
        batch_size: Images a step. A last step takes the remainder, so that every image is seen.
        augmentation: What changes the images of a step; None leaves them as they are.
        keep_zeros: Leave the weights of kernels that are exactly 0 at 0, as if they did not exist.
        layout: Over which devices a batch is divided.

    Returns:
        A function (state, images uint8 (n, ...), labels (n,), order int32 (m,), key uint32 (2,), weights float32 (n,)
        or None, first_step uint32 or None) -> (state, outputs), with one mean loss a step, the last one over the
        remainder if there is one, and m difficulties. What the augmentation draws follows from the key and the number
        of the step, which counts from `first_step`, or from 0.
    """

    def loss_and_updates(
        trainable: Arrays, state: TrainingState, images: jax.Array, labels: jax.Array, weights: jax.Array | None
    ) -> tuple[jax.Array, tuple[StepOutputs, TrainingState]]:
        with fast_layers(model), _with_state(model, state._replace(trainable=trainable)) as scope:
            loss, targets, predictions = objective(images, labels, weights, True)
            predictions = jax.lax.stop_gradient(predictions)
            model.compute_metrics(None, targets, predictions, weights)
            scaled = model.optimizer.scale_loss(loss)  # itself, unless the optimiser guards small numbers
        non_trainable = _values_after(scope, model.non_trainable_variables)
        metrics = _values_after(scope, model.metrics_variables)
        outputs = StepOutputs(loss, _difficulties(predictions, labels))
        return scaled, (outputs, state._replace(non_trainable=non_trainable, metrics=metrics))

    differentiate = jax.value_and_grad(loss_and_updates, has_aux=True)

    def step(
        state: TrainingState, images: jax.Array, labels: jax.Array, weights: jax.Array | None
    ) -> tuple[TrainingState, StepOutputs]:
        (_, (outputs, state)), gradients = differentiate(state.trainable, state, images, labels, weights)
        if keep_zeros:
            gradients = [_masked_gradient(*pair) for pair in zip(gradients, state.trainable, strict=True)]
        trainable, optimizer = model.optimizer.stateless_apply(state.optimizer, gradients, state.trainable)
        return state._replace(trainable=trainable, optimizer=optimizer), outputs

    return _scan_over_batches(step, batch_size, augmentation, layout)


def make_validation(model: KerasModel, objective: Objective, layout: Layout = _ONE_DEVICE) -> Pass:
    """Compile, at its first call, the losses and metrics over a data set in inference mode.

    Args:
        model: Compiled and built keras.Model.
        objective: From `make_objective`.
        layout: Over which devices a batch is divided.

    Returns:
        As `make_epoch`; only the metrics of the state change.
    """

    def step(
        state: TrainingState, images: jax.Array, labels: jax.Array, weights: jax.Array | None
    ) -> tuple[TrainingState, StepOutputs]:
        with _with_state(model, state) as scope:
            loss, targets, predictions = objective(images, labels, weights, False)
            model.compute_metrics(None, targets, predictions, weights)
        outputs = StepOutputs(loss, _difficulties(predictions, labels))
        return state._replace(metrics=_values_after(scope, model.metrics_variables)), outputs

    return _scan_over_batches(step, VALIDATION_BATCH, layout=layout)


def mean_loss(losses: jax.Array, batch_size: int, n: int) -> float:
    """The exact mean over n images of a loss known as one mean a step, the last step having the remainder."""
    sizes = np.full(len(losses), batch_size, np.float64)
    sizes[-1] = n - batch_size * (len(losses) - 1)
    return float(np.asarray(losses, np.float64) @ sizes / n)


def _scan_over_batches(
    step: Step, batch_size: int, augmentation: Augmentation | None = None, layout: Layout = _ONE_DEVICE
) -> Pass:
    def whole_pass(
        state: TrainingState,
        images: jax.Array,
        labels: jax.Array,
        order: jax.Array,
        key: jax.Array,
        weights: jax.Array | None = None,
        first_step: jax.Array | None = None,
    ) -> tuple[TrainingState, StepOutputs]:
        def numbered_step(
            state: TrainingState, number_and_batch: tuple[jax.Array, jax.Array]
        ) -> tuple[TrainingState, StepOutputs]:
            number, batch = number_and_batch[0], layout.divide(number_and_batch[1])
            chosen = images[batch]
            if augmentation is not None:
                step_key = jnp.append(key, number)
                as_images = chosen.reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
                chosen = augmentation(as_images, labels[batch], step_key).reshape(chosen.shape)
            return step(state, chosen, labels[batch], None if weights is None else weights[batch])

        steps = len(order) // batch_size
        whole = steps * batch_size
        batches = order[:whole].reshape(-1, batch_size)
        numbers = jnp.arange(steps + 1, dtype=jnp.uint32)
        numbers = numbers if first_step is None else numbers + first_step
        state, outputs = jax.lax.scan(numbered_step, state, (numbers[:steps], batches))
        losses, difficulties = outputs.losses, outputs.difficulties.reshape(-1)
        if whole < len(order):
            state, last = numbered_step(state, (numbers[steps], order[whole:]))
            losses, difficulties = jnp.append(losses, last.losses), jnp.append(difficulties, last.difficulties)
        return state, StepOutputs(losses, difficulties)

    return layout.compile(whole_pass)


def _masked_gradient(gradient: jax.Array, weights: jax.Array) -> jax.Array:
    """The gradient with 0 where a kernel is 0; the gradient of a bias, which starts at 0, is unchanged."""
    return jnp.where(weights == 0, 0, gradient) if weights.ndim > 1 else gradient


def _difficulties(predictions: jax.Array, labels: jax.Array) -> jax.Array:
    return 1 - jnp.take_along_axis(predictions, labels[:, None], axis=1)[:, 0]


def _with_state(model: KerasModel, state: TrainingState) -> Any:
    """A scope in which the model's variables have the values of `state`; the variables themselves do not change."""
    groups = zip(_variables(model), state, strict=True)
    pairs = [pair for variables, values in groups for pair in zip(variables, values, strict=True)]
    return keras.StatelessScope(state_mapping=pairs, collect_losses=True)


def _values_after(scope: Any, variables: list[Any]) -> Arrays:
    """Each variable's value at the end of the scope, which is its value at the start where nothing changed it."""
    return [scope.get_current_value(variable) for variable in variables]
