"""digitnet's own training."""

import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import pairwise

from contest import BATCH_SIZE, DROPOUT, EPOCHS, HIDDEN_SIZES, Arrays, Result, compete
from digitnet import Dataset, build_mlp, evaluate, train
from digitnet.backend import keras


def prepare(data: Arrays) -> Callable[[], Result]:
    """Load; what is returned builds, compiles and trains."""
    train_set = Dataset(data["x_train"], data["y_train"])
    test_set = Dataset(data["x_test"], data["y_test"])

    def run() -> Result:
        model = build_mlp(HIDDEN_SIZES, dropout=DROPOUT, seed=0)
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        times = [time.perf_counter()]
        clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: times.append(time.perf_counter()))
        train(model, train_set, epochs=EPOCHS, batch_size=BATCH_SIZE, callbacks=[clock])
        seconds = [after - before for before, after in pairwise(times)]
        return seconds, evaluate(model, test_set).accuracy

    return run


compete(prepare, {name: version(name) for name in ("digitnet", "keras", "jax")})
