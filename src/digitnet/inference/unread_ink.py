"""Lines of which something was not read: what is left of their ink, and ink that may belong to another row."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitnet.inference.named_lines import NamedLine
from digitnet.inference.number_words import DIGIT_NAMES, MARK_NAMES, PageCharacter

__all__ = ["UNREAD_LIMITS", "UnreadLimits", "is_incomplete"]


class UnreadLimits(NamedTuple):
    """How much ink of a line may be left out of its numbers, for them to be sure."""

    # As a share of the ink of the line's median digit; half of it is a 1. Of rendered tables one sure and right line in
    # 50 has more than 0.05, none more than 0.15 (docs/log.md, 2026-11-30, "tables, and what is sure").
    share: float = 0.2
    # Least probability of a mark beside a number, or where there is no table of a letter, whose ink counts as read;
    # chosen by hand: without it no amount with a currency sign was sure.
    other: float = 0.5


UNREAD_LIMITS = UnreadLimits()


def is_incomplete(
    line: NamedLine, read: Sequence[PageCharacter], *, is_row: bool, limits: UnreadLimits = UNREAD_LIMITS
) -> bool:
    """Whether a line has ink that was not read, or read ink that reaches over a rule into another row.

    Args:
        line: All of its characters.
        read: Those of its numbers.
        is_row: Whether it is a row of a table: then letters count as ink that was not read.
        limits: How much may be left out.
    """
    ink = np.array(line.lattice.ink_of_segments)
    is_read = _covered(line, read)
    digits = [ink[_segments(line, c)].sum() for c in read if c.edge.name in DIGIT_NAMES]
    if not digits:
        return False
    names = MARK_NAMES if is_row else MARK_NAMES | {"letter"}
    others = [c for c in line.characters if c.edge.name in names and c.edge.probability >= limits.other]
    is_explained = is_read | _covered(line, others)
    is_crossing = bool((is_read & np.array(line.lattice.is_crossing)).any())
    return is_crossing or bool(ink[~is_explained].sum() > limits.share * float(np.median(digits)))


def _covered(line: NamedLine, characters: Sequence[PageCharacter]) -> NDArray[np.bool_]:
    """Which segments of a line are part of these characters."""
    found = np.zeros(line.lattice.num_segments, np.bool_)
    for character in characters:
        found[_segments(line, character)] = True
    return found


def _segments(line: NamedLine, character: PageCharacter) -> slice:
    group = line.lattice.groups[character.edge.group]
    return slice(group.first, group.last + 1)
