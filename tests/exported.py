"""Small model files to export, and images that have something to say to them."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from digitnet.arrays import Images
from digitnet.model_file.quantization import quantize
from made_up_model_files import model_file
from made_up_networks import made_up_images

__all__ = ["images_of_ink", "int8_model_path", "model_path", "needs_all", "web_runtime_folder"]


needs_all = pytest.mark.skipif(
    "DIGITNET_TEST_ALL" not in os.environ,
    reason="takes long: run it with DIGITNET_TEST_ALL=1, as scripts/test-exports does",
)


def images_of_ink(n: int) -> Images:
    """Blots of ink, uint8 (n, 28, 28)."""
    return np.asarray(made_up_images(n), np.uint8)


def model_path(folder: Path, sizes: Sequence[int] = (20, 12), operator: str = "Relu") -> Path:
    """A model file in float32 with weights at random."""
    path = folder / "model.onnx"
    path.write_bytes(model_file(sizes, operator))
    return path


def int8_model_path(folder: Path, images: Images, sizes: Sequence[int] = (20, 12), operator: str = "Relu") -> Path:
    """The same in int8, with the ranges of these images."""
    path = folder / "model_int8.onnx"
    path.write_bytes(quantize(model_file(sizes, operator), images))
    return path


def web_runtime_folder(folder: Path) -> Path:
    """A package that has the files of onnxruntime-web, none of which does anything."""
    package = folder / "package"
    (package / "dist").mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"name": "onnxruntime-web", "version": "1.2.3"}))
    (package / "dist" / "ort.wasm.min.js").write_text("throw 1")
    (package / "dist" / "ort-wasm-simd-threaded.mjs").write_text("export {}")
    (package / "dist" / "ort-wasm-simd-threaded.wasm").write_bytes(b"\0asm")
    return package
