"""Classifier: a model file, and what to do with it. The one way to a prediction."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, Images, Labels, Logits, Probabilities, check_images
from digitnet.errors import ConfigurationError
from digitnet.inference.answers import Digit, Reading
from digitnet.inference.decision import Place, Thresholds, ink_boxes, verdicts
from digitnet.model_file.contract import DIGIT_SCORE, SECOND_LOGITS, bundled_model_path, has_output, open_model
from digitnet.model_file.metadata import ModelMetadata, Precision
from digitnet.parallel import for_each_slice

if TYPE_CHECKING:
    from digitnet.inference.augmented_inference import AugmentedInference
    from digitnet.inference.reader import Trace
    from digitnet.pictures.decoding import PictureSource

__all__ = ["DEFAULT_COVERAGE", "DEFAULT_REFUSAL", "Classifier", "Digit", "Reading", "load_classifier"]

DEFAULT_COVERAGE = 0.99
_USUAL, _RARE = 0.2, 0.01  # shares of held-out digits, between which oddness is measured
_IN_LINES = 0.2  # of that share is refused in a number
DEFAULT_REFUSAL = 0.001  # a real digit refused annoys more than a doodle that is answered


def load_classifier(
    model: str | Path | None = None,
    *,
    threads: int | None = None,
    precision: Precision | None = None,
    augment_inference: int = 0,
    coverage: float = DEFAULT_COVERAGE,
    refusal: float = DEFAULT_REFUSAL,
) -> "Classifier":
    """Load a trained model to classify with.

    Args:
        model: A `.onnx` file or a run folder; None takes the one that ships inside the package.
        threads: Cores that one call may use at most; None or 0 takes all that the process may use. However many
            there are, fewer than 512 images are classified on one core, and none is kept spinning between calls.
        precision: "float32" or "int8"; None takes what `open_model` takes.
        augment_inference: Distorted copies, up to 1000, from which an image is answered that the network is less than
            99 % sure of; see `augmented_inference`. 0 answers each image from itself alone.
        coverage: How often the candidates of a digit like MNIST's are to hold the right label, in (0, 1).
        refusal: The share of digits like MNIST's that may be taken for no digits, in [0, 1). The larger, the more of
            what is no digit is told; 0 always answers where anything is written. Refused are at least the least share
            that the model file knows of; a model without `digit_score` refuses nothing but blank paper.

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
        coverage: float = DEFAULT_COVERAGE,
        refusal: float = DEFAULT_REFUSAL,
    ) -> None:
        self._alone = _thresholds(metadata, coverage, refusal)
        self._in_lines = self._alone.milder(metadata.quantiles(DIGIT_SCORE).at(_IN_LINES * refusal))
        self._session = session  # of one thread; a large batch runs it several times at once
        self._threads = threads or None
        self._usual_and_rare = _usual_and_rare(metadata)
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
        check_images(images)
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
        check_images(images)
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
        return self.trace_digit(picture).digits[0]

    def read_number(self, picture: "PictureSource") -> Reading:
        """Read all digits of a picture, in lines.

        Args:
            picture: As for `read_digit`.

        Returns:
            The lines of digits. A blank picture gives none, and the status "not_a_digit", not an error.

        Raises:
            PictureError: The picture is missing, damaged, too large, or not a picture.
        """
        return self.trace_number(picture).reading

    def trace_digit(self, picture: "PictureSource", *, with_steps: bool = False) -> "Trace":
        """Read the one digit of a picture, and keep what was seen on the way; see `read_digit`."""
        # OpenCV and Pillow take 40 ms to import: only those who have pictures pay for them.
        from digitnet.inference.reader import trace_digit  # noqa: PLC0415

        return trace_digit(picture, self, with_steps=with_steps)

    def trace_number(self, picture: "PictureSource", *, with_steps: bool = False) -> "Trace":
        """Read all digits of a picture, and keep what was seen on the way; see `read_number`."""
        from digitnet.inference.reader import trace_number  # noqa: PLC0415

        return trace_number(picture, self, with_steps=with_steps)

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
        probabilities, scores, _ = self._said(images)
        return self._judged(images, places, probabilities, scores, [()] * len(images), self._alone)

    def score(self, images: Images) -> Logits:
        """What is said of the images of a picture, to be compared with each other; never from distorted copies.

        Args:
            images: As for `predict`.

        Returns:
            Logits divided by the temperature, float32 (n, classes): the softmax of a row are its probabilities. With a
            second network in the file they are the mean of both networks' probabilities, and the log-sum-exp of a row
            is still the first one's.
        """
        check_images(images)
        found = self._outputs(["logits", *self._optional(SECOND_LOGITS)], images)
        scores = np.asarray(found["logits"] / np.float32(self.temperature), np.float32)
        if SECOND_LOGITS not in found:
            return scores
        second = _log_softmax(found[SECOND_LOGITS])
        level = np.logaddexp.reduce(scores, axis=1, keepdims=True)
        both: AnyArray = np.logaddexp(scores - level, second) + (level - math.log(2))
        return np.asarray(both, np.float32)

    def judge(self, images: Images, places: Sequence[Place | None], *, in_lines: bool = False) -> list[Digit]:
        """Say what is in each image of a picture, and where that was found.

        Where the model file has a second network, which has seen other pens, the mean of both is the answer. Its
        thresholds are those of the first one: the mean is right more often, and less sure, so more of it is unsure.

        Args:
            images: As for `predict`.
            places: Where the ink of each image comes from; None for an image without ink.
            in_lines: They are the digits of numbers. Without one of its digits a number is another one: of what a
                single image would be refused for, only the worst fifth is refused here, and the others are unsure.

        Returns:
            A digit for each.
        """
        probabilities, scores, second = self._said(images)
        notes: list[tuple[str, ...]] = [()] * len(images)
        if second is not None:
            labels = np.stack([probabilities.argmax(axis=1), second.argmax(axis=1)], axis=1)
            notes = [self._differing(*pair) for pair in labels.tolist()]
            probabilities = (probabilities + second) / np.float32(2)
        return self._judged(images, places, probabilities, scores, notes, self._in_lines if in_lines else self._alone)

    def _differing(self, first: int, second: int) -> tuple[str, ...]:
        if first == second:
            return ()
        names = self.class_names
        return (f"two networks were asked: one reads {names[first]}, one {names[second]}",)

    def _judged(
        self,
        images: Images,
        places: Sequence[Place | None],
        probabilities: Probabilities,
        scores: AnyArray | None,
        notes: Sequence[tuple[str, ...]],
        thresholds: Thresholds,
    ) -> list[Digit]:
        averaged = (f"unsure at first: averaged over {self.augment_inference} distorted copies",)
        told = [
            (*note, *averaged) if is_mean else note
            for note, is_mean in zip(notes, self.is_augmented(images).tolist(), strict=True)
        ]
        scores = scores if thresholds.refuses else None
        usual, rare = self._usual_and_rare
        if scores is not None and rare < usual:
            scores -= np.float32(usual - rare) * np.array(
                [place.oddness if place else 0 for place in places], np.float32
            )
        return verdicts(probabilities, scores, places, told, self.class_names, thresholds)

    def second_opinion(self, images: Images) -> Probabilities | None:
        """What the second network says, which is asked too where a picture is read.

        Args:
            images: As for `predict`.

        Returns:
            The probability of each class, float32 (n, classes); None where the model file has no such network.

        Raises:
            PictureDecodeError: Another shape or dtype.
        """
        check_images(images)
        if not self._optional(SECOND_LOGITS):
            return None
        return np.exp(_log_softmax(self._outputs([SECOND_LOGITS], images)[SECOND_LOGITS]))

    def _said(self, images: Images) -> tuple[Probabilities, AnyArray | None, Probabilities | None]:
        """All that the file says of images: probabilities, scores, and a second opinion."""
        check_images(images)
        wanted = self._optional(DIGIT_SCORE, SECOND_LOGITS)
        if self._augmentation is None:
            wanted = ["probabilities", *wanted]
        found = self._outputs(wanted, images) if wanted else {}
        probabilities = found["probabilities"] if "probabilities" in found else self.predict_proba(images)
        second = np.exp(_log_softmax(found[SECOND_LOGITS])) if SECOND_LOGITS in found else None
        return probabilities, found.get(DIGIT_SCORE), second

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
        if not self._optional(DIGIT_SCORE):
            return None
        return self._outputs([DIGIT_SCORE], images)[DIGIT_SCORE]

    def oddness(self, images: Images) -> AnyArray | None:
        """How little each image looks like any digit, whatever the scale of the network's score.

        Args:
            images: As for `predict`.

        Returns:
            float32 (n,): 0 where a fifth of the held-out digits score less, 1 where a hundredth does, and on along
            that line; None where the model file has no score, or too few held-out digits to tell.
        """
        usual, rare = self._usual_and_rare
        if not rare < usual:
            return None
        scores = self.score_digits(images)
        return None if scores is None else (np.float32(usual) - scores) / np.float32(usual - rare)

    def _optional(self, *names: str) -> list[str]:
        """Those of the optional outputs that the file has."""
        return [name for name in names if has_output(self._session, name)]

    def _outputs(self, names: Sequence[str], images: Images) -> dict[str, AnyArray]:
        """Outputs of the graph for any number of images, never from distorted copies; all in one run of it."""
        n = len(images)
        answers = {name: np.empty((n,) if name == DIGIT_SCORE else (n, self.num_classes), np.float32) for name in names}

        def look(part: slice) -> None:
            for name, found in zip(names, self._session.run(list(names), {"images": images[part]}), strict=True):
                answers[name][part] = found

        for_each_slice(look, n, self._threads)
        return answers

    def _run(self, output: str, images: Images) -> AnyArray:
        """One output of the graph, float32 (n, classes), for any number of images."""
        check_images(images)
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
    from digitnet.inference.augmented_inference import AugmentedInference  # noqa: PLC0415 - what only few callers ask for

    return AugmentedInference(copies)


def _log_softmax(logits: AnyArray) -> AnyArray:
    """In float32, as the graph computes; `metrics.log_softmax` is for measuring."""
    return np.asarray(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True), np.float32)


def _usual_and_rare(metadata: ModelMetadata) -> tuple[float, float]:
    """Scores between which oddness is measured; twice the same where too few held-out digits tell."""
    usual, rare = (metadata.quantiles(DIGIT_SCORE).at(share) for share in (_USUAL, _RARE))
    return (usual, rare) if rare > -math.inf else (usual, usual)


def _thresholds(metadata: ModelMetadata, coverage: float, refusal: float) -> Thresholds:
    """Those of the model file for what was asked; without held-out digits in it, as if the probabilities were exact."""
    if not 0 < coverage < 1:
        raise ConfigurationError(f"coverage is {coverage}: expected a number above 0 and below 1, such as 0.99")
    if not 0 <= refusal < 1:
        raise ConfigurationError(f"refusal is {refusal}: expected a number from 0 and below 1, such as 0.01")
    known = metadata.quantiles("probability")
    least_probability = known.at(1 - coverage) if known.n else None
    return Thresholds(
        metadata.thresholds["unsure_below"], coverage, least_probability, metadata.quantiles(DIGIT_SCORE).at(refusal)
    )
