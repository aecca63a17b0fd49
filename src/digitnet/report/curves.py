"""Training curves: loss, error and learning rate over the epochs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digitnet.errors import ConfigurationError
from digitnet.report.style import ACCENT, BLUE, GREEN, MUTED, TITLE_HEIGHT, in_house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["training_curves"]

_PANEL_WIDTH, _PANEL_HEIGHT = 3.35, 2.75  # inches
_STRIP_HEIGHT = 0.6  # inches, the learning rate
_LEFT, _RIGHT, _BOTTOM = 0.95, 1.3, 0.6  # inches around a panel; the right holds the names of the lines
_STRIP_GAP = 0.75  # inches between the panels and the strip
_NAME_HEIGHT = 24.0  # points, the two lines of text at the end of a line
_SUBTITLE = "Loss and error on logarithmic scales. The ring marks the best epoch."
_MAX_TICKS = 10  # on an axis; chosen by hand
_MAX_MARKED_EPOCHS = 15  # beyond, a dot for each epoch is clutter


@dataclass(frozen=True)
class _Line:
    name: str
    colour: str
    values: NDArray[np.float64]  # (epochs,), nan where nothing was measured


@in_house_style
def training_curves(history: Mapping[str, Sequence[float]]) -> "Figure":
    """Draw how training went, one point an epoch.

    Loss and error have logarithmic axes in steps of 1, 2, 5: the last tenths of a per cent are what training
    is about, and a linear axis hides them. An error of 0 sits on the bottom line, which is then labelled 0.

    Args:
        history: For each name one number an epoch. Drawn are `loss`, `accuracy` (in [0, 1]), the same with
            `val_` in front, and `learning_rate`; what is absent is left out, other names are ignored.

    Returns:
        A Figure with a panel for the loss, one for the error in per cent, and a strip for the learning rate.

    Raises:
        ConfigurationError: No loss and no accuracy, no epochs, or series of different lengths.
        MissingExtraError: Matplotlib is not installed.
    """
    losses = _lines(history, {"loss": "training", "val_loss": "validation"})
    errors = [
        _Line(line.name, line.colour, 100 * (1 - line.values))
        for line in _lines(history, {"accuracy": "training", "val_accuracy": "validation"})
    ]
    rates = _lines(history, {"learning_rate": "learning rate"})
    epochs = _number_of_epochs([*losses, *errors, *rates])
    panels = [(title, unit, lines) for title, unit, lines in (("Loss", "", losses), ("Error", " %", errors)) if lines]
    if not panels:
        raise ConfigurationError("the training history has neither loss nor accuracy: nothing to draw")
    width = len(panels) * (_LEFT + _PANEL_WIDTH + _RIGHT)
    strip_space = _STRIP_HEIGHT + _STRIP_GAP if rates else 0.0
    height = TITLE_HEIGHT + 0.3 + _PANEL_HEIGHT + strip_space + _BOTTOM
    figure = new_figure(width, height, _title(errors, epochs), _SUBTITLE)
    for column, (title, unit, lines) in enumerate(panels):
        left = column * (_LEFT + _PANEL_WIDTH + _RIGHT) + _LEFT
        box = (left / width, (_BOTTOM + strip_space) / height, _PANEL_WIDTH / width, _PANEL_HEIGHT / height)
        _draw_panel(figure.add_axes(box), title, unit, lines)
    if rates:
        box = (_LEFT / width, _BOTTOM / height, (width - _LEFT - _RIGHT) / width, _STRIP_HEIGHT / height)
        _draw_learning_rate(figure.add_axes(box), rates[0])
    return figure


def _lines(history: Mapping[str, Sequence[float]], names: Mapping[str, str]) -> list[_Line]:
    colours = {"training": BLUE, "validation": ACCENT, "learning rate": GREEN}
    lines = []
    for key, name in names.items():
        if key not in history:
            continue
        try:
            values = np.asarray(history[key], dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"the training history's {key!r} must hold one number an epoch") from error
        if np.isfinite(values).any() or values.size == 0:
            lines.append(_Line(name, colours[name], np.where(np.isfinite(values), values, np.nan)))
    return lines


def _number_of_epochs(lines: Sequence[_Line]) -> int:
    lengths = {line.values.shape for line in lines}
    if len(lengths) > 1 or any(len(shape) != 1 or shape[0] == 0 for shape in lengths):
        raise ConfigurationError(
            f"the training history must hold one number an epoch in every series, found shapes {sorted(lengths)}"
        )
    return next(iter(lengths))[0] if lengths else 0


def _title(errors: Sequence[_Line], epochs: int) -> str:
    spent = "1 epoch" if epochs == 1 else f"{epochs:,} epochs"
    if not errors or math.isnan(errors[-1].values[-1]):
        return f"Training over {spent}"
    last = errors[-1]  # the validation, where there is one
    return f"{_short(last.values[-1])} % {last.name} error after {spent}"


def _draw_panel(axes: "Axes", title: str, unit: str, lines: Sequence[_Line]) -> None:
    ticks = _round_ticks(np.concatenate([line.values for line in lines]))
    low = ticks[0]
    axes.set_yscale("log")
    axes.set_ylim(low, ticks[-1])
    has_zero = any((line.values <= 0).any() for line in lines)
    names = ["0" if has_zero and tick == low else f"{tick:,g}" for tick in ticks]
    axes.set_yticks(ticks, [name + unit for name in names])
    axes.minorticks_off()
    _set_epoch_axis(axes, len(lines[0].values))
    for line in lines:
        _plot(axes, line, np.maximum(line.values, low))
    axes.set_title(title)
    _name_line_ends(axes, unit, lines, low)
    _mark_best(axes, unit, lines[-1], low)


def _plot(axes: "Axes", line: _Line, heights: NDArray[np.float64]) -> None:
    epochs = np.arange(1, len(heights) + 1)
    marker = "o" if len(heights) <= _MAX_MARKED_EPOCHS else ""
    axes.plot(
        epochs,
        heights,
        color=line.colour,
        marker=marker,
        markersize=4,
        label=line.name,
        clip_on=False,
        zorder=3,
    )


def _set_epoch_axis(axes: "Axes", epochs: int) -> None:
    axes.set_xlim((0.5, 1.5) if epochs == 1 else (1, epochs))
    step = _epoch_step(epochs)
    first = [1] if step >= 5 else []  # 1 and 2 would touch
    ticks = [*first, *range(step, epochs + 1, step)]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.grid(visible=False, axis="x")
    axes.set_xlabel("epoch")


def _epoch_step(epochs: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 ... that leaves at most eight ticks."""
    step, factors = 1, (2.0, 2.5, 2.0)
    position = 0
    while epochs / step > 8:
        step = int(step * factors[position % 3])
        position += 1
    return step


def _round_ticks(values: NDArray[np.float64]) -> list[float]:
    """Ticks at 1, 2 or 5 times a power of ten, or at powers of ten, the outer ones around all values.

    Where there are zeros, one more at the bottom stands for them.
    """
    positive = values[values > 0]
    if positive.size == 0:
        return [0.01, 0.1, 1.0]
    low, high = positive.min() * (1 + 1e-9), positive.max() * (1 - 1e-9)  # a value on a tick needs no other
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    for factors in ((1, 2, 5), (1,)):
        steps = [float(f"{factor}e{power}") for power in powers for factor in factors]
        bottom = max(index for index, step in enumerate(steps) if step <= low)
        top = min(index for index, step in enumerate(steps) if step >= high)
        if (values <= 0).any() or bottom == top:
            bottom -= 1
        ticks = steps[bottom : top + 1]
        if len(ticks) <= _MAX_TICKS:
            break
    return ticks


def _name_line_ends(axes: "Axes", unit: str, lines: Sequence[_Line], low: float) -> None:
    """Write name and last value to the right of each line, moved apart where they would overlap."""
    points_per_pixel = 72 / axes.figure.dpi
    ends = []
    for line in lines:
        last = line.values[np.isfinite(line.values)][-1]
        height = axes.transData.transform((1, max(last, low)))[1] * points_per_pixel
        ends.append((height, last, line))
    ends.sort(key=lambda end: end[0])
    bottom = axes.transData.transform((1, low))[1] * points_per_pixel
    heights = _spread([end[0] for end in ends], bottom + _NAME_HEIGHT / 2)
    for (natural_height, last, line), height in zip(ends, heights, strict=True):
        axes.annotate(
            f"{line.name}\n{_short(last)}{unit}",
            xy=(1, max(last, low)),
            xycoords=("axes fraction", "data"),
            xytext=(9, height - natural_height),
            textcoords="offset points",
            color=line.colour,
            fontsize=8.5,
            va="center",
            annotation_clip=False,
        )


def _spread(heights: Sequence[float], lowest: float) -> list[float]:
    """Move one or two sorted heights apart until their texts do not overlap, and up to `lowest` at least."""
    missing = max(0.0, _NAME_HEIGHT - (heights[-1] - heights[0])) if len(heights) > 1 else 0.0
    spread = [heights[0] - missing / 2, *(height + missing / 2 for height in heights[1:])]
    lift = max(0.0, lowest - spread[0])
    return [spread[0] + lift, *(max(height, spread[0] + lift + _NAME_HEIGHT) for height in spread[1:])]


def _mark_best(axes: "Axes", unit: str, line: _Line, low: float) -> None:
    best = int(np.nanargmin(line.values))
    height = max(line.values[best], low)
    axes.plot(
        best + 1,
        height,
        "o",
        color=line.colour,
        markersize=7,
        markerfacecolor="white",
        clip_on=False,
        zorder=4,
    )
    text = f"best {line.name} {_short(line.values[best])}{unit}, epoch {best + 1:,}"
    axes.set_title(text, loc="right", fontsize=8.5, fontweight="normal", color=MUTED)


def _draw_learning_rate(axes: "Axes", line: _Line) -> None:
    epochs = np.arange(1, len(line.values) + 1)
    _plot(axes, line, line.values)
    axes.fill_between(epochs, line.values, color=line.colour, alpha=0.12, linewidth=0)
    peak = float(np.nanmax(line.values))
    axes.set_ylim(0, peak if peak > 0 else 1)
    axes.set_yticks([0, peak] if peak > 0 else [0, 1], ["0", f"{peak:.2g}"] if peak > 0 else ["0", "1"])
    _set_epoch_axis(axes, len(line.values))
    axes.set_title("Learning rate")


def _short(value: float) -> str:
    """Three significant digits, without an exponent where that is readable: 0.0123, 1.62, 12.3."""
    return f"{value:.3g}" if value == 0 or value >= 1e-4 else f"{value:.1e}"
