"""Numbers of which something is known: the best reading of a stretch of a line that fits, and how probable it is."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.constraints import DIGITS, MARKS, AnyConstraint
from digitnet.segmentation.characters import CHARACTER_NAMES, PATH_WEIGHTS, NamedEdge
from digitnet.segmentation.constrained_path import Decoding, decode
from digitnet.segmentation.page import CharacterLine
from digitnet.segmentation.symbol_lattice import SymbolLattice, log_weight_of

__all__ = ["FITTING_LIMITS", "FittingLimits", "FittingNumber", "fitting_number"]

_SYMBOLS = (*DIGITS, *MARKS)
_LETTER, _JUNK = CHARACTER_NAMES.index("letter"), CHARACTER_NAMES.index("junk")


class FittingLimits(NamedTuple):
    """When what fits is what was written."""

    # Least probability that any fitting text was written, before it is known that one was: below it the ink says
    # something else. Chosen by hand.
    min_fitting: float = 0.01
    # Least geometric mean of the probabilities of a reading's characters; noise has less. Chosen by hand.
    min_character: float = 0.3


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
    num_characters: int,
    limits: FittingLimits = FITTING_LIMITS,
) -> FittingNumber | None:
    """Read a stretch of a line as one number that fits.

    Args:
        line: With its groups.
        log_probabilities: float64 (groups, names), as `named_log_probabilities` gives them.
        segments: The first segment of the stretch, and the one behind its last.
        constraint: What is known about the number.
        num_characters: How many there are about.
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
    is_plausible = (
        decoding.is_complete
        and _fitting_probability(decoding, (end - begin) / max(1, num_characters)) >= limits.min_fitting
        and float(np.exp(np.mean(np.log(np.maximum(chances, 1e-9))))) >= limits.min_character
    )
    probability = min(1.0, float(np.exp(log_weight_of(lattice, best.text) - decoding.log_fitting)))
    return FittingNumber(edges, best.text, probability, is_plausible)


def _fitting_probability(decoding: Decoding, segments_per_character: float) -> float:
    """The probability that any fitting text was written, before it is known that one was, in [0, 1].

    Every segment pays for its edge, so that a path counts what each character says several times.
    """
    return float(np.exp((decoding.log_fitting - decoding.log_total) / max(1.0, segments_per_character)))
