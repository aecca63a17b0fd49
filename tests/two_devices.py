"""Trains a tiny network on one device and on two, and writes what both came to: `python two_devices.py OUT.npz`.

A process has as many devices as XLA_FLAGS said when it began, so that this cannot be part of a process of tests.
"""

import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np

import digitnet
from digitnet.augmentation.augmenter import make_augmentation
from digitnet.augmentation.distortion import Distortion
from digitnet.errors import ConfigurationError
from digitnet.network.backend import keras
from digitnet.training.data_parallel import DataParallel
from quick_compilation import quick_compilation


def trained(mesh: Any) -> dict[str, Any]:
    """Weights and history of one epoch of two steps of 40 images and one of 5, with all that is drawn at random."""
    generator = np.random.default_rng(0)
    labels = (np.arange(115) % 10).astype(np.uint8)
    images = generator.integers(0, 256, (115, 28, 28), dtype=np.uint8)
    train_set, validation_set = (digitnet.Dataset(images[part], labels[part]) for part in (slice(85), slice(85, None)))
    model = digitnet.build_mlp((16,), dropout=0.3, batch_normalization=True, seed=0)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="categorical_crossentropy", metrics=["accuracy"])
    before = [np.asarray(variable.value) for variable in model.trainable_variables]
    history = digitnet.train(
        model,
        train_set,
        epochs=1,
        batch_size=40,
        validation_set=validation_set,
        augmentation=make_augmentation(Distortion(shift=2, contrast=0.5)),
        mesh=mesh,
    )
    moved = [np.abs(np.asarray(v.value) - b).max() for v, b in zip(model.trainable_variables, before, strict=True)]
    return {
        "weights": np.concatenate([np.ravel(variable.value) for variable in model.variables]),
        "moved": min(moved),
        **{name: values[0] for name, values in history.history.items()},
    }


def main(out: Path) -> None:
    """Write the results, the collectives of a divided program, and what a batch that does not fit is told."""
    mesh = keras.distribution.DeviceMesh((2,), ("batch",), ["cpu:0", "cpu:1"])
    layout = DataParallel(mesh)
    divided: Any = layout.compile(lambda x: layout.divide(x * 2).sum())
    program = divided.lower(np.ones(4, np.float32)).compile().as_text()
    try:
        layout.check_batch_size(75)
        refusal = ""
    except ConfigurationError as error:
        refusal = str(error)
    with quick_compilation():
        results = {
            "one": trained(None),
            "two": trained(jax.sharding.Mesh(np.array(jax.devices()).reshape(2, 1), ("a", "b"))),
        }
    flat = {f"{name}_{part}": value for name, result in results.items() for part, value in result.items()}
    np.savez(out, **flat, refusal=refusal, is_divided="all-reduce" in program)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
