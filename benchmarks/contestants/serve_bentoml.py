"""BentoML around ONNX Runtime. Arguments: the port, the model file, `batching` or `single`.

One worker. Pixels come as nested lists, or as base64. The script starts `bentoml serve` on itself, in its own place.
"""

import base64
import os
import sys
from pathlib import Path
from typing import Any

import bentoml
import numpy as np

import contest

SIDE = 28
_MODEL = "SERVED_MODEL"  # an environment variable, since the service is imported by BentoML
_BATCHING = {"batchable": True, "max_batch_size": 256, "max_latency_ms": 10_000}  # sooner it refuses what waits


def decoded(texts: list[str]) -> Any:
    """Images uint8 (n, 28, 28)."""
    return np.frombuffer(b"".join(map(base64.b64decode, texts)), np.uint8).reshape(-1, SIDE, SIDE)


@bentoml.service(workers=1, logging={"access": {"enabled": False}}, traffic={"timeout": 30})
class Single:
    """A request is a call."""

    def __init__(self) -> None:
        self._session = contest.onnx_session(os.environ[_MODEL])

    @bentoml.api
    def numbers(self, images: np.ndarray) -> np.ndarray:
        """Probabilities of images as nested lists."""
        return self._session.run(["probabilities"], {"images": images.astype(np.uint8)})[0]

    @bentoml.api
    def text(self, images: list[str]) -> np.ndarray:
        """Probabilities of images, each as base64."""
        return self._session.run(["probabilities"], {"images": decoded(images)})[0]


@bentoml.service(workers=1, logging={"access": {"enabled": False}}, traffic={"timeout": 30})
class Batching:
    """Requests that arrive together become one call."""

    def __init__(self) -> None:
        self._session = contest.onnx_session(os.environ[_MODEL])

    @bentoml.api(**_BATCHING)
    def numbers(self, images: np.ndarray) -> np.ndarray:
        """Probabilities of images as nested lists."""
        return self._session.run(["probabilities"], {"images": images.astype(np.uint8)})[0]

    @bentoml.api(**_BATCHING)
    def text(self, images: list[str]) -> list[list[float]]:
        """Probabilities of images, each as base64."""
        return self._session.run(["probabilities"], {"images": decoded(images)})[0].tolist()


def main() -> None:
    """Become `bentoml serve`."""
    port, model, way = sys.argv[1:4]
    service = {"batching": "Batching", "single": "Single"}[way]
    here = Path(__file__)
    os.environ |= {_MODEL: model, "BENTOML_DO_NOT_TRACK": "True"}
    command = ["-m", "bentoml", "serve", f"{here.stem}:{service}", "--host", "127.0.0.1", "--port", port]
    os.execv(sys.executable, [sys.executable, *command, "--working-dir", str(here.parent)])  # noqa: S606


if __name__ == "__main__":
    main()
