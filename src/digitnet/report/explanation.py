"""How a picture was read: each step of its cleaning, what was found in it, and what the network saw of each digit."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from digitnet.arrays import IMAGE_SIDE, AnyArray, GrayPicture
from digitnet.inference.answers import Digit
from digitnet.inference.reader import Trace
from digitnet.report.style import (
    ACCENT,
    BLUE,
    FAINT,
    INK,
    MUTED,
    PAPER,
    TITLE_HEIGHT,
    colour_scale,
    in_house_style,
    new_figure,
    shortened,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["explanation_figure"]

# Lengths are in inches. All numbers are chosen by hand, by the look of the figures.
_WIDTH = 9.2
_MARGIN = 0.35
_INSIDE = _WIDTH - 2 * _MARGIN
_HEADING = 0.42  # above each part
_STEPS_IN_ROW, _STEP_GAP, _STEP_HEIGHT, _STEP_CAPTION = 4, 0.2, 1.45, 0.3
_STEP_WIDTH = (_INSIDE - (_STEPS_IN_ROW - 1) * _STEP_GAP) / _STEPS_IN_ROW
_MAX_FOUND_HEIGHT = 3.2
_TILES_IN_ROW, _TILE, _BARS, _NOTES = 7, 0.92, 0.34, 0.62
_TILE_TEXT = 0.24
_TILE_PITCH = _INSIDE / _TILES_IN_ROW
_ROW = _TILE + _TILE_TEXT + _BARS + _NOTES
_MAX_TILES = 70  # ten rows
_NOTE_LETTERS = 23  # letters in a line below a tile
_NOTE_LINES = 4
_NOTE_LINE_HEIGHT = 0.13
_MAX_PIXELS = 1200  # of a picture's longer side; the figure shows no more


@in_house_style
def explanation_figure(trace: Trace, class_names: Sequence[str]) -> "Figure":
    """Draw how a picture was read.

    Args:
        trace: As `trace_digit` or `trace_number` gives it.
        class_names: The text of each label.

    Returns:
        A Figure in three parts: the steps from the picture to its ink; the ink with a box around each digit; and each
        digit as the network saw it, with its probabilities and what was done to it.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    digits = [digit for digit in trace.digits if digit.probabilities][:_MAX_TILES]
    step_rows = -(-len(trace.steps) // _STEPS_IN_ROW)
    tile_rows = -(-len(digits) // _TILES_IN_ROW)
    found_height = _fitted(trace.ink.shape, _INSIDE, _MAX_FOUND_HEIGHT)[1]
    notes = textwrap.wrap("; ".join(trace.reading.notes), 130) if len(trace.digits) != 1 else []
    height = (
        TITLE_HEIGHT
        + (_HEADING + step_rows * (_step_height(trace.steps) + _STEP_CAPTION) if step_rows else 0)
        + _HEADING
        + found_height
        + (_HEADING + tile_rows * _ROW if digits else 0)
        + 0.16 * len(notes)
        + 0.35
    )
    figure = new_figure(_WIDTH, height, _title(trace), _subtitle(trace, len(digits)))
    canvas = figure.add_axes((0, 0, 1, 1))
    canvas.set_axis_off()
    top = TITLE_HEIGHT
    if step_rows:
        top = _draw_steps(canvas, top, trace.steps)
    top = _draw_found(canvas, top, trace)
    for line, text in enumerate(notes):
        canvas.text(_MARGIN, top + 0.16 * (line + 1), text, color=MUTED, fontsize=8, va="center")
    top += 0.16 * len(notes)
    if digits:
        _draw_digits(canvas, top, trace.images[: len(digits)], digits, class_names)
    canvas.set(xlim=(0, _WIDTH), ylim=(height, 0))
    return figure


def _title(trace: Trace) -> str:
    text = trace.reading.text.replace("\n", " / ")
    return f"Read as {shortened(text, 60)}" if text else "No digit found"


def _subtitle(trace: Trace, shown: int) -> str:
    count = len([digit for digit in trace.digits if digit.probabilities])
    if not count:
        return "; ".join(trace.reading.notes) or "Nothing that could be a digit."
    which = f"The first {shown} of {count} digits" if shown < count else "Every digit" if count > 1 else "The digit"
    return f"{which} as the network saw it, with its probability of each class. Orange: unsure."


def _heading(canvas: "Axes", top: float, text: str) -> float:
    canvas.text(_MARGIN, top + 0.24, text, fontsize=10, fontweight="bold", va="center")
    return top + _HEADING


def _draw_steps(canvas: "Axes", top: float, steps: Sequence[tuple[str, AnyArray]]) -> float:
    top = _heading(canvas, top, "From the picture to its ink")
    height = _step_height(steps)
    for number, (name, picture) in enumerate(steps):
        row, column = divmod(number, _STEPS_IN_ROW)
        left, upper = _MARGIN + column * (_STEP_WIDTH + _STEP_GAP), top + row * (height + _STEP_CAPTION)
        drawn = _draw_picture(canvas, picture, (left, upper), (_STEP_WIDTH, _STEP_HEIGHT))
        text = shortened(f"{number + 1}  {name}", 34)
        canvas.text(left, upper + drawn[1] + 0.12, text, color=MUTED, fontsize=8, va="center")
    return top + -(-len(steps) // _STEPS_IN_ROW) * (height + _STEP_CAPTION)


def _step_height(steps: Sequence[tuple[str, AnyArray]]) -> float:
    """How high the highest of them is drawn."""
    return max(_fitted(picture.shape, _STEP_WIDTH, _STEP_HEIGHT)[1] for _, picture in steps)


def _draw_found(canvas: "Axes", top: float, trace: Trace) -> float:
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - heavy, and optional

    top = _heading(canvas, top, "What was found in it")
    width, height = _draw_picture(canvas, 255 - trace.ink, (_MARGIN, top), (_INSIDE, _MAX_FOUND_HEIGHT))
    scale = width / trace.ink.shape[1]
    for digit in trace.digits:
        if digit.status == "not_a_digit":
            continue
        colour = _colour(digit)
        x, y, wide, high = (scale * side for side in digit.box)
        canvas.add_patch(Rectangle((_MARGIN + x, top + y), wide, high, fill=False, edgecolor=colour, linewidth=1.0))
        size = min(max(40 * high, 6.0), 11.0)
        place = (_MARGIN + x + wide / 2, max(top + y - 0.02, top + 0.12))
        canvas.text(*place, digit.text, color=colour, fontsize=size, ha="center", va="bottom", fontweight="bold")
    return top + height


def _draw_digits(
    canvas: "Axes", top: float, images: AnyArray, digits: Sequence[Digit], class_names: Sequence[str]
) -> None:
    top = _heading(canvas, top, "What the network saw")
    for number, (image, digit) in enumerate(zip(images, digits, strict=True)):
        row, column = divmod(number, _TILES_IN_ROW)
        left, upper = _MARGIN + column * _TILE_PITCH, top + row * _ROW
        _draw_tile(canvas, image, (left, upper))
        text = f"{100 * digit.confidence:.1f} %"
        middle = upper + _TILE + _TILE_TEXT / 2
        name = shortened(digit.text, 8)
        canvas.text(left, middle, name, color=_colour(digit), fontsize=10, fontweight="bold", va="center")
        canvas.text(left + _TILE, middle, text, color=MUTED, fontsize=8, ha="right", va="center")
        _draw_bars(canvas, digit, (left, upper + _TILE + _TILE_TEXT), class_names)
        notes = [line for note in digit.notes for line in textwrap.wrap(note, _NOTE_LETTERS)][:_NOTE_LINES]
        below = upper + _TILE + _TILE_TEXT + _BARS + 0.07
        for line, words in enumerate(notes):
            canvas.text(left, below + _NOTE_LINE_HEIGHT * (line + 0.5), words, color=MUTED, fontsize=6, va="center")


def _draw_tile(canvas: "Axes", image: AnyArray, corner: tuple[float, float]) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - heavy, and optional

    left, top = corner
    edges = np.linspace(0, _TILE, IMAGE_SIDE + 1)
    canvas.pcolorfast(left + edges, top + edges, image, cmap=colour_scale(PAPER, INK), vmin=0, vmax=255)
    canvas.add_patch(Rectangle(corner, _TILE, _TILE, fill=False, edgecolor=FAINT, linewidth=0.8))


def _draw_bars(canvas: "Axes", digit: Digit, corner: tuple[float, float], class_names: Sequence[str]) -> None:
    """A bar for each class, as high as it is probable; up to ten have their names below."""
    left, top = corner
    width = _TILE / len(digit.probabilities)
    floor = top + _BARS - 0.1
    for label, probability in enumerate(digit.probabilities):
        colour = _colour(digit) if label == digit.label else MUTED
        canvas.bar(left + (label + 0.5) * width, -probability * (_BARS - 0.12), 0.7 * width, floor, color=colour)
        if len(digit.probabilities) <= 10 and len(class_names[label]) == 1:
            canvas.text(
                left + (label + 0.5) * width,
                floor + 0.06,
                class_names[label],
                color=MUTED,
                fontsize=5,
                ha="center",
                va="center",
            )
    canvas.plot((left, left + _TILE), (floor, floor), color=FAINT, linewidth=0.8)


def _draw_picture(
    canvas: "Axes", picture: AnyArray, corner: tuple[float, float], room: tuple[float, float]
) -> tuple[float, float]:
    """Draw a picture as large as the room allows, framed; its width and height."""
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - heavy, and optional

    left, top = corner
    width, height = _fitted(picture.shape, *room)
    canvas.imshow(
        _reduced(picture),
        cmap="gray",
        vmin=0,
        vmax=255,
        extent=(left, left + width, top + height, top),
        aspect="auto",
        interpolation="antialiased",
    )
    canvas.add_patch(Rectangle(corner, width, height, fill=False, edgecolor=FAINT, linewidth=0.8))
    return width, height


def _fitted(shape: tuple[int, ...], width: float, height: float) -> tuple[float, float]:
    """Width and height of a picture, as large as the room allows."""
    scale = min(width / shape[1], height / shape[0])
    return shape[1] * scale, shape[0] * scale


def _reduced(picture: AnyArray) -> GrayPicture:
    """Every n-th pixel's neighbourhood averaged, so that no side is longer than a figure can show."""
    step = -(-max(picture.shape[:2]) // _MAX_PIXELS)
    if step == 1:
        return picture
    rows, columns = (side // step * step for side in picture.shape[:2])
    blocks = picture[:rows, :columns].reshape(rows // step, step, columns // step, step, *picture.shape[2:])
    return np.asarray(blocks.mean(axis=(1, 3)), np.uint8)


def _colour(digit: Digit) -> str:
    return ACCENT if digit.status == "unsure" else BLUE
