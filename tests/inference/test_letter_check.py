"""When a digit is doubted because it may be a letter, a mark or a drawing."""

import dataclasses
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.inference.answers import Digit, Status
from digitnet.inference.letter_check import LETTER_LIMITS, LetterCheck, LetterLimits, is_whole

IMAGE = np.zeros((28, 28), np.uint8)
SEVEN = Digit(7, "7", 0.9, (7,), (0.1, 0.9), (1, 2, 3, 4), 0, "ok", ("a note",))
LIMITS = LetterLimits(
    of_odds=1.0,
    of_outlier_score=2.0,
    refused_below=-3.0,
    unsure_below=0.5,
    refused_with_name_below=-10.0,
    sure_chance=0.0,
    sure_outlier_score=9.0,
)


def check(log_odds: float, limits: LetterLimits = LIMITS) -> LetterCheck:
    """With a frame network that gives these odds for a digit, spread over three digits and two other kinds."""
    logits = np.full((1, 14), -np.inf, np.float32)
    logits[0, [0, 4, 9]] = log_odds - math.log(3)
    logits[0, [10, 13]] = -math.log(2)
    networks: Any = SimpleNamespace(frames=lambda features: logits if features.shape == (1, 784) else None)
    return LetterCheck(lambda: networks, limits)


@pytest.mark.parametrize("log_odds", [-4.0, 0.0, 2.5])
def test_the_odds_are_those_of_all_digits_against_all_else(log_odds: float) -> None:
    assert check(log_odds).log_odds(IMAGE) == pytest.approx(log_odds, abs=1e-5)


@pytest.mark.parametrize(
    ("log_odds", "outlier_score", "expected"),
    [
        (0.6, 0.0, "ok"),
        (0.4, 0.0, "unsure"),
        (0.4, -0.1, "ok"),  # a digit that looks more like one than most
        (-2.9, 0.0, "unsure"),
        (-3.1, 0.0, "not_a_digit"),
        (-2.9, 0.1, "not_a_digit"),
        (3.0, 2.0, "unsure"),
    ],
)
def test_both_networks_speak_for_a_digit_or_against_it(log_odds: float, outlier_score: float, expected: str) -> None:
    found = check(log_odds).checked(SEVEN, IMAGE, np.array([outlier_score], np.float32), may_refuse=True)
    assert found.status == expected
    assert found.box == SEVEN.box
    assert found.notes == (("a note",) if expected == "ok" else ("a note", "may be a letter or a mark"))
    assert (found.label, found.text, found.confidence) == (
        (None, "", 0.0) if expected == "not_a_digit" else (7, "7", 0.9)
    )


def test_who_always_answers_is_only_unsure() -> None:
    assert check(-9.0).checked(SEVEN, IMAGE, None, may_refuse=False).status == "unsure"


@pytest.mark.parametrize("scores", [None, np.zeros(1, np.float32)])
def test_without_outlier_scores_the_odds_alone_decide(scores: AnyArray | None) -> None:
    assert check(-2.9).checked(SEVEN, IMAGE, scores, may_refuse=True).status == "unsure"


def test_what_is_refused_stays_refused() -> None:
    refused = Digit(None, "", 0.0, (), (), (1, 2, 3, 4), 0, "not_a_digit")
    assert check(9.0).checked(refused, IMAGE, None, may_refuse=True) is refused


def test_what_is_unsure_for_another_reason_stays_unsure_without_a_word() -> None:
    unsure = Digit(7, "7", 0.5, (7, 1), (0.5, 0.5), (1, 2, 3, 4), 0, "unsure")
    assert check(9.0).checked(unsure, IMAGE, None, may_refuse=True) == unsure


@pytest.mark.parametrize(
    ("log_odds", "confidence", "expected"),
    [
        (-2.0, 0.9, "unsure"),  # log-odds of 2.2 for its name, 0.2 together
        (-2.0, 0.7, "not_a_digit"),  # 0.85
        (0.6, 0.3, "unsure"),
        (0.6, 0.1, "not_a_digit"),
        (-2.9, 0.9999, "unsure"),
        (-2.9, 1.0, "unsure"),
        (9.0, 0.0, "not_a_digit"),
    ],
)
def test_what_hardly_looks_like_a_digit_is_none_where_it_has_no_clear_name_either(
    log_odds: float, confidence: float, expected: str
) -> None:
    limits = LIMITS._replace(refused_with_name_below=-1.0, most_name_odds=2.5, sure_chance=0.95)
    digit = dataclasses.replace(SEVEN, confidence=confidence)
    found = check(log_odds, limits).checked(digit, IMAGE, None, may_refuse=True)
    assert found.status == expected
    assert check(log_odds, limits).checked(digit, IMAGE, None, may_refuse=False).status == "unsure"


@pytest.mark.parametrize(
    ("log_odds", "confidence", "outlier_score", "expected"),
    [
        (2.0, 0.9, 0.0, "ok"),  # 0.9 times 0.95
        (2.0, 0.8, 0.0, "unsure"),
        (1.1, 0.9, 0.0, "unsure"),  # 0.9 times 0.89
        (1.1, 0.97, 0.0, "ok"),
        (9.0, 0.97, 1.1, "ok"),
        (9.0, 0.97, 1.3, "unsure"),
    ],
)
def test_a_digit_is_sure_only_if_its_name_and_that_it_is_one_are_right_together(
    log_odds: float, confidence: float, outlier_score: float, expected: Status
) -> None:
    limits = LIMITS._replace(sure_chance=0.85, of_chance=1.0, sure_outlier_score=1.2)
    digit = dataclasses.replace(SEVEN, confidence=confidence)
    scores = np.array([outlier_score], np.float32)
    found = check(log_odds, limits).checked(digit, IMAGE, scores, may_refuse=True)
    assert found == dataclasses.replace(digit, status=expected)  # without a word about letters


def test_the_limits_are_in_order() -> None:
    assert LETTER_LIMITS.refused_below < LETTER_LIMITS.unsure_below


@pytest.mark.parametrize(
    ("side", "first", "last", "expected"),
    [(60, 1, 59, True), (60, 0, 59, False), (60, 1, 60, False), (28, 1, 27, False), (29, 1, 28, True)],
)
@pytest.mark.parametrize("is_turned", [False, True])
def test_a_digit_is_whole_in_a_picture_that_is_not_tiny_and_does_not_cut_it(
    side: int, first: int, last: int, expected: bool, is_turned: bool
) -> None:
    ink = np.zeros((side, 70), np.uint8)
    ink[first:last, 30:40] = 255
    assert is_whole(np.ascontiguousarray(ink.T) if is_turned else ink) is expected
