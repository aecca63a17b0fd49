"""The cheapest texts of a symbol lattice that fit a constraint, and how probable it is that any text fits."""

import heapq
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from digitnet.constraints import AnyConstraint
from digitnet.segmentation.constrained_search import Search, States, cost_at
from digitnet.segmentation.symbol_lattice import PlainCosts, SymbolLattice

__all__ = ["DECODING_LIMITS", "Decoding", "DecodingLimits", "Reading", "decode"]


class DecodingLimits(NamedTuple):
    """How far a search goes."""

    # Cost by which a path that fits may be dearer than the cheapest of all, in nats: beyond it a reading is less than
    # 1e-17 as probable as the one that does not fit. Chosen by hand.
    max_excess: float = 40.0
    # Cost by which a path may be dearer than the cheapest that fits, in nats: beyond it each has less than 1e-6 of that
    # one's weight. Chosen by hand.
    margin: float = 14.0
    # States of a constraint that are followed at each segment; chosen by hand, for the time that decoding may take.
    max_states: int = 1000
    # Parts of paths that are looked at for the cheapest texts; chosen by hand, five texts of sixty segments take 400.
    max_parts: int = 20_000


DECODING_LIMITS = DecodingLimits()


class Reading(NamedTuple):
    """A text, and the cheapest path that reads it.

    Attributes:
        text: Its symbols.
        path: Number of the edge, and of the symbol, for each character.
        cost: Of the path, skipped segments included.
    """

    text: str
    path: tuple[tuple[int, int], ...]
    cost: float


@dataclass(frozen=True, slots=True)
class Decoding:
    """What a lattice may say.

    Attributes:
        readings: The cheapest of all texts that fit, each once, from the cheapest; empty where none is left.
        log_total: Log of the summed weights of all paths, whether they fit or not.
        log_fitting: Log of the summed weights of the paths that fit; -inf where none is left.
        is_complete: Whether no path was left out for the count of states.
    """

    readings: tuple[Reading, ...]
    log_total: float
    log_fitting: float
    is_complete: bool

    @property
    def fitting_probability(self) -> float:
        """The probability that the constraint is fulfilled, in [0, 1]."""
        return min(1.0, math.exp(self.log_fitting - self.log_total))

    def probability(self, reading: Reading) -> float:
        """The probability of a reading's path among all paths, in [0, 1]."""
        return min(1.0, math.exp(-reading.cost - self.log_total))

    def probability_if_fitting(self, reading: Reading) -> float:
        """The probability of a reading's path among those that fit, in [0, 1]."""
        return min(1.0, math.exp(-reading.cost - self.log_fitting))


def decode(
    lattice: SymbolLattice,
    constraint: AnyConstraint | None = None,
    count: int = 1,
    limits: DecodingLimits = DECODING_LIMITS,
) -> Decoding:
    """The cheapest texts of a lattice, and the weight of all its paths and of those that fit.

    Args:
        lattice: A line.
        constraint: What is known about its text; None where nothing is.
        count: How many texts are wanted.
        limits: How far the search goes.

    Returns:
        At most `count` texts; the empty one is among them where a path may skip all segments.
    """
    plain = PlainCosts(lattice)
    if not math.isfinite(plain.total):
        return Decoding((), -math.inf, -math.inf, is_complete=True)
    states = States(constraint, lattice.symbols)
    excess = limits.margin
    search = Search(lattice, plain, states, limits.max_states, plain.total + excess)
    while not search.ends and excess < limits.max_excess:
        excess = min(2 * excess, limits.max_excess)
        search = Search(lattice, plain, states, limits.max_states, plain.total + excess)
    bound = search.cheapest + limits.margin
    if search.ends and bound > plain.total + excess:
        search = Search(lattice, plain, states, limits.max_states, bound)
    log_fitting = plain.log_total if constraint is None else search.log_weight
    readings = itertools.islice(_cheapest_texts(search, lattice, limits.max_parts), count)
    return Decoding(tuple(readings), plain.log_total, log_fitting, search.is_complete)


class _Part(NamedTuple):
    """The end of a path, from some state on: its text, its cost, and its edges and symbols as a linked list."""

    segment: int
    state: int
    text: str
    cost: float
    path: Any


def _cheapest_texts(search: Search, lattice: SymbolLattice, max_parts: int) -> Iterator[Reading]:
    """Each text once, from the cheapest, by an A* search from the end; the costs from the start are known exactly."""
    order = itertools.count()
    waiting: list[tuple[float, int, _Part, Iterator[tuple[float, _Part]]]] = []
    seen = set()

    def put(parts: Iterator[tuple[float, _Part]]) -> None:
        for total, part in itertools.islice(parts, 1):
            heapq.heappush(waiting, (total, next(order), part, parts))

    for state in search.ends:
        put(iter([(cost_at(search.columns[-1], state), _Part(len(search.edges), state, "", 0.0, None))]))
    for _ in range(max_parts):
        if not waiting:
            return
        _, _, part, others = heapq.heappop(waiting)
        put(others)
        key = (part.segment, part.state, part.text)
        if key in seen:  # the same end of a text from the same state: the one that came first is the cheapest
            continue
        seen.add(key)
        if part.segment:
            put(_longer(search, lattice, part))
        else:
            yield Reading(part.text, _unlinked(part.path), part.cost)


def _longer(search: Search, lattice: SymbolLattice, part: _Part) -> Iterator[tuple[float, _Part]]:
    """The part with one more edge or skipped segment before it, each with its whole path's cost, from the cheapest."""
    segment = part.segment - 1
    ending = search.edges[segment]
    skipped = float(lattice.skip_costs[segment])
    sources, symbols = np.nonzero(ending.after == part.state)
    ways = ending.before[:, sources] + ending.costs[:, symbols]
    skipping = cost_at(search.columns[segment], part.state) + skipped
    totals = np.append(ways.ravel(), skipping)
    for number in np.argsort(totals, kind="stable").tolist():
        total = float(totals[number])
        if not math.isfinite(total):
            return
        if number == ways.size:
            longer = _Part(segment, part.state, part.text, part.cost + skipped, part.path)
        else:
            row, column = divmod(number, len(sources))
            edge, symbol = int(ending.edges[row]), int(ending.symbols[symbols[column]])
            longer = _Part(
                int(lattice.first[edge]),
                int(ending.states[sources[column]]),
                lattice.symbols[symbol] + part.text,
                part.cost + float(lattice.costs[edge, symbol]),
                ((edge, symbol), part.path),
            )
        yield total + part.cost, longer


def _unlinked(path: Any) -> tuple[tuple[int, int], ...]:
    found = []
    while path is not None:
        step, path = path
        found.append(step)
    return tuple(found)
