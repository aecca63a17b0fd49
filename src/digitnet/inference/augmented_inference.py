"""Augmented inference: an image that the network is unsure of is shown to it again in slightly distorted copies.

The answer is the mean log-probability over the image and its copies, made into probabilities again by a softmax. Errors
that hang on one stroke or one pixel differ from copy to copy and cancel out; what all copies agree on stays. The copies
are the same for every image and in every process, so that an answer depends on its image alone.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import IMAGE_SIDE, AnyArray, Images, Logits, Probabilities
from digitnet.errors import ConfigurationError
from digitnet.evaluation.metrics import log_softmax

__all__ = ["MAX_COPIES", "AugmentedInference", "CopyStrengths", "distort", "lookup_table", "sampling_grids"]

# Chosen by hand, far beyond the 16 after which nothing is gained (docs/log.md, 2026-11-25, "augmented inference").
MAX_COPIES = 1000

# Any number; another one would give other copies.
_SEED = 2003
# How many numbers one copy takes for angle, slant, width and height.
_AFFINE_DRAWS = 4
# Place of the middle of an image, in pixels from the middle of its first one.
_CENTRE = (IMAGE_SIDE - 1) / 2
# A place is a multiple of 1/256 pixel: so all sums below are exact in float32, in any order.
_FRACTION_BITS = 8
# Pixels; one of paper on one side and two on the other.
_PADDED_SIDE = IMAGE_SIDE + 3
# Copies at once, chosen by hand: what is computed of them stays in a core's cache.
_BATCH = 256


class CopyStrengths(NamedTuple):
    """How far copies are distorted, at most, and which images get any.

    Attributes:
        sure_from: Images with a label this probable get none, a probability in [0, 1].
        rotation: Degrees, to either side.
        scaling: Part by which width and height change, each on its own.
        shear: Degrees by which upright strokes slant, to either side.
        elastic_pixels: Root mean square displacement along one axis, in pixels.
        elastic_sigma: Standard deviation of the Gaussian that smooths the displacements, in pixels.
    """

    # Chosen by hand: where probabilities are calibrated, such an answer is wrong less than once in a hundred times; yet
    # most images have one, so that what the copies cost is paid for a small part of them.
    sure_from: float = 0.99
    # Half of what training images are usually distorted by (15 degrees, 0.2, 15 degrees, 1 pixel). Training may go
    # farther than any writer does; a copy has to stay the digit that was written, and to lie well inside of what was
    # trained on. Nothing is shifted: images in MNIST's frame are centred already.
    rotation: float = 7.5
    scaling: float = 0.1
    shear: float = 7.5
    elastic_pixels: float = 0.5
    # As training has it (`digitnet.augmentation`).
    elastic_sigma: float = 5.5


_STRENGTHS = CopyStrengths()


class AugmentedInference:
    """Answers images from themselves and their distorted copies.

    Attributes:
        copies: Distorted copies of each image, 1 to 1000; the first k are the same for any number.
        strengths: How far copies are distorted, and which images get any.

    Raises:
        ConfigurationError: There cannot be as many copies.
    """

    def __init__(self, copies: int, strengths: CopyStrengths = _STRENGTHS) -> None:
        if not isinstance(copies, int) or isinstance(copies, bool) or not 1 <= copies <= MAX_COPIES:
            raise ConfigurationError(
                f"augment_inference is {copies!r:.40}: expected a whole number of copies, 0 (none) to {MAX_COPIES}"
            )
        self.copies = copies
        self.strengths = strengths
        self._places, self._weights = lookup_table(sampling_grids(copies, strengths))

    def is_unsure(self, probabilities: Probabilities) -> NDArray[np.bool_]:
        """Which images are to be answered again.

        Args:
            probabilities: float32 (n, classes), calibrated, as the network gives them for the images themselves.

        Returns:
            bool (n,), True where the highest is below `sure_from`.
        """
        return np.asarray(probabilities.max(axis=1) < self.strengths.sure_from)

    def log_probabilities(
        self, images: Images, logits: Logits, temperature: float, predict_logits: Callable[[Images], AnyArray]
    ) -> NDArray[np.float64]:
        """Answer images from themselves and their copies.

        Args:
            images: uint8 (n, 28, 28).
            logits: float32 (n, classes), what the network gives for the images themselves.
            temperature: Divisor of the logits, above 0.
            predict_logits: The network: uint8 (k, 28, 28), k up to 256, to logits (k, classes). It is asked about one
                image at a time, so that an answer has no way to depend on the images beside it.

        Returns:
            float64 (n, classes); `exp` of each row sums to 1.

        Raises:
            ModelOutputError: The network's answer is not finite.
        """
        result = np.empty(logits.shape, np.float64)
        for row, image, own in zip(result, images, logits, strict=True):
            answers = [own[np.newaxis]]
            for start in range(0, self.copies, _BATCH):
                part = slice(start, start + _BATCH)
                answers.append(predict_logits(distort(image, self._places[part], self._weights[part])))
            log_probabilities = log_softmax(np.concatenate(answers).astype(np.float64) / temperature)
            row[:] = log_softmax(log_probabilities.mean(axis=0, keepdims=True))
        return result


def sampling_grids(count: int, strengths: CopyStrengths = _STRENGTHS) -> NDArray[np.float64]:
    """Where each pixel of a distorted copy lies in the image, for the first `count` copies.

    Seen from the image, a copy is scaled, then sheared, then turned about the centre; the elastic displacement is added
    to the place that each of its pixels is taken from. Strengths are drawn evenly from their ranges, displacements are
    smooth and about normally distributed, all from one fixed seed.

    Args:
        count: How many copies.
        strengths: How far they are distorted, at most.

    Returns:
        float64 (count, 2, 28, 28): the row, then the column, in pixels from the centre of the top left pixel.

    Source:
        Simard, Steinkraus and Platt (2003), "Best practices for convolutional neural networks applied to visual
        document analysis".
    """
    smoothing = _smoothing(strengths.elastic_sigma)
    nodes = smoothing.shape[1]
    drawn = _drawn_in_pairs(count, _AFFINE_DRAWS + 2 * nodes * nodes)
    angle, slant = np.radians(strengths.rotation) * drawn[:, 0], np.tan(np.radians(strengths.shear) * drawn[:, 1])
    width, height = 1 + strengths.scaling * drawn[:, 2], 1 + strengths.scaling * drawn[:, 3]
    cosine, sine = np.cos(angle), np.sin(angle)
    # The inverse of turn @ shear @ scale, on (column, row): a pixel of the copy asks where it comes from.
    column_of = ((cosine + slant * sine) / width, (sine - slant * cosine) / width)
    row_of = (-sine / height, cosine / height)
    offset = np.arange(IMAGE_SIDE) - _CENTRE
    affine = [
        _CENTRE + per_column[:, None, None] * offset + per_row[:, None, None] * offset[:, None]
        for per_column, per_row in (row_of, column_of)
    ]
    # Evenly drawn numbers have a variance of a third; the smoothing keeps it.
    noise = math.sqrt(3) * strengths.elastic_pixels * drawn[:, _AFFINE_DRAWS:].reshape(count, 2, nodes, nodes)
    return np.asarray(np.stack(affine, axis=1) + smoothing @ noise @ smoothing.T)


def lookup_table(grids: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Which four pixels of an image each pixel of a copy lies between, and how much of each it takes.

    Args:
        grids: float64 (count, 2, 28, 28), as `sampling_grids` makes them.

    Returns:
        Places, intp (count, 784): the upper left of the four, as `distort` numbers them; and weights, float32
        (count, 4, 784), multiples of 2**-16 that sum to 1: of the upper left, upper right, lower left and lower right.
    """
    whole = 1 << _FRACTION_BITS
    # One pixel of paper all around; whatever lies farther out is taken from there.
    steps = np.rint((grids.reshape(len(grids), 2, -1) + 1) * whole).clip(0, (IMAGE_SIDE + 1) * whole).astype(np.intp)
    top, left = np.moveaxis(steps >> _FRACTION_BITS, 1, 0)
    below, beside = np.moveaxis((steps & (whole - 1)) / whole, 1, 0)
    weights = [(1 - below) * (1 - beside), (1 - below) * beside, below * (1 - beside), below * beside]
    return top * (_PADDED_SIDE - 1) + left, np.stack(weights, axis=1).astype(np.float32)


def distort(image: AnyArray, places: NDArray[np.intp], weights: NDArray[np.float32]) -> Images:
    """Copies of an image, each pixel interpolated between four of the image's; beyond the edge is paper.

    Args:
        image: uint8 (28, 28).
        places: As `lookup_table` gives them.
        weights: As `lookup_table` gives them.

    Returns:
        uint8 (count, 28, 28), rounded to the nearest grey, the same on every machine.
    """
    padded = np.zeros((_PADDED_SIDE, _PADDED_SIDE), np.float32)
    padded[1 : IMAGE_SIDE + 1, 1 : IMAGE_SIDE + 1] = image
    greys = np.full(places.shape, 0.5, np.float32)  # to be cut off, which rounds
    for which, corner in enumerate((padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:])):
        greys += corner.ravel().take(places) * weights[:, which]
    return greys.astype(np.uint8).reshape(-1, IMAGE_SIDE, IMAGE_SIDE)


def _drawn_in_pairs(count: int, size: int) -> NDArray[np.float64]:
    """(count, size) numbers evenly from [-1, 1), each second row the negative of the one before.

    So even a few copies turn, slant, grow and bend as far to one side as to the other. They are made of raw bits, since
    only those are the same in every version of NumPy.
    """
    bits = np.random.PCG64(_SEED).random_raw((count + 1) // 2 * size)
    drawn = (bits >> 11).astype(np.float64).reshape(-1, 1, size) / 2.0**52 - 1
    return np.asarray(np.concatenate([drawn, -drawn], axis=1).reshape(-1, size)[:count])


def _smoothing(sigma: float) -> NDArray[np.float64]:
    """How much each node of a coarse lattice of noise counts for each row or column: (28, nodes), rows of norm 1.

    A field this smooth has nothing finer than the Gaussian, so that nodes half its width apart are enough.
    """
    spacing = sigma / 2
    reach = _CENTRE + 2 * sigma  # noise farther out than two standard deviations hardly counts
    nodes = np.arange(-reach, reach + spacing, spacing)
    distances = (np.arange(IMAGE_SIDE) - _CENTRE)[:, None] - nodes
    weights = np.exp(-((distances / sigma) ** 2) / 2)
    return np.asarray(weights / np.linalg.norm(weights, axis=1, keepdims=True))
