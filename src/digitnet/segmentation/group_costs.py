"""Recognition costs of groups: how unlikely the network's outputs and a group's shape make it that it is a digit."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray

__all__ = ["RECOGNITION_COSTS", "RecognitionCosts", "recognition_costs"]

# Mean and standard deviation of the logarithm of width over height of the digits 0 to 9, measured on MNIST's first
# 20,000 training images.
_LOG_ASPECTS = (-0.103, -0.892, -0.070, -0.226, -0.229, -0.064, -0.327, -0.256, -0.276, -0.384)
_LOG_ASPECT_DEVIATIONS = (0.197, 0.459, 0.224, 0.216, 0.207, 0.266, 0.219, 0.217, 0.221, 0.204)
_DIGITS = tuple("0123456789")


class RecognitionCosts(NamedTuple):
    """Weights of the network's outputs and of a group's shape in its cost.

    The weights were fitted together with those of `lattice`, as a conditional random field on rendered lines of MNIST's
    training digits (docs/log.md 2026-11-28, "whole numbers").
    """

    # Least log-probability of an answer that counts as confident; chosen by hand.
    confident_log_probability: float = -0.1
    # Percentile of the energy of confident answers that is a familiar digit's, however few digits there are; chosen by
    # hand.
    familiar_percentile: float = 90.0
    # Energy below that percentile which is still familiar; chosen by hand.
    familiar_slack: float = 0.8
    # Range of unfamiliarity that counts, in units of energy; chosen by hand.
    unfamiliarity_range: tuple[float, float] = (-4.0, 12.0)
    # Range of the outlier score that counts; chosen by hand.
    outlier_range: tuple[float, float] = (-2.0, 3.0)
    # Greatest deviation in width that counts, in standard deviations; chosen by hand.
    max_width_deviation: float = 4.0
    # Cost for each unit of unfamiliarity; fitted.
    per_unfamiliarity: float = 0.6
    # Cost for each unit of the outlier score; fitted.
    per_outlier_score: float = 2.0
    # Cost for the square of each standard deviation that a digit is wider than MNIST's; fitted.
    per_width_squared: float = 0.4


RECOGNITION_COSTS = RecognitionCosts()


def recognition_costs(
    logits: AnyArray,
    outlier_scores: AnyArray | None,
    aspects: AnyArray,
    class_names: Sequence[str],
    weights: RecognitionCosts = RECOGNITION_COSTS,
) -> NDArray[np.float64]:
    """The cost of each group being the digit that it is classified as, negative where that is likely.

    A network is confident about many images that are no digit, such as half of an 8 or two digits at once; but its
    logits are lower there than for images like those it was trained on. The energy, the log-sum-exp of the logits, is
    compared with the highest ones of the same page, so that no threshold is needed for each network. The confidence
    itself adds nothing: a fit of all weights gave it none.

    Args:
        logits: float (n, classes), divided by the temperature, n at least 1.
        outlier_scores: (n,), 0 where one in five real digits has a higher score, 1 where one in a hundred has; None
            without a network that computes them.
        aspects: (n,) width over height of each group, before its slant was reduced.
        class_names: The text of each label; the usual widths of digits count if these are the ten digits.
        weights: How much each of these costs.

    Returns:
        float64 (n,), in the unit of the costs of `lattice`.

    Source:
        W. Liu, X. Wang, J. Owens, Y. Li, "Energy-based out-of-distribution detection", NeurIPS 2020.
    """
    highest = logits.max(axis=1).astype(np.float64)
    energy = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
    is_confident = highest - energy > weights.confident_log_probability
    known = energy[is_confident] if is_confident.any() else energy
    unfamiliarity = np.percentile(known, weights.familiar_percentile) - weights.familiar_slack - energy
    costs = weights.per_unfamiliarity * np.clip(unfamiliarity, *weights.unfamiliarity_range)
    if outlier_scores is not None:
        costs += weights.per_outlier_score * np.clip(outlier_scores, *weights.outlier_range)
    if tuple(class_names) == _DIGITS:
        labels = logits.argmax(axis=1)
        deviation = (np.log(aspects) - np.take(_LOG_ASPECTS, labels)) / np.take(_LOG_ASPECT_DEVIATIONS, labels)
        costs += weights.per_width_squared * np.clip(deviation, 0, weights.max_width_deviation) ** 2
    return np.asarray(costs, np.float64)
