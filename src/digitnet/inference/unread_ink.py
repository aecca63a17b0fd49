"""Lines and cells of which something was not read: what is left of their ink, and ink that may be of another row."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.inference.answers import Digit, Number
from digitnet.inference.named_lines import NamedLine
from digitnet.inference.number_words import DIGIT_NAMES, MARK_NAMES, NUMBER_THRESHOLDS, PageCharacter, runs_of
from digitnet.segmentation.components import INK_FROM

__all__ = [
    "UNREAD_LIMITS",
    "UnreadLimits",
    "incomplete_columns",
    "incomplete_lines",
    "lines_at_rules",
    "unsure_beside_unsure",
]

Floats = NDArray[np.float64]
# Marks that may be a 1 where they stand beside a number, not in it.
_LIKE_A_ONE = frozenset("/()")


class UnreadLimits(NamedTuple):
    """How much ink of a line or a cell may be left out of its numbers, for them to be sure."""

    # As a share of the ink of the line's median digit; half of it is a 1. Of rendered tables one sure and right line in
    # 50 has more than 0.05, none more than 0.15 (docs/log.md, 2026-11-30, "tables, and what is sure").
    share: float = 0.2
    # Least probability of a mark beside a number, or where there is no table of a letter, whose ink counts as read;
    # chosen by hand: without it no amount with a currency sign was sure.
    other: float = 0.5
    # How many times as probable as any digit such a mark must be, as for a mark beyond doubt.
    ratio: float = NUMBER_THRESHOLDS.sure_mark
    # Part of a digit's ink that lies at rules, from which it may be a piece of one; chosen on rendered combs.
    at_rules: float = 0.2
    # Distance in pixels of the page of ink that lies at a rule; chosen by hand.
    near: int = 3


UNREAD_LIMITS = UnreadLimits()


def incomplete_lines(
    lines: Sequence[NamedLine], words: Sequence[Sequence[PageCharacter]], limits: UnreadLimits = UNREAD_LIMITS
) -> set[int]:
    """The lines, none of them a row of a table, that have ink that was not read; letters beside numbers are read.

    Args:
        lines: Of the page.
        words: Those that are numbers.
        limits: How much may be left out.
    """
    read = [c for word in words for run in runs_of(word) for c in run]
    return {
        line.row
        for line in lines
        if incomplete_columns(
            line,
            [c for c in read if c.ink.line == line.row],
            line.characters,
            np.zeros(line.lattice.num_segments, np.int64),
            limits,
        )
    }


def incomplete_columns(
    line: NamedLine,
    read: Sequence[PageCharacter],
    of_words: Sequence[PageCharacter],
    columns: NDArray[np.int64],
    limits: UnreadLimits = UNREAD_LIMITS,
) -> set[int]:
    """The columns in which a row of a table has ink that was not read, or read ink that reaches into another row.

    Args:
        line: All of its characters.
        read: Those of its numbers.
        of_words: Those whose letters are letters, not digits that were not recognised.
        columns: (segments,), where each segment stands.
        limits: How much may be left out of each.
    """
    ink = np.array(line.lattice.ink_of_segments)
    digits = [ink[_segments(line, c)].sum() for c in read if c.edge.name in DIGIT_NAMES]
    if not digits:
        return set()
    marks = [
        c
        for c in line.characters
        if c.edge.name in MARK_NAMES - _LIKE_A_ONE and c.edge.probability >= limits.ratio * c.edge.digit_probability
    ]
    others = [*marks, *(c for c in of_words if c.edge.name == "letter")]
    is_read = _covered(line, read)
    is_explained = is_read | _covered(line, [c for c in others if c.edge.probability >= limits.other])
    is_crossing = is_read & np.array(line.lattice.is_crossing, np.bool_)
    most = limits.share * float(np.median(digits))
    unread = {column for column in set(columns.tolist()) if ink[~is_explained & (columns == column)].sum() > most}
    return unread | set(columns[is_crossing].tolist())


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
