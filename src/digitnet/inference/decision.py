"""From outputs to answers: a digit, unsure, or not a digit. Pure NumPy: no runtime, no pictures."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, AnyArray, Images, Logits, Probabilities
from digitnet.errors import ConfigurationError
from digitnet.inference.answers import Digit, Status
from digitnet.inference.outputs import Outputs
from digitnet.model_file.metadata import ModelMetadata
from digitnet.notes import Note, NoteKind, in_words

if TYPE_CHECKING:
    from digitnet.pictures.mnist_frame import Box  # imports OpenCV, which images in MNIST's frame do without

__all__ = [
    "Decision",
    "OutlierScale",
    "Place",
    "RefusalShares",
    "Thresholds",
    "blank_digit",
    "decision_for",
    "ink_boxes",
    "second_probabilities",
]


class RefusalShares(NamedTuple):
    """Shares of held-out digits whose scores are thresholds.

    Attributes:
        usual: In (0, 1); digits that score as this share does have an outlier score of 0.
        rare: In (0, usual); digits that score as this share does have an outlier score of 1.
        in_number: In (0, 1]; so much of the share that is refused of single digits is refused of those of a number.
    """

    # Chosen by hand: the largest share that a model file keeps, and one that a few thousand held-out digits tell.
    usual: float = 0.2
    rare: float = 0.01
    # Chosen by hand: a number without one of its digits is another number, so only the worst fifth leaves a hole.
    in_number: float = 0.2


_REFUSAL_SHARES = RefusalShares()


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image comes from.

    Attributes:
        box: Of its ink, in pixels of the upright picture.
        line: Of the picture, from 0.
        notes: What was done to it.
        outlier_penalty: What its surroundings add to its outlier score, from 0.
    """

    box: "Box"
    line: int = 0
    notes: tuple[Note, ...] = ()
    outlier_penalty: float = 0.0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where an answer is unsure, and where there is no digit.

    Attributes:
        unsure_below: Least confidence of an answer that is not unsure, a probability in [0, 1].
        coverage: How often the candidates are to hold the right label, in (0, 1).
        candidate_from: Least probability of a candidate, fitted on held-out digits for that coverage; None where the
            model has none to fit it on: then the most probable labels that sum up to the coverage are candidates.
        refused_below: Least digit score of a digit; minus infinity where nothing is refused.
        unlikely_below: From `refused_below` up to this digit score an answer is unsure; minus infinity where no score
            makes one unsure.
    """

    unsure_below: float
    coverage: float
    candidate_from: float | None
    refused_below: float
    unlikely_below: float = -math.inf

    @property
    def use_digit_score(self) -> bool:
        """Whether any digit score changes the answer."""
        return max(self.refused_below, self.unlikely_below) > -math.inf

    def milder(self, refused_below: float) -> "Thresholds":
        """The same, but what would be refused is only unsure, down to a lower digit score."""
        return dataclasses.replace(self, refused_below=refused_below, unlikely_below=self.refused_below)


@dataclass(frozen=True, slots=True)
class OutlierScale:
    """From digit scores, whose scale each network has for itself, to outlier scores, which mean the same for all.

    Attributes:
        usual: Digit score that is an outlier score of 0.
        rare: Digit score that is an outlier score of 1, below `usual`.
    """

    usual: float
    rare: float

    def outlier_scores(self, digit_scores: AnyArray) -> AnyArray:
        """How unlike digits images are: 0 for a usual digit score, 1 for a rare one, and on along that line.

        Args:
            digit_scores: float32 (n,).

        Returns:
            float32 (n,).
        """
        return np.asarray((np.float32(self.usual) - digit_scores) / np.float32(self.usual - self.rare))

    def lowered(self, digit_scores: AnyArray, penalties: Sequence[float]) -> AnyArray:
        """Digit scores (n,), each of them lower by as much as its penalty, (n,), adds to the outlier score."""
        return np.asarray(digit_scores - np.float32(self.usual - self.rare) * np.array(penalties, np.float32))


@dataclass(frozen=True, slots=True)
class Decision:
    """What the outputs of a model file mean.

    Attributes:
        class_names: The text of each label.
        temperature: Divisor of the logits, above 0.
        single: Thresholds for a single digit.
        in_number: Thresholds for a digit of a number.
        scale: Of the outlier scores; None where the model file has too few held-out digits for one.
    """

    class_names: tuple[str, ...]
    temperature: float
    single: Thresholds
    in_number: Thresholds
    scale: OutlierScale | None = None

    def outlier_scores(self, outputs: Outputs) -> AnyArray | None:
        """How unlike digits images are, whatever the scale of the network's digit score.

        Args:
            outputs: With `digit_score`, where the model file has one.

        Returns:
            float32 (n,), as `OutlierScale` gives them; None where nothing tells.
        """
        if self.scale is None or outputs.digit_score is None:
            return None
        return self.scale.outlier_scores(outputs.digit_score)

    def comparable_logits(self, outputs: Outputs) -> Logits:
        """Logits by which the images of a picture are compared with each other.

        Args:
            outputs: With `second_logits`, where the model file has them; never averaged over copies.

        Returns:
            Logits divided by the temperature, float32 (n, classes): the softmax of a row are its probabilities. With a
            second network they are the mean of both networks' probabilities, and the log-sum-exp of a row is still
            that of the first network.
        """
        logits = np.asarray(outputs.logits / np.float32(self.temperature), np.float32)
        if outputs.second_logits is None:
            return logits
        level = np.logaddexp.reduce(logits, axis=1, keepdims=True)
        both = np.logaddexp(logits - level, _log_softmax(outputs.second_logits)) + (level - math.log(2))
        return np.asarray(both, np.float32)

    def confidences(self, outputs: Outputs) -> NDArray[np.float64]:
        """The probability of the most probable label of each image, by its comparable logits, (n,)."""
        logits = self.comparable_logits(outputs).astype(np.float64)
        return np.asarray(np.exp(logits.max(axis=1) - np.logaddexp.reduce(logits, axis=1)))

    def digits(self, outputs: Outputs, places: Sequence[Place | None], *, in_number: bool = False) -> list[Digit]:
        """Decide what each image shows.

        Where there is a second network, the mean of both is the answer. The thresholds are those of the first one: the
        mean is right more often, and less sure, so more of it is unsure.

        Args:
            outputs: Those of the images; with `second_logits` where the second network is to be heard.
            places: Where each image comes from, (n,); None for an image without ink.
            in_number: They are the digits of numbers. Without one of its digits a number is another one: of what a
                single image would be refused for, only the worst is refused here, and the others are unsure.

        Returns:
            A digit for each.
        """
        thresholds = self.in_number if in_number else self.single
        probabilities, notes = self._mean(outputs)
        digit_scores = [math.inf] * len(places)
        if outputs.digit_score is not None and thresholds.use_digit_score:
            scores = outputs.digit_score
            if self.scale is not None:
                scores = self.scale.lowered(scores, [place.outlier_penalty if place else 0.0 for place in places])
            digit_scores = scores.tolist()
        rows = zip(
            probabilities.tolist(), _candidates(probabilities, thresholds), digit_scores, places, notes, strict=True
        )
        return [
            blank_digit(IMAGE_SIDE, IMAGE_SIDE, (Note(NoteKind.BLANK),))
            if place is None
            else self._digit(row, candidates, _status(score, thresholds), _with_notes(place, own), thresholds)
            for row, candidates, score, place, own in rows
        ]

    def _mean(self, outputs: Outputs) -> tuple[Probabilities, list[tuple[Note, ...]]]:
        """The mean probabilities of both networks, and what each image's notes say about it."""
        probabilities = outputs.probabilities
        notes: list[tuple[Note, ...]] = [()] * len(outputs)
        if outputs.second_logits is not None:
            second = second_probabilities(outputs.second_logits)
            labels = np.stack([probabilities.argmax(axis=1), second.argmax(axis=1)], axis=1)
            notes = [self._difference(*pair) for pair in labels.tolist()]
            probabilities = (probabilities + second) / np.float32(2)
        if outputs.is_averaged.any():
            averaged = Note(NoteKind.AVERAGED, (outputs.copies,))
            rows = zip(notes, outputs.is_averaged.tolist(), strict=True)
            notes = [(*own, averaged) if is_averaged else own for own, is_averaged in rows]
        return probabilities, notes

    def _difference(self, first: int, second: int) -> tuple[Note, ...]:
        if first == second:
            return ()
        return (Note(NoteKind.NETWORKS_DIFFER, (self.class_names[first], self.class_names[second])),)

    def _digit(
        self, row: list[float], candidates: tuple[int, ...], status: Status, place: Place, thresholds: Thresholds
    ) -> Digit:
        """The answer for one image, whose status is the one that its digit score alone gives."""
        notes = in_words(place.notes if status == "ok" else (*place.notes, Note(NoteKind.UNLIKE_DIGITS)))
        if status == "not_a_digit":
            return Digit(None, "", 0.0, (), (), place.box, place.line, status, notes)
        label = candidates[0]
        is_one_label = len(candidates) == 1 or thresholds.candidate_from is None
        return Digit(
            label=label,
            text=self.class_names[label],
            confidence=row[label],
            candidates=candidates,
            probabilities=tuple(row),
            box=place.box,
            line=place.line,
            status=status if row[label] >= thresholds.unsure_below and is_one_label else "unsure",
            notes=notes,
        )


def decision_for(
    metadata: ModelMetadata, coverage: float, refusal: float, shares: RefusalShares = _REFUSAL_SHARES
) -> Decision:
    """The decision that a model file's held-out digits give.

    Args:
        metadata: What the model file says about itself; without held-out digits in it, probabilities are taken as
            exact, and nothing is refused.
        coverage: How often the candidates are to hold the right label, in (0, 1).
        refusal: The share of digits that may be taken for no digits, in [0, 1).
        shares: Which other shares the thresholds come from.

    Raises:
        ConfigurationError: coverage or refusal is out of range.
    """
    if not 0 < coverage < 1:
        raise ConfigurationError(f"coverage is {coverage}: expected a number above 0 and below 1, such as 0.99")
    if not 0 <= refusal < 1:
        raise ConfigurationError(f"refusal is {refusal}: expected a number from 0 and below 1, such as 0.01")
    of_right_labels, of_digits = metadata.quantiles("probability"), metadata.quantiles("digit_score")
    single = Thresholds(
        unsure_below=metadata.thresholds["unsure_below"],
        coverage=coverage,
        candidate_from=of_right_labels.at(1 - coverage) if of_right_labels.n else None,
        refused_below=of_digits.at(refusal),
    )
    usual, rare = of_digits.at(shares.usual), of_digits.at(shares.rare)
    return Decision(
        class_names=metadata.class_names,
        temperature=float(metadata.calibration["temperature"]),
        single=single,
        in_number=single.milder(of_digits.at(shares.in_number * refusal)),
        scale=OutlierScale(usual, rare) if -math.inf < rare < usual else None,
    )


def blank_digit(height: int, width: int, notes: Sequence[Note]) -> Digit:
    """The answer for a picture without ink.

    Args:
        height: Of the picture, in pixels.
        width: Of the picture, in pixels.
        notes: What was done to it.
    """
    return Digit(None, "", 0.0, (), (), (0, 0, width, height), 0, "not_a_digit", in_words(notes))


def ink_boxes(images: Images) -> "list[Box | None]":
    """The smallest box around every pixel above 0 of each image; None where there is none.

    Args:
        images: uint8 (n, 28, 28).
    """
    rows, columns = images.max(axis=2) > 0, images.max(axis=1) > 0  # which of them have ink, bool (n, 28)
    left, top = columns.argmax(axis=1), rows.argmax(axis=1)
    width = IMAGE_SIDE - left - columns[:, ::-1].argmax(axis=1)
    height = IMAGE_SIDE - top - rows[:, ::-1].argmax(axis=1)
    boxes = zip(left.tolist(), top.tolist(), width.tolist(), height.tolist(), strict=True)
    return [box if has_ink else None for box, has_ink in zip(boxes, rows.any(axis=1).tolist(), strict=True)]


def second_probabilities(logits: Logits) -> Probabilities:
    """The probabilities of the second network, whose logits have no temperature, float32 (n, classes)."""
    return np.asarray(np.exp(_log_softmax(logits)))


def _with_notes(place: Place, notes: tuple[Note, ...]) -> Place:
    return dataclasses.replace(place, notes=(*place.notes, *notes)) if notes else place


def _status(digit_score: float, thresholds: Thresholds) -> Status:
    """The status that the digit score alone gives."""
    if digit_score < thresholds.refused_below:
        return "not_a_digit"
    return "unsure" if digit_score < thresholds.unlikely_below else "ok"


def _log_softmax(logits: AnyArray) -> AnyArray:
    """In float32, as the graph computes; `metrics.log_softmax` is for measuring."""
    return np.asarray(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True), np.float32)


def _candidates(probabilities: Probabilities, thresholds: Thresholds) -> list[tuple[int, ...]]:
    """Of each row, its prediction set: labels in falling probability; of equals, the lower label first.

    The most probable label is always in it, and so is each that is as probable as the right label was in all but the
    tolerated share of held-out digits.
    """
    falling = -probabilities
    order = falling.argsort(axis=1, kind="stable")
    falling.sort(axis=1)
    if thresholds.candidate_from is None:
        reached = np.cumsum(-falling, axis=1, dtype=np.float64)
        counts = np.minimum((reached < thresholds.coverage).sum(axis=1) + 1, probabilities.shape[1])
    else:
        counts = np.maximum((-falling >= thresholds.candidate_from).sum(axis=1), 1)
    return [tuple(labels[:count]) for labels, count in zip(order.tolist(), counts.tolist(), strict=True)]
