"""Cells of a table that hold numbers by what stands in the other cells of their row and their column.

What looks like a letter, or only a little like a digit, is left out elsewhere. In such a cell it is a digit, though not
a sure one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.inference.named_lines import NamedLine
from digitnet.inference.number_words import NumberThresholds, PageCharacter, least_likelihood, likelihood

__all__ = ["NUMBER_CELL_LIMITS", "NumberCellLimits", "in_number_cells", "in_words_with_letters"]


class NumberCellLimits(NamedTuple):
    """Which cells hold numbers."""

    # Least share of the other words of a cell's row, and of its column, that are numbers; chosen on rendered tables
    # (docs/log.md, 2026-11-30, "tables, and what is sure").
    share: float = 0.5


NUMBER_CELL_LIMITS = NumberCellLimits()


def in_number_cells(
    words: Sequence[Sequence[PageCharacter]],
    shape: tuple[int, int],
    thresholds: NumberThresholds,
    limits: NumberCellLimits = NUMBER_CELL_LIMITS,
) -> list[bool]:
    """Which words stand in cells that hold numbers.

    Args:
        words: Of a page, their characters with places.
        shape: How many rows and columns the table has.
        thresholds: What is a number.
        limits: Which cells hold numbers.
    """
    if not words:
        return []
    places = [word[0].place for word in words]
    cells = np.array([(-1, -1) if place is None else (place.row, place.column) for place in places])
    is_inside = np.asarray(((cells >= 0) & (cells < shape)).all(axis=1), np.bool_)
    least = least_likelihood(words, thresholds)
    is_number = np.array([likelihood(word, thresholds) >= least and not _has_letters(word) for word in words], np.bool_)
    lines = np.array([word[0].ink.line for word in words])
    found = []
    for number, inside in enumerate(is_inside):
        others = is_inside & (np.arange(len(words)) != number)
        beside = is_number[others & (lines == lines[number])]
        above_and_below = is_number[others & (cells[:, 1] == cells[number, 1])]
        found.append(
            bool(inside) and all(len(own) and float(own.mean()) >= limits.share for own in (beside, above_and_below))
        )
    return found


def in_words_with_letters(
    lines: Sequence[NamedLine], words: Sequence[Sequence[PageCharacter]], is_chosen: Sequence[bool], n: int
) -> NDArray[np.bool_]:
    """Which of the page's `n` candidates lie within those of the chosen words that hold letters or `%`, (n,)."""
    found = np.zeros(n, np.bool_)
    line_of = {line.row: line.lattice for line in lines}
    for word, chosen in zip(words, is_chosen, strict=True):
        if not chosen or not any(c.edge.name in {"letter", "%"} for c in word):
            continue
        lattice = line_of[word[0].ink.line]
        first, last = lattice.groups[word[0].edge.group].first, lattice.groups[word[-1].edge.group].last
        inside = [number for number, group in enumerate(lattice.groups) if first <= group.first and group.last <= last]
        found[lattice.candidates[0] + np.array(inside, np.int64)] = True
    return found


def _has_letters(word: Sequence[PageCharacter]) -> bool:
    return any(c.edge.name == "letter" for c in word)
