"""What the network's probabilities mean: a digit, unsure, or not a digit. Pure NumPy."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from digitnet.arrays import IMAGE_SIDE, AnyArray, Images, Probabilities
from digitnet.inference.answers import Digit, Status

if TYPE_CHECKING:
    from digitnet.pictures.mnist_frame import Box  # imports OpenCV, which images in MNIST's frame do without

__all__ = ["Place", "Thresholds", "ink_boxes", "nothing_written", "verdicts"]

_NO_DIGIT = "does not look like a digit"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image comes from.

    Attributes:
        box: Of its ink, in pixels of the upright picture.
        line: Of the picture, from 0.
        notes: What was done to it, in plain words.
        oddness: What its surroundings add to how little it looks like a digit, in the unit of `Classifier.oddness`.
    """

    box: "Box"
    line: int = 0
    notes: tuple[str, ...] = ()
    oddness: float = 0.0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where a digit ends and doubt begins.

    Attributes:
        unsure_below: The least confidence of an answer that is not unsure, in [0, 1].
        coverage: How often the set of candidates is to hold the right label, in (0, 1).
        least_probability: Of a label in that set, fitted on held-out digits for that coverage; None where the model has
            none to fit it on: then the most probable labels are in it that sum up to the coverage.
        least_score: Of an image that is a digit; minus infinity where none is refused.
        usual_score: Below it, `least_score` or more, a digit is unsure; minus infinity where no score is doubted.
    """

    unsure_below: float
    coverage: float
    least_probability: float | None
    least_score: float
    usual_score: float = -math.inf

    @property
    def refuses(self) -> bool:
        """Whether a score changes anything."""
        return max(self.least_score, self.usual_score) > -math.inf

    def milder(self, least_score: float) -> "Thresholds":
        """The same, but what would be refused is only unsure, down to a lower score."""
        return dataclasses.replace(self, least_score=least_score, usual_score=self.least_score)


def verdicts(
    probabilities: Probabilities,
    scores: AnyArray | None,
    places: Sequence[Place | None],
    notes: Sequence[tuple[str, ...]],
    class_names: Sequence[str],
    thresholds: Thresholds,
) -> list[Digit]:
    """Say what each image shows, from what the network says of it.

    Args:
        probabilities: float32 (n, classes), calibrated.
        scores: float32 (n,), how much each image looks like a digit at all; None where the model does not tell.
        places: Where each image comes from, (n,); None for an image without ink.
        notes: What the network did about each, (n,); to be told after the notes of its place.
        class_names: The text of each label.
        thresholds: Where a digit ends and doubt begins.

    Returns:
        A digit for each image.
    """
    likeness = [math.inf] * len(places) if scores is None else scores.tolist()
    rows = zip(probabilities.tolist(), _candidates(probabilities, thresholds), likeness, places, notes, strict=True)
    return [
        nothing_written(IMAGE_SIDE, IMAGE_SIDE, ("nothing written",))
        if place is None
        else _verdict(row, candidates, class_names, _doubt(score, thresholds), _told(place, own), thresholds)
        for row, candidates, score, place, own in rows
    ]


def _told(place: Place, notes: tuple[str, ...]) -> Place:
    return dataclasses.replace(place, notes=(*place.notes, *notes))


def _doubt(score: float, thresholds: Thresholds) -> Status:
    """What the score alone says."""
    if score < thresholds.least_score:
        return "not_a_digit"
    return "unsure" if score < thresholds.usual_score else "ok"


def _verdict(
    row: list[float],
    candidates: tuple[int, ...],
    class_names: Sequence[str],
    doubt: Status,
    place: Place,
    thresholds: Thresholds,
) -> Digit:
    notes = place.notes if doubt == "ok" else (*place.notes, _NO_DIGIT)
    if doubt == "not_a_digit":
        return Digit(None, "", 0.0, (), (), place.box, place.line, doubt, notes)
    label = candidates[0]
    is_sure = row[label] >= thresholds.unsure_below and (len(candidates) == 1 or thresholds.least_probability is None)
    return Digit(
        label=label,
        text=class_names[label],
        confidence=row[label],
        candidates=candidates,
        probabilities=tuple(row),
        box=place.box,
        line=place.line,
        status=doubt if is_sure else "unsure",
        notes=notes,
    )


def nothing_written(height: int, width: int, notes: tuple[str, ...]) -> Digit:
    """The answer for a picture without ink.

    Args:
        height: Of the picture, in pixels.
        width: Of the picture, in pixels.
        notes: What was done to it, in plain words.
    """
    return Digit(None, "", 0.0, (), (), (0, 0, width, height), 0, "not_a_digit", notes)


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


def _candidates(probabilities: Probabilities, thresholds: Thresholds) -> list[tuple[int, ...]]:
    """Of each row, its prediction set: labels in falling probability; of equals, the lower label first.

    The most probable label is always in it, and so is each that is as probable as the right label was in all but the
    tolerated share of held-out digits.
    """
    falling = -probabilities
    order = falling.argsort(axis=1, kind="stable")
    falling.sort(axis=1)
    if thresholds.least_probability is None:
        reached = np.cumsum(-falling, axis=1, dtype=np.float64)
        counts = np.minimum((reached < thresholds.coverage).sum(axis=1) + 1, probabilities.shape[1])
    else:
        counts = np.maximum((-falling >= thresholds.least_probability).sum(axis=1), 1)
    return [tuple(labels[:count]) for labels, count in zip(order.tolist(), counts.tolist(), strict=True)]
