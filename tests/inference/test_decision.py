"""Three outcomes, from probabilities and scores that are made up."""

import dataclasses
import math
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from digitnet.arrays import AnyArray
from digitnet.errors import ConfigurationError
from digitnet.evaluation.quantiles import Quantiles
from digitnet.inference.answers import Digit
from digitnet.inference.decision import (
    Decision,
    OutlierScale,
    Place,
    RefusalShares,
    Thresholds,
    decision_for,
    ink_boxes,
    second_probabilities,
)
from digitnet.inference.outputs import Outputs
from digitnet.model_file.metadata import ModelMetadata
from digitnet.notes import Note, NoteKind

NAMES = ("zero", "one", "two", "three")
USUAL = Thresholds(unsure_below=0.8, coverage=0.99, candidate_from=0.3, refused_below=-1.0)
SURE, DOUBT, TIE, VAGUE = (0.97, 0.01, 0.01, 0.01), (0.05, 0.6, 0.35, 0.0), (0.0, 0.0, 0.5, 0.5), (0.2, 0.3, 0.25, 0.25)


def outputs_of(rows: Sequence[tuple[float, ...]], scores: list[float] | None = None, **changes: Any) -> Outputs:
    probabilities = np.array(rows, np.float32)
    with np.errstate(divide="ignore"):
        logits = np.log(probabilities)
    of_images = None if scores is None else np.array(scores, np.float32)
    outputs = Outputs(probabilities, logits, of_images, None, np.zeros(len(rows), np.bool_))
    return dataclasses.replace(outputs, **changes)


def decision(single: Thresholds = USUAL, in_number: Thresholds = USUAL, scale: OutlierScale | None = None) -> Decision:
    return Decision(NAMES, 1.0, single, in_number, scale)


def judged(*rows: tuple[float, ...], scores: list[float] | None = None, **changes: Any) -> list[Digit]:
    places = [Place((number, 0, 5, 9), number) for number in range(len(rows))]
    return decision(dataclasses.replace(USUAL, **changes)).digits(outputs_of(rows, scores), places)


def test_a_digit_that_nothing_speaks_against() -> None:
    (digit,) = judged(SURE)
    assert (digit.status, digit.label, digit.text, digit.candidates) == ("ok", 0, "zero", (0,))
    assert digit.confidence == digit.probabilities[0] == pytest.approx(0.97)


def test_the_candidates_are_what_is_as_probable_as_right_labels_are() -> None:
    digits = judged(DOUBT, TIE, VAGUE, SURE)
    assert [digit.candidates for digit in digits] == [(1, 2), (2, 3), (1,), (0,)]  # 0.3 is as probable as 0.3
    assert [digit.status for digit in digits] == ["unsure", "unsure", "unsure", "ok"]


def test_several_candidates_are_unsure_however_probable_the_first() -> None:
    (digit,) = judged((0.85, 0.15, 0.0, 0.0), candidate_from=0.1)
    assert (digit.status, digit.candidates) == ("unsure", (0, 1))


def test_the_most_probable_label_is_a_candidate_in_any_case() -> None:
    assert [digit.candidates for digit in judged(DOUBT, SURE, candidate_from=0.99)] == [(1,), (0,)]


def test_more_than_can_be_promised_is_every_label() -> None:
    (digit,) = judged(SURE, candidate_from=-math.inf)
    assert digit.candidates == (0, 1, 2, 3)


def test_without_held_out_digits_probabilities_are_taken_at_their_word() -> None:
    digits = judged(SURE, DOUBT, VAGUE, candidate_from=None, coverage=0.9)
    assert [digit.candidates for digit in digits] == [(0,), (1, 2), (1, 2, 3, 0)]
    (digit,) = judged((0.85, 0.1, 0.05, 0.0), candidate_from=None)
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
    (digit,) = judged(SURE, scores=[-1000.0], refused_below=-math.inf)
    assert digit.status == "ok"
    places = [None, Place((0, 0, 5, 9), 0, (Note(NoteKind.INVERTED),))]
    averaged = outputs_of([SURE, SURE], is_averaged=np.array([True, True]), copies=7)
    blank, other = decision().digits(averaged, places)
    assert (blank.status, blank.notes, blank.box) == ("not_a_digit", ("nothing written",), (0, 0, 28, 28))
    note = "unsure at first: averaged over 7 distorted copies"
    assert (other.status, other.notes) == ("ok", ("inverted: dark ink on light paper", note))


def test_in_a_number_less_is_refused_and_the_rest_is_unsure() -> None:
    milder = USUAL.milder(-3.0)
    assert (USUAL.use_digit_score, milder.use_digit_score) == (True, True)
    assert not Thresholds(0.8, 0.99, 0.3, -math.inf).use_digit_score
    outputs = outputs_of([SURE] * 4, [-3.1, -3.0, -1.1, -1.0])
    places = [Place((0, 0, 5, 9))] * 4
    digits = decision(in_number=milder).digits(outputs, places, in_number=True)
    assert [digit.status for digit in digits] == ["not_a_digit", "unsure", "unsure", "ok"]
    assert [digit.label for digit in digits] == [None, 0, 0, 0]
    assert [len(digit.notes) for digit in digits] == [1, 1, 1, 0]
    alone = decision(in_number=milder).digits(outputs, places)
    assert [digit.status for digit in alone] == ["not_a_digit", "not_a_digit", "not_a_digit", "ok"]


SCALE = OutlierScale(usual=9.0, rare=6.5)


def test_outlier_scores_lie_on_a_line_between_usual_and_rare_digits() -> None:
    found = decision(scale=SCALE).outlier_scores(outputs_of([SURE] * 4, [9.0, 6.5, 4.0, 11.5]))
    assert found is not None
    np.testing.assert_allclose(found, [0, 1, 2, -1])
    assert decision(scale=SCALE).outlier_scores(outputs_of([SURE])) is None
    assert decision().outlier_scores(outputs_of([SURE], [9.0])) is None


def test_surroundings_may_make_an_image_an_outlier() -> None:
    """A penalty of 1 lowers the digit score by as much as lies between a usual and a rare digit."""
    outputs = outputs_of([SURE] * 3, [1.4, 1.6, 9.0])
    for penalty, statuses in ((0.0, ["ok"] * 3), (1.0, ["not_a_digit", "ok", "ok"]), (4.1, ["not_a_digit"] * 3)):
        places = [Place((0, 0, 5, 9), outlier_penalty=penalty)] * 3
        assert [digit.status for digit in decision(scale=SCALE).digits(outputs, places)] == statuses
        assert [digit.status for digit in decision().digits(outputs, places)] == ["ok"] * 3


def log(rows: list[list[float]]) -> AnyArray:
    return np.log(np.array(rows, np.float32))


def test_two_networks_answer_with_their_mean_and_say_where_they_differ() -> None:
    second = log([[0.1, 0.7, 0.1, 0.1], [0.85, 0.05, 0.05, 0.05]]) + 3  # a second network's logits sum up to anything
    outputs = outputs_of([(0.6, 0.2, 0.1, 0.1), SURE], second_logits=second)
    one, other = decision().digits(outputs, [Place((0, 0, 5, 9))] * 2)
    np.testing.assert_allclose(one.probabilities, (0.35, 0.45, 0.1, 0.1), atol=1e-6)
    np.testing.assert_allclose(other.probabilities, (0.91, 0.03, 0.03, 0.03), atol=1e-6)
    assert one.notes == ("the two networks of the model file differ: one reads zero, the other one",)
    assert (one.text, other.text, other.notes) == ("one", "zero", ())
    np.testing.assert_allclose(second_probabilities(second).sum(axis=1), 1, atol=1e-6)


def test_images_are_compared_by_the_mean_at_the_level_of_the_first_network() -> None:
    first = np.array([[4.0, 2.0, 0.0, 1.0]], np.float32)
    by_two = Decision(NAMES, 2.0, USUAL, USUAL)
    alone = outputs_of([SURE], logits=first)
    np.testing.assert_array_equal(by_two.comparable_logits(alone), first / 2)
    both = by_two.comparable_logits(dataclasses.replace(alone, second_logits=log([[0.7, 0.1, 0.1, 0.1]])))
    level = math.log(np.exp(first / 2).sum())
    expected = (np.exp(first / 2 - level) + np.array([0.7, 0.1, 0.1, 0.1])) / 2
    np.testing.assert_allclose(np.exp(both - level), expected, atol=1e-6)
    assert both.dtype == np.float32


def described(digit_scores: Quantiles | None, **thresholds: Any) -> ModelMetadata:
    known = {} if digit_scores is None else {"digit_score": digit_scores.to_dict()}
    return ModelMetadata(class_names=NAMES, thresholds={"unsure_below": 0.7, **known, **thresholds})


def test_thresholds_come_from_held_out_digits() -> None:
    scores = Quantiles(5000, (0.001, 0.01, 0.1, 0.2), (3.0, 6.5, 8.0, 9.0))
    right = Quantiles(5000, (0.01, 0.1), (0.4, 0.8))
    found = decision_for(described(scores, probability=right.to_dict()), 0.9, 0.1)
    assert found.single == Thresholds(0.7, 0.9, 0.8, 8.0)
    assert found.in_number == Thresholds(0.7, 0.9, 0.8, 6.5, 8.0)  # a fifth of a tenth: the next smaller share is 0.01
    assert found.scale == SCALE
    other = decision_for(described(scores), 0.9, 0.1, RefusalShares(usual=0.1, rare=0.001, in_number=0.01))
    assert (other.scale, other.in_number.refused_below) == (OutlierScale(8.0, 3.0), 3.0)
    assert other.single.candidate_from is None


@pytest.mark.parametrize("scores", [None, Quantiles(100, (0.1,), (8.0,)), Quantiles(500, (0.01, 0.2), (8.0, 8.0))])
def test_too_few_held_out_digits_give_no_scale(scores: Quantiles | None) -> None:
    found = decision_for(described(scores), 0.99, 0.0)
    assert found.scale is None
    assert not found.single.use_digit_score


@pytest.mark.parametrize(("coverage", "refusal"), [(0.0, 0.1), (1.0, 0.1), (0.9, -0.1), (0.9, 1.0)])
def test_shares_out_of_range_are_refused(coverage: float, refusal: float) -> None:
    with pytest.raises(ConfigurationError, match="expected a number"):
        decision_for(described(None), coverage, refusal)


def test_the_box_of_the_ink() -> None:
    images = np.zeros((3, 28, 28), np.uint8)
    images[0, 5:9, 2:12] = 1
    images[2, 27, 27] = 255
    assert ink_boxes(images) == [(2, 5, 10, 4), None, (27, 27, 1, 1)]


def test_deciding_loads_neither_a_runtime_nor_what_reads_pictures() -> None:
    code = "import sys, digitnet.inference.decision; print(*{'onnxruntime', 'cv2', 'PIL'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == "\n"
