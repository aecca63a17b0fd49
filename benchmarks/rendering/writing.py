"""What is on a sheet that is still flat: digits, marks and rules, each where the layout puts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.rendering.glyphs import FINENESS, OUTSIDE, Field, Glyph
from benchmarks.rendering.rules import Coverage, Rules, rule_coverage

Streams: TypeAlias = dict[str, np.random.Generator]
Place: TypeAlias = tuple[int, int]  # row and column of the corner of a glyph's ink, in points

DIGIT_HEIGHT = 20.0  # MNIST's pixels are the unit of the sheet: the longer side of each digit


@dataclass(frozen=True)
class Placed:
    """A glyph, and where it goes."""

    glyph: Glyph
    place: Place
    is_digit: bool = True


@dataclass(frozen=True)
class Writing:
    """What was written."""

    # distance to the outlines on the sheet, FINENESS points for each unit; its corner is the sheet's (0, 0)
    field: Field
    # of each digit, line by line: left, top, right and bottom of its ink in units, float64 (n, 4)
    boxes: NDArray[np.float64]
    baselines: NDArray[np.float64]  # where the lines stand, in units, float64 (lines,)
    content: tuple[float, float, float, float]  # left, top, right and bottom of all ink and rules, in units
    rules: Rules | None = None
    rule_coverage: Coverage | None = None  # of the points of the sheet by rules, as large as the field

    @property
    def is_single(self) -> bool:
        """Whether there is nothing but one digit."""
        return len(self.boxes) == 1 and self.rules is None


def composed(
    signs: Sequence[Placed], baselines: NDArray[np.float64], rules: Rules | None, rng: np.random.Generator
) -> Writing:
    """Everything in one field, with room around it.

    Args:
        signs: Digits and marks in reading order, at least one.
        baselines: Where the lines stand, in units of the layout.
        rules: Lines in units of the layout.
        rng: Where rules stray that are drawn by hand.
    """
    room = round(-OUTSIDE * FINENESS)
    corners = np.array([sign.place for sign in signs])
    ends = corners + [sign.glyph.size for sign in signs]
    low, high = corners.min(axis=0), ends.max(axis=0)
    if rules is not None:
        left, top, right, bottom = (round(side * FINENESS) for side in rules.extent)
        low, high = np.minimum(low, (top, left)), np.maximum(high, (bottom, right))
    first, last = low - room, high + room
    whole = np.full(last - first, OUTSIDE, np.float32)
    for sign, corner in zip(signs, corners - first, strict=True):
        glyph = sign.glyph
        top, left = corner - (glyph.rows[0], glyph.columns[0])
        field = glyph.field[max(0, -top) :, max(0, -left) :]
        part = whole[max(0, top) :, max(0, left) :][: field.shape[0], : field.shape[1]]
        np.maximum(part, field[: part.shape[0], : part.shape[1]], out=part)
    is_digit = [sign.is_digit for sign in signs]
    boxes = np.concatenate([corners - first, ends - first], axis=1)[is_digit][:, [1, 0, 3, 2]] / FINENESS
    top, left, bottom, right = (np.concatenate([low - first, high - first]) / FINENESS).tolist()
    moved = _moved(rules, -first[1] / FINENESS, -first[0] / FINENESS)
    coverage = None if moved is None else rule_coverage(moved, (whole.shape[0], whole.shape[1]), rng)
    return Writing(whole, boxes, baselines - first[0] / FINENESS, (left, top, right, bottom), moved, coverage)


def _moved(rules: Rules | None, across: float, down: float) -> Rules | None:
    if rules is None:
        return None
    lines = [(x + across, y + down, end_x + across, end_y + down, width) for x, y, end_x, end_y, width in rules.lines]
    return Rules(lines, rules.strength, rules.tint, rules.wobble)
