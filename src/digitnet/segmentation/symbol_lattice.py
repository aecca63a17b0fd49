"""A lattice whose edges are groups of segments read as symbols, and the costs of its paths without a constraint.

Costs are negative log weights, so a path's share of the weight of all paths is its probability.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "Integers", "PlainCosts", "SymbolLattice", "log_sum", "log_weight_of"]

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class SymbolLattice:
    """A line of segments, and which groups of neighbouring ones may be read as which symbols.

    Attributes:
        first: (edges,), the first segment of each edge.
        last: (edges,), its last segment, at least `first`.
        costs: (edges, symbols), negative log weight of the edge read as each symbol; inf where it cannot be.
        skip_costs: (segments,), of a segment that is no part of any symbol; inf where it must be.
        symbols: One character for each column of `costs`.
    """

    first: Integers
    last: Integers
    costs: Floats
    skip_costs: Floats
    symbols: Sequence[str]


class PlainCosts:
    """What holds without a constraint.

    Attributes:
        before: (segments + 1,), cost of the cheapest path to each segment, and to the end.
        after: (segments + 1,), cost of the cheapest path from there to the end.
        total: Cost of the cheapest path.
        log_total: Log of the summed weights of all paths.
    """

    def __init__(self, lattice: SymbolLattice) -> None:
        count = len(lattice.skip_costs)
        skips = lattice.skip_costs.tolist()
        cheapest = lattice.costs.min(axis=1, initial=np.inf).tolist()
        logs = log_sums(-lattice.costs).tolist()
        beginning: list[list[tuple[int, int]]] = [[] for _ in range(count)]
        ending: list[list[tuple[int, int]]] = [[] for _ in range(count)]
        for edge, (first, last) in enumerate(zip(lattice.first.tolist(), lattice.last.tolist(), strict=True)):
            beginning[first].append((edge, last + 1))
            ending[last].append((edge, first))
        before, sums = [0.0], [0.0]
        for segment, edges in enumerate(ending):
            ways = [before[first] + cheapest[edge] for edge, first in edges]
            before.append(min(ways, default=math.inf))
            before[-1] = min(before[-1], before[segment] + skips[segment])
            weights = [sums[first] + logs[edge] for edge, first in edges]
            sums.append(log_sum(np.array([sums[segment] - skips[segment], *weights])))
        after = [0.0] * (count + 1)
        for segment in reversed(range(count)):
            ways = [cheapest[edge] + after[behind] for edge, behind in beginning[segment]]
            after[segment] = min([skips[segment] + after[segment + 1], *ways])
        self.before, self.after, self.log_total = np.array(before), np.array(after), sums[-1]
        self.total = before[-1]


def log_weight_of(lattice: SymbolLattice, text: str) -> float:
    """Log of the summed weights of all paths that read exactly this text; -inf where there is none.

    Args:
        lattice: A line.
        text: Each of its characters is a symbol of the lattice.
    """
    columns = [lattice.symbols.index(character) for character in text]
    logs = np.full((len(lattice.skip_costs) + 1, len(text) + 1), -np.inf)
    logs[0, 0] = 0.0
    order = np.argsort(lattice.last, kind="stable")
    ends = np.searchsorted(lattice.last[order], np.arange(len(logs)))
    for segment, skipped in enumerate(lattice.skip_costs):
        ways = logs[segment + 1]
        ways[:] = logs[segment] - skipped
        for edge in order[ends[segment] : ends[segment + 1]]:
            read = logs[lattice.first[edge], :-1] - lattice.costs[edge, columns]
            np.logaddexp(ways[1:], read, out=ways[1:])
    return float(logs[-1, -1])


def log_sum(logs: Floats) -> float:
    """Log of the sum of exponentials; -inf of nothing."""
    return float(log_sums(logs[None])[0])


def log_sums(logs: Floats) -> Floats:
    """The same for each row."""
    highest = logs.max(axis=1, initial=-np.inf)
    shift = np.where(np.isfinite(highest), highest, 0.0)
    with np.errstate(divide="ignore"):  # of a row without weight
        return np.asarray(shift + np.log(np.exp(logs - shift[:, None]).sum(axis=1)))
