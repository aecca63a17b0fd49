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

from benchmarks.pictures.sets import Example, Kind, PictureSet
from benchmarks.results import Row
from digitnet import Classifier, Digit, load_classifier
from digitnet.errors import PictureError

_SLICE = 100  # pictures that a process takes at once


@dataclass(frozen=True)
class Outcome:
    """What reading one picture gave."""

    part: str  # of the set
    n: int  # digits, lines or non-digits in it
    errors: int  # digits with another answer or none, lines that are not exactly right, non-digits called digits
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
    n, errors = (sum(getattr(outcome, name) for outcome in outcomes) for name in ("n", "errors"))
    names = {"unsure": "unsure", "refused": "not_a_digit", "failed": "error"}
    rows = [
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
        return Outcome(example.part, n, errors, "error", time.perf_counter() - began)
    seconds = time.perf_counter() - began
    if kind == "lines":
        right = exact_lines(truth, answer.text.split("\n"))
        return Outcome(example.part, n, n - right, answer.status, seconds)
    is_called_digit = answer.status != "not_a_digit"
    if kind == "not digits":
        return Outcome(example.part, n, int(is_called_digit), answer.status, seconds)
    is_right = is_called_digit and answer.text == example.text
    names = [classifier.class_names[label] for label in answer.candidates] if isinstance(answer, Digit) else []
    return Outcome(example.part, n, int(not is_right), answer.status, seconds, example.text in names, len(names))


def exact_lines(truth: Sequence[str], found: Sequence[str]) -> int:
    """How many lines are exactly right: the most that are found in their order, others added or missed between."""
    best = [0] * (len(found) + 1)
    for line in truth:
        before = best[:]
        for place, candidate in enumerate(found):
            best[place + 1] = before[place] + 1 if line == candidate else max(before[place + 1], best[place])
    return best[-1]
