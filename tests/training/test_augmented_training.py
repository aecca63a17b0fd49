"""Augmentation inside training: what the network sees, and that it is repeatable."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from digitnet.augmentation.augmenter import make_augmentation, random_distortion
from digitnet.augmentation.distortion import Distortion
from digitnet.datasets import Dataset
from digitnet.network.backend import keras
from digitnet.network.mlp import build_mlp
from digitnet.training.epoch import make_epoch, read_state
from digitnet.training.loop import train
from digitnet.training.objective import make_objective


def recorded(flat: bool, seed: int = 0, initial_epoch: int = 0) -> list[list[float]]:
    """What a model that only knows the mean of the top row sees of images that are white there, step by step."""
    images = np.zeros((40, 28, 28), np.uint8)
    images[:, 0] = 255
    shape = (784,) if flat else (28, 28)
    inputs = keras.Input(shape)
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(2, "softmax", kernel_initializer="zeros")(x))
    model.compile(keras.optimizers.SGD(1.0), "categorical_crossentropy")
    data = Dataset(images, np.zeros(40, np.uint8), num_classes=2)
    shift = make_augmentation(Distortion(shift=3))
    kernels: list[list[float]] = []
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda *_: kernels.append(np.asarray(model.layers[-1].kernel.value)[:, 0].tolist())
    )
    options: dict[str, Any] = {"seed": seed, "initial_epoch": initial_epoch, "callbacks": [keep]}
    train(model, data, epochs=initial_epoch + 2, batch_size=20, augmentation=shift, **options)
    return kernels


@pytest.mark.parametrize("flat", [False, True], ids=["28 x 28", "flattened"])
def test_training_sees_shifted_images(flat: bool) -> None:
    """The kernel moves only where ink was seen: with shifts of up to 3, in rows 0 to 3 and in no other."""
    rows = np.abs(np.array(recorded(flat)[-1]).reshape(28, 28)).sum(axis=1)
    assert (rows[:4] > 0).all()
    assert (rows[4:] == 0).all()


def test_what_is_drawn_follows_from_seed_and_epoch() -> None:
    first, second = recorded(False), recorded(False)
    assert first == second
    assert recorded(False, seed=1)[0] != first[0]
    assert recorded(False, initial_epoch=1)[0] != first[0]  # the same start, another epoch


def test_validation_images_stay_in_place(stripes: Dataset) -> None:
    histories = []
    for augmentation in (None, lambda images, *_: images * 0):  # training on blank paper only
        model = build_mlp((8,), seed=0)
        model.compile(keras.optimizers.SGD(1e-9), "categorical_crossentropy")
        history = train(
            model, stripes, epochs=1, batch_size=46, validation_set=stripes, augmentation=augmentation
        ).history
        histories.append((history["loss"][0], history["val_loss"][0]))
    (plain, plain_validation), (blank, blank_validation) = histories
    assert blank_validation == pytest.approx(plain_validation, rel=1e-5)
    assert blank != pytest.approx(plain, rel=1e-3)


@pytest.mark.parametrize("pixels", [0, 3])
def test_every_step_draws_anew(pixels: int) -> None:
    """Forty times the same image, hardly any learning: the loss of a step changes with the shifts, and only so."""
    image = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    data = Dataset(np.stack([image] * 40), np.zeros(40, np.uint8), num_classes=10)
    model = build_mlp((8,), seed=0)
    model.compile(keras.optimizers.SGD(1e-12), "categorical_crossentropy")
    train(model, data, epochs=1, batch_size=40)  # builds the optimiser
    run = make_epoch(model, make_objective(model), 10, make_augmentation(Distortion(shift=pixels)))
    key = jnp.array([1, 2], jnp.uint32)
    _, outputs = run(read_state(model), jnp.asarray(data.images), jnp.zeros(40, jnp.int32), jnp.arange(40), key)
    differing = len(np.unique(np.round(np.asarray(outputs.losses), 4)))
    assert differing == (1 if pixels == 0 else 4)


def test_inside_an_epoch_images_are_distorted_as_outside() -> None:
    """What a step makes of its images, caught in the compiled epoch, against the same call on its own."""
    images = np.random.default_rng(0).integers(0, 256, (50, 28, 28), dtype=np.uint8)
    data = Dataset(images, np.arange(50, dtype=np.uint8) % np.uint8(10))
    everything = Distortion(
        rotation=15, scaling=0.2, shear=15, shift=1, elastic_alpha=37, thickness=1, gaps=2, contrast=0.5, blur=1
    )
    caught = []

    def augmentation(images: Any, labels: Any, key: Any) -> Any:
        changed = random_distortion(images, labels, key, distortion=everything)
        jax.debug.callback(
            lambda *arrays: caught.append([np.array(array) for array in arrays]), images, labels, key, changed
        )
        return changed

    model = build_mlp((8,), seed=0)
    model.compile(keras.optimizers.SGD(0.1), "categorical_crossentropy")
    train(model, data, epochs=2, batch_size=20, augmentation=augmentation)  # two steps of 20 and one of 10, twice
    jax.effects_barrier()  # type: ignore[no-untyped-call]
    assert sorted(len(labels) for _, labels, _, _ in caught) == [10, 10, 20, 20, 20, 20]
    assert len({tuple(key.tolist()) for _, _, key, _ in caught}) == 6
    distort = jax.jit(partial(random_distortion, distortion=everything))
    for before, labels, key, changed in caught:
        places = [(images == image).all(axis=(1, 2)).nonzero()[0].item() for image in before]
        assert labels.tolist() == [place % 10 for place in places]
        alone = np.asarray(distort(before, labels, key))
        assert np.abs(changed.astype(int) - alone).max() <= 2  # one half may be rounded either way
        assert (changed != before).any(axis=(1, 2)).all()
