"""Classifier: a model file, and what to do with it. The one way to a prediction."""

from pathlib import Path

import numpy as np
import onnxruntime

from digitnet.answers import Digit
from digitnet.arrays import IMAGE_SIDE, AnyArray, Images, Labels, Logits, Probabilities
from digitnet.errors import PictureDecodeError
from digitnet.model_file import bundled_model_path, open_model
from digitnet.model_metadata import ModelMetadata
from digitnet.normalization import to_mnist_frame
from digitnet.pictures import PictureSource, load_picture

__all__ = ["Classifier", "Digit", "load_classifier"]

_BATCH_SIZE = 1024  # fastest of 64 to 10,000; bounds memory to a few megabytes, however many images come
_CANDIDATES_REACH = 0.99  # sum of the candidates' probabilities


def load_classifier(model: str | Path | None = None, *, threads: int = 1) -> "Classifier":
    """Load a trained model to classify with.

    Args:
        model: A `.onnx` file or a run folder; None takes the model that ships inside the package.
        threads: Cores that one call may use; 0 takes all. See `open_model`.

    Returns:
        A Classifier.

    Raises:
        ModelFileError: The file is missing, damaged, not one of ours, or from a newer version.
    """
    session, metadata = open_model(bundled_model_path() if model is None else model, threads=threads)
    return Classifier(session, metadata)


class Classifier:
    """Classifies images in MNIST's frame, and reads the digit in a picture.

    Any number of threads may use it at once.

    Attributes:
        metadata: What the model file says about itself.
    """

    def __init__(self, session: onnxruntime.InferenceSession, metadata: ModelMetadata) -> None:
        self._session = session
        self.metadata = metadata

    @property
    def class_names(self) -> tuple[str, ...]:
        """The text of each label."""
        return self.metadata.class_names

    @property
    def num_classes(self) -> int:
        """How many classes there are, 1 to 256."""
        return len(self.metadata.class_names)

    @property
    def temperature(self) -> float:
        """What the logits are divided by before the softmax, above 0."""
        return float(self.metadata.calibration["temperature"])

    def predict(self, images: Images) -> Labels:
        """The most probable class of each image.

        Args:
            images: uint8 (n, 28, 28) in MNIST's frame, 0 = paper, 255 = ink; n may be 0.

        Returns:
            Labels, uint8 (n,).

        Raises:
            PictureDecodeError: Another shape or dtype.
        """
        labels: Labels = self._run("probabilities", images).argmax(axis=1).astype(np.uint8)
        return labels

    def predict_proba(self, images: Images) -> Probabilities:
        """The calibrated probability of each class.

        Args:
            images: As for `predict`.

        Returns:
            Probabilities, float32 (n, classes), in [0, 1]; each row sums to 1.

        Raises:
            PictureDecodeError: Another shape or dtype.
        """
        return self._run("probabilities", images)

    def predict_logits(self, images: Images) -> Logits:
        """What the last layer gives: softmax(logits / temperature) are the probabilities.

        Args:
            images: As for `predict`.

        Returns:
            Logits, float32 (n, classes).

        Raises:
            PictureDecodeError: Another shape or dtype.
        """
        return self._run("logits", images)

    def read_digit(self, picture: PictureSource) -> Digit:
        """Read the one digit of a picture.

        Args:
            picture: A path, the bytes of a file, a Pillow image or an array of any size; see `load_picture`.

        Returns:
            The digit. A blank picture gives one whose status is "not_a_digit", not an error.

        Raises:
            PictureError: The picture is missing, damaged, too large, or not a picture.
        """
        loaded = load_picture(picture)
        framed = to_mnist_frame(loaded.ink)
        if framed is None:
            height, width = loaded.ink.shape
            return Digit(None, "", 0.0, (), (), (0, 0, width, height), 0, "not_a_digit", loaded.notes)
        (probabilities,) = self.predict_proba(framed.image[np.newaxis])
        label = int(probabilities.argmax())
        confidence = float(probabilities[label])
        return Digit(
            label=label,
            text=self.class_names[label],
            confidence=confidence,
            candidates=_candidates(probabilities),
            probabilities=tuple(probabilities.tolist()),
            box=framed.box,
            line=0,
            status="unsure" if confidence < self.metadata.thresholds["unsure_below"] else "ok",
            notes=loaded.notes,
        )

    def _run(self, output: str, images: Images) -> AnyArray:
        """One output of the graph, float32 (n, classes), computed batch by batch."""
        _check_images(images)
        answers = np.empty((len(images), self.num_classes), np.float32)
        for start in range(0, len(images), _BATCH_SIZE):
            batch = slice(start, start + _BATCH_SIZE)
            (answers[batch],) = self._session.run([output], {"images": images[batch]})
        return answers


def _candidates(probabilities: AnyArray) -> tuple[int, ...]:
    """Labels in falling probability until they reach 0.99; of equals, the lower label first."""
    order = np.argsort(-probabilities, kind="stable")
    reached = np.cumsum(probabilities[order], dtype=np.float64)
    count = min(int(np.searchsorted(reached, _CANDIDATES_REACH)) + 1, len(order))
    return tuple(order[:count].tolist())


def _check_images(images: object) -> None:
    """Refuse anything that is not uint8 (n, 28, 28), and say what would make it so."""
    expected = f"expected images as a uint8 array of shape (n, {IMAGE_SIDE}, {IMAGE_SIDE})"
    if not isinstance(images, np.ndarray):
        raise PictureDecodeError(f"{expected}, found {type(images).__name__}")
    if images.shape[1:] != (IMAGE_SIDE, IMAGE_SIDE):
        hint = _shape_hint(images.shape)
        raise PictureDecodeError(f"{expected}, found shape {images.shape}{hint}")
    if images.dtype != np.uint8:
        hint = ""
        if images.dtype.kind == "f":
            hint = ": the division by 255 is inside the model, so pass np.rint(images * 255).astype(np.uint8)"
        raise PictureDecodeError(f"{expected}, found {images.dtype}{hint}")


def _shape_hint(shape: tuple[int, ...]) -> str:
    if shape == (IMAGE_SIDE, IMAGE_SIDE):
        return ": for a single image pass images[None]"
    if shape[1:] == (IMAGE_SIDE, IMAGE_SIDE, 1):
        return ": pass images[..., 0]"
    if shape[1:] == (IMAGE_SIDE * IMAGE_SIDE,):
        return f": pass images.reshape(-1, {IMAGE_SIDE}, {IMAGE_SIDE})"
    return ": for pictures of any size use read_digit"
