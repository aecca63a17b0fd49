"""Stands for Triton's backend `onnxruntime`, whose library is in no registry: the same runtime, as a package of Python.

Triton runs it inside a process of its own, which is told by DIGITNET_TRITON_PACKAGES where that package is.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, os.environ["DIGITNET_TRITON_PACKAGES"])  # before NumPy is imported

import numpy as np
import onnxruntime
import triton_python_backend_utils as triton  # type: ignore[import-not-found]  # Triton puts it there

__all__ = ["TritonPythonModel"]


class TritonPythonModel:
    """What Triton calls."""

    def initialize(self, args: dict[str, str]) -> None:
        """Open the model file of the repository."""
        file = Path(args["model_repository"], args["model_version"], "model.onnx")
        self.session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        self.names = [output["name"] for output in json.loads(args["model_config"])["output"]]

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer requests; by DLPack, since Triton 2.51 does not know the arrays of NumPy 2."""
        return [self._answer(np.from_dlpack(triton.get_input_tensor_by_name(one, "images"))) for one in requests]

    def _answer(self, images: Any) -> Any:
        values = self.session.run(self.names, {"images": images})
        pairs = zip(self.names, values, strict=True)
        return triton.InferenceResponse([triton.Tensor.from_dlpack(name, array) for name, array in pairs])
