"""digitnet's answers. Arguments: the test images, the run folder, the precision, how many images to check.

The precision is float32 or int8. A request has `images`, how many to answer in one call, and `budget`, the seconds to
spend.
"""

import inspect
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from contest import Answer, Request, load_arrays, seconds_of_a_call, serve, versions_of
from digitnet import Classifier, load_classifier


def opened(folder: str, precision: Any) -> Classifier:
    """The classifier in one precision; a version of digitnet that knows one precision only has float32."""
    if "precision" in inspect.signature(load_classifier).parameters:
        return load_classifier(folder, precision=precision)
    if precision != "float32":
        raise SystemExit(f"this version of digitnet has no {precision} models")
    return load_classifier(folder)


def prepare() -> tuple[Callable[[Request], Answer], dict[str, Any]]:
    """Load, and check some images; where none are to be checked, no memory is spent on it."""
    data, folder, precision, checked = sys.argv[1:5]
    arrays = load_arrays(data)
    images = arrays["x_test"]
    classifier = opened(folder, precision)
    ready: dict[str, Any] = {"versions": versions_of("digitnet", "onnxruntime", "numpy")}
    if few := int(checked):
        ready["accuracy"] = float((classifier.predict(images[:few]) == arrays["y_test"][:few]).mean())
        unasked = load_classifier(folder).predict_logits(images[:few])
        # The precision that a user gets who asks for none.
        ready["is_default"] = bool((unasked == classifier.predict_logits(images[:few])).all())

    def respond(request: Request) -> Answer:
        n = request["images"]
        repeated = images[np.arange(n) % len(images)] if n > len(images) else images

        def call(number: int) -> object:
            start = number * n % (len(repeated) - n + 1)
            return classifier.predict(repeated[start : start + n])

        return {"seconds": seconds_of_a_call(call, request["budget"])}

    return respond, ready


serve(prepare)
