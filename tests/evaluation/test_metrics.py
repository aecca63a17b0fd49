import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import log_softmax as scipy_log_softmax
from scipy.stats import binomtest

from digitnet.arrays import AnyArray
from digitnet.errors import ConfigurationError, DatasetFormatError, ModelOutputError
from digitnet.evaluation.metrics import (
    ClassScores,
    brier_score,
    brier_scores,
    class_scores,
    confusion_matrix,
    expected_calibration_error,
    log_softmax,
    mean_interval,
    most_confused_pairs,
    negative_log_likelihood,
    negative_log_likelihoods,
    wilson_interval,
)

# Four images of three classes: right, right, a 1 called 2, a 2 called 0.
LABELS = np.array([0, 1, 1, 2], dtype=np.uint8)
PREDICTED = np.array([0, 1, 2, 0], dtype=np.uint8)
MATRIX = np.array([[1, 0, 0], [0, 1, 1], [1, 0, 0]])


@pytest.mark.parametrize(("errors", "n"), [(0, 1), (1, 1), (0, 10_000), (46, 10_000), (5, 30), (30, 30)])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_wilson_interval_agrees_with_scipy(errors: int, n: int, confidence: float) -> None:
    expected = binomtest(errors, n).proportion_ci(confidence, method="wilson")
    assert_allclose(wilson_interval(errors, n, confidence), (expected.low, expected.high), rtol=0, atol=1e-12)


def test_wilson_interval_of_no_errors_is_not_a_point() -> None:
    lower, upper = wilson_interval(0, 100)
    z = 1.959963984540054
    assert lower == 0
    assert upper == pytest.approx(z**2 / (100 + z**2))


@given(st.integers(1, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_holds_the_rate_and_stays_in_the_unit_interval(errors_and_n: tuple[int, int]) -> None:
    errors, n = errors_and_n
    lower, upper = wilson_interval(errors, n)
    assert 0 <= lower <= errors / n <= upper <= 1
    assert wilson_interval(n - errors, n) == pytest.approx((1 - upper, 1 - lower), abs=1e-12)


@pytest.mark.parametrize(
    ("errors", "n", "confidence", "message"),
    [
        (0, 0, 0.95, "n must be at least 1"),
        (-1, 5, 0.95, "errors must be between 0 and n = 5"),
        (6, 5, 0.95, "errors must be between 0 and n = 5"),
        (1, 5, 0.0, "confidence must be between 0 and 1"),
        (1, 5, 1.0, "confidence must be between 0 and 1"),
        (1, 5, math.nan, "confidence must be between 0 and 1"),
    ],
)
def test_wilson_interval_refuses(errors: int, n: int, confidence: float, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        wilson_interval(errors, n, confidence)


def test_mean_interval_by_hand() -> None:
    # Mean 3, variance (4 + 0 + 4) / 2 = 4, standard error sqrt(4 / 3).
    half_width = 1.959963984540054 * math.sqrt(4 / 3)
    assert mean_interval(np.array([1.0, 3.0, 5.0])) == pytest.approx((3 - half_width, 3 + half_width))


def test_mean_interval_is_cut_to_what_is_possible() -> None:
    values = np.array([0.0, 0.0, 2.0])
    lower, upper = mean_interval(values) or (0, 0)
    assert lower < 0
    assert mean_interval(values, bounds=(0.0, 2.0)) == (0.0, upper)
    assert mean_interval(values, bounds=(-9.0, 1.0)) == (lower, 1.0)


def test_mean_interval_of_one_image_is_unknown() -> None:
    assert mean_interval(np.array([1.0])) is None


def test_mean_interval_needs_an_image() -> None:
    with pytest.raises(ConfigurationError, match="at least one image"):
        mean_interval(np.array([]))


def test_confusion_matrix_has_true_rows_and_predicted_columns() -> None:
    matrix = confusion_matrix(LABELS, PREDICTED, 3)
    assert matrix.dtype == np.int64
    assert matrix.tolist() == MATRIX.tolist()


def test_confusion_matrix_keeps_classes_that_never_occur() -> None:
    assert confusion_matrix(np.array([1]), np.array([1]), 4).tolist() == np.diag([0, 1, 0, 0]).tolist()


def test_confusion_matrix_of_256_classes_does_not_overflow_a_byte() -> None:
    labels = np.arange(256).astype(np.uint8)
    assert confusion_matrix(labels, labels[::-1].copy(), 256).tolist() == np.eye(256)[::-1].tolist()


def test_class_scores_by_hand() -> None:
    assert class_scores(MATRIX) == (
        ClassScores(label=0, support=1, precision=1 / 2, recall=1.0, f1=2 / 3),
        ClassScores(label=1, support=2, precision=1.0, recall=1 / 2, f1=2 / 3),
        ClassScores(label=2, support=1, precision=0.0, recall=0.0, f1=0.0),
    )


def test_class_scores_of_a_class_without_images_are_zero() -> None:
    assert class_scores(np.array([[3, 0], [0, 0]]))[1] == ClassScores(1, 0, 0.0, 0.0, 0.0)


def test_most_confused_pairs_are_sorted_by_count_then_class() -> None:
    matrix = np.array([[90, 2, 0], [3, 80, 2], [2, 0, 99]])
    assert most_confused_pairs(matrix) == ((1, 0, 3), (0, 1, 2), (1, 2, 2), (2, 0, 2))
    assert most_confused_pairs(matrix, limit=2) == ((1, 0, 3), (0, 1, 2))
    assert most_confused_pairs(matrix, limit=0) == ()


@pytest.mark.parametrize("matrix", [np.zeros((2, 3), int), np.zeros(4, int), np.eye(2), np.array([[1, -1], [0, 1]])])
@pytest.mark.parametrize("function", [class_scores, most_confused_pairs])
def test_a_matrix_that_holds_no_counts_is_refused(function: Callable[..., object], matrix: AnyArray) -> None:
    with pytest.raises(ConfigurationError, match="a confusion matrix"):
        function(matrix)


def test_most_confused_pairs_refuses_a_negative_limit() -> None:
    with pytest.raises(ConfigurationError, match="limit must be 0 pairs or more, found -1"):
        most_confused_pairs(MATRIX, limit=-1)


def test_log_softmax_agrees_with_scipy_and_keeps_its_argument() -> None:
    logits = np.random.default_rng(0).normal(scale=20, size=(50, 10)).astype(np.float32)
    before = logits.copy()
    result = log_softmax(logits)
    assert result.dtype == np.float64
    assert_allclose(result, scipy_log_softmax(logits.astype(np.float64), axis=1), rtol=1e-13)
    assert (logits == before).all()


def test_log_softmax_is_exact_where_the_softmax_underflows() -> None:
    assert log_softmax(np.array([[1000.0, -1000.0]])).tolist() == [[0.0, -2000.0]]


@pytest.mark.parametrize("shift", [-1e6, 1e6])
def test_log_softmax_does_not_depend_on_a_shift(shift: float) -> None:
    logits = np.array([[0.0, 1.0, 3.0]])
    assert_allclose(log_softmax(logits + shift), log_softmax(logits), rtol=1e-9)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_logits_that_are_not_finite_are_refused(bad: float) -> None:
    with pytest.raises(ModelOutputError, match="logits must be finite"):
        log_softmax(np.array([[0.0, 1.0], [bad, 0.0]]))


def test_logits_whose_difference_overflows_are_refused() -> None:
    with pytest.raises(ModelOutputError, match="logits must be finite"):
        log_softmax(np.array([[1.7e308, -1.7e308]]))


@pytest.mark.parametrize("logits", [np.zeros(3), np.zeros((0, 3)), np.zeros((3, 0)), np.array([["a", "b"]])])
def test_logits_of_another_shape_or_type_are_refused(logits: AnyArray) -> None:
    with pytest.raises(ModelOutputError, match=r"logits must be \(n, classes\) real numbers"):
        log_softmax(logits)


def test_negative_log_likelihood_by_hand() -> None:
    # softmax of (0, log 3) is (1/4, 3/4)
    logits = np.array([[0.0, math.log(3)], [0.0, math.log(3)]])
    labels = np.array([0, 1])
    assert_allclose(negative_log_likelihoods(logits, labels), [math.log(4), math.log(4 / 3)])
    assert negative_log_likelihood(logits, labels) == pytest.approx((math.log(4) + math.log(4 / 3)) / 2)


def test_negative_log_likelihood_of_a_certain_answer() -> None:
    logits = np.array([[800.0, 0.0], [800.0, 0.0]])
    losses = negative_log_likelihoods(logits, np.array([0, 1]))
    assert losses.tolist() == [0.0, 800.0]
    assert not np.signbit(losses).any()


def test_brier_score_by_hand() -> None:
    probabilities = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.3, 0.2]])
    labels = np.array([0, 2, 1])
    expected = [0.0, 2.0, 0.25 + 0.49 + 0.04]
    assert_allclose(brier_scores(probabilities, labels), expected)
    assert brier_score(probabilities, labels) == pytest.approx(sum(expected) / 3)
    assert probabilities[0].tolist() == [1.0, 0.0, 0.0], "the argument was changed"


def test_expected_calibration_error_by_hand() -> None:
    # Two bins: (0, 0.5] holds 0.5 (wrong), (0.5, 1] holds 0.6 (right), 0.8 (right), 1.0 (wrong).
    probabilities = np.array([[0.5, 0.5], [0.4, 0.6], [0.8, 0.2], [0.0, 1.0]])
    labels = np.array([1, 1, 0, 0])
    low_bin_gap, high_bin_gap = abs(0.5 - 0), abs(2.4 - 2)
    expected = (low_bin_gap + high_bin_gap) / 4
    assert expected_calibration_error(probabilities, labels, bins=2) == pytest.approx(expected)


def test_expected_calibration_error_bins_hold_their_upper_edge() -> None:
    # 1/5 confidence would share a bin with 0.25 if the upper edge were excluded, and the gaps would cancel.
    probabilities = np.array([[0.2] * 5, [0.25, 0.1875, 0.1875, 0.1875, 0.1875]])
    gaps = abs(0.2 - 1) + abs(0.25 - 0)
    assert expected_calibration_error(probabilities, np.array([0, 1]), bins=5) == pytest.approx(gaps / 2)


def test_expected_calibration_error_of_honest_confidence_is_zero() -> None:
    probabilities = np.tile([0.75, 0.25], (4, 1))
    assert expected_calibration_error(probabilities, np.array([0, 0, 0, 1])) == 0


def test_expected_calibration_error_refuses_no_bins() -> None:
    with pytest.raises(ConfigurationError, match="bins must be at least 1, found 0"):
        expected_calibration_error(np.array([[1.0, 0.0]]), np.array([0]), bins=0)


@pytest.mark.parametrize("function", [brier_score, brier_scores, expected_calibration_error])
@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([5.0, -3.0], "between 0 and 1: were logits given"),
        ([math.nan, 1.0], "between 0 and 1"),
        ([0.5, 0.4], "must sum to 1, found a row that is off by 0.1"),
    ],
)
def test_rows_that_are_not_probabilities_are_refused(
    function: Callable[..., object], row: list[float], message: str
) -> None:
    with pytest.raises(ModelOutputError, match=message):
        function(np.array([[1.0, 0.0], row]), np.array([0, 0]))


@pytest.mark.parametrize(
    "function",
    [
        negative_log_likelihood,
        negative_log_likelihoods,
        brier_score,
        brier_scores,
        expected_calibration_error,
    ],
)
@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        (np.array([0, 2]), DatasetFormatError, "labels must be in 0 to 1, found values from 0 to 2"),
        (np.array([-1, 0]), DatasetFormatError, "labels must be in 0 to 1, found values from -1 to 0"),
        (np.array([0.0, 1.0]), DatasetFormatError, r"labels must be \(n,\) integers"),
        (np.array([[0, 1]]), DatasetFormatError, r"labels must be \(n,\) integers"),
        (np.array([], int), DatasetFormatError, "at least one image's class"),
        (np.array([0]), ModelOutputError, "one row an image: 1 labels, found 2 rows"),
    ],
)
def test_labels_that_do_not_fit_are_refused(
    function: Callable[..., object], labels: AnyArray, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        function(np.array([[1.0, 0.0], [0.0, 1.0]]), labels)


@pytest.mark.parametrize(
    ("labels", "predicted_labels", "num_classes", "error", "message"),
    [
        (LABELS, PREDICTED, 0, ConfigurationError, "num_classes must be at least 1"),
        (LABELS, PREDICTED, 2, DatasetFormatError, "labels must be in 0 to 1"),
        (LABELS, np.array([0, 1, 2, 3]), 3, ModelOutputError, "predicted_labels must be in 0 to 2"),
        (LABELS, PREDICTED[:3], 3, ModelOutputError, "one predicted label an image: 4, found 3"),
    ],
)
def test_confusion_matrix_refuses(
    labels: AnyArray, predicted_labels: AnyArray, num_classes: int, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        confusion_matrix(labels, predicted_labels, num_classes)
