"""LitServe around ONNX Runtime. Arguments: the port, the model file, `batching` or `single`.

One worker. Pixels come as nested lists, or as base64, which is how its documentation sends pictures.
"""

import base64
import sys
from typing import Any

import litserve
import numpy as np

import contest

SIDE = 28


class OnnxRuntime(litserve.LitAPI):
    """The model."""

    def __init__(self, model: str, **batching: Any) -> None:
        super().__init__(**batching)
        self._model = model

    def setup(self, device: str) -> None:
        """Open the file, in the worker."""
        del device
        self._session = contest.onnx_session(self._model)

    def decode_request(self, request: dict[str, Any]) -> Any:
        """Images uint8 (n, 28, 28)."""
        if "base64" in request:
            return np.frombuffer(base64.b64decode(request["base64"]), np.uint8).reshape(-1, SIDE, SIDE)
        return np.asarray(request["images"], np.uint8)

    def batch(self, inputs: list[Any]) -> tuple[Any, list[int]]:
        """Requests with one image or more become one call."""
        return np.concatenate(inputs), [len(images) for images in inputs]

    def predict(self, x: Any) -> Any:
        """The probabilities; of a batch, with where each request's part ends."""
        if isinstance(x, tuple):
            images, counts = x
            (probabilities,) = self._session.run(["probabilities"], {"images": images})
            return np.split(probabilities, np.cumsum(counts)[:-1])
        return self._session.run(["probabilities"], {"images": x})[0]

    def unbatch(self, output: Any) -> Any:
        """They are apart already."""
        return output

    def encode_response(self, output: Any) -> dict[str, Any]:
        """As nested lists."""
        return {"probabilities": output.tolist()}


def main() -> None:
    """Serve until the process is ended."""
    port, model, way = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    batching = {"max_batch_size": 32, "batch_timeout": 0.001} if way == "batching" else {}
    server = litserve.LitServer(OnnxRuntime(model, **batching), accelerator="cpu", fast_queue=True)
    server.run(host="127.0.0.1", port=port, num_api_servers=1, log_level="warning", generate_client_file=False)


if __name__ == "__main__":  # its worker is a process that imports this file again
    main()
