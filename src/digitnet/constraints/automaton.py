"""Constraints as deterministic automata over the symbols that can be read, one at a time or several at once.

An automaton is never built as a whole: a state is computed from the one before it when a reading gets there. So it does
not matter that the whole automaton of some patterns is larger than any memory.
"""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from digitnet.errors import ConfigurationError

__all__ = [
    "DIGITS",
    "MARKS",
    "SPELLINGS",
    "SYMBOLS",
    "AnyConstraint",
    "Constraint",
    "Length",
    "accepts",
    "check_not_empty",
    "intersect",
    "length",
    "normalized",
]

DIGITS = "0123456789"
MARKS = ".,-/+x÷=():%€$"
SYMBOLS = DIGITS + MARKS
# Every way to type a symbol: people copy signs from documents, and the check digit X of an ISBN is written like the
# multiplication sign x.
_OTHERS = {"x": "X\N{MULTIPLICATION SIGN}", "-": "\N{MINUS SIGN}\N{EN DASH}"}
SPELLINGS = {symbol: symbol + _OTHERS.get(symbol, "") for symbol in SYMBOLS}
_SYMBOL_OF = {spelling: symbol for symbol, spellings in SPELLINGS.items() for spelling in spellings}

# Digits; chosen by hand, far beyond the length of any line.
MAX_LENGTH = 1000
# Steps of a quick search for a number that fits all constraints; chosen by hand, a card number takes some hundred.
QUICK_STEPS = 20_000
# Steps of a search that goes on until it is known that no number fits, after which constraints count as too large
# together: all 5,700 states of a card number of 19 digits take 57,000. Chosen by hand; so many take half a second.
MAX_STEPS = 100_000

S = TypeVar("S", bound=Hashable)


class Constraint(ABC, Generic[S]):
    """A deterministic automaton that reads a number from left to right. It never changes, so threads may share it.

    Attributes:
        start: The state before the first symbol.
        reads: The symbols that it reads. All others, and spaces, are skipped: they leave the state as it is.
    """

    start: S
    reads: frozenset[str]

    @abstractmethod
    def step(self, state: S, symbol: str) -> S | None:
        """The state after one more symbol; None if no number that fits goes on like this.

        Args:
            state: `start`, or what another step returned.
            symbol: One character.
        """

    @abstractmethod
    def is_accepting(self, state: S) -> bool:
        """Whether a number that fits may end here."""

    def split(self, state: S) -> tuple[S, ...]:
        """States that together accept what this one accepts; the fewer different ones there are, the better.

        A search for any number that fits need not follow a pattern's places at once, of whose sets there may be 2 to
        the power of their count, but one by one.
        """
        return (state,)


AnyConstraint: TypeAlias = Constraint[Any]


class Length(Constraint[int]):
    """A number of so many digits; the state is how many there have been.

    Args:
        digits: At least 1.
        reads: The symbols that count.
    """

    def __init__(self, digits: int, reads: str = DIGITS) -> None:
        self.start, self.reads, self._digits = 0, frozenset(reads), digits

    def step(self, state: int, symbol: str) -> int | None:
        """One more, up to the length."""
        if symbol not in self.reads:
            return state
        return state + 1 if state < self._digits else None

    def is_accepting(self, state: int) -> bool:
        """At the length."""
        return state == self._digits


class _Intersection(Constraint[tuple[Hashable, ...]]):
    """Several constraints at once; the state is that of each."""

    def __init__(self, parts: Sequence[AnyConstraint]) -> None:
        self.start = tuple(part.start for part in parts)
        self.reads = frozenset().union(*(part.reads for part in parts))
        self._parts = tuple(parts)

    def step(self, state: tuple[Hashable, ...], symbol: str) -> tuple[Hashable, ...] | None:
        """A step of each."""
        after = []
        for part, own in zip(self._parts, state, strict=True):
            following = part.step(own, symbol)
            if following is None:
                return None
            after.append(following)
        return tuple(after)

    def is_accepting(self, state: tuple[Hashable, ...]) -> bool:
        """Where each accepts."""
        return all(part.is_accepting(own) for part, own in zip(self._parts, state, strict=True))

    def split(self, state: tuple[Hashable, ...]) -> tuple[tuple[Hashable, ...], ...]:
        """Every combination of the parts' own."""
        return tuple(itertools.product(*(part.split(own) for part, own in zip(self._parts, state, strict=True))))


def length(digits: int, reads: str = DIGITS) -> Length:
    """A number of so many digits, whatever marks are between them.

    Args:
        digits: 1 to 1,000.
        reads: The symbols that count.

    Raises:
        ConfigurationError: The length is something else.
    """
    if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= MAX_LENGTH:
        raise ConfigurationError(
            f"length is {digits!r:.40}: expected how many digits a number has, a whole number from 1 to {MAX_LENGTH:,}"
        )
    return Length(digits, reads)


def intersect(parts: Sequence[AnyConstraint]) -> AnyConstraint:
    """All of these constraints at once.

    Args:
        parts: At least one.
    """
    return parts[0] if len(parts) == 1 else _Intersection(parts)


def accepts(constraint: AnyConstraint, text: str) -> bool:
    """Whether a number fits.

    Args:
        constraint: What is known about it.
        text: As it is written; spaces, and marks that the constraint does not read, make no difference.
    """
    state = constraint.start
    for symbol in text:
        state = constraint.step(state, symbol)
        if state is None:
            return False
    return constraint.is_accepting(state)


def check_not_empty(constraint: AnyConstraint, given: str) -> None:
    """Refuse a constraint that no number fits.

    Args:
        constraint: Of any kind.
        given: What the user wrote, for the message.

    Raises:
        ConfigurationError: No number fits, or so many states were looked at that it is not known whether one does.
    """
    is_empty = _search(constraint, lambda state: (state,), QUICK_STEPS)
    if is_empty is None:
        is_empty = _search(constraint, constraint.split, MAX_STEPS)
    if is_empty is None:
        raise ConfigurationError(f"{given} are too large together: give fewer of them, or a simpler pattern")
    if is_empty:
        raise ConfigurationError(f"{given} contradict one another: no number fits all of them, so leave one out")


def _search(constraint: AnyConstraint, split: Callable[[Any], tuple[Any, ...]], max_steps: int) -> bool | None:
    """Whether no number fits; None if that is not known after so many steps."""
    symbols = sorted(constraint.reads, key=SYMBOLS.index)
    waiting = list(split(constraint.start))
    seen, steps = set(waiting), 0
    while waiting and steps <= max_steps:
        state = waiting.pop()  # the last one: the search goes deep, and soon finds a number where there are many
        if constraint.is_accepting(state):
            return False
        for symbol in symbols:
            after = constraint.step(state, symbol)
            following = split(after) if after is not None else ()
            steps += 1 + len(following)
            waiting += [each for each in following if each not in seen]
            seen.update(following)
    return None if waiting else True


def normalized(text: str) -> str:
    """A number as a reading writes it: without white space, and each symbol spelt in the one way.

    Args:
        text: As a user typed it.

    Returns:
        Text that may still hold characters that are no symbols.
    """
    return "".join(_SYMBOL_OF.get(character, character) for character in text if not character.isspace())
