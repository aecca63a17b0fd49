"""Read every picture of a set through the public interface, and count."""

import functools
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.pictures.sets import Example, Kind, PictureSet
from benchmarks.results import Row
from digitnet import Classifier, Digit, Reading, load_classifier
from digitnet.errors import PictureError

_SLICE = 100  # pictures that a process takes at once


@dataclass(frozen=True)
class Outcome:
    """What reading one picture gave."""

    part: str  # of the set
    n: int  # digits, lines or non-digits in it
    errors: int  # digits with another answer or none, lines that are not exactly right, non-digits called digits
    sure_and_wrong: int  # wrong digits and non-digits called `ok`; lines of the answer, all `ok`, that are not right
    status: str  # `ok`, `unsure`, `not_a_digit`, or `error`
    seconds: float  # what reading took
    is_covered: bool | None = None  # whether the digit is among the candidates; None where that does not apply
    candidates: int | None = None  # how many there are; None likewise


def measure_set(pictures: PictureSet, *, model: Path | None = None, jobs: int = 1) -> list[Row]:
    """Read all pictures of a set.

    Returns the rows of the set; and where it has several parts, those of each of them. Raises ModelFileError where the
    model is missing or damaged.
    """
    outcomes = list(_outcomes(pictures, model, jobs))
    rows = rows_of(f"{pictures.name}, {pictures.kind}", outcomes)
    parts = sorted({outcome.part for outcome in outcomes})
    if len(parts) > 1:
        for part in parts:
            of_part = [outcome for outcome in outcomes if outcome.part == part]
            rows += rows_of(f"{pictures.name}, {part or 'others'}", of_part)
    return rows


def rows_of(subject: str, outcomes: Sequence[Outcome]) -> list[Row]:
    """The rows of some outcomes, at least one."""
    pictures, statuses = len(outcomes), [outcome.status for outcome in outcomes]
    covered = [outcome for outcome in outcomes if outcome.is_covered is not None]
    median = 1e3 * statistics.median(outcome.seconds for outcome in outcomes)
    n, errors, sure = (
        sum(getattr(outcome, name) for outcome in outcomes) for name in ("n", "errors", "sure_and_wrong")
    )
    names = {"unsure": "unsure", "refused": "not_a_digit", "failed": "error"}
    rows = [
        # An answer may have more lines than were written; a share of more than all has no interval.
        Row(subject, "sure and wrong", min(sure, n), "errors", n),
        Row(subject, "errors", errors, "errors", n),
        *(Row(subject, name, statuses.count(status), "pictures", pictures) for name, status in names.items()),
        Row(subject, "median time", round(median / 1e3, 6), "s", pictures),
    ]
    if covered:
        share = sum(outcome.is_covered is True for outcome in covered) / len(covered)
        size = sum(outcome.candidates or 0 for outcome in covered) / len(covered)
        rows.append(Row(subject, "coverage", share, "share", len(covered)))
        rows.append(Row(subject, "candidates", size, "candidates", len(covered)))
    return rows


def _outcomes(pictures: PictureSet, model: Path | None, jobs: int) -> Iterator[Outcome]:
    """In the order of the pictures."""
    slices = [range(first, min(first + _SLICE, len(pictures))) for first in range(0, len(pictures), _SLICE)]
    read = functools.partial(_read_slice, pictures, model)
    if jobs == 1:
        yield from chain.from_iterable(map(read, slices))
        return
    # A forked process would inherit the runtime's locks but not its threads.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from chain.from_iterable(pool.map(read, slices))


@functools.cache
def _classifier(model: Path | None) -> Classifier:
    return load_classifier(model, threads=1)


def _read_slice(pictures: PictureSet, model: Path | None, places: range) -> list[Outcome]:
    classifier = _classifier(model)
    return [outcome_of(pictures[place], pictures.kind, classifier) for place in places]


def outcome_of(example: Example, kind: Kind, classifier: Classifier) -> Outcome:
    """Read one picture and compare the answer with the truth."""
    truth = example.text.split("\n")
    n = len(truth) if kind == "lines" else 1
    began = time.perf_counter()
    try:
        answer = classifier.read_number(example.picture) if kind == "lines" else classifier.read_digit(example.picture)
    except PictureError:
        errors = 0 if kind == "not digits" else n
        return Outcome(example.part, n, errors, 0, "error", time.perf_counter() - began)
    seconds = time.perf_counter() - began
    is_sure, is_called_digit = answer.status == "ok", answer.status != "not_a_digit"
    if isinstance(answer, Reading):
        right = exact_lines(truth, answer.text.split("\n"))
        return Outcome(example.part, n, n - right, sure_and_wrong_lines(truth, answer), answer.status, seconds)
    if kind == "not digits":
        return Outcome(example.part, n, int(is_called_digit), int(is_sure), answer.status, seconds)
    is_right = is_called_digit and answer.text == example.text
    wrong, sure_and_wrong = int(not is_right), int(is_sure and not is_right)
    names = [classifier.class_names[label] for label in answer.candidates]
    is_covered = example.text in names
    return Outcome(example.part, n, wrong, sure_and_wrong, answer.status, seconds, is_covered, len(names))


def exact_lines(truth: Sequence[str], found: Sequence[str]) -> int:
    """How many lines are exactly right: the most that are found in their order, others added or missed between."""
    best = [0] * (len(found) + 1)
    for line in truth:
        before = best[:]
        for place, candidate in enumerate(found):
            best[place + 1] = before[place] + 1 if line == candidate else max(before[place + 1], best[place])
    return best[-1]


def sure_and_wrong_lines(truth: Sequence[str], answer: Reading) -> int:
    """How many lines of an answer are not right, though every digit of them is `ok`."""
    lines = [(_text(line), all(digit.status == "ok" for digit in line)) for line in answer.lines]
    found = [(text, is_sure) for text, is_sure in lines if text]
    pairs = aligned_lines(truth, [text for text, _ in found])
    return sum(
        found[at][1] and (place is None or truth[place] != found[at][0]) for place, at in pairs if at is not None
    )


def _text(line: Sequence[Digit]) -> str:
    return "".join(digit.text for digit in line if digit.status != "not_a_digit")


def aligned_lines(truth: Sequence[str], found: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Which line of an answer stands for which that was written, in order, with the fewest edits of digits in all.

    Returns pairs of places; None where a line was missed, or where there is one too many.
    """
    costs = np.zeros((len(truth) + 1, len(found) + 1), np.int64)
    costs[1:, 0], costs[0, 1:] = np.cumsum([*map(len, truth)]), np.cumsum([*map(len, found)])
    edits = [[_edits(line, other) for other in found] for line in truth]
    for row, line in enumerate(truth):
        for column, other in enumerate(found):
            costs[row + 1, column + 1] = min(
                costs[row, column] + edits[row][column],
                costs[row, column + 1] + len(line),
                costs[row + 1, column] + len(other),
            )
    pairs: list[tuple[int | None, int | None]] = []
    row, column = len(truth), len(found)
    while row or column:
        cost = costs[row, column]
        if row and column and cost == costs[row - 1, column - 1] + edits[row - 1][column - 1]:
            row, column = row - 1, column - 1
            pairs.append((row, column))
        elif row and cost == costs[row - 1, column] + len(truth[row - 1]):
            row -= 1
            pairs.append((row, None))
        else:
            column -= 1
            pairs.append((None, column))
    return pairs[::-1]


def _edits(line: str, other: str) -> int:
    """The fewest digits to change, add or leave out that make one line of the other."""
    before = list(range(len(other) + 1))
    for count, digit in enumerate(line, 1):
        row = [count]
        for place, candidate in enumerate(other):
            row.append(min(before[place + 1] + 1, row[-1] + 1, before[place] + (digit != candidate)))
        before = row
    return before[-1]
