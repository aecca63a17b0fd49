"""What every contestant does: prepare once, then train when asked, and say how long an epoch took.

A contestant is a script of its own, so that it can run in another environment than digitnet's. It imports nothing
but this file, NumPy, and what it measures. On stdin comes one line a round; on stdout goes one JSON object a round,
after a first one when it is ready.
"""

import json
import resource
import statistics
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["BATCH_SIZE", "DROPOUT", "EPOCHS", "HIDDEN_SIZES", "Arrays", "Result", "compete"]

HIDDEN_SIZES = (512, 512)
DROPOUT = 0.2
BATCH_SIZE = 128
EPOCHS = 3  # a round; the first compiles and is not counted

Arrays: TypeAlias = dict[str, NDArray[Any]]  # x_train, y_train, x_test, y_test: uint8, as Keras names them
Result: TypeAlias = tuple[Sequence[float], float]  # seconds of each epoch, test accuracy after the last


def compete(prepare: Callable[[Arrays], Callable[[], Result]], versions: dict[str, str]) -> None:
    """Serve rounds until stdin ends.

    Args:
        prepare: Gets the data and returns a function that trains a new network for `EPOCHS` epochs.
        versions: Of what is measured.
    """
    with np.load(sys.argv[1]) as archive:
        data = {name: archive[name] for name in archive.files}
    train = prepare(data)
    _answer({"versions": versions})
    for _ in sys.stdin:
        seconds, accuracy = train()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000  # kB to MB
        _answer({"seconds": statistics.median(seconds[1:]), "accuracy": accuracy, "peak_mb": peak})


def _answer(content: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()
