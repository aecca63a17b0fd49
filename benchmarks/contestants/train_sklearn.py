"""scikit-learn's MLPClassifier, which has no dropout. Arguments: the data."""

import sys
import time
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier

import contest


def prepare() -> tuple[contest.Respond, contest.Answer]:
    """Load; what is returned trains, one `partial_fit` an epoch, and evaluates."""
    data = contest.load_arrays(sys.argv[1])
    x_train, x_test = (contest.pixels(data[name]) for name in ("x_train", "x_test"))
    classes = np.unique(data["y_train"])
    how = {
        "solver": "adam",
        "alpha": 0.0,
        "batch_size": contest.BATCH_SIZE,
        "learning_rate_init": contest.LEARNING_RATE,
    }

    def respond(request: dict[str, Any]) -> contest.Answer:
        n, seconds = request.get("images", len(x_train)), []
        model = MLPClassifier(contest.HIDDEN_SIZES, **how, random_state=request.get("seed", 0))
        for _ in range(request["epochs"]):
            began = time.perf_counter()
            model.partial_fit(x_train[:n], data["y_train"][:n], classes=classes)
            seconds.append(time.perf_counter() - began)
        return {"seconds": seconds, "accuracy": float(model.score(x_test, data["y_test"]))}

    return respond, {"versions": contest.versions_of("scikit-learn", "numpy")}


contest.serve(prepare)
