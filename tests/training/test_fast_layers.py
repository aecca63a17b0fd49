"""Dense and dropout as the compiled epoch runs them, against Keras's own and against arithmetic in plain Python."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from digitnet.datasets import Dataset
from digitnet.network.backend import keras
from digitnet.network.mlp import build_mlp
from digitnet.training.fast_layers import fast_layers, keep_mask, product
from digitnet.training.loop import order_of_epoch, train


class HashedDropout(keras.layers.Dropout):  # type: ignore[misc]
    """Keras's dropout with masks of the hash: not exactly a Dropout, so nothing takes its place."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        kept = keep_mask(self.seed_generator.next(), (len(inputs), inputs.shape[1]), self.rate)
        return keras.ops.where(kept, inputs / (1 - self.rate), 0.0)


def with_dropout(layer: Any, seed: int = 3) -> Any:
    """784-24-16-10, with He's and Glorot's weights from a seed."""
    inputs = keras.Input((28, 28))
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    for number, size in enumerate((24, 16)):
        he = keras.initializers.HeUniform(seed=seed + number)
        x = keras.layers.Dense(size, "relu", kernel_initializer=he)(x)
        x = layer(0.3, seed=seed + number)(x)
    glorot = keras.initializers.GlorotUniform(seed=seed)
    model = keras.Model(inputs, keras.layers.Dense(10, "softmax", kernel_initializer=glorot)(x))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize("epochs", [1, 3])
def test_one_step_with_dropout_is_one_step_of_keras(epochs: int, stripes: Dataset) -> None:
    """The whole data in one batch, so that an epoch is a step; three of them, so that Adam has a past."""
    ours, theirs = with_dropout(keras.layers.Dropout), with_dropout(HashedDropout)
    history = train(ours, stripes, epochs=epochs, batch_size=len(stripes))
    for epoch in range(epochs):
        order = order_of_epoch(0, epoch, len(stripes))
        labels = np.eye(10, dtype=np.float32)[stripes.labels[order]]
        theirs.reset_metrics()  # Keras 3.10 gives the mean loss of all steps so far
        loss = theirs.train_on_batch(stripes.images[order], labels, return_dict=True)["loss"]
        assert history.history["loss"][epoch] == pytest.approx(float(loss), rel=1e-5)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=5e-6)
    for mine, other in zip(ours.optimizer.variables, theirs.optimizer.variables, strict=True):
        np.testing.assert_allclose(np.asarray(mine), np.asarray(other), rtol=1e-4, atol=1e-6)


def test_the_mask_is_the_hash_of_its_position() -> None:
    def scrambled(bits: int) -> int:
        bits = (bits ^ (bits >> 16)) * 0x7FEB352D % 2**32
        bits = (bits ^ (bits >> 15)) * 0x846CA68B % 2**32
        return bits ^ (bits >> 16)

    seed, counter = 123456789, 42
    start = scrambled((seed + scrambled(counter)) % 2**32)
    expected = [scrambled((start + position) % 2**32) >= int(0.2 * 2**32) for position in range(35)]
    mask = keep_mask(jnp.array([seed, counter], jnp.uint32), (5, 7), 0.2)
    np.testing.assert_array_equal(np.asarray(mask).ravel(), expected)


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.2, 0.5, 0.9])
def test_the_share_of_the_kept_is_one_minus_the_rate(rate: float) -> None:
    n = 1 << 20
    mask = keep_mask(jnp.array([7, 0], jnp.uint32), (n,), rate)
    deviation = np.sqrt(rate * (1 - rate) / n)
    assert abs(float(mask.mean()) - (1 - rate)) <= 4 * deviation


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (((1, 0), 0), ((1, 1), 0)),  # the next step
        (((1, 0), 0), ((2, 0), 0)),  # a layer with the next seed
        (((1, 0), 0), ((0, 1), 0)),  # seed and counter exchanged
        (((1, 0), 0), ((1, 0), 1)),  # the neighbour in the layer
        (((1, 0), 0), ((1, 0), 512)),  # the same unit, for the next image
    ],
)
def test_masks_do_not_know_of_each_other(
    first: tuple[tuple[int, int], int], second: tuple[tuple[int, int], int]
) -> None:
    n = 1 << 18
    a, b = (
        np.asarray(keep_mask(jnp.array(key, jnp.uint32), (n + shift,), 0.5))[shift:] for key, shift in (first, second)
    )
    assert abs(np.corrcoef(a, b)[0, 1]) <= 4 / np.sqrt(n)


def test_every_unit_and_every_image_loses_its_share() -> None:
    """No stripes: the sums over rows and columns of many masks scatter as those of fair coins do."""
    masks = np.stack([np.asarray(keep_mask(jnp.array([9, step], jnp.uint32), (128, 512), 0.2)) for step in range(200)])
    for axes in ((0, 1), (0, 2), (1, 2)):
        sums = masks.sum(axis=axes)
        n = masks.size // len(sums)
        deviation = (sums.std() - np.sqrt(n * 0.8 * 0.2)) / np.sqrt(n * 0.8 * 0.2)
        assert abs(deviation) < 4 / np.sqrt(2 * len(sums))


@pytest.mark.parametrize("outputs", [1, 10, 63, 64, 100])
def test_a_product_and_its_gradients_are_jaxs_own(outputs: int) -> None:
    rng = np.random.default_rng(outputs)
    x = jnp.asarray(rng.normal(size=(9, 20)), jnp.float32)
    kernel = jnp.asarray(rng.normal(size=(20, outputs)), jnp.float32)
    weights = jnp.asarray(rng.normal(size=(9, outputs)), jnp.float32)
    ours = jax.grad(lambda x, kernel: (weights * product(x, kernel)).sum(), argnums=(0, 1))(x, kernel)
    theirs = jax.grad(lambda x, kernel: (weights * (x @ kernel)).sum(), argnums=(0, 1))(x, kernel)
    np.testing.assert_allclose(product(x, kernel), x @ kernel, rtol=1e-6)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-5)


def test_a_product_of_whole_numbers_is_kerass() -> None:
    x = jnp.arange(6, dtype=jnp.int32).reshape(2, 3)
    kernel = jnp.full((3, 2), 0.5)
    assert product(x, kernel).dtype == jnp.float32
    np.testing.assert_array_equal(product(x, kernel), [[1.5, 1.5], [6.0, 6.0]])


def test_layers_are_themselves_again_even_after_an_error() -> None:
    model = build_mlp((8,), dropout=0.5, seed=0)
    before = [layer.call for layer in model.layers]

    def interrupted() -> None:
        with fast_layers(model):
            assert any(layer.call is not call for layer, call in zip(model.layers, before, strict=True))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    for layer in model.layers:
        assert "call" not in vars(layer)


def test_layers_of_other_classes_are_left_alone() -> None:
    class Doubled(keras.layers.Dense):  # type: ignore[misc]
        def call(self, inputs: Any, training: Any = None) -> Any:
            return 2 * super().call(inputs, training)

    inputs = keras.Input((4,))
    shaped = keras.layers.Dropout(0.5, noise_shape=(None, 1))(Doubled(3)(inputs))
    model = keras.Model(inputs, HashedDropout(0.5)(shaped))
    with fast_layers(model):
        assert not any("call" in vars(layer) for layer in model.layers)
