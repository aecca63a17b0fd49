"""What the network and the shape of a digit say against a group of parts being that digit."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray

__all__ = ["doubts"]

_CONFIDENT = -0.1  # log-probability
_FAMILIAR_PERCENTILE = 90.0  # of the confident answers of a page: real digits, however few there are
_FAMILIAR_SLACK = 0.8
_STRANGENESS = (-4.0, 12.0)  # within which it counts: beyond, all are equally strange, or equally familiar
_ODDNESS = (-2.0, 3.0)
_WIDEST_DEVIATION = 4.0
_PER_STRANGENESS = 0.6
_PER_ODDNESS = 2.0
_PER_WIDTH_SQUARED = 0.4  # for each standard deviation that a digit is wider than MNIST's
# The logarithm of width over height of MNIST's first 20,000 training digits, 0 to 9: mean and standard deviation.
_LOG_ASPECTS = (-0.103, -0.892, -0.070, -0.226, -0.229, -0.064, -0.327, -0.256, -0.276, -0.384)
_LOG_ASPECT_DEVIATIONS = (0.197, 0.459, 0.224, 0.216, 0.207, 0.266, 0.219, 0.217, 0.221, 0.204)
_DIGITS = tuple("0123456789")


def doubts(
    logits: AnyArray, oddness: AnyArray | None, aspects: AnyArray, class_names: Sequence[str]
) -> NDArray[np.float64]:
    """What speaks against each group being the digit that it looks like, and below 0 what speaks for it.

    A network is sure of many things that are no digit at all, such as half of an 8 or two digits at once; but its
    logits are lower there than for what it was trained on: their log-sum-exp is taken as how familiar a group is, and
    compared with the most familiar ones of the same page, so that it needs no threshold for each network. How sure it
    is of its label adds nothing to that: a fit of all prices gave it none.

    Args:
        logits: float (n, classes), divided by the temperature, n at least 1.
        oddness: (n,) how little each group looks like any digit: 0 where one in five real digits looks less like one,
            1 where one in a hundred does; None where nothing tells.
        aspects: (n,) width over height of each group, before its slant was reduced.
        class_names: The text of each label; what is known of the widths of digits counts if they are the ten digits.

    Returns:
        float64 (n,), in the unit of the prices of `lattice`.

    Source:
        W. Liu, X. Wang, J. Owens, Y. Li, "Energy-based out-of-distribution detection", NeurIPS 2020.
    """
    highest = logits.max(axis=1).astype(np.float64)
    familiarity = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
    is_confident = highest - familiarity > _CONFIDENT
    known = familiarity[is_confident] if is_confident.any() else familiarity
    strangeness = np.percentile(known, _FAMILIAR_PERCENTILE) - _FAMILIAR_SLACK - familiarity
    price = _PER_STRANGENESS * np.clip(strangeness, *_STRANGENESS)
    if oddness is not None:
        price += _PER_ODDNESS * np.clip(oddness, *_ODDNESS)
    if tuple(class_names) == _DIGITS:
        labels = logits.argmax(axis=1)
        deviation = (np.log(aspects) - np.take(_LOG_ASPECTS, labels)) / np.take(_LOG_ASPECT_DEVIATIONS, labels)
        price += _PER_WIDTH_SQUARED * np.clip(deviation, 0, _WIDEST_DEVIATION) ** 2
    return np.asarray(price, np.float64)
