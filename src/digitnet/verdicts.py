"""What the network's probabilities mean: a digit, unsure, or not a digit. Pure NumPy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from digitnet.answers import Digit, Status
from digitnet.arrays import IMAGE_SIDE, Images, Probabilities

if TYPE_CHECKING:
    from digitnet.normalization import Box  # imports OpenCV, which images in MNIST's frame do without

__all__ = ["Place", "ink_boxes", "nothing_written", "verdicts"]

_CANDIDATES_REACH = 0.99  # sum of the candidates' probabilities


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image comes from.

    Attributes:
        box: Of its ink, in pixels of the upright picture.
        line: Of the picture, from 0.
        notes: What was done to it, in plain words.
    """

    box: "Box"
    line: int = 0
    notes: tuple[str, ...] = ()


def verdicts(
    probabilities: Probabilities,
    places: Sequence[Place | None],
    notes: Sequence[tuple[str, ...]],
    class_names: Sequence[str],
    unsure_below: float,
) -> list[Digit]:
    """Say what each image shows, from what the network says of it.

    Args:
        probabilities: float32 (n, classes), calibrated.
        places: Where each image comes from, (n,); None for an image without ink.
        notes: What the network did about each, (n,); to be told after the notes of its place.
        class_names: The text of each label.
        unsure_below: The least confidence of an answer that is not unsure.

    Returns:
        A digit for each image, with its candidates in falling probability until they reach 0.99.
    """
    digits = []
    rows = zip(probabilities.tolist(), _candidates(probabilities), places, notes, strict=True)
    for row, candidates, place, own_notes in rows:
        if place is None:
            digits.append(nothing_written(IMAGE_SIDE, IMAGE_SIDE, ("nothing written",)))
            continue
        label = candidates[0]
        confidence = row[label]
        status: Status = "unsure" if confidence < unsure_below else "ok"
        digits.append(
            Digit(
                label=label,
                text=class_names[label],
                confidence=confidence,
                candidates=candidates,
                probabilities=tuple(row),
                box=place.box,
                line=place.line,
                status=status,
                notes=(*place.notes, *own_notes),
            )
        )
    return digits


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


def _candidates(probabilities: Probabilities) -> list[tuple[int, ...]]:
    """Of each row, labels in falling probability until they reach 0.99; of equals, the lower label first."""
    falling = -probabilities
    order = falling.argsort(axis=1, kind="stable")
    falling.sort(axis=1)
    reached = np.cumsum(-falling, axis=1, dtype=np.float64)
    counts = (reached < _CANDIDATES_REACH).sum(axis=1) + 1
    return [tuple(labels[:count]) for labels, count in zip(order.tolist(), counts.tolist(), strict=True)]
