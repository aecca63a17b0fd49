"""Values of options, from the text that a user types; each function returns one for argparse's `type`."""

import argparse
from collections.abc import Callable, Iterable

from digitnet.errors import nearest_name

__all__ = ["one_of", "real_number", "whole_number", "whole_numbers"]

_MANY = 10_000  # numbers that one span may stand for, so that a slip of the finger is refused; chosen by hand


def whole_number(low: int, high: int | None = None) -> Callable[[str], int]:
    """A whole number from `low` to `high`; None for no upper limit."""
    expected = f"a whole number from {low} to {high}" if high is not None else f"a whole number of {low} or more"

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise _wrong(text, expected) from None
        if value < low or (high is not None and value > high):
            raise _wrong(text, expected)
        return value

    return parse


def real_number(low: float | None = None, high: float | None = None) -> Callable[[str], float]:
    """A number from `low` to `high`, or any number where both are None."""
    expected = "a number" if low is None or high is None else f"a number from {low:g} to {high:g}"

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise _wrong(text, expected) from None
        if low is not None and high is not None and not low <= value <= high:
            raise _wrong(text, expected)
        return value

    return parse


def whole_numbers(text: str) -> tuple[int, ...]:
    """Whole numbers of 0 or more: `0-4`, `3` or `0,2,5-7`, each once and in that order."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        try:
            low, high = int(first), int(last if dash else first)
        except ValueError:
            raise _wrong(text, "whole numbers such as 0-4 or 0,2,3") from None
        if high < low or high - low >= _MANY:
            raise _wrong(text, f"numbers such as 0-4, the lower one first, and no more than {_MANY:,}")
        found += range(low, high + 1)
    return tuple(dict.fromkeys(found))


def one_of(names: Iterable[str]) -> Callable[[str], str]:
    """One of these names, as it is written here."""
    known = tuple(names)

    def parse(text: str) -> str:
        if text not in known:
            raise argparse.ArgumentTypeError(
                f"is {text!r}{nearest_name(text, known)}: expected {', '.join(known[:-1])} or {known[-1]}"
            )
        return text

    return parse


def _wrong(text: str, expected: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"is {text!r}: expected {expected}")
