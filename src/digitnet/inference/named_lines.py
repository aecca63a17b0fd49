"""The characters of each line of a page: twice, as those that are beyond doubt help to name the others."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitnet.constraints import DIGITS
from digitnet.inference.number_words import DIGIT_NAMES, PageCharacter
from digitnet.segmentation.characters import CHARACTER_NAMES, NamedEdge, best_path
from digitnet.segmentation.page import CharacterLine, Page
from digitnet.segmentation.writer_adaptation import ADAPTATION_WEIGHTS, adapted_log_probabilities

__all__ = ["LETTER_COST", "PERCENT_COST", "NamedLine", "characters_of", "named_lines"]

# By how much a letter is less probable in a cell that holds numbers, in log-probability. Chosen on rendered tables: 2
# and 3 are as good as each other (docs/log.md, 2026-11-30, "tables, and what is sure").
LETTER_COST = 2.0
# The same for `%`, which two digits look like that touch; chosen by hand on rendered tables.
PERCENT_COST = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class NamedLine:
    """A line, the log-probability of every name of its edges, and the characters of its best path."""

    row: int
    lattice: CharacterLine
    names: NDArray[np.float64]
    characters: list[PageCharacter]


def named_lines(page: Page, names: NDArray[np.float64], is_number: NDArray[np.bool_] | None = None) -> list[NamedLine]:
    """The lines of a page that have characters.

    Args:
        page: A page, taken apart.
        names: float64 (n, 26), of all candidates of the page, as `named_log_probabilities` gives them.
        is_number: Which candidates lie in cells that hold numbers, where letters and `%` are less probable; or None.
    """
    if is_number is not None:
        names = names.copy()
        names[is_number, CHARACTER_NAMES.index("letter")] -= LETTER_COST
        names[is_number, CHARACTER_NAMES.index("%")] -= PERCENT_COST
    known = _known_digits(page, names, ADAPTATION_WEIGHTS.known_from)
    adapted = adapted_log_probabilities(page.images, names, known)
    found = []
    for row, line in enumerate(page.character_lines):
        own = slice(*line.candidates)
        path = [_with_network(edge, names[own]) for edge in _path(line, adapted)]
        # What is known about a number picks readings that are improbable; nothing may make them surer.
        lowest = np.minimum(names[own], adapted[own])
        found.append(NamedLine(row, line, lowest, characters_of(page, line, path, row)))
    return [line for line in found if line.characters]


def _path(line: CharacterLine, names: NDArray[np.float64]) -> list[NamedEdge]:
    """The best path through a line; `names` are those of all candidates of the page."""
    return best_path(line.groups, line.num_segments, names[slice(*line.candidates)])


def _known_digits(page: Page, names: NDArray[np.float64], known_from: float) -> list[tuple[int, int]]:
    """The candidates of a page that are a digit beyond doubt, and that digit."""
    return [
        (line.candidates[0] + edge.group, int(edge.name))
        for line in page.character_lines
        for edge in _path(line, names)
        if edge.name in DIGIT_NAMES and edge.probability >= known_from
    ]


def _with_network(edge: NamedEdge, names: NDArray[np.float64]) -> NamedEdge:
    """The edge, with what the networks alone say; `names` are those of the candidates of its line."""
    alone = np.exp(names[edge.group])
    own, digit = float(alone[CHARACTER_NAMES.index(edge.name)]), float(alone[: len(DIGITS)].max())
    return dataclasses.replace(edge, network_probability=own, digit_probability=digit)


def characters_of(page: Page, line: CharacterLine, path: Sequence[NamedEdge], row: int) -> list[PageCharacter]:
    """Edges with their ink."""
    inks = page.digit_inks([(line.candidates[0] + edge.group, row) for edge in path])
    return [PageCharacter(edge, ink) for edge, ink in zip(path, inks, strict=True)]
