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
from typing import Any

from benchmarks.accuracy.measure import model_digest
from benchmarks.machine import describe_machine
from benchmarks.pictures.measured import Measurement
from benchmarks.pictures.sets import Example, PictureSet
from digitnet import load_classifier
from digitnet.errors import PictureError
from digitnet.inference.classifier import Classifier, Digit
from digitnet.model_file.contract import bundled_model_path

__all__ = ["Outcome", "exact_lines", "measure_set", "outcome_of", "tally"]

_SLICE = 100  # pictures that a process takes at once


@dataclass(frozen=True)
class Outcome:
    """What reading one picture gave.

    Attributes:
        part: Of the set.
        n: Digits, lines or non-digits in it.
        errors: Of these.
        status: `ok`, `unsure`, `not_a_digit`, or `error`.
        seconds: What reading took.
        is_covered: Whether the digit is among the candidates; None where that does not apply.
        candidates: How many there are; None likewise.
    """

    part: str
    n: int
    errors: int
    status: str
    seconds: float
    is_covered: bool | None = None
    candidates: int | None = None


def measure_set(pictures: PictureSet, *, seed: int, model: Path | None = None, jobs: int = 1) -> list[Measurement]:
    """Read all pictures of a set.

    Args:
        pictures: At least one.
        seed: That it came from, to be recorded.
        model: A model file or a run folder; None takes the one inside the package.
        jobs: Processes that read at the same time; one reads on one core.

    Returns:
        The row of the set; and where it has several parts, one of each of them.

    Raises:
        ModelFileError: The model is missing or damaged.
    """
    digest, classifier = model_digest(bundled_model_path() if model is None else model), _classifier(model)
    outcomes = list(_outcomes(pictures, model, jobs))
    circumstances = {
        "kind": pictures.kind,
        "is_rendered": pictures.is_rendered,
        "seed": seed,
        "model_sha256": digest,
        "preset": str(classifier.metadata.recipe.get("preset", "")),
        "machine": {name: value for name, value in describe_machine().items() if name in {"processor", "cores"}},
    }
    rows = [tally(pictures.name, outcomes, circumstances)]
    parts = sorted({outcome.part for outcome in outcomes})
    if len(parts) > 1:
        for part in parts:
            of_part = [outcome for outcome in outcomes if outcome.part == part]
            rows.append(tally(f"{pictures.name}: {part or 'others'}", of_part, circumstances))
    return rows


def tally(name: str, outcomes: Sequence[Outcome], circumstances: dict[str, Any]) -> Measurement:
    """The row of some outcomes, at least one."""
    covered = [outcome for outcome in outcomes if outcome.is_covered is not None]
    statuses = [outcome.status for outcome in outcomes]
    return Measurement(
        name=name,
        pictures=len(outcomes),
        n=sum(outcome.n for outcome in outcomes),
        errors=sum(outcome.errors for outcome in outcomes),
        unsure=statuses.count("unsure"),
        refused=statuses.count("not_a_digit"),
        failed=statuses.count("error"),
        covered=sum(outcome.is_covered is True for outcome in covered) if covered else None,
        candidates=sum(outcome.candidates or 0 for outcome in covered) if covered else None,
        median_ms=round(1e3 * statistics.median(outcome.seconds for outcome in outcomes), 3),
        **circumstances,
    )


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


def outcome_of(example: Example, kind: str, classifier: Classifier) -> Outcome:
    """Read one picture and compare the answer with the truth.

    Args:
        example: The picture.
        kind: What counts.
        classifier: Reads it.
    """
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
