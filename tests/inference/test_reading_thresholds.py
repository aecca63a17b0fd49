"""When a page is looked at again, and what of it is left out: each limit from both sides."""

from types import SimpleNamespace
from typing import Any

import pytest

from digitnet.inference.answers import Digit
from digitnet.inference.reader import Reader
from digitnet.inference.reading_thresholds import READING_THRESHOLDS


def digit(height: int, status: Any = "ok") -> Digit:
    return Digit(1, "1", 0.99, (1,), (), (0, 0, 10, height), 0, status)


@pytest.mark.parametrize(("height", "is_kept"), [(70, True), (50, False)])
def test_what_is_refused_is_a_hole_only_where_it_stands_as_tall_as_a_digit(height: int, is_kept: bool) -> None:
    reader: Any = SimpleNamespace(thresholds=READING_THRESHOLDS)
    kept = Reader._kept(reader, [digit(100), digit(100), digit(height, "not_a_digit")])  # noqa: SLF001
    assert kept.tolist() == [True, True, is_kept]


def looks(count: int, typical: int) -> int:
    """How many other looks are taken at a page of so many digits, of which so many are typical."""
    taken = []
    page: Any = SimpleNamespace(num_typical=typical, worth=typical, trace=SimpleNamespace(images=[0] * count))

    def read_page(attempt: Any) -> Any:
        taken.append(attempt)
        return page

    reader: Any = SimpleNamespace(
        thresholds=READING_THRESHOLDS, _read_page=read_page, _refused_as_single_digits=lambda read: read.trace
    )
    attempts: Any = iter([1, 2])
    Reader._read_again(reader, page, attempts)  # noqa: SLF001
    return len(taken)


@pytest.mark.parametrize(
    ("count", "typical", "expected"),
    [
        (3, 3, 2),  # few digits: some may have been missed
        (5, 5, 0),
        (100, 60, 2),  # less than two thirds are typical
        (100, 70, 0),
        (12, 5, 2),
        (130, 60, 0),  # too many to look at again within a second
    ],
)
def test_a_page_of_few_or_of_odd_digits_is_looked_at_again(count: int, typical: int, expected: int) -> None:
    assert looks(count, typical) == expected
