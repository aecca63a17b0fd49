"""Digits of one hand look alike: what a doubtful digit is, digits of the same page that are beyond doubt say with it.

A network knows the hands that it was trained on. A page has a hand of its own, whose 9s may be odd, but odd in one way:
those that are named with confidence are examples of the others. Digits of several hands on a page do no harm, because
only a digit that looks nearly the same is an example.
"""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, Images
from digitnet.constraints import DIGITS

__all__ = ["ADAPTATION_WEIGHTS", "AdaptationWeights", "adapted_log_probabilities"]

_NUM_DIGITS = len(DIGITS)
_BLUR_SIGMA = 1.2  # pixels of MNIST's frame, so that a stroke that is a pixel off is near; chosen by hand


class AdaptationWeights(NamedTuple):
    """How much digits of the same page count.

    Chosen among fifteen settings after pictures of tables by one hand, and held against CVL's and ARDIS's digits in
    random order; see docs/log.md.

    Attributes:
        width: Distance of two images of length 1 at which an example counts 0.6 times.
        weight: Of the examples against the networks, in log-probabilities.
        doubt: What speaks for every digit without any example, as a share of an example that is the same.
        known_from: Least probability of a digit that is an example.
        min_known: Least number of such digits on a page.
        max_known: Greatest number of them, so that a page of ten thousand digits takes no gigabytes; of more, every
            second, third and so on counts.
    """

    # docs/log.md 2026-11-30, "digits of one hand look alike": chosen among fifteen settings.
    width: float = 0.15
    weight: float = 1.5
    doubt: float = 0.03
    known_from: float = 0.9
    min_known: int = 8
    # Chosen by hand.
    max_known: int = 500


ADAPTATION_WEIGHTS = AdaptationWeights()


def adapted_log_probabilities(
    images: Images,
    log_probabilities: NDArray[np.float64],
    known: Sequence[tuple[int, int]],
    weights: AdaptationWeights = ADAPTATION_WEIGHTS,
) -> NDArray[np.float64]:
    """What each character may be, after it was held beside the digits of the same page that are known.

    How probable it is that a character is a digit at all stays as it is.

    Args:
        images: uint8 (n, 28, 28), each character in MNIST's frame.
        log_probabilities: float64 (n, names), the ten digits first.
        known: Which characters are known to be a digit, and the digit; a character is no example of itself.
        weights: How much they count.

    Returns:
        float64 (n, names): log-probabilities; those given where too few are known.
    """
    if len(known) < weights.min_known:
        return log_probabilities
    step = -(-len(known) // weights.max_known)
    characters, digits = np.array(known[::step]).T
    vectors = _vectors(images)
    distances = np.maximum(2 - 2 * vectors @ vectors[characters].T, 0)  # squared
    distances[characters, np.arange(len(characters))] = np.inf
    likeness = np.exp(-distances / (2 * weights.width**2))
    nearest = np.zeros((len(images), _NUM_DIGITS))
    for digit in np.unique(digits):
        nearest[:, digit] = likeness[:, digits == digit].max(axis=1)
    support = nearest + weights.doubt
    own = log_probabilities[:, :_NUM_DIGITS]
    is_digit = np.logaddexp.reduce(own, axis=1, keepdims=True)
    both = own + weights.weight * np.log(support / support.sum(axis=1, keepdims=True))
    both -= np.logaddexp.reduce(both, axis=1, keepdims=True)
    return np.concatenate([is_digit + both, log_probabilities[:, _NUM_DIGITS:]], axis=1)


def _vectors(images: Images) -> NDArray[np.float32]:
    """Each image blurred and reduced, as a vector of length 1, float32 (n, side * side); 0 of one without ink."""
    along = _blur_and_reduce()
    small = along @ images.astype(np.float32) @ along.T
    vectors = small.reshape(len(images), -1)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6), np.float32)


@functools.cache
def _blur_and_reduce() -> NDArray[np.float32]:
    """The matrix, float32 (side, 28), that blurs the columns of an image and halves them."""
    blurred = cv2.GaussianBlur(np.eye(IMAGE_SIDE, dtype=np.float32), (1, 0), 1, sigmaY=_BLUR_SIGMA)
    return np.asarray(cv2.resize(blurred, (IMAGE_SIDE, IMAGE_SIDE // 2), interpolation=cv2.INTER_AREA), np.float32)
