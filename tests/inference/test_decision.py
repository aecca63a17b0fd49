"""Three outcomes, from probabilities and scores that are made up."""

import math
from typing import Any

import numpy as np
import pytest

from digitnet.inference.answers import Digit
from digitnet.inference.decision import Place, Thresholds, ink_boxes, verdicts

NAMES = ("zero", "one", "two", "three")
USUAL = Thresholds(unsure_below=0.8, coverage=0.99, least_probability=0.3, least_score=-1.0)
SURE, DOUBT, TIE, VAGUE = (0.97, 0.01, 0.01, 0.01), (0.05, 0.6, 0.35, 0.0), (0.0, 0.0, 0.5, 0.5), (0.2, 0.3, 0.25, 0.25)


def judged(*rows: tuple[float, ...], scores: list[float] | None = None, **changes: Any) -> list[Digit]:
    thresholds = Thresholds(**({name: getattr(USUAL, name) for name in Thresholds.__slots__} | changes))
    places = [Place((number, 0, 5, 9), number) for number in range(len(rows))]
    of_images = None if scores is None else np.array(scores, np.float32)
    return verdicts(np.array(rows, np.float32), of_images, places, [()] * len(rows), NAMES, thresholds)


def test_a_digit_that_nothing_speaks_against() -> None:
    (digit,) = judged(SURE)
    assert (digit.status, digit.label, digit.text, digit.candidates) == ("ok", 0, "zero", (0,))
    assert digit.confidence == digit.probabilities[0] == pytest.approx(0.97)


def test_the_candidates_are_what_is_as_probable_as_right_labels_are() -> None:
    digits = judged(DOUBT, TIE, VAGUE, SURE)
    assert [digit.candidates for digit in digits] == [(1, 2), (2, 3), (1,), (0,)]  # 0.3 is as probable as 0.3
    assert [digit.status for digit in digits] == ["unsure", "unsure", "unsure", "ok"]


def test_several_candidates_are_unsure_however_probable_the_first() -> None:
    (digit,) = judged((0.85, 0.15, 0.0, 0.0), least_probability=0.1)
    assert (digit.status, digit.candidates) == ("unsure", (0, 1))


def test_the_most_probable_label_is_a_candidate_in_any_case() -> None:
    assert [digit.candidates for digit in judged(DOUBT, SURE, least_probability=0.99)] == [(1,), (0,)]


def test_more_than_can_be_promised_is_every_label() -> None:
    (digit,) = judged(SURE, least_probability=-math.inf)
    assert digit.candidates == (0, 1, 2, 3)


def test_without_held_out_digits_probabilities_are_taken_at_their_word() -> None:
    digits = judged(SURE, DOUBT, VAGUE, least_probability=None, coverage=0.9)
    assert [digit.candidates for digit in digits] == [(0,), (1, 2), (1, 2, 3, 0)]
    (digit,) = judged((0.85, 0.1, 0.05, 0.0), least_probability=None)
    assert (digit.status, digit.candidates) == ("ok", (0, 1, 2))  # only the threshold says what is unsure


def test_what_looks_like_no_digit_is_none() -> None:
    low, level, high = judged(SURE, SURE, SURE, scores=[-1.1, -1.0, 5.0])
    assert (low.status, low.label, low.text, low.confidence) == ("not_a_digit", None, "", 0.0)
    assert (low.candidates, low.probabilities) == ((), ())
    assert low.box == (0, 0, 5, 9)
    assert low.notes == ("does not look like a digit",)
    assert level.status == high.status == "ok"
    assert [digit.line for digit in (low, level, high)] == [0, 1, 2]


def test_always_answering_refuses_nothing_but_blank_paper() -> None:
    (digit,) = judged(SURE, scores=[-1000.0], least_score=-math.inf)
    assert digit.status == "ok"
    places = [None, Place((0, 0, 5, 9), 0, ("inverted",))]
    notes = [("averaged",), ("averaged",)]
    blank, other = verdicts(np.array([SURE, SURE], np.float32), None, places, notes, NAMES, USUAL)
    assert (blank.status, blank.notes, blank.box) == ("not_a_digit", ("nothing written",), (0, 0, 28, 28))
    assert (other.status, other.notes) == ("ok", ("inverted", "averaged"))


def test_in_a_number_less_is_refused_and_the_rest_is_unsure() -> None:
    milder = USUAL.milder(-3.0)
    assert (USUAL.refuses, milder.refuses) == (True, True)
    assert not Thresholds(0.8, 0.99, 0.3, -math.inf).refuses
    scores = np.array([-3.1, -3.0, -1.1, -1.0], np.float32)
    places = [Place((0, 0, 5, 9))] * 4
    digits = verdicts(np.array([SURE] * 4, np.float32), scores, places, [()] * 4, NAMES, milder)
    assert [digit.status for digit in digits] == ["not_a_digit", "unsure", "unsure", "ok"]
    assert [digit.label for digit in digits] == [None, 0, 0, 0]
    assert [len(digit.notes) for digit in digits] == [1, 1, 1, 0]


def test_the_box_of_the_ink() -> None:
    images = np.zeros((3, 28, 28), np.uint8)
    images[0, 5:9, 2:12] = 1
    images[2, 27, 27] = 255
    assert ink_boxes(images) == [(2, 5, 10, 4), None, (27, 27, 1, 1)]
