"""Keras's `fit` at its defaults, on the backend that KERAS_BACKEND names. Arguments: the data.

With a number of epochs as a second argument it is Keras's MNIST example as a whole process instead: RMSprop, and the
accuracy as JSON on the last line. The example looks at the test images after every epoch; that is left out here, since
it would only add to its time.
"""

import json
import sys
import time
from itertools import pairwise
from typing import Any

import keras
import numpy as np

import contest


def compiled(optimizer: str) -> Any:
    """The example's network: 784-512-512-10, ReLU, dropout 0.2."""
    layers = [keras.Input((784,))]
    for size in contest.HIDDEN_SIZES:
        layers += [keras.layers.Dense(size, activation="relu"), keras.layers.Dropout(contest.DROPOUT)]
    model = keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax")])
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    return model


def prepare() -> tuple[contest.Respond, contest.Answer]:
    """Preprocess as Keras's own example does; what is returned builds, compiles, fits and evaluates."""
    data = contest.load_arrays(sys.argv[1])
    x_train, x_test = (contest.pixels(data[name]) for name in ("x_train", "x_test"))
    y_train, y_test = (np.eye(10, dtype="float32")[data[name]] for name in ("y_train", "y_test"))

    def respond(request: dict[str, Any]) -> contest.Answer:
        n = request.get("images", len(x_train))
        if "seed" in request:
            keras.utils.set_random_seed(request["seed"])
        model, times = compiled(request.get("optimizer", "adam")), [time.perf_counter()]
        clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: times.append(time.perf_counter()))
        how = {"batch_size": contest.BATCH_SIZE, "epochs": request["epochs"], "verbose": 0, "callbacks": [clock]}
        model.fit(x_train[:n], y_train[:n], **how)
        accuracy = float(model.evaluate(x_test, y_test, verbose=0)[1])
        return {"seconds": [after - before for before, after in pairwise(times)], "accuracy": accuracy}

    return respond, {"versions": contest.versions_of("keras", keras.backend.backend(), "numpy")}


if len(sys.argv) > 2:
    example = prepare()[0]({"epochs": int(sys.argv[2]), "optimizer": "rmsprop"})
    sys.stdout.write("\n" + json.dumps({"accuracy": example["accuracy"]}) + "\n")
else:
    contest.serve(prepare)
