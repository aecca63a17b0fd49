"""Numbers of which something is known: the best reading of a stretch of a line that fits, and how probable it is."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.constraints import DIGITS, MARKS, AnyConstraint
from digitnet.segmentation.characters import CHARACTER_NAMES, PATH_WEIGHTS, NamedEdge
from digitnet.segmentation.constrained_path import decode
from digitnet.segmentation.page import CharacterLine
from digitnet.segmentation.symbol_lattice import SymbolLattice, log_weight_of

__all__ = ["FITTING_LIMITS", "FittingLimits", "FittingNumber", "fitting_number"]

_SYMBOLS = (*DIGITS, *MARKS)
_LETTER, _JUNK = CHARACTER_NAMES.index("letter"), CHARACTER_NAMES.index("junk")


class FittingLimits(NamedTuple):
    """When what fits is what was written."""

    # Least probability of each character of a reading, before it is known that it fits; noise has less. Chosen by hand:
    # one in six of the 1s that look like a slash are no 1.
    min_character: float = 0.15
    # Probability of a digit that a reading leaves out, from which it says something else; chosen by hand.
    max_left_out: float = 0.5


FITTING_LIMITS = FittingLimits()


class FittingNumber(NamedTuple):
    """The best reading that fits.

    Attributes:
        edges: Its characters.
        text: What it says.
        probability: Among all readings that fit, in [0, 1].
        is_plausible: Whether the ink may say that at all.
    """

    edges: tuple[NamedEdge, ...]
    text: str
    probability: float
    is_plausible: bool


def fitting_number(
    line: CharacterLine,
    log_probabilities: NDArray[np.float64],
    segments: tuple[int, int],
    constraint: AnyConstraint,
    limits: FittingLimits = FITTING_LIMITS,
) -> FittingNumber | None:
    """Read a stretch of a line as one number that fits.

    Args:
        line: With its groups.
        log_probabilities: float64 (groups, names), as `named_log_probabilities` gives them.
        segments: The first segment of the stretch, and the one behind its last.
        constraint: What is known about the number.
        limits: When what fits is plausible.

    Returns:
        The best reading; None where none fits.
    """
    begin, end = segments
    inside = [n for n, group in enumerate(line.groups) if begin <= group.first and group.last < end]
    if not inside:
        return None
    first = np.array([line.groups[n].first - begin for n in inside], np.int64)
    last = np.array([line.groups[n].last - begin for n in inside], np.int64)
    own = log_probabilities[inside]
    skips = np.full(end - begin, PATH_WEIGHTS.skip)
    without = -np.maximum(own[:, _LETTER], own[:, _JUNK])
    for edge, cost in enumerate(without.tolist()):
        np.minimum(skips[first[edge] : last[edge] + 1], cost, out=skips[first[edge] : last[edge] + 1])
    costs = -own[:, : len(_SYMBOLS)] * (last - first + 1)[:, None]
    lattice = SymbolLattice(first, last, costs, skips, _SYMBOLS)
    decoding = decode(lattice, constraint)
    if not decoding.readings or not decoding.readings[0].path:
        return None
    best = decoding.readings[0]
    chances = [float(np.exp(own[edge, symbol])) for edge, symbol in best.path]
    edges = tuple(
        NamedEdge(inside[edge], _SYMBOLS[symbol], chance)
        for (edge, symbol), chance in zip(best.path, chances, strict=True)
    )
    is_left_out = np.ones(end - begin, np.bool_)
    for edge, _ in best.path:
        is_left_out[first[edge] : last[edge] + 1] = False
    unread = [edge for edge in range(len(inside)) if is_left_out[first[edge] : last[edge] + 1].all()]
    left_out = float(np.exp(own[unread, : len(DIGITS)]).sum(axis=1).max(initial=0.0))
    is_plausible = decoding.is_complete and min(chances) >= limits.min_character and left_out <= limits.max_left_out
    probability = min(1.0, float(np.exp(log_weight_of(lattice, best.text) - decoding.log_fitting)))
    return FittingNumber(edges, best.text, probability, is_plausible)
