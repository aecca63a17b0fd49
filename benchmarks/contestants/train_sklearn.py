"""scikit-learn's MLPClassifier, which has no dropout. Arguments: the data."""

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

from contest import BATCH_SIZE, HIDDEN_SIZES, LEARNING_RATE, Answer, Request, load_arrays, pixels, serve, versions_of


def prepare() -> tuple[Callable[[Request], Answer], dict[str, Any]]:
    """Load; what is returned trains, one `partial_fit` an epoch, and evaluates."""
    data = load_arrays(sys.argv[1])
    x_train, x_test = (pixels(data[name]) for name in ("x_train", "x_test"))
    classes = np.unique(data["y_train"])

    def respond(request: Request) -> Answer:
        images = request.get("images", len(x_train))
        model = MLPClassifier(
            HIDDEN_SIZES,
            solver="adam",
            alpha=0.0,
            batch_size=BATCH_SIZE,
            learning_rate_init=LEARNING_RATE,
            random_state=request.get("seed", 0),
        )
        seconds = []
        for _ in range(request["epochs"]):
            began = time.perf_counter()
            model.partial_fit(x_train[:images], data["y_train"][:images], classes=classes)
            seconds.append(time.perf_counter() - began)
        return {"seconds": seconds, "accuracy": float(model.score(x_test, data["y_test"]))}

    return respond, {"versions": versions_of("scikit-learn", "numpy")}


serve(prepare)
