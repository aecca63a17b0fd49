"""Small model files to export, and images that have something to say to them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from digitnet.arrays import Images
from made_up_model_files import model_file
from made_up_networks import made_up_images

__all__ = ["images_of_ink", "model_path"]


def images_of_ink(n: int) -> Images:
    """Blots of ink, uint8 (n, 28, 28)."""
    return np.asarray(made_up_images(n), np.uint8)


def model_path(folder: Path, sizes: Sequence[int] = (20, 12), operator: str = "Relu") -> Path:
    """A model file in float32 with weights at random."""
    path = folder / "model.onnx"
    path.write_bytes(model_file(sizes, operator))
    return path
