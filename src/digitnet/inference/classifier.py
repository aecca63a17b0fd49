"""Classifier: a model file, and what to do with it. Joins the predictor, the decision and the reader."""

from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, Images, Labels, Logits, Probabilities, check_images
from digitnet.errors import ConfigurationError, ModelFileError
from digitnet.inference.answers import Digit, Reading, Table
from digitnet.inference.decision import Place, decision_for, ink_boxes, second_probabilities
from digitnet.inference.notebook import classifier_html, dense_sizes
from digitnet.inference.predictor import Predictor
from digitnet.model_file.contract import (
    BUNDLED_FOLDER,
    DIGIT_SCORE,
    SECOND_LOGITS,
    ModelSession,
    bundled_model_path,
    open_model,
)
from digitnet.model_file.metadata import ModelMetadata, Precision

if TYPE_CHECKING:
    from digitnet.inference.augmented_inference import AugmentedInference
    from digitnet.inference.reader import Reader, Trace
    from digitnet.pictures.decoding import PictureSource

__all__ = ["DEFAULT_COVERAGE", "DEFAULT_REFUSAL", "Classifier", "Digit", "Reading", "load_classifier"]

# Part of digits like MNIST's whose candidates hold the right label; chosen by hand.
DEFAULT_COVERAGE = 0.99
# Part of digits like MNIST's that is refused; docs/log.md, 2026-11-28, "what is no digit": a real digit that is refused
# annoys more than a scribble that is answered.
DEFAULT_REFUSAL = 0.001


_DEFAULTS = {"threads": None, "augment_inference": 0, "coverage": DEFAULT_COVERAGE, "refusal": DEFAULT_REFUSAL}


def load_classifier(
    model: str | Path | bytes | None = None,
    *,
    threads: int | None = None,
    precision: Precision | None = None,
    augment_inference: int = 0,
    coverage: float = DEFAULT_COVERAGE,
    refusal: float = DEFAULT_REFUSAL,
) -> "Classifier":
    """Load a trained model to classify with.

    Args:
        model: A `.onnx` file, a run folder, or the bytes of such a file; None takes the one that ships inside the
            package. One that was given as bytes cannot be pickled.
        threads: Cores that one call may use at most; None or 0 takes all that the process may use. However many
            there are, fewer than 512 images are classified on one core, and none is kept spinning between calls.
        precision: "float32" or "int8"; None takes what `open_model` takes.
        augment_inference: Distorted copies, up to 1000, from which an image is answered that the network is less than
            99 % sure of; see `augmented_inference`. 0 answers each image from itself alone.
        coverage: How often the candidates of a digit like MNIST's are to hold the right label, in (0, 1).
        refusal: The share of digits like MNIST's that may be taken for no digits, in [0, 1). The larger, the more of
            what is no digit is refused; 0 always answers where anything is written. The model file's next smaller share
            counts; a model without `digit_score` refuses nothing but blank paper.

    Returns:
        A Classifier.

    Raises:
        ModelFileError: The file is missing, damaged, not one of ours, from a newer version, or of another precision.
        ConfigurationError: threads is negative, there is no such precision, or another number is out of range.
    """
    if threads is not None and threads < 0:
        raise ConfigurationError(f"threads is {threads}: expected 1 or more, or 0 for all cores")
    session, metadata = open_model(bundled_model_path(precision) if model is None else model, precision=precision)
    return Classifier(
        session, metadata, threads=threads, augment_inference=augment_inference, coverage=coverage, refusal=refusal
    )


class Classifier:
    """Classifies images in MNIST's frame, and reads the digits in a picture.

    Any number of threads may use it at once, and so may a process forked from the one that loaded it. It can be pickled
    for other processes, which open the same file again. How many images come in one call, and on how many cores they
    are classified, changes no bit of an answer.

    Attributes:
        metadata: What the model file says about itself.
        predictor: Runs the networks of the model file.
        decision: Says what their outputs mean.
        has_digest: Whether the model file has a SHA-256 of its bytes, so that damage to it would have been found.
    """

    def __init__(
        self,
        session: ModelSession,
        metadata: ModelMetadata,
        *,
        threads: int | None = None,
        augment_inference: int = 0,
        coverage: float = DEFAULT_COVERAGE,
        refusal: float = DEFAULT_REFUSAL,
    ) -> None:
        self.metadata = metadata
        self.has_digest = session.digest is not None
        self._session = session
        self._settings: dict[str, Any] = {
            "threads": threads,
            "augment_inference": augment_inference,
            "coverage": coverage,
            "refusal": refusal,
        }
        self.decision = decision_for(metadata, coverage, refusal)
        self.predictor = Predictor(
            session,
            [output.name for output in session.get_outputs()],
            len(metadata.class_names),
            self.decision.temperature,
            threads=threads or None,
            augmentation=_augmentation(augment_inference),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        path: Path | None = self._session.path
        if path is None:
            raise ModelFileError(
                "this classifier was made from the bytes of a model file and cannot be pickled: write them to a file "
                "and use load_classifier(path), so that another process can open it too"
            )
        if path.parent == BUNDLED_FOLDER:
            path = None  # the other process may have its own copy of the package
        return _restored, (path, self._session.digest, self.metadata, self._settings)

    def __copy__(self) -> "Classifier":
        return Classifier(self._session, self.metadata, **self._settings)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Classifier":
        # A session never changes, so that both may have it.
        return Classifier(self._session, deepcopy(self.metadata, memo), **self._settings)

    def __repr__(self) -> str:
        sizes = "-".join(str(size) for size in dense_sizes(self.metadata.layers))
        return f"Classifier({sizes}{', ' if sizes else ''}{self.num_classes} classes, {self.metadata.precision})"

    def _repr_html_(self) -> str:
        chosen: dict[str, object] = {
            name.replace("_", " "): value for name, value in self._settings.items() if value != _DEFAULTS[name]
        }
        test = self.metadata.metrics.get("test")
        return classifier_html(
            dense_sizes(self.metadata.layers),
            self.metadata.precision,
            self.class_names,
            test if isinstance(test, dict) else {},
            chosen,
        )

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
        return self.decision.temperature

    @property
    def augment_inference(self) -> int:
        """From how many distorted copies an image is answered that the network is unsure of, 0 to 1000."""
        return self.predictor.augmentation.copies if self.predictor.augmentation else 0

    def predict(self, images: Images) -> Labels:
        """The most probable class of each image.

        Args:
            images: uint8 (n, 28, 28) in MNIST's frame, 0 = paper, 255 = ink; n may be 0.

        Returns:
            Labels, uint8 (n,).

        Raises:
            PictureDecodeError: Another shape or dtype.
        """
        check_images(images)
        return self.predictor.predict(images)

    def predict_proba(self, images: Images) -> Probabilities:
        """The calibrated probability of each class.

        Args:
            images: As for `predict`.

        Returns:
            Probabilities, float32 (n, classes), in [0, 1]; each row sums to 1.

        Raises:
            PictureDecodeError: Another shape or dtype.
        """
        check_images(images)
        return self.predictor.answer(images, "probabilities")

    def predict_logits(self, images: Images) -> Logits:
        """What the last layer gives: softmax(logits / temperature) are the probabilities.

        Args:
            images: As for `predict`.

        Returns:
            Logits, float32 (n, classes).

        Raises:
            PictureDecodeError: Another shape or dtype.
        """
        check_images(images)
        return self.predictor.answer(images, "logits")

    def is_augmented(self, images: Images) -> NDArray[np.bool_]:
        """Which images are answered from distorted copies, and not from themselves alone.

        Args:
            images: As for `predict`.

        Returns:
            bool (n,), True where the network alone is less than 99 % sure; all False without `augment_inference`.

        Raises:
            PictureDecodeError: Another shape or dtype.
        """
        check_images(images)
        if self.predictor.augmentation is None:
            return np.zeros(len(images), np.bool_)
        return self.predictor.augmentation.is_unsure(self.predictor.run(images, ["probabilities"])["probabilities"])

    def read_digit(self, picture: "PictureSource") -> Digit:
        """Read the one digit of a picture.

        Args:
            picture: A path, the bytes of a file, a Pillow image or an array of any size; see `load_picture`.

        Returns:
            The digit. A blank picture gives one whose status is "not_a_digit", not an error.

        Raises:
            PictureError: The picture is missing, damaged, too large, or not a picture.
        """
        return self.trace_digit(picture).digits[0]

    def read_number(self, picture: "PictureSource", **known: Any) -> Reading:
        """Read all digits of a picture, in lines.

        Args:
            picture: As for `read_digit`.
            known: What is known about each number, any of `length`, `pattern`, `choices` and `checksum`, as
                `digitnet.constraints.constraint` takes them. What is read is the best that fits; where the ink says
                something else, the number is unsure.

        Returns:
            The lines of digits. A blank picture gives none, and the status "not_a_digit", not an error.

        Raises:
            PictureError: The picture is missing, damaged, too large, or not a picture.
            ConfigurationError: No number can be as it is known to be, or the model reads other classes.
        """
        return self.trace_number(picture, **known).reading

    def read_table(self, picture: "PictureSource") -> Table:
        """Read the numbers of a picture in rows and columns.

        Where rules enclose cells, these are the cells of the table, empty ones too, and a number is never read across
        a rule; only in a comb, a row of boxes with a digit in each, all boxes hold one number, which has one cell.
        Without such rules each line is a row, and numbers below one another are a column.

        Args:
            picture: As for `read_digit`.

        Returns:
            The table. A picture without numbers and cells gives one without rows, not an error.

        Raises:
            PictureError: The picture is missing, damaged, too large, or not a picture.
            ConfigurationError: The model file knows other classes than the ten digits.
        """
        return self._reader().read_table(picture)

    def trace_digit(self, picture: "PictureSource", *, with_steps: bool = False) -> "Trace":
        """Read the one digit of a picture, and keep what was seen on the way; see `read_digit`."""
        return self._reader().trace_digit(picture, with_steps=with_steps)

    def trace_number(self, picture: "PictureSource", *, with_steps: bool = False, **known: Any) -> "Trace":
        """Read all digits of a picture, and keep what was seen on the way; see `read_number`."""
        from digitnet.constraints import constraint  # noqa: PLC0415 - only who knows something pays for automata

        return self._reader().trace_number(
            picture, with_steps=with_steps, constraint=constraint(**known) if known else None
        )

    def read_images(self, images: Images) -> list[Digit]:
        """Read the digit of each image, all of which are in MNIST's frame already: none is cut out or cleaned.

        Args:
            images: As for `predict`; some thousands at a time, since each answer takes a kilobyte.

        Returns:
            A digit for each, as `read_digit` gives it; but by the first network of the file alone.

        Raises:
            PictureDecodeError: Another shape or dtype.
        """
        check_images(images)
        places = [None if box is None else Place(box) for box in ink_boxes(images)]
        wanted = [DIGIT_SCORE] if self.decision.single.use_digit_score else []
        outputs = self.predictor.averaged(images, self.predictor.outputs(images, wanted))
        return self.decision.digits(outputs, places)

    def score_digits(self, images: Images) -> AnyArray | None:
        """How much each image looks like a digit at all: the higher, the more.

        Args:
            images: As for `predict`.

        Returns:
            float32 (n,), a difference of logits; None where the model file has no such output.

        Raises:
            PictureDecodeError: Another shape or dtype.
        """
        check_images(images)
        if DIGIT_SCORE not in self.predictor.output_names:
            return None
        return self.predictor.run(images, [DIGIT_SCORE])[DIGIT_SCORE]

    def predict_second_network(self, images: Images) -> Probabilities | None:
        """The probabilities of the second network, which is heard too where a picture is read.

        Args:
            images: As for `predict`.

        Returns:
            The probability of each class, float32 (n, classes); None where the model file has no such network.

        Raises:
            PictureDecodeError: Another shape or dtype.
        """
        check_images(images)
        if SECOND_LOGITS not in self.predictor.output_names:
            return None
        return second_probabilities(self.predictor.run(images, [SECOND_LOGITS])[SECOND_LOGITS])

    def _reader(self) -> "Reader":
        # OpenCV and Pillow take 40 ms to import: only those who have pictures pay for them.
        from digitnet.inference.reader import reader_for  # noqa: PLC0415

        return reader_for(self.predictor, self.decision)


def _restored(path: Path | None, digest: str | None, metadata: ModelMetadata, settings: dict[str, Any]) -> Classifier:
    """The classifier that was pickled.

    Raises:
        ModelFileError: Its file is missing or damaged, or is another one now.
    """
    source = bundled_model_path(metadata.precision) if path is None else path
    session, _ = open_model(source, precision=metadata.precision)
    if session.digest != digest:
        raise ModelFileError(f"{source} is another file than when this classifier was pickled: load it once more")
    return Classifier(session, metadata, **settings)


def _augmentation(copies: int) -> "AugmentedInference | None":
    if copies == 0:
        return None
    from digitnet.inference.augmented_inference import AugmentedInference  # noqa: PLC0415 - what only few callers ask for

    return AugmentedInference(copies)
