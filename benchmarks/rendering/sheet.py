"""Paper, print, ink and table, in colour, as the camera sees them in even light."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.rendering.camera import Colours, View
from benchmarks.rendering.glyphs import FINENESS, OUTSIDE, Field
from benchmarks.rendering.rules import Coverage
from benchmarks.rendering.writing import DIGIT_HEIGHT, Streams, Writing

_WHITE, _BLACK = (0.97, 0.965, 0.95), (0.08, 0.08, 0.1)
_INKS = ((0.1, 0.18, 0.62), (0.75, 0.1, 0.12), (0.08, 0.45, 0.2), (0.42, 0.14, 0.55), (0.85, 0.4, 0.05))
_PALE = 0.55  # how far a pale ink is on its way to white
_PAPERS = (
    (0.98, 0.9, 0.35),
    (0.97, 0.62, 0.7),
    (0.55, 0.82, 0.5),
    (0.45, 0.68, 0.92),
    (0.6, 0.6, 0.6),
    (0.68, 0.5, 0.33),
)
_DARK_PAPER = 0.75  # what is left of its brightness
_SLATES = ((0.13, 0.15, 0.16), (0.1, 0.2, 0.15), (0.2, 0.2, 0.21))
_PENCIL = (0.3, 0.3, 0.32)
_PRINTS = ((0.45, 0.62, 0.85), (0.55, 0.55, 0.6), (0.6, 0.75, 0.65), (0.75, 0.55, 0.65))
_DARKEST_PRINT = 0.45  # how far the printed colour goes to black
_TABLES = ((0.36, 0.22, 0.12), (0.62, 0.44, 0.27), (0.12, 0.12, 0.13), (0.5, 0.5, 0.52), (0.82, 0.76, 0.66))
_FAINTEST = 1 / 8
_LEAST_INVERTED = 1 / 3

_RULED_SPACING = (16.0, 34.0)  # units; a digit is 20 high
_SQUARED_SPACING = (8.0, 22.0)
_PRINT_WIDTH = (0.35, 0.8)


@dataclass(frozen=True)
class _Places:
    """Where on the sheet each drawn pixel is, in units."""

    across: NDArray[np.float32]
    down: NDArray[np.float32]


def drawn_sheet(writing: Writing, view: View, severities: dict[str, float], random: Streams) -> Colours:
    """Everything but light and camera."""
    places = _places(view)
    paper, ink = _pigments(severities, random)
    width, height = view.size
    sheet = np.empty((height, width, 3), np.float32)
    sheet[:] = paper
    if severities["chalk"]:
        _wipe(sheet, places, severities["chalk"], random["chalk"])
    for name in ("ruled", "squared"):
        if severities[name]:
            _print_lines(sheet, writing, view, places, name, severities[name], random[name])
    if writing.rules is not None and writing.rule_coverage is not None:
        is_dark = severities["inverted"] > 0 or severities["chalk"] > 0  # on which printed ink would not show
        colour = ink if is_dark or writing.rules.tint is None else np.array(writing.rules.tint, np.float32)
        seen = _seen(writing.rule_coverage, view, cv2.INTER_LINEAR, 0.0)
        _mix(sheet, np.float32(writing.rules.strength / 255) * seen, colour)
    coverage = _coverage(writing, view, places, severities, random)
    _mix(sheet, coverage, ink)
    if severities["table"]:
        _lay_on_table(sheet, writing, view, places, severities["table"], random["table"])
    return sheet


def _mix(sheet: Colours, share: NDArray[np.float32], colour: NDArray[np.float32]) -> None:
    """Put a share of a colour over what is there."""
    for channel in range(3):
        plane = sheet[:, :, channel]
        plane += share * (colour[channel] - plane)


def _places(view: View) -> _Places:
    width, height = view.size
    back = np.linalg.inv(view.to_picture).astype(np.float32)
    across = np.arange(width, dtype=np.float32)[None, :] + np.float32(0.5)
    down = np.arange(height, dtype=np.float32)[:, None] + np.float32(0.5)
    depth = back[2, 0] * across + back[2, 1] * down + back[2, 2]
    return _Places(
        (back[0, 0] * across + back[0, 1] * down + back[0, 2]) / depth,
        (back[1, 0] * across + back[1, 1] * down + back[1, 2]) / depth,
    )


def _pigments(severities: dict[str, float], random: Streams) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Colours of paper and ink."""
    paper, ink = np.array(_WHITE, np.float32), np.array(_BLACK, np.float32)
    if severity := severities["coloured_paper"]:
        colour = random["coloured_paper"].choice(_PAPERS)
        paper += min(1.0, 2 * severity) * (colour * (1 - (1 - _DARK_PAPER) * severity) - paper)
    if severity := severities["coloured_ink"]:
        colour = random["coloured_ink"].choice(_INKS)
        ink += min(1.0, 4 * severity) * (colour - ink)
        ink += _PALE * max(0.0, severity - 0.25) / 0.75 * (np.minimum(paper, 1) - ink)
    if severities["pencil"]:
        ink = np.array(_PENCIL, np.float32)
    if severity := severities["inverted"]:
        difference = (1 - (1 - _LEAST_INVERTED) * severity) * (paper - ink)
        paper = ink + random["inverted"].uniform(0, 0.25) * severity
        ink = paper + difference
    if severities["chalk"]:
        paper = random["chalk"].choice(_SLATES).astype(np.float32)
        ink = np.full(3, 0.93, np.float32)
    ink = paper + _FAINTEST ** severities["faint"] * (ink - paper)
    return np.asarray(paper, np.float32), np.asarray(ink, np.float32)


def _clouds(places: _Places, size: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """A smooth random pattern that lies on the sheet: mean 0, deviation about 1, its features of a size in units."""
    tile = 64
    pattern = rng.standard_normal((tile, tile), np.float32)
    # The tile fits to itself at its edges; one row and column more are for the interpolation.
    smooth = cv2.GaussianBlur(np.tile(pattern, (3, 3)), (0, 0), 1.0)[tile : 2 * tile + 1, tile : 2 * tile + 1]
    across, down = (_within(place / np.float32(size), tile) for place in (places.across, places.down))
    return np.asarray(
        cv2.remap(smooth / smooth.std(), across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _within(place: NDArray[np.float32], period: float) -> NDArray[np.float32]:
    """The remainder, which `numpy.mod` needs ten times as long for."""
    return np.asarray(place - np.float32(period) * np.floor(place / np.float32(period)), np.float32)


def _coverage(
    writing: Writing, view: View, places: _Places, severities: dict[str, float], random: Streams
) -> NDArray[np.float32]:
    """What share of each drawn pixel is ink."""
    field = _seen_field(writing.field, view)
    if severity := severities["chalk"]:
        rng = random["chalk"]
        field += np.float32(0.3 * severity) * _clouds(places, 0.4, rng)
        grain = _clouds(places, 0.2, rng) + np.float32(0.6) * _clouds(places, 0.7, rng)
        return _soft(field * np.float32(view.scale)) * (
            1 - np.float32(0.85 * severity) * _soft(2 * grain - np.float32(0.2))
        )
    if severity := severities["pencil"]:
        rng = random["pencil"]
        grain = _clouds(places, 0.13, rng) + np.float32(0.5) * _clouds(places, 0.45, rng)
        pressure = 1 - np.float32(0.3 * severity) * _soft(_clouds(places, 9.0, rng))
        dark = 1 - np.float32(0.35 * severity)
        return (
            _soft(field * np.float32(view.scale))
            * pressure
            * dark
            * (1 - np.float32(0.75 * severity) * _soft(np.float32(1.5) * grain))
        )
    return _soft(field * np.float32(view.scale))


def ink_box(writing: Writing, view: View) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of all ink in pixels of the picture: outside there is nothing but paper and print."""
    is_ink = _seen_field(writing.field, view) > 0
    ends = [np.flatnonzero(is_ink.any(axis=axis)) // view.reduction for axis in (0, 1)]
    width, height = (side // view.reduction for side in view.size)
    if not all(map(len, ends)):
        return 0, 0, width, height
    (left, right), (top, bottom) = ((int(places[0]), int(places[-1]) + 1) for places in ends)
    return left, top, min(right, width), min(bottom, height)


def _soft(distance: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 inside, 0 outside, and a ramp one pixel wide between."""
    return np.asarray(np.clip(distance + np.float32(0.5), 0, 1), np.float32)


def _seen_field(field: Field, view: View) -> Field:
    return _seen(field, view, cv2.INTER_CUBIC, OUTSIDE)


def _seen(points: Field | Coverage, view: View, interpolation: int, outside: float) -> NDArray[np.float32]:
    """What lies on the sheet, as the camera sees it."""
    # OpenCV counts from the middle of the first pixel, the sheet from its corner.
    from_points = np.array([[1 / FINENESS, 0, 0.5 / FINENESS], [0, 1 / FINENESS, 0.5 / FINENESS], [0, 0, 1]])
    to_middles = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    return np.asarray(
        cv2.warpPerspective(
            points,
            to_middles @ view.to_picture @ from_points,
            view.size,
            flags=interpolation,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=outside,
        ),
        np.float32,
    )


def _wipe(sheet: Colours, places: _Places, severity: float, rng: np.random.Generator) -> None:
    """What a wiped slate keeps of earlier chalk."""
    smears = 0.6 * _clouds(places, 14.0, rng) + 0.4 * _clouds(places, 3.0, rng)
    sheet += np.float32(0.12 * severity) * np.maximum(smears + np.float32(0.5), 0)[:, :, None]


def _print_lines(
    sheet: Colours, writing: Writing, view: View, places: _Places, kind: str, severity: float, rng: np.random.Generator
) -> None:
    """Ruled lines, one of them at the first line's foot; or squares anywhere."""
    colour = np.asarray(rng.choice(_PRINTS) * (1 - _DARKEST_PRINT * severity), np.float32)
    spacing = rng.uniform(*(_RULED_SPACING if kind == "ruled" else _SQUARED_SPACING))
    width = rng.uniform(*_PRINT_WIDTH)
    foot = writing.baselines[0] + rng.uniform(-0.25, 0.25) * DIGIT_HEIGHT
    lines = _lines(places.down - np.float32(foot), spacing, width, view.scale)
    if kind == "squared":
        shifted = places.across + np.float32(rng.uniform(0, spacing))
        lines = np.maximum(lines, _lines(shifted, spacing, width, view.scale))
    _mix(sheet, np.float32(min(1.0, 0.25 + 0.75 * severity) * min(1.0, 8 * severity)) * lines, colour)


def _lines(place: NDArray[np.float32], spacing: float, width: float, scale: float) -> NDArray[np.float32]:
    """Coverage of lines at every multiple of the spacing; a line thinner than a pixel covers a part of it."""
    distance = np.abs(_within(place + np.float32(spacing / 2), spacing) - np.float32(spacing / 2))
    inside = (np.float32(width / 2) - distance) * np.float32(scale)
    return np.minimum(_soft(inside), np.float32(min(1.0, width * scale)))


def _lay_on_table(
    sheet: Colours, writing: Writing, view: View, places: _Places, severity: float, rng: np.random.Generator
) -> None:
    """The sheet ends on some sides, nearer to the writing the more severe it is; the table has a grain and a shadow."""
    left, top, right, bottom = writing.content
    sides = rng.permutation(4)[: rng.integers(1, 5)]
    nearest = 0.35 - 0.2 * severity
    margins = np.full(4, 1e6)
    margins[sides] = DIGIT_HEIGHT * (nearest + rng.uniform(0, 0.1, size=len(sides)))
    inside = np.minimum(
        np.minimum(places.across - np.float32(left - margins[0]), np.float32(right + margins[1]) - places.across),
        np.minimum(places.down - np.float32(top - margins[2]), np.float32(bottom + margins[3]) - places.down),
    )
    table = _table(places, rng)
    table *= np.clip(1 - np.float32(0.5) * np.exp(np.minimum(inside, 0) / np.float32(2.5)), 0, 1)[:, :, None]
    on_sheet = _soft(inside * view.scale)[:, :, None]
    sheet *= on_sheet
    sheet += table * (1 - on_sheet)


def _table(places: _Places, rng: np.random.Generator) -> Colours:
    """A surface of one colour with a grain in one direction."""
    colour = rng.choice(_TABLES).astype(np.float32)
    stretched = _Places(places.across / np.float32(rng.uniform(6, 20)), places.down)
    grain = 0.05 * _clouds(stretched, 1.0, rng) + 0.03 * _clouds(places, 20.0, rng)
    return np.asarray(np.clip(colour * (1 + 2 * grain[:, :, None]), 0, 1), np.float32)
