"""The targets of reading pictures, each beside what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.page.markdown import percent
from benchmarks.page.targets import Target
from benchmarks.pictures.measured import Kind, Measurement
from benchmarks.pictures.refusal import Refusal

__all__ = ["GIVEN", "MNIST_NAME", "Given", "Line", "targets"]

MNIST_NAME = "MNIST test images"
_LEVELS = {"mild": 0.01, "hard": 0.05}
_LEVEL_PICTURES = 10_000
_NOTHINGS = {"blank": 0.0, "noise": 0.0, "scribble": 0.05}
_NOTHING_PICTURES = 1_000
_CALLED = 0.01
_AUROC = 0.997
_COVERAGE = (0.985, 0.995)
_MEAN_SIZE = 1.02


@dataclass(frozen=True)
class Given:
    """A set of files that has a target.

    Attributes:
        what: It is, in words.
        n: Of all of it: digits or lines.
        textbook: What textbook normalisation does on it: crop, longest side to 20 pixels, centre of mass.
        bound: Error rate that is not to be exceeded.
        kind: What counts.
    """

    what: str
    n: int
    textbook: str
    bound: float
    kind: Kind = "digits"


GIVEN = {
    "single": Given("photos and drawings of one digit each", 186, "1.6 %", 0.006),
    "cvl_train": Given("CVL: Austrian hands", 7_000, "19.0 %", 0.06),
    "ardis4_train": Given("ARDIS: Swedish church books", 6_600, "7.7 %", 0.04),
    "usps_test": Given("USPS: American envelopes", 2_007, "2.4 %", 0.018),
    "hwd1000": Given("HWD: drawn digits", 1_000, "0.5 %", 0.003),
    "pages": Given("photographed pages, lines exactly right", 8, "Tesseract: about a quarter right", 0.0, "lines"),
}


@dataclass(frozen=True)
class Line:
    """A target with how many pictures it is about, and what textbook normalisation does on them.

    Attributes:
        target: It.
        n: Of the set as a whole.
        textbook: In words; empty where it was not measured.
        is_shipped: Whether anyone can repeat it from this repository alone.
    """

    target: Target
    n: int
    textbook: str = ""
    is_shipped: bool = True


def targets(rows: Sequence[Measurement], refusal: Refusal | None = None) -> list[Line]:
    """All targets, in order, whatever was measured.

    What was measured on a part of a set only is shown, but is neither met nor missed.
    """
    found = {(row.kind, row.name): row for row in rows}
    lines = [_given(given, found.get((given.kind, name))) for name, given in GIVEN.items()]
    lines += [
        _at_most(f"rendered digits, {level}", found.get(("digits", level)), bound, _LEVEL_PICTURES)
        for level, bound in _LEVELS.items()
    ]
    mnist = found.get(("digits", MNIST_NAME))
    lines += _clothes(refusal)
    lines += [
        _at_most(f"{name} called a digit", found.get(("not digits", name)), bound, _NOTHING_PICTURES)
        for name, bound in _NOTHINGS.items()
    ]
    return [*lines, _coverage(mnist)]


def _given(given: Given, row: Measurement | None) -> Line:
    wanted = "all" if given.kind == "lines" else _bound(given.bound)
    return Line(_judged(given.what, wanted, row, given.bound, given.n), given.n, given.textbook, is_shipped=False)


def _at_most(what: str, row: Measurement | None, bound: float, n: int) -> Line:
    return Line(_judged(what, _bound(bound), row, bound, n), n)


def _judged(what: str, wanted: str, row: Measurement | None, bound: float, n: int) -> Target:
    """An error rate; `n` digits, lines or non-digits are the whole set."""
    if row is None:
        return Target(what, wanted)
    text = f"{row.n - row.errors} of {row.n}" if row.kind == "lines" else f"{percent(row.rate)} ({row.errors:,})"
    if row.n < n:
        return Target(what, wanted, f"{text}, on {row.n:,}")
    return Target(what, wanted, text, row.rate <= bound)


def _bound(rate: float) -> str:
    return f"at most {100 * rate:g} %" if rate else "0"


def _clothes(found: Refusal | None) -> list[Line]:
    called = "clothes called digits, while 1 % of MNIST's test digits are refused"
    told = "clothes told from MNIST's test digits: AUROC of the score"
    if found is None:
        targets = [Target(called, _bound(_CALLED)), Target(told, f"at least {_AUROC}")]
    else:
        rate = found.called / found.others
        targets = [
            Target(called, _bound(_CALLED), f"{percent(rate)} ({found.called:,})", rate <= _CALLED),
            Target(told, f"at least {_AUROC}", f"{found.auroc:.4f}", found.auroc >= _AUROC),
        ]
    return [Line(target, 2_000, is_shipped=False) for target in targets]


def _coverage(row: Measurement | None) -> Line:
    what = "coverage of the candidates, MNIST's test images"
    low, high = _COVERAGE
    wanted = f"{low} to {high}, mean size at most {_MEAN_SIZE}"
    if row is None or row.covered is None or row.candidates is None:
        return Line(Target(what, wanted), _LEVEL_PICTURES)
    answered = row.pictures - row.failed
    share, size = row.covered / answered, row.candidates / answered
    met = (low <= share <= high and size <= _MEAN_SIZE) if row.n >= _LEVEL_PICTURES else None
    measured = f"{share:.4f}, mean size {size:.3f}"
    if share > high:  # no set is empty, so the coverage cannot fall below the share of right answers
        measured += f"; {1 - row.rate:.4f} with the best guess alone"
    return Line(Target(what, wanted, measured, met), _LEVEL_PICTURES)
