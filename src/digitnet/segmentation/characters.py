"""Characters of a line: the best path through its lattice, whose edges the character network has named.

Every segment of the line is explained by an edge: a digit, a mark, a letter, or something without a meaning. The cost
of an edge is the negative log-probability of its name, once for each of its segments, so that a path of many edges has
no more to pay than one of few.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import AnyArray
from digitnet.constraints import DIGITS, MARKS
from digitnet.segmentation.lattice import Group

__all__ = ["CHARACTER_NAMES", "PATH_WEIGHTS", "NamedEdge", "PathWeights", "best_path", "named_log_probabilities"]

# The outputs of the character network: a character by itself; ink of a letter or a word; ink without a meaning, such as
# a tick, a crossing-out or a speck; a part of one character; several characters together.
CHARACTER_NAMES = (*DIGITS, *MARKS, "letter", "junk", "part", "several")
_NUM_NAMED = len(CHARACTER_NAMES) - 2  # the last two are no names of an edge


class PathWeights(NamedTuple):
    """What a path through the lattice costs beside its names."""

    # Negative log-probability of leaving a segment out; chosen by hand.
    skip: float = 3.0


PATH_WEIGHTS = PathWeights()


@dataclass(frozen=True, slots=True)
class NamedEdge:
    """An edge of the best path.

    Attributes:
        group: Number of its group in the line.
        name: Which of `CHARACTER_NAMES` it is.
        probability: That the group is one whole character of that name, in [0, 1].
        network_probability: The same by the networks alone, where other characters of the page count in `probability`;
            1 where they do not.
        digit_probability: Of the most probable digit that it may be instead, by the networks alone.
    """

    group: int
    name: str
    probability: float
    network_probability: float = 1.0
    digit_probability: float = 0.0

    @property
    def confidence(self) -> float:
        """The chance that may be promised, in [0, 1]: other characters of the page make nothing surer."""
        return min(self.probability, self.network_probability)


def named_log_probabilities(character_logits: AnyArray, digit_log_probabilities: AnyArray) -> NDArray[np.float64]:
    """What each group may be, of two networks: one that knows all characters, one that knows digits best.

    The first one says how probable it is that a group is a digit at all; which one, both say, by the geometric mean of
    their probabilities.

    Args:
        character_logits: float (n, 28), in the order of `CHARACTER_NAMES`.
        digit_log_probabilities: float (n, 10).

    Returns:
        float64 (n, 26): log-probabilities of every name; what is missing from 1 is for parts and several characters.
    """
    logits = character_logits.astype(np.float64)
    log_probabilities = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    own = log_probabilities[:, : len(DIGITS)]
    is_digit = np.logaddexp.reduce(own, axis=1, keepdims=True)
    both = (own - is_digit + digit_log_probabilities) / 2
    both -= np.logaddexp.reduce(both, axis=1, keepdims=True)
    return np.concatenate([is_digit + both, log_probabilities[:, len(DIGITS) : _NUM_NAMED]], axis=1)


def best_path(
    groups: Sequence[Group],
    num_segments: int,
    log_probabilities: NDArray[np.float64],
    weights: PathWeights = PATH_WEIGHTS,
) -> list[NamedEdge]:
    """The most probable way to take a line apart.

    Args:
        groups: The edges of the lattice.
        num_segments: Of the line.
        log_probabilities: As `named_log_probabilities` gives them for the groups.
        weights: What else counts.

    Returns:
        Edges from left to right.
    """
    names, scores = log_probabilities.argmax(axis=1), log_probabilities.max(axis=1)
    begins: list[list[int]] = [[] for _ in range(num_segments)]
    for number, group in enumerate(groups):
        begins[group.first].append(number)
    costs = np.full(num_segments + 1, np.inf)
    costs[0] = 0.0
    came: list[tuple[int, int | None]] = [(0, None)] * (num_segments + 1)
    for segment in range(num_segments):
        if costs[segment] + weights.skip < costs[segment + 1]:
            costs[segment + 1], came[segment + 1] = costs[segment] + weights.skip, (segment, None)
        for number in begins[segment]:
            end = groups[number].last + 1
            cost = costs[segment] - (end - segment) * scores[number]
            if cost < costs[end]:
                costs[end], came[end] = cost, (segment, number)
    path: list[NamedEdge] = []
    segment = num_segments
    while segment > 0:
        segment, chosen = came[segment]
        if chosen is not None:
            path.append(NamedEdge(chosen, CHARACTER_NAMES[names[chosen]], float(np.exp(scores[chosen]))))
    return path[::-1]
