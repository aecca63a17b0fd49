"""The small dense networks that read pictures: of pixels, of characters, and of images in MNIST's frame.

They ship with the package. All are files of ONNX without metadata of ours: they classify no digits by themselves, and
no command takes them for a model. `scripts/train_reading_networks.py` makes them.
"""

from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from digitnet.arrays import AnyArray
from digitnet.errors import ModelFileError
from digitnet.model_file.digest import check_digest

__all__ = ["ReadingNetwork", "ReadingNetworks", "reading_networks"]

_FOLDER = Path(__file__).parents[1] / "bundled" / "reading"
_ROWS = 8192  # that are classified at once; chosen by hand, so that hidden layers fit into the processor's cache


class ReadingNetwork:
    """A dense network from uint8 features to logits.

    Args:
        path: Its file.

    Attributes:
        session: ONNX Runtime on one core: the bits of an answer do not depend on how many there are.

    Raises:
        ModelFileError: The digest inside the file is not that of its bytes.
    """

    def __init__(self, path: Path) -> None:
        content = path.read_bytes()
        try:
            check_digest(content)
        except ModelFileError as error:
            raise ModelFileError(f"{path}: {error}") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # Further optimizations would round the factors of each product to 8 bits, other ones on other processors.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        # Weights become float32 once, when the file is loaded, and not again for every answer.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def __call__(self, features: NDArray[np.uint8]) -> AnyArray:
        """Logits, float32 (n, classes), for features uint8 (n, k); n may be 0."""
        parts: Sequence[AnyArray] = [
            self.session.run(["logits"], {"features": features[first : first + _ROWS]})[0]
            for first in range(0, max(1, len(features)), _ROWS)
        ]
        return np.concatenate(parts)


class ReadingNetworks:
    """All of them, each of which is loaded when it is first used: a single digit mostly needs only one."""

    @cached_property
    def pixels(self) -> ReadingNetwork:
        """From `local_contrast` features to `PIXEL_KINDS`."""
        return ReadingNetwork(_FOLDER / "pixels.onnx")

    @cached_property
    def characters(self) -> ReadingNetwork:
        """From `character_views` features to `CHARACTER_NAMES`."""
        return ReadingNetwork(_FOLDER / "characters.onnx")

    @cached_property
    def frames(self) -> ReadingNetwork:
        """From the 784 pixels of an image in MNIST's frame to the ten digits, and then letters, marks and drawings."""
        return ReadingNetwork(_FOLDER / "frames.onnx")


@cache
def reading_networks() -> ReadingNetworks:
    """The networks of the package, the same ones for all who ask."""
    return ReadingNetworks()
