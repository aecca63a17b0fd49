"""Classifier: a model file, and what to do with it. The one way to a prediction."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from digitnet.answers import Digit
from digitnet.arrays import IMAGE_SIDE, AnyArray, Images, Labels, Logits, Probabilities
from digitnet.errors import ConfigurationError, PictureDecodeError
from digitnet.model_file import bundled_model_path, open_model
from digitnet.model_metadata import ModelMetadata, Precision
from digitnet.slices import for_each_slice

if TYPE_CHECKING:
    from digitnet.augmented_inference import AugmentedInference
    from digitnet.normalization import Box
    from digitnet.pictures import PictureSource

__all__ = ["Classifier", "Digit", "load_classifier"]

_CANDIDATES_REACH = 0.99  # sum of the candidates' probabilities


def load_classifier(
    model: str | Path | None = None,
    *,
    threads: int | None = None,
    precision: Precision | None = None,
    augment_inference: int = 0,
) -> "Classifier":
    """Load a trained model to classify with.

    Args:
        model: A `.onnx` file or a run folder; None takes the model that ships inside the package.
        threads: Cores that one call may use at most; None or 0 takes all that the process may use. However many
            there are, fewer than 512 images are classified on one core, and none is kept spinning between calls.
        precision: "float32" or "int8"; None takes what `open_model` takes.
        augment_inference: Distorted copies, up to 1000, from which an image is answered that the network is less than
            99 % sure of; see `augmented_inference`. 0 answers each image from itself alone.

    Returns:
        A Classifier.

    Raises:
        ModelFileError: The file is missing, damaged, not one of ours, from a newer version, or of another precision.
        ConfigurationError: threads is negative, there is no such precision, or augment_inference is out of range.
    """
    if threads is not None and threads < 0:
        raise ConfigurationError(f"threads is {threads}: expected 1 or more, or 0 for all cores")
    source = bundled_model_path(precision) if model is None else model
    session, metadata = open_model(source, precision=precision)
    return Classifier(session, metadata, threads=threads, augment_inference=augment_inference)


class Classifier:
    """Classifies images in MNIST's frame, and reads the digit in a picture.

    Any number of threads may use it at once, and so may a process forked from the one that loaded it. How many images
    come in one call, and on how many cores they are classified, changes no bit of an answer.

    Attributes:
        metadata: What the model file says about itself.
    """

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        metadata: ModelMetadata,
        *,
        threads: int | None = None,
        augment_inference: int = 0,
    ) -> None:
        self._session = session  # of one thread; a large batch runs it several times at once
        self._threads = threads or None
        self._augmentation = _augmentation(augment_inference)
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

    @property
    def augment_inference(self) -> int:
        """From how many distorted copies an image is answered that the network is unsure of, 0 to 1000."""
        return self._augmentation.copies if self._augmentation else 0

    def predict(self, images: Images) -> Labels:
        """The most probable class of each image.

        Args:
            images: uint8 (n, 28, 28) in MNIST's frame, 0 = paper, 255 = ink; n may be 0.

        Returns:
            Labels, uint8 (n,).

        Raises:
            PictureDecodeError: Another shape or dtype.
        """
        _check_images(images)
        labels = np.empty(len(images), np.uint8)

        def classify(part: slice) -> None:
            labels[part] = self._answer("probabilities", images[part]).argmax(axis=1)

        for_each_slice(classify, len(images), self._threads)
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

    def is_augmented(self, images: Images) -> NDArray[np.bool_]:
        """Which images are answered from distorted copies, and not from themselves alone.

        Args:
            images: As for `predict`.

        Returns:
            bool (n,), True where the network alone is less than 99 % sure; all False without `augment_inference`.

        Raises:
            PictureDecodeError: Another shape or dtype.
        """
        _check_images(images)
        is_augmented = np.zeros(len(images), np.bool_)
        augmentation = self._augmentation
        if augmentation is not None:

            def look(part: slice) -> None:
                (probabilities,) = self._session.run(["probabilities"], {"images": images[part]})
                is_augmented[part] = augmentation.in_doubt(probabilities)

            for_each_slice(look, len(images), self._threads)
        return is_augmented

    def read_digit(self, picture: "PictureSource") -> Digit:
        """Read the one digit of a picture.

        Args:
            picture: A path, the bytes of a file, a Pillow image or an array of any size; see `load_picture`.

        Returns:
            The digit. A blank picture gives one whose status is "not_a_digit", not an error.

        Raises:
            PictureError: The picture is missing, damaged, too large, or not a picture.
        """
        # OpenCV and Pillow take 40 ms to import: only those who have pictures pay for them.
        from digitnet.normalization import to_mnist_frame  # noqa: PLC0415
        from digitnet.pictures import load_picture  # noqa: PLC0415

        loaded = load_picture(picture)
        framed = to_mnist_frame(loaded.ink)
        if framed is None:
            height, width = loaded.ink.shape
            return _blank(height, width, loaded.notes)
        (digit,) = self._digits(framed.image[np.newaxis], [framed.box], loaded.notes)
        return digit

    def read_images(self, images: Images) -> list[Digit]:
        """Read the digit of each image, all of which are in MNIST's frame already: none is cut out or cleaned.

        Args:
            images: As for `predict`; some thousands at a time, since each answer takes a kilobyte.

        Returns:
            A digit for each, as `read_digit` gives it.

        Raises:
            PictureDecodeError: Another shape or dtype.
        """
        _check_images(images)
        return self._digits(images, _ink_boxes(images), ())

    def _digits(self, images: Images, boxes: "list[Box | None]", notes: tuple[str, ...]) -> list[Digit]:
        """What is in each image; None for a box is an image without ink."""
        probabilities = self.predict_proba(images)
        unsure_below = self.metadata.thresholds["unsure_below"]
        averaged = (f"unsure at first: averaged over {self.augment_inference} distorted copies",)
        is_averaged = self.is_augmented(images).tolist()
        digits = []
        for row, candidates, box, is_mean in zip(
            probabilities.tolist(), _candidates(probabilities), boxes, is_averaged, strict=True
        ):
            if box is None:
                digits.append(_blank(IMAGE_SIDE, IMAGE_SIDE, (*notes, "nothing written")))
                continue
            label = candidates[0]
            confidence = row[label]
            digits.append(
                Digit(
                    label=label,
                    text=self.class_names[label],
                    confidence=confidence,
                    candidates=candidates,
                    probabilities=tuple(row),
                    box=box,
                    line=0,
                    status="unsure" if confidence < unsure_below else "ok",
                    notes=(*notes, *averaged) if is_mean else notes,
                )
            )
        return digits

    def _run(self, output: str, images: Images) -> AnyArray:
        """One output of the graph, float32 (n, classes), for any number of images."""
        _check_images(images)
        answers = np.empty((len(images), self.num_classes), np.float32)

        def answer(part: slice) -> None:
            answers[part] = self._answer(output, images[part])

        for_each_slice(answer, len(images), self._threads)
        return answers

    def _answer(self, output: str, images: Images) -> AnyArray:
        """One output of the graph, float32 (n, classes), for a few images, n >= 1."""
        if self._augmentation is not None:
            return self._augmented_answer(self._augmentation, images)[output]
        (answers,) = self._session.run([output], {"images": images})
        return np.asarray(answers)

    def _augmented_answer(self, augmentation: "AugmentedInference", images: Images) -> dict[str, AnyArray]:
        """Both outputs of the graph, with those rows replaced that are in doubt."""

        def predict_logits(copies: Images) -> AnyArray:
            (logits,) = self._session.run(["logits"], {"images": copies})
            return np.asarray(logits)

        probabilities, logits = self._session.run(["probabilities", "logits"], {"images": images})
        in_doubt = augmentation.in_doubt(probabilities)
        means = augmentation.log_probabilities(images[in_doubt], logits[in_doubt], self.temperature, predict_logits)
        probabilities[in_doubt], logits[in_doubt] = np.exp(means), means * self.temperature
        return {"probabilities": probabilities, "logits": logits}


def _augmentation(copies: int) -> "AugmentedInference | None":
    if copies == 0:
        return None
    from digitnet.augmented_inference import AugmentedInference  # noqa: PLC0415 - what only few callers ask for

    return AugmentedInference(copies)


def _blank(height: int, width: int, notes: tuple[str, ...]) -> Digit:
    """The answer for a picture without ink."""
    return Digit(None, "", 0.0, (), (), (0, 0, width, height), 0, "not_a_digit", notes)


def _candidates(probabilities: Probabilities) -> list[tuple[int, ...]]:
    """Of each row, labels in falling probability until they reach 0.99; of equals, the lower label first."""
    falling = -probabilities
    order = falling.argsort(axis=1, kind="stable")
    falling.sort(axis=1)
    reached = np.cumsum(-falling, axis=1, dtype=np.float64)
    counts = (reached < _CANDIDATES_REACH).sum(axis=1) + 1
    return [tuple(labels[:count]) for labels, count in zip(order.tolist(), counts.tolist(), strict=True)]


def _ink_boxes(images: Images) -> "list[Box | None]":
    """The smallest box around every pixel above 0 of each image; None where there is none."""
    rows, columns = images.max(axis=2) > 0, images.max(axis=1) > 0  # which of them have ink, bool (n, 28)
    left, top = columns.argmax(axis=1), rows.argmax(axis=1)
    width = IMAGE_SIDE - left - columns[:, ::-1].argmax(axis=1)
    height = IMAGE_SIDE - top - rows[:, ::-1].argmax(axis=1)
    boxes = zip(left.tolist(), top.tolist(), width.tolist(), height.tolist(), strict=True)
    return [box if has_ink else None for box, has_ink in zip(boxes, rows.any(axis=1).tolist(), strict=True)]


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
