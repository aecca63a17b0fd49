"""digitnet's own training. Arguments: the data."""

import sys
import time
from itertools import pairwise
from typing import Any

import numpy as np

import contest
from digitnet import Dataset, build_mlp, evaluate, train
from digitnet.augmentation.augmenter import make_augmentation
from digitnet.network.backend import keras
from digitnet.runs.training import compiled_model
from digitnet.training.recipes import PRESETS


def prepare() -> tuple[contest.Respond, contest.Answer]:
    """Load; what is returned builds, compiles, trains and evaluates.

    A request has `epochs` and may have `seed`, `images` (as many as these, by repetition where there are fewer),
    `hidden_sizes`, `batch_size`, `dropout`, `optimizer` and `metrics`; or it has `preset`, which decides all of that,
    and `augment`, False for images as they are.
    """
    data = contest.load_arrays(sys.argv[1])
    test_set = Dataset(data["x_test"], data["y_test"])

    def respond(request: dict[str, Any]) -> contest.Answer:
        places = np.arange(request.get("images", len(data["x_train"]))) % len(data["x_train"])
        train_set = Dataset(data["x_train"][places], data["y_train"][places])
        how: dict[str, Any] = {
            "seed": request.get("seed", 0),
            "batch_size": request.get("batch_size", contest.BATCH_SIZE),
        }
        if "preset" in request:
            recipe = PRESETS[request["preset"]]
            model, how["batch_size"] = compiled_model(recipe, train_set), recipe.batch_size
            how["augmentation"] = make_augmentation(recipe.augmentation) if request["augment"] else None
        else:
            dropout, sizes = request.get("dropout", contest.DROPOUT), request.get("hidden_sizes", contest.HIDDEN_SIZES)
            model = build_mlp(sizes, dropout=dropout, seed=how["seed"])
            optimizer, metrics = request.get("optimizer", "adam"), request.get("metrics", ["accuracy"])
            model.compile(optimizer, "categorical_crossentropy", metrics=metrics)
        times = [time.perf_counter()]
        clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: times.append(time.perf_counter()))
        train(model, train_set, epochs=request["epochs"], callbacks=[clock], **how)
        seconds = [after - before for before, after in pairwise(times)]
        return {"seconds": seconds, "accuracy": evaluate(model, test_set).accuracy}

    return respond, {"versions": contest.versions_of("digitnet", "keras", "jax", "numpy")}


contest.serve(prepare)
