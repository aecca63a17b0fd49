"""A few images inside a model file, and the probabilities that the model gave when it was written; needs no `onnx`.

The digest of a file says that its bytes are those that were written. Whether they also answer as they did then, on this
processor and by this ONNX Runtime, only answers can tell. They stand in the metadata of the file, so that they go where
the model goes, and its digest covers them too.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, Images, Probabilities
from digitnet.errors import ModelFileError

if TYPE_CHECKING:
    from digitnet.model_file.contract import ModelSession

__all__ = ["REFERENCE_KEY", "TOLERANCE", "ReferenceAnswers", "evenly_spaced"]

REFERENCE_KEY = "digitnet_reference_answers"
# Largest accepted difference in a probability, chosen by hand. Another processor rounds float32 sums otherwise, by
# 1e-6, and an int8 model whose sum is halfway between two steps then takes the other of them.
TOLERANCE = 1e-3

_COUNT = 10  # images that a file keeps, 14 kB with their answers; chosen by hand
_CHARACTERS_MAX = 1 << 22  # of the text; a hundred times what ours has. Chosen by hand.


@dataclass(frozen=True)
class ReferenceAnswers:
    """Images, and how a model answered them when its file was written.

    Attributes:
        images: uint8 (n, 28, 28), n >= 1.
        probabilities: float32 (n, classes).
    """

    images: Images
    probabilities: Probabilities

    @classmethod
    def of(cls, session: "ModelSession") -> "ReferenceAnswers | None":
        """Those that a model file has kept.

        Args:
            session: From `open_model`.

        Returns:
            None where the file has none: it is older than they are, or was made by another program.

        Raises:
            ModelFileError: They are damaged.
        """
        text = session.get_modelmeta().custom_metadata_map.get(REFERENCE_KEY)
        return None if text is None else cls.from_json(text)

    def largest_difference(self, session: "ModelSession") -> float:
        """How far the answers of a model are from these.

        Args:
            session: From `open_model`.

        Returns:
            The largest difference between two probabilities, in [0, 1].

        Raises:
            ModelFileError: The answers are for another number of classes.
        """
        (found,) = session.run(["probabilities"], {"images": self.images})
        if found.shape != self.probabilities.shape:
            raise ModelFileError(f"the model answers with shape {found.shape}, its file has {self.probabilities.shape}")
        return float(np.abs(found - self.probabilities).max())

    def to_json(self) -> str:
        """The text for the metadata: one line, and the same bits when it is read again."""
        arrays = {"images": self.images, "probabilities": self.probabilities.astype("<f4")}
        encoded = {name: base64.b64encode(array.tobytes()).decode() for name, array in arrays.items()}
        return json.dumps({"n": len(self.images), **encoded}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "ReferenceAnswers":
        """Read the text of a model file.

        Args:
            text: As `to_json` made it.

        Raises:
            ModelFileError: Not such a text.
        """
        try:
            if len(text) > _CHARACTERS_MAX:
                raise ValueError(f"{len(text):,} characters")
            content = json.loads(text)
            n = content["n"]
            if not isinstance(n, int) or n < 1:
                raise ValueError(f"{n!r:.40} images")
            images = np.frombuffer(_decoded(content["images"]), np.uint8).reshape(n, IMAGE_SIDE, IMAGE_SIDE)
            numbers: NDArray[np.float32] = np.frombuffer(_decoded(content["probabilities"]), "<f4").reshape(n, -1)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise ModelFileError(f"the reference answers in the file are damaged: {error}") from error
        if not np.isfinite(numbers).all():
            raise ModelFileError("the reference answers in the file are damaged: they are not finite")
        return cls(images, numbers.astype(np.float32))


def evenly_spaced(images: Images) -> Images:
    """The images that a file keeps, from everywhere: data sets may be sorted by class.

    Args:
        images: uint8 (n, 28, 28), n >= 1: training images, never test images.

    Returns:
        Ten of them, or all where there are fewer.
    """
    return images[np.linspace(0, len(images) - 1, min(len(images), _COUNT)).astype(np.int64)]


def _decoded(text: object) -> bytes:
    if not isinstance(text, str):
        raise TypeError(f"expected text, found {type(text).__name__}")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not in base64") from error
