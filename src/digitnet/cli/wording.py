"""Answers in words, as a person reads them in a terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digitnet.inference.answers import Digit

__all__ = ["digit_in_words", "line_in_words"]

_MAX_CANDIDATES_NAMED = 3  # candidates of one digit; chosen by hand
_MIN_PROBABILITY_NAMED = 0.01  # of a label that is no candidate but the next most probable; chosen by hand


def digit_in_words(digit: "Digit", class_names: Sequence[str]) -> str:
    """What to print for a picture of one digit.

    Args:
        digit: What was read.
        class_names: The text of each label.

    Returns:
        Such as `7  99.98 %`, or `7  54.02 %  unsure: 7 or 1`, or `not a digit`; and where the picture
        holds several digits, how many.
    """
    if digit.status == "not_a_digit":
        return "not a digit"
    text = f"{digit.text}  {100 * digit.confidence:.2f} %"
    if digit.others:
        return f"{text}  unsure: one of {digit.others + 1} digits in this picture, digitnet read reads them all"
    return f"{text}  unsure: {_candidates(digit, class_names)}" if digit.status == "unsure" else text


def line_in_words(digits: "Sequence[Digit]", class_names: Sequence[str]) -> str:
    """What to print for a line of digits.

    Args:
        digits: At least one.
        class_names: The text of each label.

    Returns:
        Such as `2026  99.31 %`, which is how sure the least certain digit is; or `2026  54.02 %  unsure: digit 3 is 2
        or 7`; what is not a digit is a question mark.
    """
    confidences = [digit.confidence for digit in digits if digit.status != "not_a_digit"]
    gap = " " if any(len(digit.text) > 1 for digit in digits) else ""
    text = f"{gap.join(digit.text or '?' for digit in digits)}  {100 * min(confidences, default=0.0):.2f} %"
    unsure = [
        f"digit {place} is {_candidates(digit, class_names)}"
        for place, digit in enumerate(digits, start=1)
        if digit.status == "unsure"
    ]
    return f"{text}  unsure: {', '.join(unsure)}" if unsure else text


def _candidates(digit: "Digit", class_names: Sequence[str]) -> str:
    """What else it may be: the candidates; where there is but one, the next most probable label or nothing at all."""
    labels = list(digit.candidates[:_MAX_CANDIDATES_NAMED])
    if len(labels) == 1:
        others = sorted(set(range(len(class_names))) - set(labels), key=lambda label: -digit.probabilities[label])
        labels += [label for label in others[:1] if digit.probabilities[label] >= _MIN_PROBABILITY_NAMED]
    named = [class_names[label] for label in labels]
    return " or ".join(named if len(named) > 1 else [*named, "no digit"])
