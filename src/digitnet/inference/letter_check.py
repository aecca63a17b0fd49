"""Whether what was read as a digit is a letter, a mark or a drawing: what the frame network says of one image.

The digit network knows nothing but digits, and its digit score tells drawings from them better than letters. The
frame network was trained on letters and marks too; both together decide.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from digitnet.arrays import IMAGE_SIDE, AnyArray, GrayPicture
from digitnet.inference.answers import Digit
from digitnet.model_file.reading_networks import ReadingNetworks
from digitnet.notes import Note, NoteKind, in_words
from digitnet.segmentation.components import INK_FROM

__all__ = ["LETTER_LIMITS", "LetterCheck", "LetterLimits", "is_whole"]

_LEAST = 1e-6  # probability that is told from 0
_NUM_DIGITS = 10  # the first logits of the frame network are those of the digits


class LetterLimits(NamedTuple):
    """How what the two networks say is put together, and what follows from it.

    Attributes:
        of_odds: Weight of the frame network's log-odds for a digit.
        of_outlier_score: Weight of the outlier score, which speaks against a digit.
        refused_below: Weighted sum below which there is no digit.
        unsure_below: Weighted sum below which a digit is unsure.
        refused_with_name_below: The same for the weighted sum and the log-odds of the digit's name.
        most_name_odds: Log-odds of a name that count at most.
        sure_chance: Least chance of a sure digit: its confidence, times that of a digit by the weighted sum.
        of_chance: What is added to the weighted sum for the log-odds of that chance.
        sure_outlier_score: Largest outlier score of a sure digit.
    """

    # Logistic regression on 20,000 images of typefaces and writers that the network had not seen; docs/log.md,
    # 2026-11-30, "single digits and letters".
    of_odds: float = 0.74
    of_outlier_score: float = 1.29
    # Of the digits among those images, many of them hard to read, 0.4 % have less; of MNIST's test digits 0.2 %.
    refused_below: float = -3.5
    # Chosen by hand: of 400 rendered training digits 2 have less, of the letters among those images 5 % have more.
    unsure_below: float = -1.0
    # Chosen on 5,000 digits of strangers and 1,900 drawn letters, marks, ticks, crossings-out and words; docs/log.md,
    # 2026-12-01, "what is no digit, and hardly has a name".
    refused_with_name_below: float = -1.0
    most_name_odds: float = 3.0
    sure_chance: float = 0.9
    of_chance: float = 3.0
    sure_outlier_score: float = 1.2


LETTER_LIMITS = LetterLimits()


def is_whole(ink: GrayPicture) -> bool:
    """Whether a picture, uint8 (height, width), is larger than MNIST's frame, and its ink ends before its edges.

    Otherwise a digit may have lost what tells it from a letter.
    """
    edges = (ink[0], ink[-1], ink[:, 0], ink[:, -1])
    return min(ink.shape) > IMAGE_SIDE and all(int(edge.max()) < INK_FROM for edge in edges)


def _log_odds(probability: float) -> float:
    """The natural logarithm of the odds of a probability, which may be 0 or 1."""
    return math.log(max(probability, _LEAST) / max(1 - probability, _LEAST))


@dataclass(frozen=True, slots=True)
class LetterCheck:
    """Doubts digits that may be letters, marks or drawings.

    Attributes:
        load_networks: Gives the networks, when they are needed.
        limits: When a digit is doubted.
    """

    load_networks: Callable[[], ReadingNetworks]
    limits: LetterLimits = LETTER_LIMITS

    def log_odds(self, image: GrayPicture) -> float:
        """The natural logarithm of the odds that an image in MNIST's frame, uint8 (28, 28), shows a digit."""
        logits = self.load_networks().frames(image.reshape(1, -1))[0].astype(np.float64)
        return float(np.logaddexp.reduce(logits[:_NUM_DIGITS]) - np.logaddexp.reduce(logits[_NUM_DIGITS:]))

    def checked(self, digit: Digit, image: GrayPicture, outlier_scores: AnyArray | None, *, may_refuse: bool) -> Digit:
        """The digit, or the same one unsure or refused.

        Args:
            digit: As the digit network alone gives it.
            image: uint8 (28, 28), in MNIST's frame.
            outlier_scores: Of the image, (1,); None where nothing tells.
            may_refuse: Whether it may be called no digit; otherwise it is at most unsure.
        """
        if digit.status == "not_a_digit":
            return digit
        limits = self.limits
        outlier_score = 0.0 if outlier_scores is None else float(outlier_scores[0])
        evidence = limits.of_odds * self.log_odds(image) - limits.of_outlier_score * outlier_score
        is_refused = self._is_refused(evidence, digit.confidence)
        if evidence >= limits.unsure_below and not (is_refused and may_refuse):
            is_sure = digit.status == "ok" and self._may_be_sure(evidence, outlier_score, digit.confidence)
            return digit if is_sure else replace(digit, status="unsure")
        notes = (*digit.notes, *in_words((Note(NoteKind.LIKE_A_LETTER),)))
        if is_refused and may_refuse:
            return Digit(None, "", 0.0, (), (), digit.box, digit.line, "not_a_digit", notes)
        return replace(digit, status="unsure", notes=notes)

    def _is_refused(self, evidence: float, confidence: float) -> bool:
        """Whether there is no digit: of what is none, the network that knows only digits often has no name either."""
        limits = self.limits
        with_name = evidence + min(_log_odds(confidence), limits.most_name_odds)
        return evidence < limits.refused_below or with_name < limits.refused_with_name_below

    def _may_be_sure(self, evidence: float, outlier_score: float, confidence: float) -> bool:
        """Whether a digit that nothing else speaks against is right often enough."""
        limits = self.limits
        chance = confidence / (1 + math.exp(-evidence - limits.of_chance))
        return chance >= limits.sure_chance and outlier_score <= limits.sure_outlier_score
