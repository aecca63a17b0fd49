"""Lines of which something was not read: what is left of their ink, and ink that may belong to another row."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.inference.answers import Digit, Number
from digitnet.inference.named_lines import NamedLine
from digitnet.inference.number_words import DIGIT_NAMES, MARK_NAMES, PageCharacter
from digitnet.segmentation.components import INK_FROM

__all__ = ["UNREAD_LIMITS", "UnreadLimits", "is_incomplete", "lines_at_rules", "unsure_beside_unsure"]

Floats = NDArray[np.float64]
# Marks that may be a 1 where they stand beside a number, not in it.
_LIKE_A_ONE = frozenset("/()")


class UnreadLimits(NamedTuple):
    """How much ink of a line may be left out of its numbers, for them to be sure."""

    # As a share of the ink of the line's median digit; half of it is a 1. Of rendered tables one sure and right line in
    # 50 has more than 0.05, none more than 0.15 (docs/log.md, 2026-11-30, "tables, and what is sure").
    share: float = 0.2
    # Least probability of a mark beside a number, or where there is no table of a letter, whose ink counts as read;
    # chosen by hand: without it no amount with a currency sign was sure.
    other: float = 0.5
    # Part of a digit's ink that lies at rules, from which it may be a piece of one; chosen on rendered combs.
    at_rules: float = 0.2
    # Distance in pixels of the page of ink that lies at a rule; chosen by hand.
    near: int = 3


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
    marks = MARK_NAMES - _LIKE_A_ONE
    names = marks if is_row else marks | {"letter"}
    others = [c for c in line.characters if c.edge.name in names and c.edge.probability >= limits.other]
    is_explained = is_read | _covered(line, others)
    is_crossing = bool((is_read & np.array(line.lattice.is_crossing)).any())
    return is_crossing or bool(ink[~is_explained].sum() > limits.share * float(np.median(digits)))


def unsure_beside_unsure(
    lines: Sequence[tuple[Digit, ...]], numbers: Sequence[Number]
) -> tuple[tuple[tuple[Digit, ...], ...], tuple[Number, ...]]:
    """The same, but no number is sure beside one of its line that is not: both may be parts of one, such as a date.

    Args:
        lines: The digits of each line.
        numbers: With the number of their line.
    """
    doubtful = {number.line for number in numbers if number.status != "ok"}
    digits = tuple(
        tuple(dataclasses.replace(digit, status="unsure") for digit in line) if row in doubtful else line
        for row, line in enumerate(lines)
    )
    kept = (dataclasses.replace(n, status="unsure") if n.line in doubtful else n for n in numbers)
    return digits, tuple(kept)


def lines_at_rules(
    lines: Sequence[NamedLine],
    words: Sequence[Sequence[PageCharacter]],
    to_page: Floats,
    rules: GrayPicture,
    limits: UnreadLimits = UNREAD_LIMITS,
) -> set[int]:
    """The lines with a digit of which so much lies at rules that it may be a piece of one.

    Args:
        lines: Of the page.
        words: Those that are numbers.
        to_page: float64 (2, 3), affine map from the copy that was taken apart to that on which rules were found.
        rules: uint8 (height, width), 255 on rules.
        limits: What lies at a rule.
    """
    if not rules.any():
        return set()
    side = 2 * limits.near + 1
    near = np.asarray(cv2.dilate(rules, np.ones((side, side), np.uint8)), np.uint8)
    line_of = {line.row: line for line in lines}
    digits = [c for word in words for c in word if c.edge.name in DIGIT_NAMES]
    return {c.ink.line for c in digits if _share_within(near, line_of[c.ink.line], c, to_page) > limits.at_rules}


def _share_within(mask: GrayPicture, line: NamedLine, character: PageCharacter, to_page: Floats) -> float:
    """The part of a character's ink that lies within a mask of the page, in [0, 1]."""
    group = line.lattice.groups[character.edge.group]
    down, across = np.nonzero(group.ink >= INK_FROM)
    points = np.column_stack([across + group.left + 0.5, down + group.top + 0.5]) @ to_page[:, :2].T + to_page[:, 2]
    x, y = np.clip(np.floor(points).astype(np.int64), 0, np.array(mask.shape[::-1]) - 1).T
    return float((mask[y, x] > 0).mean())


def _covered(line: NamedLine, characters: Sequence[PageCharacter]) -> NDArray[np.bool_]:
    """Which segments of a line are part of these characters."""
    found = np.zeros(line.lattice.num_segments, np.bool_)
    for character in characters:
        found[_segments(line, character)] = True
    return found


def _segments(line: NamedLine, character: PageCharacter) -> slice:
    group = line.lattice.groups[character.edge.group]
    return slice(group.first, group.last + 1)
