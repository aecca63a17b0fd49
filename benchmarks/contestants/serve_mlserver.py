"""MLServer with a runtime of its own around ONNX Runtime. Arguments: the port, the model file, `batching` or `single`.

One process: MLServer's worker processes only add a hop for a network that answers in a tenth of a millisecond. Beside
JSON it takes pixels as base64, the most compact form that it reads over HTTP: it does not know the binary extension.
"""

import asyncio
import sys
from typing import Any

import numpy as np
from mlserver import MLModel, MLServer, ModelSettings
from mlserver.codecs import Base64Codec, NumpyCodec
from mlserver.settings import ModelParameters, Settings
from mlserver.types import InferenceRequest, InferenceResponse, RequestInput

import contest

SIDE = 28


def images_of(tensor: RequestInput) -> Any:
    """Images uint8 (n, 28, 28), from numbers or from base64."""
    if tensor.datatype == "BYTES":
        pixels = b"".join(Base64Codec.decode_input(tensor))
        return np.frombuffer(pixels, np.uint8).reshape(-1, SIDE, SIDE)
    return NumpyCodec.decode_input(tensor)


class OnnxRuntime(MLModel):
    """The model."""

    async def load(self) -> bool:
        """Open the file."""
        self._session = contest.onnx_session(self.settings.parameters.uri)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answer with the probabilities."""
        images = images_of(payload.inputs[0])
        (probabilities,) = self._session.run(["probabilities"], {"images": images})
        return InferenceResponse(
            model_name=self.name, outputs=[NumpyCodec.encode_output("probabilities", probabilities)]
        )


async def main() -> None:
    """Serve until the process is ended."""
    port, model, way = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    batching = {"max_batch_size": 32, "max_batch_time": 0.001} if way == "batching" else {}
    ports = {"http_port": port, "grpc_port": port + 1, "metrics_port": port + 2}
    lean = {"debug": False, "parallel_workers": 0, "gzip_enabled": False, "load_models_at_startup": False}
    settings = Settings(host="127.0.0.1", **ports, **lean)
    served = ModelSettings(
        name="digitnet", implementation=OnnxRuntime, parameters=ModelParameters(uri=model), **batching
    )
    await MLServer(settings).start([served])


asyncio.run(main())
