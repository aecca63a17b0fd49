"""Digits written side by side and line below line, on a sheet that is still flat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.rendering.glyphs import FINENESS, OUTSIDE, Field, stroke_field

Lines: TypeAlias = Sequence[Sequence[NDArray[np.uint8]]]  # of each line its digits, uint8 (28, 28)
Streams: TypeAlias = dict[str, np.random.Generator]

DIGIT_HEIGHT = 20.0  # MNIST's pixels are the unit of the sheet: the longer side of each digit

_MEDIAN_STROKE = 2.9  # MNIST's pixels
_THINNEST = 0.4
_THICKER = 2.2
_GAP = (2.0, 8.0)  # between neighbours that do not touch, at their narrowest place
_OVERLAP = (0.2, 1.5)  # of neighbours that touch
_LINE_DISTANCE = (30.0, 38.0)
_WANDER = 1.2  # how far a digit stands above or below its line, standard deviation
_INDENT = 8.0  # how far the beginnings of lines differ at most
_NEAR = 2.0  # rows above and below in which the narrowest place is looked for
_FAR = 10_000  # points


@dataclass(frozen=True)
class Writing:
    """What was written."""

    # distance to the outlines on the sheet, FINENESS points for each unit; its corner is the sheet's (0, 0)
    field: Field
    # of each digit, line by line: left, top, right and bottom of its ink in units, float64 (n, 4)
    boxes: NDArray[np.float64]
    baselines: NDArray[np.float64]  # where the lines stand, in units, float64 (lines,)

    @property
    def content(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of all ink."""
        left, top = self.boxes[:, :2].min(axis=0).tolist()
        right, bottom = self.boxes[:, 2:].max(axis=0).tolist()
        return left, top, right, bottom


@dataclass(frozen=True)
class _Glyph:
    """A digit's field, and the rows and columns of its ink."""

    field: Field
    rows: tuple[int, int]
    columns: tuple[int, int]

    @property
    def ink(self) -> NDArray[np.bool_]:
        return self.field[slice(*self.rows), slice(*self.columns)] > 0

    @property
    def size(self) -> tuple[int, int]:
        return self.rows[1] - self.rows[0], self.columns[1] - self.columns[0]


_Place: TypeAlias = tuple[int, int]  # row and column of the corner of a digit's ink, in points


def write(lines: Lines, severities: dict[str, float], random: Streams) -> Writing:
    """Write the digits.

    Args:
        lines: Digits of each line, at least one in each.
        severities: Of all hardships; `thin_pen`, `thick_pen` and `touching` count here.
        random: A stream for each hardship.
    """
    layout = random["touching"]
    pen = _pen(severities["thin_pen"])
    thicker = _THICKER * severities["thick_pen"]
    glyphs, places, baselines, baseline = [], [], [], 0.0
    for line in lines:
        written = [_glyph(stroke_field(image, pen, thicker)) for image in line]
        indent = layout.uniform(0, _INDENT) if len(lines) > 1 else 0.0
        glyphs += written
        places += _places(written, severities["touching"], layout, (baseline, indent))
        baselines.append(baseline)
        baseline += layout.uniform(*_LINE_DISTANCE)
    return _composed(glyphs, places, np.array(baselines))


def _pen(severity: float) -> float | None:
    return None if severity == 0 else _MEDIAN_STROKE * (_THINNEST / _MEDIAN_STROKE) ** severity


def _glyph(field: Field) -> _Glyph:
    rows, columns = (np.flatnonzero((field > 0).any(axis=axis)) for axis in (1, 0))
    if not len(rows):  # an image without ink still takes its place: the box that MNIST puts its digits in
        box = (4 * FINENESS, 24 * FINENESS)
        return _Glyph(field, box, box)
    return _Glyph(field, (int(rows[0]), int(rows[-1]) + 1), (int(columns[0]), int(columns[-1]) + 1))


def _places(
    glyphs: Sequence[_Glyph], touching: float, rng: np.random.Generator, start: tuple[float, float]
) -> list[_Place]:
    """Where each digit of a line goes; the line starts at a baseline and an indent in units."""
    baseline, indent = start
    places: list[_Place] = []
    for number, glyph in enumerate(glyphs):
        wander = rng.normal(0, _WANDER) if len(glyphs) > 1 else 0.0
        row = round((baseline + wander) * FINENESS) - glyph.size[0]
        column = round(indent * FINENESS)
        gap, overlap, chance = rng.uniform(*_GAP), rng.uniform(*_OVERLAP), rng.uniform()
        if number:
            is_touching = chance < touching
            near = 0 if is_touching else round(_NEAR * FINENESS)
            contact = _contact(glyphs[number - 1], places[-1], glyph, row, near)
            column = contact + round((-overlap if is_touching else gap) * FINENESS)
        places.append((row, column))
    return places


def _contact(before: _Glyph, place: _Place, glyph: _Glyph, row: int, near: int) -> int:
    """The column at which a digit just touches the one before it; ink up to `near` rows above or below counts, too."""
    top = min(place[0], row) - near
    bottom = max(place[0] + before.size[0], row + glyph.size[0]) + near
    ends, starts = np.full(bottom - top, -_FAR), np.full(bottom - top, _FAR)
    ink = before.ink
    ends[place[0] - top :][: len(ink)] = np.where(
        ink.any(axis=1), place[1] + before.size[1] - ink[:, ::-1].argmax(axis=1), -_FAR
    )
    ink = glyph.ink
    starts[row - top :][: len(ink)] = np.where(ink.any(axis=1), ink.argmax(axis=1), _FAR)
    reach = [ends[max(0, at - near) : at + near + 1].max() for at in range(len(ends))]
    contact = int((np.array(reach) - starts).max())
    # Where no row has ink of both, they would slide over one another: then the boxes decide.
    return contact if contact > -_FAR / 2 else place[1] + before.size[1]


def _composed(glyphs: Sequence[_Glyph], places: Sequence[_Place], baselines: NDArray[np.float64]) -> Writing:
    """Everything in one field, with room around it."""
    room = round(-OUTSIDE * FINENESS)
    corners = np.array(places)
    ends = corners + [glyph.size for glyph in glyphs]
    first, last = corners.min(axis=0) - room, ends.max(axis=0) + room
    whole = np.full(last - first, OUTSIDE, np.float32)
    for glyph, corner in zip(glyphs, corners - first, strict=True):
        top, left = corner - (glyph.rows[0], glyph.columns[0])
        field = glyph.field[max(0, -top) :, max(0, -left) :]
        part = whole[max(0, top) :, max(0, left) :][: field.shape[0], : field.shape[1]]
        np.maximum(part, field[: part.shape[0], : part.shape[1]], out=part)
    boxes = np.concatenate([corners - first, ends - first], axis=1)[:, [1, 0, 3, 2]] / FINENESS
    return Writing(whole, boxes, baselines - first[0] / FINENESS)
