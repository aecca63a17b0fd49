"""How certain a number must be to be sure: `python -m benchmarks.pictures.certainty`, from the repository's folder.

Reads rendered pages of many kinds as if every confidence were enough, compares each number with what was written, and
fits the chance that all of a number is right to its confidence by isotonic regression: it never falls where confidence
rises, and has no other form. A logistic function would not do, since some mistakes, such as a digit that was taken for
a rule, are as frequent at any confidence. What nothing but its confidence would make unsure takes part.
"""

import argparse
import dataclasses
import sys
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.pictures.page_sets import page_sets
from benchmarks.pictures.scoring import aligned_lines
from benchmarks.processes import BenchmarkError
from benchmarks.settings import positive
from digitnet import load_classifier
from digitnet.inference.answers import Number
from digitnet.inference.number_words import NUMBER_THRESHOLDS
from digitnet.inference.reader import Reader, reader_for

CERTAINTY_KINDS = ("comb", "box", "table", "sudoku", "sum", "date", "amount", "words")
WANTED = 0.99  # chance that all of a number is right, from which it is sure
_MARGINS = (0.9, 0.97, 0.98, 0.99, 0.995, 0.998)


class Judged(NamedTuple):
    """Numbers that nothing but their confidence would make unsure."""

    confidences: NDArray[np.float64]
    is_right: NDArray[np.bool_]


class Fit(NamedTuple):
    """The chance that a number is right, which rises in steps.

    Attributes:
        starts: Least confidence of each step, rising.
        chances: The chance on it, rising.
    """

    starts: NDArray[np.float64]
    chances: NDArray[np.float64]

    def least_confidence(self, wanted: float = WANTED) -> float:
        """The confidence from which the chance is at least `wanted`; infinite where it never is."""
        return float(np.where(self.chances >= wanted, self.starts, np.inf).min())


def right_numbers(truth: str, numbers: Sequence[str]) -> list[bool]:
    """Which numbers of a line were written, where they stand with the fewest edits of digits in all.

    A number that was missed beside one does not make that one wrong; a digit that was missed does.

    Args:
        truth: The numbers of the line, with spaces between them.
        numbers: The digits of each number that was read, in order.
    """
    written = ["".join(filter(str.isdigit, number)) for number in truth.split()]
    ends = set(accumulate(map(len, written), initial=0))
    digits, places = "".join(written), _places("".join(written), "".join(numbers))
    right, start = [], 0
    for number in numbers:
        end = start + len(number)
        before = max((place + 1 for place in places[:start] if place is not None), default=0)
        after = min((place for place in places[end:] if place is not None), default=len(digits))
        own = places[start:end]
        first = own[0] if own and own[0] is not None else 0
        right.append(
            own == list(range(first, first + len(number)))
            and digits[first : first + len(number)] == number
            and (first == before or first in ends)
            and (first + len(number) == after or first + len(number) in ends)
        )
        start = end
    return right


def _places(truth: str, found: str) -> list[int | None]:
    """The place in the truth of each digit that was read, with the fewest edits; None of those that were added."""
    costs = np.zeros((len(truth) + 1, len(found) + 1), np.int64)
    costs[:, 0], costs[0] = np.arange(len(truth) + 1), np.arange(len(found) + 1)
    for row, digit in enumerate(truth):
        for column, other in enumerate(found):
            costs[row + 1, column + 1] = min(
                costs[row, column] + (digit != other), costs[row, column + 1] + 1, costs[row + 1, column] + 1
            )
    places: list[int | None] = [None] * len(found)
    row, column = len(truth), len(found)
    while row and column:
        same = truth[row - 1] == found[column - 1]
        if costs[row, column] == costs[row - 1, column - 1] + (not same):
            row, column = row - 1, column - 1
            places[column] = row
        elif costs[row, column] == costs[row - 1, column] + 1:
            row -= 1
        else:
            column -= 1
    return places


def judged(
    kinds: Sequence[str], level: str, size: int, seed: int, *, of_training: bool
) -> Iterator[tuple[str, Judged]]:
    """The numbers of each kind, `size` pictures of it."""
    reader = _reader()
    for kind in kinds:
        confidences: list[float] = []
        is_right: list[bool] = []
        for pictures in page_sets(kind, level, size, seed, of_training=of_training):
            for place in range(len(pictures)) if pictures.kind == "lines" else ():
                example = pictures[place]
                reading = reader.trace_number(example.picture).reading
                for number, right in _with_truth(example.written.split("\n"), reading.numbers):
                    if number.status == "ok":
                        confidences.append(number.confidence)
                        is_right.append(right)
        yield kind, Judged(np.array(confidences), np.array(is_right, np.bool_))


def _reader() -> Reader:
    """A reader for which every confidence is enough."""
    classifier = load_classifier(threads=1)
    reader = reader_for(classifier.predictor, classifier.decision)
    if reader.numbers is None:
        raise BenchmarkError("the bundled model reads no numbers: bundle one of the ten digits")
    numbers = dataclasses.replace(reader.numbers, thresholds=NUMBER_THRESHOLDS._replace(sure=0.0, sure_in_table=0.0))
    return dataclasses.replace(reader, numbers=numbers)


def _with_truth(truth: Sequence[str], numbers: Sequence[Number]) -> Iterator[tuple[Number, bool]]:
    """Each number, and whether it is right."""
    lines: dict[int, list[Number]] = {}
    for number in numbers:
        lines.setdefault(number.line, []).append(number)
    rows = list(lines.values())
    digits = [["".join(filter(str.isdigit, number.text)) for number in row] for row in rows]
    written = ["".join(filter(str.isdigit, line)) for line in truth]
    for place, at in aligned_lines(written, ["".join(row) for row in digits]):
        if at is not None:
            right = [False] * len(rows[at]) if place is None else right_numbers(truth[place], digits[at])
            yield from zip(rows[at], right, strict=True)


def fitted(numbers: Judged) -> Fit:
    """Isotonic regression of being right on the confidence.

    Source:
        M. Ayer and others, Annals of Mathematical Statistics 26 (1955), 641-647: neighbours that fall are pooled.
    """
    starts: list[float] = []
    sums: list[tuple[float, int]] = []  # how many are right on a step, and how many there are
    for place in np.argsort(numbers.confidences, kind="stable").tolist():
        starts.append(float(numbers.confidences[place]))
        sums.append((float(numbers.is_right[place]), 1))
        while len(sums) > 1 and sums[-2][0] * sums[-1][1] >= sums[-1][0] * sums[-2][1]:
            right, count = sums.pop()
            starts.pop()
            sums[-1] = (sums[-1][0] + right, sums[-1][1] + count)
    return Fit(np.array(starts), np.array([right / count for right, count in sums]))


def together(parts: Sequence[Judged]) -> Judged:
    """All of them as one."""
    return Judged(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def row_of(name: str, numbers: Judged) -> str:
    """How many numbers there are, and how many of those from each confidence on are wrong."""
    shown = [f"{name:10s} n {len(numbers.is_right):5d} wrong {int((~numbers.is_right).sum()):4d}"]
    for least in _MARGINS:
        own = numbers.is_right[numbers.confidences >= least]
        shown.append(f"from {least}: {int((~own).sum())} of {len(own)}")
    return "  ".join(shown)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read, fit and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures.certainty", description=__doc__)
    parser.add_argument("kinds", nargs="*", choices=[*CERTAINTY_KINDS, []], help="all unless some are named")
    parser.add_argument("--n", type=positive, default=60, help="pictures of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--level", default="mild")
    parser.add_argument("--train-digits", action="store_true", help="MNIST's training digits, to choose settings with")
    asked = parser.parse_args(arguments)
    parts = []
    kinds = asked.kinds or CERTAINTY_KINDS
    for kind, numbers in judged(kinds, asked.level, asked.n, asked.seed, of_training=asked.train_digits):
        sys.stdout.write(row_of(kind, numbers) + "\n")
        parts.append(numbers)
    every = together(parts)
    fit = fitted(every)
    sys.stdout.write(row_of("all", every) + "\n")
    sys.stdout.write(f"right in {100 * WANTED:.0f} % from {fit.least_confidence():.4f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
