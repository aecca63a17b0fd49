"""Whether a picture that is read as one digit holds several: pieces of ink side by side that each look like a digit.

A 5 whose bar stands apart, or a 4 of two strokes, has pieces too; but they lie above one another, or one is small.
"""

from typing import NamedTuple

import cv2
import numpy as np

from digitnet.arrays import IMAGE_SIDE, GrayPicture
from digitnet.inference.decision import Decision
from digitnet.inference.predictor import Predictor
from digitnet.pictures.mnist_frame import to_mnist_frame
from digitnet.segmentation.components import INK_FROM

__all__ = ["OTHER_DIGITS_LIMITS", "OtherDigitsLimits", "count_digits"]


class OtherDigitsLimits(NamedTuple):
    """Which pieces of ink are digits of their own.

    Attributes:
        min_height_share: Least height of a piece, as a share of the tallest one's.
        max_shared_width: Largest part of the narrower of two pieces that may lie above or below the other.
        max_outlier_score: Largest outlier score of a digit.
        min_confidence: Least probability of its label.
        max_pieces: More tall pieces than this are no row of digits but a drawing, or dirt.
    """

    # Chosen by hand: digits of one hand differ by less, and a 5's bar or a speck is smaller.
    min_height_share: float = 0.6
    max_shared_width: float = 0.2
    # A drawn 1 that is one straight stroke has up to 0.47. Of 288 pictures of one digit by many hands none has two
    # pieces below it (docs/log.md, 2026-11-30, "several digits read as one").
    max_outlier_score: float = 0.6
    min_confidence: float = 0.95
    max_pieces: int = 12


OTHER_DIGITS_LIMITS = OtherDigitsLimits()


def count_digits(
    ink: GrayPicture,
    predictor: Predictor,
    decision: Decision,
    limits: OtherDigitsLimits = OTHER_DIGITS_LIMITS,
) -> int:
    """How many digits stand side by side.

    Args:
        ink: uint8 (height, width), 0 = paper, 255 = ink.
        predictor: Runs the networks.
        decision: Says what their outputs mean.
        limits: Which pieces are digits.

    Returns:
        How many pieces are, where there are at least two; else 1, as in pictures no larger than MNIST's frame, and with
        a model file that does not know what digits look like.
    """
    if min(ink.shape) <= IMAGE_SIDE:
        return 1
    pieces = _side_by_side(ink, limits)
    framed = [found.image for found in map(to_mnist_frame, pieces) if found is not None]
    if len(framed) < 2:
        return 1
    outputs = predictor.outputs(np.stack(framed))
    outlier_scores = decision.outlier_scores(outputs)
    if outlier_scores is None:
        return 1
    is_sure = decision.confidences(outputs) >= limits.min_confidence
    is_digit = is_sure & (outlier_scores <= limits.max_outlier_score)
    return max(1, int(is_digit.sum()))


def _side_by_side(ink: GrayPicture, limits: OtherDigitsLimits) -> list[GrayPicture]:
    """Each piece of connected ink that is about as tall as the tallest and shares its columns with no other such."""
    strokes = cv2.threshold(ink, INK_FROM - 1, 1, cv2.THRESH_BINARY)[1]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(strokes)
    boxes = stats[1:count, :4]
    tall = np.flatnonzero(boxes[:, 3] >= limits.min_height_share * boxes[:, 3].max(initial=0))
    if not 2 <= len(tall) <= limits.max_pieces:
        return []
    left, width = boxes[tall, 0], boxes[tall, 2]
    shared = np.minimum.outer(left + width, left + width) - np.maximum.outer(left, left)
    is_apart = shared <= limits.max_shared_width * np.minimum.outer(width, width)
    np.fill_diagonal(is_apart, val=True)
    found = []
    for place in tall[is_apart.all(axis=1)].tolist():
        x, y, across, down = boxes[place].tolist()
        rows, columns = slice(y, y + down), slice(x, x + across)
        found.append(np.where(labels[rows, columns] == place + 1, ink[rows, columns], 0).astype(np.uint8))
    return found
