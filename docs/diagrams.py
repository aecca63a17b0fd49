"""The diagrams of the tutorial: the network with its seven steps, and one layer forward and backward."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from numpy.typing import NDArray

from digitnet.arrays import GrayPicture
from digitnet.report.style import (
    ACCENT,
    BLUE,
    GREEN,
    INK,
    MUTED,
    PAPER,
    colour_scale,
    hide_frame,
    in_house_style,
    new_figure,
)

__all__ = ["MARGIN", "WIDTH", "Names", "backpropagation", "network", "panel", "show_image"]

Names: TypeAlias = Mapping[str, Any]  # what the page's code has defined, by name

WIDTH = 8.0  # inches; with the house style's type this is legible at 800 pixels
MARGIN = 0.35  # inches

_TINT = "#e8f1f7"  # a light blue, for boxes


def panel(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes at a place given in inches."""
    whole_width, whole_height = figure.get_size_inches()
    return figure.add_axes((left / whole_width, bottom / whole_height, width / whole_width, height / whole_height))


def canvas(figure: Figure) -> Axes:
    """Axes over all of the figure, for drawing in inches."""
    width, height = figure.get_size_inches()
    axes = panel(figure, 0, 0, width, height)
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.patch.set_visible(False)
    hide_frame(axes)
    return axes


def show_image(axes: Axes, image: GrayPicture, *, is_ink: bool = True) -> None:
    """Draw pixels: ink dark on white, or a picture as it is."""
    axes.imshow(image, cmap=colour_scale(PAPER, INK) if is_ink else "gray", vmin=0, vmax=255)
    hide_frame(axes)
    for spine in axes.spines.values():
        spine.set_visible(True)


def arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str, *, dashed: bool = False
) -> None:
    """Draw an arrow between two places given in inches."""
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=10,
            color=colour,
            linewidth=1.2,
            linestyle=(0, (4, 3)) if dashed else "-",
            shrinkA=0,
            shrinkB=0,
        )
    )


def box(axes: Axes, place: tuple[float, float, float, float], colour: str) -> None:
    """Draw a rounded box at left, bottom, width and height in inches."""
    left, bottom, width, height = place
    shape = "round,pad=0,rounding_size=0.07"
    axes.add_patch(FancyBboxPatch((left, bottom), width, height, boxstyle=shape, facecolor=colour, edgecolor=colour))


_MIDDLE, _REACH = 3.36, 1.42  # inches: height of the network's axis, and from there to its outermost units
_PLACES = (2.46, 3.75, 5.0, 6.2)  # inches: the layers, from left to right
_INPUT_GROUPS = 8  # of 98 neighbouring pixels each, whose sum is drawn as one line
_THICKEST = 3.0  # points


@in_house_style
def network(names: Names) -> Figure:
    """The trained network with one image in it, above the seven steps."""
    image = names["train_set"].images[0]
    weights = [np.asarray(array, np.float64) for array in names["model"].get_weights()]
    inputs, _ = names["forward"](weights, image.reshape(1, -1) / 255)
    (probabilities,) = names["classifier"].predict_proba(image[np.newaxis])
    figure = new_figure(
        WIDTH,
        6.0,
        "The network 784-128-64-10, with an image inside",
        "Circles: outputs; white is 0. Lines: what one output adds to the next unit; orange raises it, blue lowers it.",
    )
    axes = canvas(figure)
    show_image(panel(figure, MARGIN, _MIDDLE - 0.7, 1.4, 1.4), image)
    arrow(axes, (1.84, _MIDDLE), (2.2, _MIDDLE), MUTED)
    strip = panel(figure, 2.28, _MIDDLE - _REACH - 0.08, 0.16, 2 * _REACH + 0.16)
    strip.imshow(inputs[0].T, aspect="auto", cmap=colour_scale(PAPER, INK), interpolation="antialiased")
    hide_frame(strip)
    for spine in strip.spines.values():
        spine.set_visible(True)
    first, second = _typical(inputs[1][0], 13), _typical(inputs[2][0], 12)
    by_pixel = inputs[0].T * weights[0][:, first]
    _draw_links(axes, 0, by_pixel.reshape(_INPUT_GROUPS, -1, len(first)).sum(axis=1))
    _draw_links(axes, 1, inputs[1].T[first] * weights[2][np.ix_(first, second)])
    _draw_links(axes, 2, inputs[2].T[second] * weights[4][second])
    for place, outputs in zip(_PLACES[1:], (inputs[1][0, first], inputs[2][0, second], probabilities), strict=True):
        _draw_units(axes, place, outputs)
    _draw_answers(axes, probabilities)
    _draw_captions(axes)
    _draw_steps(axes)
    return figure


def _typical(outputs: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Units of a layer, so chosen that small and large outputs keep their proportion."""
    by_size = np.argsort(outputs)
    return np.sort(by_size[np.linspace(0, len(outputs) - 1, count).astype(int)])


def _heights(count: int) -> NDArray[np.float64]:
    return np.linspace(_MIDDLE + _REACH, _MIDDLE - _REACH, count)


def _draw_links(axes: Axes, layer: int, added: NDArray[np.float64]) -> None:
    """Lines from the units below to those above; `added` (below, above) gives colour and thickness."""
    largest = np.abs(added).max()
    for start, row in zip(_heights(len(added)), added, strict=True):
        for end, value in zip(_heights(len(row)), row, strict=True):
            strength = abs(value) / largest
            if strength > 0.06:  # the rest would only be dust
                axes.plot(
                    (_PLACES[layer], _PLACES[layer + 1]),
                    (start, end),
                    color=ACCENT if value > 0 else BLUE,
                    linewidth=_THICKEST * strength,
                    alpha=0.25 + 0.5 * strength,
                    zorder=1,
                )


def _draw_units(axes: Axes, place: float, outputs: NDArray[np.float64]) -> None:
    colours = colour_scale(PAPER, INK)(outputs / outputs.max())
    rows = _heights(len(outputs))
    axes.scatter(np.full(len(rows), place), rows, s=95, c=colours, edgecolors=MUTED, linewidths=0.8, zorder=3)


def _draw_answers(axes: Axes, probabilities: NDArray[np.float32]) -> None:
    for digit, (row, probability) in enumerate(zip(_heights(10), probabilities, strict=True)):
        is_answer = digit == probabilities.argmax()
        colour = GREEN if is_answer else MUTED
        weight = "bold" if is_answer else "normal"
        axes.text(6.42, row, f"{digit}", va="center", fontsize=10, color=colour, fontweight=weight)
        axes.barh(row, 0.5 * probability, left=6.62, height=0.17, color=colour)
        axes.text(7.68, row, f"{100 * probability:.0f} %", va="center", ha="right", color=colour)


def _draw_captions(axes: Axes) -> None:
    captions = (
        (MARGIN + 0.7, "image", "28 x 28 pixels"),
        (2.36, "input", "784 numbers"),
        (_PLACES[1], "hidden layer 1", "128 units, ReLU"),
        (_PLACES[2], "hidden layer 2", "64 units, ReLU"),
        (6.75, "output", "10 units, softmax"),
    )
    for place, name, text in captions:
        below = _MIDDLE - _REACH - 0.32
        axes.text(place, below, name, ha="center", fontweight="bold")
        axes.text(place, below - 0.18, text, ha="center", fontsize=8.5, color=MUTED)


_STEPS = (
    ("1 Load", "images and\nlabels"),
    ("2 Preprocess", "divide by 255,\nflatten"),
    ("3 Build", "layers of\nweights"),
    ("4 Compile", "loss and\noptimiser"),
    ("5 Train", "small steps\ndownhill"),
    ("6 Evaluate", "on images\nnever seen"),
    ("7 Predict", "a picture of\nyour own"),
)


def _draw_steps(axes: Axes) -> None:
    gap, height, bottom = 0.16, 0.86, 0.3
    width = (WIDTH - 2 * MARGIN - gap * (len(_STEPS) - 1)) / len(_STEPS)
    for number, (name, text) in enumerate(_STEPS):
        left = MARGIN + number * (width + gap)
        middle = left + width / 2
        box(axes, (left, bottom, width, height), _TINT)
        axes.text(middle, bottom + height - 0.2, name, ha="center", va="center", fontsize=8.5, fontweight="bold")
        axes.text(middle, bottom + 0.32, text, ha="center", va="center", fontsize=8, color=MUTED)
        if number:
            arrow(axes, (left - gap, bottom + height / 2), (left, bottom + height / 2), BLUE)


_X, _DENSE, _Z, _RELU, _A = 0.95, 2.75, 4.35, 5.85, 7.35  # inches, from left to right
_TOP, _FORWARD, _BACKWARD, _BOTTOM = 3.85, 2.85, 1.6, 0.55  # inches, from above
_OPERATION = (1.4, 0.5)  # inches, width and height
_ARRAYS = (
    (_X, _FORWARD, "x", "(n, k)"),
    (_Z, _FORWARD, "z", "(n, m)"),
    (_A, _FORWARD, "a", "(n, m)"),
    (_DENSE - 0.4, _TOP, "W", "(k, m)"),
    (_DENSE + 0.4, _TOP, "b", "(m,)"),
    (_A, _BACKWARD, "∂L/∂a", "(n, m)"),
    (_Z, _BACKWARD, "δ = ∂L/∂z", "(n, m)"),
    (_X, _BACKWARD, "∂L/∂x = δ Wᵀ", "(n, k)"),
    (_DENSE - 0.75, _BOTTOM, "∂L/∂W = xᵀ δ", "(k, m)"),
    (_DENSE + 0.85, _BOTTOM, "∂L/∂b = column sums of δ", "(m,)"),
)
_OPERATIONS = (
    (_DENSE, _FORWARD, "x W + b"),
    (_RELU, _FORWARD, "max(z, 0)"),
    (_RELU, _BACKWARD, "∂L/∂a · [z > 0]"),
    (_DENSE, _BACKWARD, "chain rule"),
)


@in_house_style
def backpropagation(names: Names) -> Figure:  # noqa: ARG001 - called as the others are
    """A dense layer and its ReLU, forward and backward."""
    figure = new_figure(
        WIDTH,
        5.0,
        "A Dense + ReLU layer, forward (blue) and backward (orange)",
        "Below each array its shape: n images, k inputs, m units. Dashed: remembered from the forward pass.",
    )
    axes = canvas(figure)
    width, height = _OPERATION
    for x, y, text in _OPERATIONS:
        box(axes, (x - width / 2, y - height / 2, width, height), _TINT)
        axes.text(x, y, text, ha="center", va="center", fontsize=10)
    for x, y, name, shape in _ARRAYS:
        colour = BLUE if y >= _FORWARD else ACCENT
        axes.text(x, y + 0.08, name, ha="center", va="center", fontsize=10, fontweight="bold", color=colour)
        axes.text(x, y - 0.14, shape, ha="center", va="center", fontsize=8.5, color=MUTED)
    _draw_flow(axes)
    return figure


def _draw_flow(axes: Axes) -> None:
    """The arrows between arrays and operations."""
    edge = _OPERATION[0] / 2 + 0.05
    for start, end in ((_X + 0.2, _DENSE - edge), (_DENSE + edge, _Z - 0.2), (_Z + 0.2, _RELU - edge)):
        arrow(axes, (start, _FORWARD), (end, _FORWARD), BLUE)
    arrow(axes, (_RELU + edge, _FORWARD), (_A - 0.2, _FORWARD), BLUE)
    for start, end in ((_A - 0.28, _RELU + edge), (_RELU - edge, _Z + 0.45), (_Z - 0.45, _DENSE + edge)):
        arrow(axes, (start, _BACKWARD), (end, _BACKWARD), ACCENT)
    arrow(axes, (_DENSE - edge, _BACKWARD), (_X + 0.6, _BACKWARD), ACCENT)
    for side in (-0.4, 0.4):
        arrow(axes, (_DENSE + side, _TOP - 0.27), (_DENSE + side, _FORWARD + 0.27), BLUE)
        arrow(axes, (_DENSE + side, _BACKWARD - 0.27), (_DENSE + 1.75 * side, _BOTTOM + 0.23), ACCENT)
    for x, text in ((_DENSE, "x and W"), (_RELU, "where z > 0")):
        arrow(axes, (x, _FORWARD - 0.27), (x, _BACKWARD + 0.27), MUTED, dashed=True)
        axes.text(x + 0.1, (_FORWARD + _BACKWARD) / 2, text, va="center", fontsize=8.5, color=MUTED)
