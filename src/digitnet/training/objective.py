"""What one step minimises: the model's own loss, computed from the logits where that is more exact."""

from collections.abc import Callable
from typing import Any, TypeAlias

from digitnet.errors import ConfigurationError
from digitnet.network.backend import KerasModel, Tensor, keras
from digitnet.network.mlp import logits_function
from digitnet.training.fast_layers import product

__all__ = ["Objective", "make_objective"]


# (images, labels, weights or None, training) -> (mean loss over the batch, targets, predictions), to be called in a
# StatelessScope
Objective: TypeAlias = Callable[[Tensor, Tensor, Tensor | None, bool], tuple[Tensor, Tensor, Tensor]]

_CROSSENTROPIES = {
    keras.losses.categorical_crossentropy: keras.losses.CategoricalCrossentropy,
    keras.losses.sparse_categorical_crossentropy: keras.losses.SparseCategoricalCrossentropy,
}


def make_objective(model: KerasModel) -> Objective:
    """The function that a training or validation step evaluates.

    A cross-entropy on a model that ends in a softmax is computed from the logits; every other loss is Keras's
    own `compute_loss` on the model's output. Penalties of the layers (L2) are part of both.

    Args:
        model: A compiled keras.Model.

    Returns:
        The objective. Targets are one-hot, or the labels themselves for sparse losses.

    Raises:
        ConfigurationError: The model has not been compiled with one loss.
    """
    loss = getattr(model, "loss", None)
    if loss is None or isinstance(loss, dict | list | tuple):
        raise ConfigurationError(
            "the model is not compiled with one loss: call "
            'model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"]) first'
        )
    is_sparse = isinstance(_as_loss(loss), keras.losses.SparseCategoricalCrossentropy)
    num_classes = model.output_shape[-1]

    def targets_of(labels: Tensor) -> Tensor:
        return labels if is_sparse else keras.ops.one_hot(labels, num_classes)

    logits_of = logits_function(model, product) if _is_plain(model) else None
    exact_loss = _from_logits(_as_loss(loss))
    if logits_of is None or exact_loss is None:

        def plain(
            images: Tensor, labels: Tensor, weights: Tensor | None, training: bool
        ) -> tuple[Tensor, Tensor, Tensor]:
            targets = targets_of(labels)
            outputs = model(images, training=training)
            value = model.compute_loss(x=images, y=targets, y_pred=outputs, sample_weight=weights, training=training)
            return value, targets, outputs

        return plain

    def from_logits(
        images: Tensor, labels: Tensor, weights: Tensor | None, training: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        targets = targets_of(labels)
        logits = logits_of(images, training)
        value = sum(model.losses, start=exact_loss(targets, logits, sample_weight=weights))
        return value, targets, keras.ops.softmax(logits)

    return from_logits


def _is_plain(model: KerasModel) -> bool:
    """Whether the compiled loss is the whole objective, so that it may be computed in another way."""
    return (
        type(model).compute_loss is keras.Model.compute_loss
        and (model.get_compile_config() or {}).get("loss_weights") is None
        and model.layers[-1].activity_regularizer is None
    )


def _as_loss(loss: Any) -> Any:
    """What Keras's compile takes, a name or a function or a Loss, as a Loss where it is a cross-entropy."""
    found = keras.losses.get(loss)
    return _CROSSENTROPIES[found]() if callable(found) and found in _CROSSENTROPIES else found


def _from_logits(loss: Any) -> Any:
    """The same cross-entropy, fed with logits; None for any other loss."""
    if type(loss) in _CROSSENTROPIES.values():
        return type(loss).from_config({**loss.get_config(), "from_logits": True})
    return None
