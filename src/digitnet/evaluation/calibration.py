"""Calibration: make the stated probabilities match how often the answers are right."""

import numpy as np

from digitnet.arrays import Labels, Logits
from digitnet.evaluation.metrics import negative_log_likelihood

__all__ = ["fit_temperature"]

_LOWEST, _HIGHEST = 0.05, 20.0
_STEPS = 60  # each narrows the interval by 0.618; 60 leave less than float64 can tell apart


def fit_temperature(logits: Logits, labels: Labels) -> float:
    """The temperature T that makes softmax(logits / T) most likely on held-out images.

    Dividing all logits by one number changes no answer, only how sure the network says it is. The negative
    log-likelihood has one minimum in log T, found here by golden-section search.

    Args:
        logits: float32 (n, classes), of images that were not trained on.
        labels: uint8 (n,).

    Returns:
        T in [0.05, 20], rounded to four digits; 1.0 where there are no images.

    Source:
        Guo, Pleiss, Sun and Weinberger (2017), arXiv 1706.04599.
    """
    if len(labels) == 0:
        return 1.0
    exact = logits.astype(np.float64)

    def loss(log_temperature: float) -> float:
        return negative_log_likelihood(exact / np.exp(log_temperature), labels)

    golden = (np.sqrt(5) - 1) / 2
    low, high = np.log(_LOWEST), np.log(_HIGHEST)
    for _ in range(_STEPS):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return round(float(np.exp((low + high) / 2)), 4)
