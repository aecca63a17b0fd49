"""What was read in a picture: as an object, and as the JSON that the command line and the server give."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from digitnet.errors import DigitnetError

if TYPE_CHECKING:
    from digitnet.normalization import Box  # imports OpenCV, which the answer does without

__all__ = ["Digit", "Status", "error_outcome", "outcome"]

Status: TypeAlias = Literal["ok", "unsure", "not_a_digit"]


@dataclass(frozen=True, slots=True)
class Digit:
    """One digit, and how sure the classifier is of it.

    Attributes:
        label: The most probable class, also when it is unsure; None for what is not a digit.
        text: The name of that class; "" for what is not a digit.
        confidence: Its calibrated probability, in [0, 1]; 0 for what is not a digit.
        candidates: The most probable classes in falling order, as many as it takes for their probabilities to
            reach 0.99; none for what is not a digit.
        probabilities: Of every class, in the order of the labels; none for what is not a digit.
        box: x, y, width and height of its ink, in pixels of the upright picture; the whole picture for what
            is not a digit.
        line: The line of the picture it stands in, from 0.
        status: "ok", "unsure" (less confidence than the model's threshold), or "not_a_digit".
        notes: What was done to the picture, in plain words.
    """

    label: int | None
    text: str
    confidence: float
    candidates: tuple[int, ...]
    probabilities: tuple[float, ...]
    box: "Box"
    line: int
    status: Status
    notes: tuple[str, ...] = ()


def outcome(file: str, digit: Digit, index: int | None = None) -> dict[str, Any]:
    """The answer for one picture with one digit, JSON-ready.

    Args:
        file: The picture's name, as the user gave it.
        digit: What was read.
        index: In a file of many images, the number of this one, from 0.

    Returns:
        A dict with file, status, text, digits (one), notes and error (None); and index, where there is one.
    """
    return {
        "file": file,
        **_place(index),
        "status": digit.status,
        "text": digit.text,
        "digits": [
            {
                "label": digit.label,
                "confidence": digit.confidence,
                "candidates": list(digit.candidates),
                "probabilities": list(digit.probabilities),
                "box": list(digit.box),
                "line": digit.line,
                "status": digit.status,
            }
        ],
        "notes": list(digit.notes),
        "error": None,
    }


def error_outcome(file: str, error: DigitnetError, index: int | None = None) -> dict[str, Any]:
    """The answer for a picture that could not be read, in the form of `outcome`.

    Args:
        file: The picture's name, as the user gave it.
        error: Why.
        index: In a file of many images, the number of the first one that has no answer.

    Returns:
        A dict with the keys of `outcome`; its status is "error" and its error a line of text.
    """
    empty = {"status": "error", "text": "", "digits": [], "notes": [], "error": str(error)}
    return {"file": file, **_place(index), **empty}


def _place(index: int | None) -> dict[str, int]:
    return {} if index is None else {"index": index}
