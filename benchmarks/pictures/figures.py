"""The figures of docs/pictures.md: samples of what is rendered, and how a picture is read."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.pictures.page_sets import KINDS, page_sets
from benchmarks.pictures.rendered_sets import NOTHINGS, rendered_digits, rendered_lines, rendered_nothing
from benchmarks.pictures.sets import Example
from benchmarks.plots import WIDTH, panel, save
from benchmarks.rendering.hardships import HARDSHIPS, LEVELS
from benchmarks.rendering.render import render
from digitnet import load_classifier, load_mnist
from digitnet.files import write_atomically
from digitnet.report import explanation_figure
from digitnet.report.style import DPI, MUTED, TITLE_HEIGHT, hide_frame, in_house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_SEED = 2026
_SHOWN = (0.25, 0.5, 1.0)  # severities
_TILE, _GAP = 88, 6  # dots
_GROUND = 255  # the page's white, around pictures that are not square
_LEFT, _NAME = 0.35, 0.22  # inches: margin, and the text above a row of tiles
_EXAMPLE, _EXAMPLE_SEED, _EXAMPLE_PAGE_SEED = (2, 0, 2, 6), 4, 3
_SHEET, _SHEET_SEED = 4, 21
_EXAMPLE_HARDSHIPS = {
    "squared": 0.5,
    "shadow": 0.6,
    "rotation": 0.3,
    "coloured_ink": 0.6,
    "blur": 0.2,
    "noise": 0.3,
    "table": 0.4,
}

Tiles = NDArray[np.uint8]


def write_figures(folder: Path) -> None:
    """Draw all of them."""
    figures = {"explained": explained_figure, "levels": levels_figure, "hardships": hardships_figure}
    for name, draw in {**figures, "kinds": kinds_figure, "nothing": nothing_figure}.items():
        save(draw(), folder / f"pictures_{name}.png")
    write_mark_sheet(folder / "pictures_mark_sheet.png")


def write_mark_sheet(path: Path) -> None:
    """Render the sheet that README turns into a table: a picture that anyone can read with the command beside it."""
    (sheets,) = [
        pictures for pictures in page_sets("table", "plain", _SHEET + 1, _SHEET_SEED) if pictures.kind == "lines"
    ]
    content = cv2.imencode(".png", cv2.cvtColor(np.asarray(sheets[_SHEET].picture), cv2.COLOR_RGB2BGR))[1]
    write_atomically(path, content.tobytes())


def fitted(picture: Tiles, height: int, width: int) -> Tiles:
    """A picture as large as it can be in a tile of uint8 (height, width, 3), in the middle of it.

    A picture that is too large is averaged; one that is too small shows its pixels as they are.
    """
    scale = min(height / picture.shape[0], width / picture.shape[1])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    tile = np.full((height, width, 3), _GROUND, np.uint8)
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    tile[top : top + size[1], left : left + size[0]] = cv2.resize(picture, size, interpolation=method)
    return tile


def _row(examples: Sequence[Example], width: int = _TILE) -> Tiles:
    """Tiles side by side."""
    gap = np.full((_TILE, _GAP, 3), _GROUND, np.uint8)
    parts = [part for one in examples for part in (fitted(np.asarray(one.picture), _TILE, width), gap)]
    return np.concatenate(parts[:-1], axis=1)


def _place(figure: "Figure", tiles: Tiles, left: float, top: float, name: str) -> None:
    """Tiles dot by dot, with a name above them; left and top in inches from the corner of the figure."""
    height = figure.get_size_inches()[1]
    across, down = tiles.shape[1] / DPI, tiles.shape[0] / DPI
    figure.text(left / WIDTH, 1 - (top + 0.11) / height, name, fontsize=8.5, color=MUTED, va="center")
    axes = panel(figure, left, height - top - _NAME - down, across, down)
    axes.imshow(tiles, interpolation="nearest", aspect="auto")
    hide_frame(axes)


def _fit(width: int) -> int:
    """How many tiles of a width stand side by side."""
    return int(((WIDTH - 2 * _LEFT) * DPI + _GAP) // (width + _GAP))


@in_house_style
def hardships_figure() -> "Figure":
    """Each hardship at three severities."""
    columns, step = 4, _TILE / DPI + _NAME + 0.1
    subtitle = f"Each alone, at severities {', '.join(f'{severity:g}' for severity in _SHOWN)}."
    height = TITLE_HEIGHT + -(-len(HARDSHIPS) // columns) * step + 0.1
    figure = new_figure(WIDTH, height, "The hardships", subtitle)
    across = (WIDTH - 2 * _LEFT + 0.1) / columns
    for place, hardship in enumerate(HARDSHIPS):
        names = [f"{hardship} {severity:.2f}" for severity in _SHOWN]
        kind = rendered_lines if hardship == "touching" else rendered_digits
        tiles = _row([kind(name, place + 1, _SEED)[place] for name in names])
        left, top = _LEFT + place % columns * across, TITLE_HEIGHT + place // columns * step
        _place(figure, tiles, left, top, hardship.replace("_", " "))
    return figure


@in_house_style
def levels_figure() -> "Figure":
    """Two rows of digits and two of lines for each level."""
    step, top = (2 * _TILE + _GAP) / DPI + _NAME + 0.1, TITLE_HEIGHT
    subtitle = "The first pictures of each, none left out."
    figure = new_figure(WIDTH, TITLE_HEIGHT + 2 * len(LEVELS) * step + 0.1, "Two levels", subtitle)
    for level in LEVELS:
        for kind, width in ((rendered_digits, _TILE), (rendered_lines, 3 * _TILE)):
            count = _fit(width)
            pictures = kind(level, 2 * count, _SEED)
            rows = [_row([pictures[at] for at in range(at, at + count)], width) for at in (0, count)]
            gap = np.full((_GAP, rows[0].shape[1], 3), _GROUND, np.uint8)
            _place(figure, np.concatenate([rows[0], gap, rows[1]]), _LEFT, top, f"{level}, {pictures.kind}")
            top += step
    return figure


@in_house_style
def kinds_figure() -> "Figure":
    """A row of each kind of number as people have them."""
    step, top, width = _TILE / DPI + _NAME + 0.1, TITLE_HEIGHT, 2 * _TILE
    subtitle = "The first pictures of each kind with mild hardships, none left out."
    figure = new_figure(WIDTH, TITLE_HEIGHT + len(KINDS) * step + 0.1, "Numbers as people have them", subtitle)
    for kind in KINDS:
        pictures = page_sets(kind, "mild", _fit(width), _SEED)[-1]
        _place(figure, _row([pictures[number] for number in range(len(pictures))], width), _LEFT, top, kind)
        top += step
    return figure


@in_house_style
def nothing_figure() -> "Figure":
    """A row of each kind of picture without a digit."""
    step, subtitle = _TILE / DPI + _NAME + 0.1, "The first pictures of each kind, none left out."
    figure = new_figure(WIDTH, TITLE_HEIGHT + len(NOTHINGS) * step + 0.1, "No digit", subtitle)
    for place, name in enumerate(NOTHINGS):
        pictures = rendered_nothing(name, _fit(_TILE), _SEED)
        tiles = _row([pictures[number] for number in range(len(pictures))])
        _place(figure, tiles, _LEFT, TITLE_HEIGHT + place * step, name)
    return figure


def explained_figure() -> "Figure":
    """A number on squared paper, half in the shadow, and how it is read."""
    _, test_set = load_mnist()
    generator = np.random.default_rng(_EXAMPLE_SEED)
    images = [test_set.images[generator.choice(np.flatnonzero(test_set.labels == label))] for label in _EXAMPLE]
    page = render([images], _EXAMPLE_HARDSHIPS, np.random.default_rng(_EXAMPLE_PAGE_SEED))
    classifier = load_classifier()
    return explanation_figure(classifier.trace_number(page.picture, with_steps=True), classifier.class_names)
