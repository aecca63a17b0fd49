"""Small lattices of symbols, and all of their paths one by one."""

import numpy as np

from digitnet.segmentation.symbol_lattice import SymbolLattice

SYMBOLS = "012/x"
Path = tuple[tuple[int, int], ...]


def random_lattice(seed: int, segments: int = 4) -> SymbolLattice:
    """Edges of up to three segments, some of them missing, some doubled, some costs infinite."""
    rng = np.random.default_rng(seed)
    spans = [(first, last) for first in range(segments) for last in range(first, min(segments, first + 3))]
    spans = [span for span in spans for _ in range(rng.choice([0, 1, 1, 2]))]
    rng.shuffle(spans)
    first, last = np.array(spans, np.int64).T
    costs = rng.uniform(-2, 6, (len(spans), len(SYMBOLS)))
    costs[rng.random(costs.shape) < 0.2] = np.inf
    return SymbolLattice(first, last, costs, rng.uniform(0, 4, segments), SYMBOLS)


def every_path(lattice: SymbolLattice) -> list[tuple[str, Path, float]]:
    """Text, edges with symbols, and cost of each path of finite cost."""
    found = []

    def follow(segment: int, text: str, path: Path, cost: float) -> None:
        if segment == len(lattice.skip_costs):
            found.append((text, path, cost))
            return
        follow(segment + 1, text, path, cost + float(lattice.skip_costs[segment]))
        for edge in np.flatnonzero(lattice.first == segment).tolist():
            for number, symbol in enumerate(lattice.symbols):
                own = float(lattice.costs[edge, number])
                if np.isfinite(own):
                    follow(int(lattice.last[edge]) + 1, text + symbol, (*path, (edge, number)), cost + own)

    follow(0, "", (), 0.0)
    return found
