r"""A regular expression as Python writes it, taken apart into places that read one symbol each (Glushkov's automaton).

Python's own parser takes the text apart, so that an expression means here what it means in `re`. Its module has a
private name, but has stayed the same for years. The parsers of greenery, interegular and automata-lib refuse or misread
what people write (`[+-]`, `\d++`, `(?:...)`), and none of them has a limit that keeps `(\d{1,1000}){1,1000}` from
running for minutes: docs/log.md 2026-11-30, "what the user knows".
"""

import importlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Any, NamedTuple

from digitnet.constraints.automaton import SPELLINGS, SYMBOLS
from digitnet.errors import ConfigurationError

__all__ = ["Places", "places_of"]

# Characters of an expression; chosen by hand. The parser takes 3 ms for so many.
MAX_CHARACTERS = 1000
# Places of an expression once all repetitions are written out; chosen by hand, far beyond the length of any line.
MAX_PLACES = 500

_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": str.isdecimal,
    "CATEGORY_NOT_DIGIT": lambda character: not character.isdecimal(),
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_NOT_SPACE": lambda character: not character.isspace(),
    "CATEGORY_WORD": lambda character: character.isalnum() or character == "_",
    "CATEGORY_NOT_WORD": lambda character: not (character.isalnum() or character == "_"),
}
_NOT_REGULAR = {
    "GROUPREF": "a reference to a group",
    "GROUPREF_EXISTS": "a condition on a group",
    "ASSERT": "a look ahead or behind",
    "ASSERT_NOT": "a look ahead or behind",
    "FAILURE": "a look ahead that always fails",
    "POSSESSIVE_REPEAT": "a possessive repetition",
    "ATOMIC_GROUP": "an atomic group",
    "AT_BOUNDARY": "a word boundary",
    "AT_NON_BOUNDARY": "a word boundary",
}
_HINT = r"expected one such as \d{2}/\d{2}/\d{4}"


class Places(NamedTuple):
    """The places of an expression as bits of whole numbers; the bit after the last one stands for the end.

    Attributes:
        start: What may be read first.
        follow: For each place, what may be read after it.
        reading: For each symbol, the places that read it.
        end: The bit of the end.
        unreadable: A character of the expression that is no symbol; None without one.
    """

    start: int
    follow: tuple[int, ...]
    reading: dict[str, int]
    end: int
    unreadable: str | None


class _Kind(Enum):
    """When an edge that reads nothing may be taken."""

    ALWAYS = 0
    AT_START = 1  # where nothing has been read
    AT_END = 2  # where nothing will be read


def places_of(expression: str) -> Places:
    """Take an expression apart.

    Args:
        expression: As Python's `re` takes it, for the whole number. White space in it matches nothing written.

    Raises:
        ConfigurationError: It is no regular expression, no regular language, or too large.
    """
    if not isinstance(expression, str):
        raise ConfigurationError(f"pattern is {expression!r:.40}: expected a regular expression as text; {_HINT}")
    if len(expression) > MAX_CHARACTERS:
        raise ConfigurationError(f"pattern has {len(expression):,} characters: expected at most {MAX_CHARACTERS:,}")
    given = f"pattern {expression!r:.60}"
    try:
        tree = _parsed(expression, given)
        size = _size(tree, given)
        if size > MAX_PLACES:
            raise ConfigurationError(
                f"{given} is too large: written out it has {size:,} places, expected at most {MAX_PLACES:,}; "
                "repeat less, or use + in place of a great number"
            )
        return _Graph(tree).places()
    except RecursionError:
        raise ConfigurationError(f"{given} is nested too deep: leave out brackets") from None


def _parsed(expression: str, given: str) -> Sequence[Any]:
    parser = importlib.import_module("re._parser")
    try:
        with warnings.catch_warnings(action="ignore"):  # such as "possible nested set": it means what it means in `re`
            return list(parser.parse(expression))
    except (ValueError, OverflowError, parser.error) as error:
        raise ConfigurationError(f"{given} is no regular expression: {error}; {_HINT}") from None


def _parts(operation: Any, value: Any) -> Iterator[tuple[Sequence[Any], int]]:
    """The expressions inside an operation, each with how often it is written out."""
    if operation.name == "BRANCH":
        yield from ((branch, 1) for branch in value[1])
    elif operation.name in ("MAX_REPEAT", "MIN_REPEAT"):
        least, most, inner = value
        yield inner, most if _is_finite(most) else max(1, least)
    elif operation.name == "SUBPATTERN":
        yield value[3], 1


def _is_finite(most: Any) -> bool:
    return getattr(most, "name", "") != "MAXREPEAT"


def _size(tree: Sequence[Any], given: str) -> int:
    """The count of places, all repetitions written out; an empty part counts too, since it takes as long."""
    size = 0
    for operation, value in tree:
        name = value.name if operation.name == "AT" else operation.name
        if name in _NOT_REGULAR:
            raise ConfigurationError(
                f"{given} has {_NOT_REGULAR[name]}: expected a plain regular expression of characters, classes such as "
                "[0-9], groups, | and repetitions"
            )
        inner = [(part, times) for part, times in _parts(operation, value)]
        size += sum(max(1, _size(part, given)) * times for part, times in inner) if inner else 1
    return size


def _symbols_of(operation: Any, value: Any) -> tuple[frozenset[str], bool]:
    """The symbols that a character stands for, and whether it may be white space, which is skipped."""
    if operation.name == "ANY":
        return frozenset(SYMBOLS), False
    items = value if operation.name == "IN" else [(operation, value)]
    is_negated = items[0][0].name in ("NEGATE", "NOT_LITERAL")
    has_space = not is_negated and any(_is_space(kind.name, item) for kind, item in items)
    found = {
        symbol
        for symbol, spellings in SPELLINGS.items()
        if any(_is_in(kind.name, item, each) for kind, item in items for each in spellings) != is_negated
    }
    return frozenset(found), has_space


def _is_in(kind: str, item: Any, character: str) -> bool:
    """Whether a part of a class holds a character."""
    if kind in ("LITERAL", "NOT_LITERAL"):
        return bool(item == ord(character))
    if kind == "RANGE":
        return bool(item[0] <= ord(character) <= item[1])
    return kind == "CATEGORY" and _CATEGORIES[item.name](character)


def _is_space(kind: str, item: Any) -> bool:
    return (kind == "LITERAL" and chr(item).isspace()) or (kind == "CATEGORY" and item.name == "CATEGORY_SPACE")


class _Graph:
    """Nodes with edges that read a symbol, the places, and edges that read nothing (Thompson's automaton)."""

    def __init__(self, tree: Sequence[Any]) -> None:
        self.edges: list[list[tuple[_Kind, int]]] = [[]]
        self.place_at: dict[int, int] = {}  # by the node before it; a node is before one place at most
        self.symbols: list[frozenset[str]] = []
        self.after: list[int] = []
        self.unreadable: str | None = None
        self.last = self._sequence(tree, 0)

    def places(self) -> Places:
        """Every place and what may be read after it, without those from which the end cannot be reached."""
        end = 1 << len(self.symbols)
        reached = self._reached(is_start=False)
        follow = [reached[node] for node in self.after]
        before, useful = 0, end
        while useful != before:
            before = useful
            for place in reversed(range(len(follow))):  # a place mostly leads to later ones
                if self.symbols[place] and follow[place] & useful:
                    useful |= 1 << place
        reading = {
            symbol: sum(1 << place for place, symbols in enumerate(self.symbols) if symbol in symbols)
            for symbol in SYMBOLS
        }
        start = self._reached(is_start=True)[0]
        return Places(start & useful, tuple(each & useful for each in follow), reading, end, self.unreadable)

    def _reached(self, *, is_start: bool) -> list[int]:
        """For each node the places, and the end, that are reached from it without reading anything."""
        end = 1 << len(self.symbols)
        reached = [1 << self.place_at[node] if node in self.place_at else 0 for node in range(len(self.edges))]
        reached[self.last] |= end
        before: list[int] = []
        while reached != before:
            before = reached.copy()
            for node in reversed(range(len(reached))):  # an edge mostly leads to a later node
                for kind, target in self.edges[node]:
                    if kind is not _Kind.AT_START or is_start:
                        reached[node] |= reached[target] & (end if kind is _Kind.AT_END else -1)
        return reached

    def _node(self, *before: int, kind: _Kind = _Kind.ALWAYS) -> int:
        """A new node, and edges to it."""
        self.edges.append([])
        for node in before:
            self.edges[node].append((kind, len(self.edges) - 1))
        return len(self.edges) - 1

    def _sequence(self, tree: Sequence[Any], node: int) -> int:
        """Add what may be read from a node on; returns the node after it."""
        for operation, value in tree:
            if operation.name == "BRANCH":
                node = self._node(*[self._sequence(branch, self._node(node)) for branch in value[1]])
            elif operation.name in ("MAX_REPEAT", "MIN_REPEAT"):
                node = self._repetition(value, node)
            elif operation.name == "SUBPATTERN":
                node = self._sequence(value[3], node)
            elif operation.name == "AT":
                is_start = value.name.startswith("AT_BEGINNING")
                node = self._node(node, kind=_Kind.AT_START if is_start else _Kind.AT_END)
            else:
                node = self._place(operation, value, node)
        return node

    def _repetition(self, value: tuple[int, Any, Sequence[Any]], node: int) -> int:
        least, most, inner = value
        is_finite = _is_finite(most)
        for _ in range(least if is_finite else least - 1):
            node = self._sequence(inner, node)
        if not is_finite:
            first = self._node(node)
            last = self._sequence(inner, first)
            self.edges[last].append((_Kind.ALWAYS, first))
            return self._node(last) if least else self._node(first, last)
        ends = [node]
        for _ in range(most - least):
            ends.append(self._sequence(inner, self._node(ends[-1])))
        return self._node(*ends)

    def _place(self, operation: Any, value: Any, node: int) -> int:
        symbols, has_space = _symbols_of(operation, value)
        before = self._node(node)
        after = self._node(before) if has_space else self._node()
        if symbols or not has_space:
            self.place_at[before] = len(self.symbols)
            self.symbols.append(symbols)
            self.after.append(after)
        if not symbols and not has_space and operation.name == "LITERAL":
            self.unreadable = self.unreadable or chr(value)
        return after
