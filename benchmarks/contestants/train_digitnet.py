"""digitnet's own training. Arguments: the data."""

import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from contest import BATCH_SIZE, DROPOUT, HIDDEN_SIZES, Answer, Arrays, Request, load_arrays, serve, versions_of
from digitnet import Dataset, build_mlp, evaluate, train
from digitnet.augmentation.augmenter import make_augmentation
from digitnet.network.backend import keras
from digitnet.runs.training import compiled_model
from digitnet.training.recipes import PRESETS


def some_images(data: Arrays, n: int) -> Dataset:
    """The first n training images, from the beginning again where there are fewer."""
    if n <= len(data["x_train"]):
        return Dataset(data["x_train"][:n], data["y_train"][:n])
    places = np.arange(n) % len(data["x_train"])
    return Dataset(data["x_train"][places], data["y_train"][places])


def prepare() -> tuple[Callable[[Request], Answer], dict[str, Any]]:
    """Load; what is returned builds, compiles, trains and evaluates.

    A request has `epochs` and may have `seed`, `images` (as many as these, by repetition where there are fewer),
    `hidden_sizes`, `batch_size`, `dropout`, `optimizer` and `metrics`; or it has `preset`, which decides all of that,
    and `augment`, False for images as they are.
    """
    data = load_arrays(sys.argv[1])
    test_set = Dataset(data["x_test"], data["y_test"])

    def respond(request: Request) -> Answer:
        train_set = some_images(data, request.get("images", len(data["x_train"])))
        seed, augmentation = request.get("seed", 0), None
        batch_size = request.get("batch_size", BATCH_SIZE)
        if "preset" in request:
            recipe = PRESETS[request["preset"]]
            model, batch_size = compiled_model(recipe, train_set), recipe.batch_size
            augmentation = make_augmentation(recipe.augmentation) if request["augment"] else None
        else:
            dropout = request.get("dropout", DROPOUT)
            model = build_mlp(request.get("hidden_sizes", HIDDEN_SIZES), dropout=dropout, seed=seed)
            optimizer = request.get("optimizer", "adam")
            model.compile(optimizer, "categorical_crossentropy", metrics=request.get("metrics", ["accuracy"]))
        times = [time.perf_counter()]
        clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: times.append(time.perf_counter()))
        train(
            model,
            train_set,
            epochs=request["epochs"],
            batch_size=batch_size,
            seed=seed,
            augmentation=augmentation,
            callbacks=[clock],
        )
        seconds = [after - before for before, after in pairwise(times)]
        return {"seconds": seconds, "accuracy": evaluate(model, test_set).accuracy}

    return respond, {"versions": versions_of("digitnet", "keras", "jax", "numpy")}


serve(prepare)
