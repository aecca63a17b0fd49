"""The product of a symbol lattice and a constraint: which states are alive before each segment, and at what cost.

Only what is reached is ever computed. Two kinds of paths are left out: those that cost more than a bound, as the costs
without a constraint tell beforehand; and, where too many states of the constraint are alive before one segment, those
through all but the cheapest states.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from digitnet.constraints import AnyConstraint
from digitnet.segmentation.symbol_lattice import Floats, Integers, PlainCosts, SymbolLattice, log_sum

__all__ = ["Column", "Edges", "Search", "States", "cost_at"]

# In place of the number of a state: there is none, or it has not been computed.
_NONE, _UNKNOWN = -1, -2


class Column(NamedTuple):
    """The states that are alive before a segment, or at the end.

    Attributes:
        states: (n,), numbers of the constraint's states, rising.
        costs: (n,), of the cheapest path from the start.
        logs: (n,), log of the summed weights of all paths from the start.
    """

    states: Integers
    costs: Floats
    logs: Floats


class Edges(NamedTuple):
    """All edges that end with one segment, and the states before them.

    Attributes:
        edges: (n,), their numbers.
        symbols: (k,), the columns of the symbols that any of them may be.
        costs: (n, k), inf where it is beyond the bound.
        states: (m,), numbers of all states that are alive before any of them, rising.
        before: (n, m), cost of the cheapest path to each state before each edge; inf where it is not alive.
        after: (m, k), number of the state after each state and symbol, or -1.
    """

    edges: Integers
    symbols: Integers
    costs: Floats
    states: Integers
    before: Floats
    after: Integers


class States:
    """Numbers for the states of a constraint, from 0 for its start, and a table of its steps that grows as needed."""

    def __init__(self, constraint: AnyConstraint | None, symbols: Sequence[str]) -> None:
        self._constraint, self._symbols = constraint, symbols
        self._states: list[Any] = [None if constraint is None else constraint.start]
        self._numbers = {state: number for number, state in enumerate(self._states)}
        self._table = np.full((64, len(symbols)), _UNKNOWN, np.int64)

    def __len__(self) -> int:
        """How many there are so far."""
        return len(self._states)

    def after(self, states: Integers, symbols: Integers) -> Integers:
        """For each state and symbol the number of the next state, or -1."""
        rows, columns = np.nonzero(self._table[np.ix_(states, symbols)] == _UNKNOWN)
        for state, symbol in zip(states[rows].tolist(), symbols[columns].tolist(), strict=True):
            following = self._step(state, self._symbols[symbol])
            if len(self._states) > len(self._table):
                self._table = np.vstack([self._table, np.full_like(self._table, _UNKNOWN)])
            self._table[state, symbol] = following
        return self._table[np.ix_(states, symbols)]

    def is_accepting(self, number: int) -> bool:
        """Whether a text may end in it."""
        return self._constraint is None or self._constraint.is_accepting(self._states[number])

    def _step(self, number: int, symbol: str) -> int:
        if self._constraint is None:
            return number
        state = self._constraint.step(self._states[number], symbol)
        if state is None:
            return _NONE
        if state not in self._numbers:
            self._numbers[state] = len(self._states)
            self._states.append(state)
        return self._numbers[state]


class Search:
    """The product of a lattice and a constraint, column by column, with all paths that are cheap enough.

    Attributes:
        columns: What is alive before each segment, and at the end.
        edges: What ends with each segment.
        ends: Numbers of the states at the end in which a text may end.
        cheapest: Cost of the cheapest path that fits; inf without one.
        log_weight: Log of the summed weights of all paths that fit.
        is_complete: Whether no column had too many states.

    Args:
        lattice: A line.
        plain: Its costs without a constraint.
        states: Of the constraint; may have been filled by another search.
        max_states: How many may be alive before a segment.
        bound: Cost of the dearest path that is followed.
    """

    def __init__(
        self, lattice: SymbolLattice, plain: PlainCosts, states: States, max_states: int, bound: float
    ) -> None:
        self._lattice, self._plain, self._states, self._max_states = lattice, plain, states, max_states
        self._bound = bound
        self.is_complete = True
        self.columns = [Column(np.zeros(1, np.int64), np.zeros(1), np.zeros(1))]
        self.edges: list[Edges] = []
        around = plain.before[lattice.first] + plain.after[lattice.last + 1]
        self._costs = np.where(lattice.costs + around[:, None] <= self._bound, lattice.costs, np.inf)
        order = np.argsort(lattice.last, kind="stable")
        order = order[np.isfinite(self._costs[order]).any(axis=1)]
        ends = np.searchsorted(lattice.last[order], np.arange(len(lattice.skip_costs) + 1))
        for segment in range(len(lattice.skip_costs)):
            self.edges.append(self._edges_before(order[ends[segment] : ends[segment + 1]]))
            self.columns.append(self._column(segment))
        final = self.columns[-1]
        is_end = np.array([states.is_accepting(state) for state in final.states.tolist()], bool)
        self.ends: list[int] = final.states[is_end].tolist()
        self.cheapest = float(final.costs[is_end].min(initial=np.inf))
        self.log_weight = log_sum(final.logs[is_end])

    def _edges_before(self, edges: Integers) -> Edges:
        costs = self._costs[edges]
        symbols = np.flatnonzero(np.isfinite(costs).any(axis=0))
        columns = [self.columns[first] for first in self._lattice.first[edges].tolist()]
        states = np.unique(np.concatenate([np.zeros(0, np.int64), *(column.states for column in columns)]))
        before = np.full((len(edges), len(states)), np.inf)
        for row, column in enumerate(columns):
            before[row, np.searchsorted(states, column.states)] = column.costs
        return Edges(edges, symbols, costs[:, symbols], states, before, self._states.after(states, symbols))

    def _column(self, segment: int) -> Column:
        """What is alive after a segment: what was alive before it, with it skipped, and what any edge leads to."""
        earlier, skipped = self.columns[segment], self._lattice.skip_costs[segment]
        after, costs, logs = self._read(self.edges[segment])
        after = np.concatenate([earlier.states, after])
        costs = np.concatenate([earlier.costs + skipped, costs])
        logs = np.concatenate([earlier.logs - skipped, logs])
        kept = costs + self._plain.after[segment + 1] <= self._bound
        after, costs, logs = after[kept], costs[kept], logs[kept]
        cheapest, highest = np.full(len(self._states), np.inf), np.full(len(self._states), -np.inf)
        np.minimum.at(cheapest, after, costs)
        np.maximum.at(highest, after, logs)
        weights = np.zeros(len(self._states))
        np.add.at(weights, after, np.exp(logs - highest[after]))
        alive = np.flatnonzero(np.isfinite(cheapest))
        if len(alive) > self._max_states:
            self.is_complete = False
            alive = np.sort(alive[np.argpartition(cheapest[alive], self._max_states)[: self._max_states]])
        return Column(alive, cheapest[alive], highest[alive] + np.log(weights[alive]))

    def _read(self, ending: Edges) -> tuple[Integers, Floats, Floats]:
        """The state after each state and symbol, where there is one, with its least cost and log weight."""
        if not len(ending.edges):
            return np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
        costs = np.full(ending.after.shape, np.inf)
        logs = np.full(ending.before.shape, -np.inf)
        for row, first in enumerate(self._lattice.first[ending.edges].tolist()):
            alive = np.flatnonzero(np.isfinite(ending.before[row]))
            ways = ending.before[row, alive, None] + ending.costs[row]
            costs[alive] = np.minimum(costs[alive], ways)
            logs[row, alive] = self.columns[first].logs
        # The sum over edges is a product of matrices once the largest weight of each state and symbol is taken out.
        highest, least = logs.max(axis=0), ending.costs.min(axis=0)
        sums = np.exp(logs - highest).T @ np.exp(least - ending.costs)
        with np.errstate(divide="ignore"):  # of an edge and a symbol that are not on the same path
            sums = np.log(sums) + highest[:, None] - least
        is_there = (ending.after != _NONE) & np.isfinite(costs)
        return ending.after[is_there], costs[is_there], np.maximum(sums, -costs)[is_there]


def cost_at(column: Column, state: int) -> float:
    """Cost of the cheapest path to a state; inf where it is not alive."""
    place = int(np.searchsorted(column.states, state))
    is_alive = place < len(column.states) and column.states[place] == state
    return float(column.costs[place]) if is_alive else math.inf
