"""Keras's `fit` at its defaults, on the backend that KERAS_BACKEND names. Arguments: the data."""

import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import keras
import numpy as np

from contest import BATCH_SIZE, DROPOUT, HIDDEN_SIZES, Answer, Request, load_arrays, pixels, serve, versions_of


def prepare() -> tuple[Callable[[Request], Answer], dict[str, Any]]:
    """Preprocess as Keras's own example does; what is returned builds, compiles, fits and evaluates."""
    data = load_arrays(sys.argv[1])
    x_train, x_test = (pixels(data[name]) for name in ("x_train", "x_test"))
    y_train, y_test = (np.eye(10, dtype="float32")[data[name]] for name in ("y_train", "y_test"))

    def respond(request: Request) -> Answer:
        images = request.get("images", len(x_train))
        keras.utils.set_random_seed(request.get("seed", 0))
        layers = [keras.Input((784,))]
        for size in HIDDEN_SIZES:
            layers += [keras.layers.Dense(size, activation="relu"), keras.layers.Dropout(DROPOUT)]
        model = keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax")])
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        times = [time.perf_counter()]
        clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: times.append(time.perf_counter()))
        model.fit(
            x_train[:images],
            y_train[:images],
            batch_size=BATCH_SIZE,
            epochs=request["epochs"],
            verbose=0,
            callbacks=[clock],
        )
        accuracy = float(model.evaluate(x_test, y_test, verbose=0)[1])
        return {"seconds": [after - before for before, after in pairwise(times)], "accuracy": accuracy}

    engine = keras.backend.backend()
    return respond, {"versions": versions_of("keras", engine, "numpy")}


serve(prepare)
