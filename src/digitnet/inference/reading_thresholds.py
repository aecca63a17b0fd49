"""When a picture is looked at again, and what of it is left out."""

from typing import NamedTuple

__all__ = ["READING_THRESHOLDS", "ReadingThresholds"]


class ReadingThresholds(NamedTuple):
    """When a picture is looked at again, and what of it is left out. Outlier scores are those of `OutlierScale`.

    Attributes:
        max_outlier_score: Largest outlier score of a typical digit.
        max_outlier_score_of_one: The same for a digit that is read as a one.
        min_share_of_one: Least part of its look's ink that a candidate has which is read as a one, in [0, 1].
        min_confidence: Least probability of the label of a typical digit, in [0, 1].
        min_unusual_confidence: Least probability of the label of a digit that is not typical, in another look than the
            first, in [0, 1].
        edge_penalty: Outlier score added to ink whose whole surroundings are as dark as itself.
        min_noted_edge: Least part of the surroundings as dark as the ink that is worth a note.
        few_digits: A page of no more digits is looked at again.
        max_typical_share: A page of which no more digits are typical is looked at again.
        max_digits_again: But not a page of more digits.
        min_gain: By so much the worth of another attempt at a page must be larger, in digits (see `_PageRead.worth`).
        crowd: So many pieces, of which none is typical and some are refused, are specks, hatching or print.
        min_height_share: What is refused is kept, as a hole in its number, from this part of the median height of the
            digits in its line.
    """

    # docs/log.md, 2026-11-29, "looking again": more than nine of ten held-out digits score less.
    max_outlier_score: float = 0.3
    # The same: four of five held-out digits score less; whatever is long and thin looks like a one.
    max_outlier_score_of_one: float = 0.0
    # Chosen by hand: the sides of a 0 that the picture's edge cuts open have half each.
    min_share_of_one: float = 0.6
    # docs/log.md, 2026-11-29, "looking again"; chosen on rendered pictures of training digits.
    min_confidence: float = 0.95
    # Chosen by hand: scribbles that only another look takes for a digit have 0.5 to 0.6.
    min_unusual_confidence: float = 0.8
    # docs/log.md, 2026-11-29, "edges of something larger": blots and edges of shadows have 0.15 to 0.5, digits 0.05.
    edge_penalty: float = 2.0
    # The same: between nearly all digits and nearly all blots.
    min_noted_edge: float = 0.1
    # docs/log.md, 2026-11-29, "looking again": 410 rendered lines of training digits.
    few_digits: int = 3
    # The same: a third of the digits are not typical.
    max_typical_share: float = 0.66
    # Chosen by hand: more take longer than a second.
    max_digits_again: int = 100
    # docs/log.md, 2026-11-29, "looking again".
    min_gain: int = 2
    # docs/log.md, 2026-11-29, "Numbers that are none": pages of 5,000 specks.
    crowd: int = 20
    # Chosen by hand: between a full stop, a comma or a small letter, and a digit.
    min_height_share: float = 0.6


READING_THRESHOLDS = ReadingThresholds()
