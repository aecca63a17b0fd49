"""What every contestant does: prepare once, then work when it is asked to.

A contestant is a script of its own, so that it can run in another environment than digitnet's. It imports nothing
but this file, NumPy, and what it measures. It prints one JSON object when it is ready; then for each line of JSON that
it reads on stdin, a request, it prints one more, the answer.
"""

import json
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

HIDDEN_SIZES = (512, 512)
DROPOUT = 0.2
BATCH_SIZE = 128
LEARNING_RATE = 1e-3  # Keras's default for Adam

Arrays: TypeAlias = dict[str, NDArray[Any]]  # x_train, y_train, x_test, y_test: uint8, as Keras names them
Answer: TypeAlias = dict[str, Any]
Respond: TypeAlias = Callable[[dict[str, Any]], Answer]  # request -> answer


def load_arrays(path: str) -> Arrays:
    """All arrays of an `.npz` file."""
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def pixels(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Images uint8 (n, 28, 28) as the networks of the peers take them: float32 (n, 784) in [0, 1]."""
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255)


def versions_of(*names: str) -> dict[str, str]:
    """Versions of installed packages, and of Python."""
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def onnx_session(model: str, threads: int = 1) -> Any:
    """ONNX Runtime with one thread, since several would only spin for the next image; 0 leaves the number to it."""
    import onnxruntime  # noqa: PLC0415 - not in every environment

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def serve(prepare: Callable[[], tuple[Respond, Answer]]) -> None:
    """Make everything ready, report at least `versions`, and answer requests until stdin ends."""
    # Whatever a library prints must not end up between the answers.
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        respond, ready = prepare()
        print(json.dumps(ready), file=answers, flush=True)
        for line in sys.stdin:
            answer = respond(json.loads(line))
            print(json.dumps({**answer, "peak_mb": peak_megabytes()}), file=answers, flush=True)


def peak_megabytes() -> float:
    """Most memory that this process ever had in use, in units of 1,000,000 bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage: on Linux it starts from what the process that started this one had in use.
        (line,) = (line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def seconds_of_a_call(call: Callable[[int], object], budget: float) -> float:
    """Median duration of a call, after one that does not count; three calls at least, for `budget` seconds.

    The call gets its number, so that it can take another image each time.
    """
    call(0)
    seconds: list[float] = []
    end = time.perf_counter() + budget
    while len(seconds) < 3 or time.perf_counter() < end:
        began = time.perf_counter()
        call(len(seconds) + 1)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def answer_repeatedly(predict: Callable[[NDArray[Any]], object], images: NDArray[Any]) -> Respond:
    """Answers requests that have `images`, how many to answer in one call, and `budget`, the seconds to spend."""

    def respond(request: dict[str, Any]) -> Answer:
        n = request["images"]
        repeated = images[np.arange(n) % len(images)] if n > len(images) else images

        def call(number: int) -> object:
            start = number * n % (len(repeated) - n + 1)
            return predict(repeated[start : start + n])

        return {"seconds": seconds_of_a_call(call, request["budget"])}

    return respond
