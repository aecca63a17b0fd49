"""A number from a list that the user has."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from digitnet.constraints.automaton import DIGITS, SYMBOLS, Constraint, normalized
from digitnet.errors import ConfigurationError

__all__ = ["MAX_CHOICES", "Choices", "choices"]

# Numbers in a list; chosen by hand: to see whether any of so many fits a checksum takes up to 2 s.
MAX_CHOICES = 100_000
# Characters of one number; chosen by hand, far beyond the length of any line.
_MAX_CHARACTERS = 1000
_AFTER_ALL = "\U0010ffff"

_Range = tuple[int, int, int]


class Choices(Constraint[_Range]):
    """A number from a sorted list; the state is the range of those that begin like this, and how long the beginning is.

    Args:
        numbers: Sorted, without repetition.
    """

    def __init__(self, numbers: Sequence[str]) -> None:
        has_marks = any(not number.isdecimal() for number in numbers)
        self.numbers = numbers
        self.start, self.reads = (0, len(numbers), 0), frozenset(SYMBOLS if has_marks else DIGITS)

    def step(self, state: _Range, symbol: str) -> _Range | None:
        """The part of the range that goes on with the symbol."""
        if symbol not in self.reads:
            return state
        first, end, depth = state
        beginning = self.numbers[first][:depth] + symbol
        first = bisect_left(self.numbers, beginning, first, end)
        end = bisect_left(self.numbers, beginning + _AFTER_ALL, first, end)
        return (first, end, depth + 1) if first < end else None

    def is_accepting(self, state: _Range) -> bool:
        """Where one of them ends; the shortest is the first."""
        return len(self.numbers[state[0]]) == state[2]


def choices(numbers: Iterable[str]) -> Choices:
    """A number from a list. If any of them has a mark, marks count; else only digits do.

    Args:
        numbers: Each as it is written; white space in them, and empty ones, are ignored.

    Raises:
        ConfigurationError: There is none, one has something that cannot be read, or there are too many.
    """
    if isinstance(numbers, str):
        raise ConfigurationError(f"choices is the text {numbers!r:.40}: expected a list of numbers, each a text")
    found = set()
    for place, given in enumerate(numbers, start=1):
        if place > MAX_CHOICES:
            raise ConfigurationError(f"choices are more than {MAX_CHOICES:,}: give fewer, or a pattern")
        number = _checked(given, place)
        if number:
            found.add(number)
    if not found:
        raise ConfigurationError("choices are empty: expected at least one number, one a line")
    return Choices(sorted(found))


def _checked(given: str, place: int) -> str:
    """A number as a reading writes it."""
    if not isinstance(given, str):
        raise ConfigurationError(f"choice {place} is {given!r:.40}: expected a text, as '007' is not the same as '7'")
    number = normalized(given)
    unknown = next((character for character in number if character not in SYMBOLS), None)
    if unknown is not None:
        raise ConfigurationError(
            f"choice {place} is {given.strip()!r:.40}, and {unknown!r} cannot be read: "
            f"expected digits, spaces and the marks {' '.join(SYMBOLS[len(DIGITS) :])}"
        )
    if len(number) > _MAX_CHARACTERS:
        raise ConfigurationError(f"choice {place} has {len(number):,} characters: expected at most {_MAX_CHARACTERS:,}")
    return number
