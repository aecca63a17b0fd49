"""How good are the answers: counts, intervals and calibration, in NumPy and float64.

Every mean is one exactly rounded sum (`math.fsum`) over all images divided by their number, so it depends
neither on how the images were batched nor on their order.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray, ConfusionMatrix
from digitnet.errors import ConfigurationError, DatasetFormatError, ModelOutputError

__all__ = [
    "ClassScores",
    "Interval",
    "brier_score",
    "brier_scores",
    "class_scores",
    "confusion_matrix",
    "expected_calibration_error",
    "log_softmax",
    "mean_interval",
    "most_confused_pairs",
    "negative_log_likelihood",
    "negative_log_likelihoods",
    "wilson_interval",
]

Interval: TypeAlias = tuple[float, float]  # lower and upper bound
Float64Array: TypeAlias = NDArray[np.float64]

_MAX_SUM_ERROR = 1e-3  # float32 softmax over 256 classes stays far inside it; logits taken by mistake do not


@dataclass(frozen=True)
class ClassScores:
    """How well one class is recognised.

    Attributes:
        label: The class.
        support: Images whose true class it is.
        precision: Of the images called `label`, the part that is; 0 if none was called so.
        recall: Of the images that are `label`, the part called so; 0 if there are none.
        f1: Harmonic mean of precision and recall; 0 if both are 0.
    """

    label: int
    support: int
    precision: float
    recall: float
    f1: float


def wilson_interval(errors: int, n: int, confidence: float = 0.95) -> Interval:
    """Interval of the true error rate, after `errors` mistakes in `n` images.

    Unlike the normal approximation it stays inside [0, 1] and does not collapse to a point at zero errors.

    Args:
        errors: Mistakes counted, 0 <= errors <= n.
        n: Images scored, at least 1.
        confidence: Coverage, in (0, 1).

    Returns:
        Lower and upper bound of the error rate, each in [0, 1].

    Raises:
        ConfigurationError: n < 1, errors outside [0, n], or confidence outside (0, 1).

    Source:
        E. B. Wilson, JASA 22 (1927), 209-212.
    """
    if n < 1:
        raise ConfigurationError(f"n must be at least 1 image, found {n}: there is nothing to estimate from")
    if not 0 <= errors <= n:
        raise ConfigurationError(f"errors must be between 0 and n = {n}, found {errors}")
    z = _normal_quantile(confidence)
    rate = errors / n
    shrink = 1 / (1 + z * z / n)
    centre = shrink * (rate + z * z / (2 * n))
    half_width = shrink * z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    # The bounds are 0 and 1 here by algebra; rounding may miss them by 1e-17.
    lower = 0.0 if errors == 0 else max(0.0, centre - half_width)
    upper = 1.0 if errors == n else min(1.0, centre + half_width)
    return lower, upper


def mean_interval(
    values: AnyArray, confidence: float = 0.95, bounds: Interval = (-math.inf, math.inf)
) -> Interval | None:
    """Interval of the true mean of a per-image figure, by the normal approximation.

    Args:
        values: (n,) one finite figure an image.
        confidence: Coverage, in (0, 1).
        bounds: Least and greatest value that the figure can take; the interval is cut to them.

    Returns:
        Lower and upper bound, or None with fewer than two images, where no spread can be estimated.

    Raises:
        ConfigurationError: No values, or confidence outside (0, 1).
    """
    z = _normal_quantile(confidence)
    mean = _mean(np.asarray(values, dtype=np.float64))
    n = len(values)
    if n < 2:
        return None
    variance = math.fsum((np.asarray(values, dtype=np.float64) - mean) ** 2) / (n - 1)
    half_width = z * math.sqrt(variance / n)
    return max(bounds[0], mean - half_width), min(bounds[1], mean + half_width)


def confusion_matrix(labels: AnyArray, predicted_labels: AnyArray, num_classes: int) -> ConfusionMatrix:
    """Count each pair of true and predicted class.

    Args:
        labels: (n,) integers in [0, num_classes), the true classes.
        predicted_labels: (n,) integers in [0, num_classes).
        num_classes: At least 1.

    Returns:
        (num_classes, num_classes) int64, `[true, predicted]`; it sums to n.

    Raises:
        ConfigurationError: num_classes < 1.
        DatasetFormatError: Labels that are not integers in range.
        ModelOutputError: Predicted labels that are not integers in range, or not one an image.
    """
    if num_classes < 1:
        raise ConfigurationError(f"num_classes must be at least 1, found {num_classes}")
    true = _checked_labels(labels, num_classes, "labels", DatasetFormatError)
    predicted = _checked_labels(predicted_labels, num_classes, "predicted_labels", ModelOutputError)
    if len(true) != len(predicted):
        raise ModelOutputError(f"expected one predicted label an image: {len(true)}, found {len(predicted)}")
    counts = np.bincount(true * num_classes + predicted, minlength=num_classes * num_classes)
    return counts.reshape(num_classes, num_classes).astype(np.int64)


def class_scores(matrix: ConfusionMatrix) -> tuple[ClassScores, ...]:
    """Precision, recall and F1 of every class; a division by zero counts as 0.0.

    Args:
        matrix: (classes, classes) counts, `[true, predicted]`.

    Returns:
        One ClassScores a class, in the order of the labels.

    Raises:
        ConfigurationError: The matrix is not square, or has negative counts.
    """
    counts = _checked_confusion_matrix(matrix)
    scores = []
    for label in range(len(counts)):
        correct = int(counts[label, label])
        support, called = int(counts[label].sum()), int(counts[:, label].sum())
        scores.append(
            ClassScores(
                label=label,
                support=support,
                precision=_ratio(correct, called),
                recall=_ratio(correct, support),
                # 2 p r / (p + r), written without the two roundings of p and r
                f1=_ratio(2 * correct, support + called),
            )
        )
    return tuple(scores)


def most_confused_pairs(matrix: ConfusionMatrix, limit: int = 10) -> tuple[tuple[int, int, int], ...]:
    """The mistakes made most often.

    Args:
        matrix: (classes, classes) counts, `[true, predicted]`.
        limit: At most this many pairs.

    Returns:
        (true, predicted, count), most frequent first, then by true and predicted class; only counts above 0.

    Raises:
        ConfigurationError: The matrix is not square or has negative counts, or limit < 0.
    """
    if limit < 0:
        raise ConfigurationError(f"limit must be 0 pairs or more, found {limit}")
    counts = _checked_confusion_matrix(matrix)
    pairs = [
        (int(true), int(predicted), int(counts[true, predicted]))
        for true, predicted in np.argwhere(counts > 0)
        if true != predicted
    ]
    return tuple(sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))[:limit])


def log_softmax(logits: AnyArray) -> Float64Array:
    """Logarithm of the softmax of each row, without ever forming the softmax.

    Exact where the softmax itself is 0 or 1 in floating point: logits of +-1000 give -2000, not -inf.

    Args:
        logits: (n, classes) finite.

    Returns:
        (n, classes) float64 <= 0; `exp` of each row sums to 1.

    Raises:
        ModelOutputError: Not (n, classes), or a value that is not finite.
    """
    values = _checked_matrix(logits, "logits")
    # Overflow of a difference becomes -inf and is reported below, in words.
    with np.errstate(over="ignore", invalid="ignore"):
        shifted = values - values.max(axis=1, keepdims=True)
    if not np.isfinite(shifted).all():
        raise ModelOutputError("logits must be finite numbers, found nan or infinity: did training diverge?")
    normalizer = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.asarray(shifted - normalizer)


def negative_log_likelihoods(logits: AnyArray, labels: AnyArray) -> Float64Array:
    """Minus the log probability of the true class, for each image.

    Args:
        logits: (n, classes) finite.
        labels: (n,) integers in [0, classes).

    Returns:
        (n,) float64 >= 0, in nats.

    Raises:
        ModelOutputError: Logits of another shape, or not finite.
        DatasetFormatError: Labels that are not integers in range.
    """
    log_probabilities = log_softmax(logits)
    true = _labels_of_rows(labels, log_probabilities)
    # 0 - x, because -x would print a certain answer's loss as -0.0
    return np.asarray(0.0 - log_probabilities[np.arange(len(true)), true])


def negative_log_likelihood(logits: AnyArray, labels: AnyArray) -> float:
    """Mean over the images of minus the log probability of the true class, in nats (cross-entropy, log loss).

    Args, errors: as `negative_log_likelihoods`.
    """
    return _mean(negative_log_likelihoods(logits, labels))


def brier_scores(probabilities: AnyArray, labels: AnyArray) -> Float64Array:
    """Squared distance between the probabilities and the true class written one-hot, for each image.

    Args:
        probabilities: (n, classes), each in [0, 1], each row summing to 1.
        labels: (n,) integers in [0, classes).

    Returns:
        (n,) float64 in [0, 2]: 0 is certain and right, 2 certain and wrong.

    Raises:
        ModelOutputError: Rows that are not probabilities.
        DatasetFormatError: Labels that are not integers in range.

    Source:
        G. W. Brier, Monthly Weather Review 78 (1950), 1-3: the original form, a sum over all classes.
    """
    distances = _checked_probabilities(probabilities)  # a copy
    true = _labels_of_rows(labels, distances)
    distances[np.arange(len(true)), true] -= 1.0
    return np.asarray((distances * distances).sum(axis=1))


def brier_score(probabilities: AnyArray, labels: AnyArray) -> float:
    """Mean over the images of `brier_scores`, in [0, 2].

    Args, errors, source: as `brier_scores`.
    """
    return _mean(brier_scores(probabilities, labels))


def expected_calibration_error(probabilities: AnyArray, labels: AnyArray, bins: int = 15) -> float:
    """How far stated confidence is from the truth: the mean gap between confidence and accuracy.

    Images are put by confidence (their highest probability) into bins of equal width, bin b holding
    ((b - 1) / bins, b / bins]; each bin's gap counts in proportion to its images.

    Args:
        probabilities: (n, classes), each in [0, 1], each row summing to 1.
        labels: (n,) integers in [0, classes).
        bins: At least 1.

    Returns:
        A number in [0, 1]; 0 is perfectly calibrated. It is biased upwards on few images.

    Raises:
        ConfigurationError: bins < 1.
        ModelOutputError: Rows that are not probabilities.
        DatasetFormatError: Labels that are not integers in range.

    Source:
        C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, On calibration of modern neural networks, ICML 2017.
    """
    if bins < 1:
        raise ConfigurationError(f"bins must be at least 1, found {bins}")
    values = _checked_probabilities(probabilities)
    true = _labels_of_rows(labels, values)
    confidence = values.max(axis=1)
    is_correct = values.argmax(axis=1) == true
    upper_edges = np.arange(1, bins) / bins  # the last bin takes all that is left, 1 + rounding included
    bin_of_image = np.searchsorted(upper_edges, confidence, side="left")
    gaps = []
    for index in np.unique(bin_of_image):
        in_bin = bin_of_image == index
        gaps.append(abs(math.fsum(confidence[in_bin]) - int(is_correct[in_bin].sum())))
    return math.fsum(gaps) / len(true)


def _normal_quantile(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ConfigurationError(f"confidence must be between 0 and 1, both excluded, found {confidence}")
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _mean(values: Float64Array) -> float:
    if len(values) == 0:
        raise ConfigurationError("a mean needs at least one image, found none")
    return math.fsum(values) / len(values)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _checked_labels(
    labels: AnyArray, num_classes: int, name: str, error: Callable[[str], Exception]
) -> NDArray[np.int64]:
    values = np.asarray(labels)
    if values.ndim != 1 or not np.issubdtype(values.dtype, np.integer):
        raise error(f"{name} must be (n,) integers, found shape {values.shape} of {values.dtype}")
    if len(values) == 0:
        raise error(f"{name} must hold at least one image's class, found none")
    lowest, highest = int(values.min()), int(values.max())
    if lowest < 0 or highest >= num_classes:
        raise error(f"{name} must be in 0 to {num_classes - 1}, found values from {lowest} to {highest}")
    return values.astype(np.int64)


def _labels_of_rows(labels: AnyArray, rows: Float64Array) -> NDArray[np.int64]:
    true = _checked_labels(labels, rows.shape[1], "labels", DatasetFormatError)
    if len(true) != len(rows):
        raise ModelOutputError(f"expected one row an image: {len(true)} labels, found {len(rows)} rows")
    return true


def _checked_matrix(matrix: AnyArray, name: str) -> Float64Array:
    values = np.asarray(matrix)
    is_real = np.issubdtype(values.dtype, np.floating) or np.issubdtype(values.dtype, np.integer)
    if values.ndim != 2 or 0 in values.shape or not is_real:
        raise ModelOutputError(
            f"{name} must be (n, classes) real numbers, found shape {values.shape} of {values.dtype}"
        )
    return values.astype(np.float64)


def _checked_probabilities(probabilities: AnyArray) -> Float64Array:
    values = _checked_matrix(probabilities, "probabilities")
    if not ((values >= 0) & (values <= 1 + _MAX_SUM_ERROR)).all():  # false for nan, too
        raise ModelOutputError("probabilities must be between 0 and 1: were logits given instead?")
    farthest = float(np.abs(values.sum(axis=1) - 1).max())
    if farthest > _MAX_SUM_ERROR:
        raise ModelOutputError(f"each row of probabilities must sum to 1, found a row that is off by {farthest:.3g}")
    return values


def _checked_confusion_matrix(matrix: ConfusionMatrix) -> ConfusionMatrix:
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not np.issubdtype(counts.dtype, np.integer):
        raise ConfigurationError(
            f"a confusion matrix must be (classes, classes) integers, found shape {counts.shape} of {counts.dtype}"
        )
    if (counts < 0).any():
        raise ConfigurationError("a confusion matrix holds counts: 0 or more, found a negative number")
    return counts
