"""A number that matches a regular expression as a whole."""

import functools
from collections.abc import Iterator

from digitnet.constraints.automaton import DIGITS, MARKS, SYMBOLS, Constraint
from digitnet.constraints.expression import Places, places_of
from digitnet.errors import ConfigurationError

__all__ = ["Pattern", "pattern"]

# Sets of places whose following places are remembered; chosen by hand, at most half a megabyte.
_MAX_REMEMBERED = 4096


class Pattern(Constraint[int]):
    """A number that matches a regular expression; the state is what may be read next, the places as bits.

    Args:
        places: Of the expression.
    """

    def __init__(self, places: Places) -> None:
        has_marks = any(places.reading[mark] for mark in MARKS)
        self.start, self.reads, self._places = places.start, frozenset(SYMBOLS if has_marks else DIGITS), places
        self._following: dict[int, int] = {}  # remembered, since most symbols lead from a state to the same one

    def step(self, state: int, symbol: str) -> int | None:
        """What may be read after all places that read the symbol."""
        if symbol not in self.reads:
            return state
        reading = state & self._places.reading[symbol]
        following = self._following.get(reading)
        if following is None:
            following = functools.reduce(int.__or__, map(self._places.follow.__getitem__, _bits(reading)), 0)
            if len(self._following) >= _MAX_REMEMBERED:
                self._following.clear()
            self._following[reading] = following
        return following or None

    def is_accepting(self, state: int) -> bool:
        """Where the end may be next."""
        return bool(state & self._places.end)

    def split(self, state: int) -> tuple[int, ...]:
        """Each place alone."""
        return tuple(1 << place for place in _bits(state))


def _bits(number: int) -> Iterator[int]:
    """The places of its ones, from the lowest."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


def pattern(expression: str) -> Pattern:
    r"""A number that matches a regular expression as a whole.

    If the expression can match a mark anywhere, it is matched with the number as it is written, without spaces: as
    `\d{2}/\d{2}/\d{4}` or `.{5}`. Else it is matched with the digits alone, and marks between them make no difference.

    Args:
        expression: As Python's `re` takes it, without references to groups, looks ahead or behind, possessive
            repetitions and word boundaries. `x` also stands for X and the sign for times.

    Raises:
        ConfigurationError: It is no regular language, too large, or matches no number that can be read.
    """
    places = places_of(expression)
    if places.start & ~places.end:
        return Pattern(places)
    given = f"pattern {expression!r:.60}"
    if places.unreadable is not None:
        raise ConfigurationError(
            f"{given} matches only text with {places.unreadable!r}, which cannot be read: "
            f"expected digits and the marks {' '.join(MARKS)}"
        )
    raise ConfigurationError(
        f"{given} matches no number: expected one that matches digits and the marks {' '.join(MARKS)}"
    )
