"""Keras's `fit` at its defaults, on the backend that KERAS_BACKEND names; as in Keras's own MNIST MLP example."""

import os
import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import pairwise

import keras
import numpy as np

from contest import BATCH_SIZE, DROPOUT, EPOCHS, HIDDEN_SIZES, Arrays, Result, compete


def prepare(data: Arrays) -> Callable[[], Result]:
    """Preprocess as the example does: float32 in [0, 1], flattened, one-hot labels."""
    x_train, x_test = (data[name].reshape(-1, 784).astype("float32") / 255 for name in ("x_train", "x_test"))
    y_train, y_test = (np.eye(10, dtype="float32")[data[name]] for name in ("y_train", "y_test"))

    def run() -> Result:
        keras.utils.set_random_seed(0)
        layers = [keras.Input((784,))]
        for size in HIDDEN_SIZES:
            layers += [keras.layers.Dense(size, activation="relu"), keras.layers.Dropout(DROPOUT)]
        model = keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax")])
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        times = [time.perf_counter()]
        clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: times.append(time.perf_counter()))
        model.fit(x_train, y_train, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0, callbacks=[clock])
        accuracy = model.evaluate(x_test, y_test, verbose=0)[1]
        return [after - before for before, after in pairwise(times)], float(accuracy)

    return run


backend = os.environ.get("KERAS_BACKEND", "tensorflow")
compete(prepare, {"keras": version("keras"), backend: version(backend)})
