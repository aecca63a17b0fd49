"""The figures of the page, in the project's house style: epochs, the cold start, answers, the parts of an epoch."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.comparisons.answers import MANY
from benchmarks.comparisons.cold_start import EMPTY_CACHE, FILLED_CACHE, KERAS_EXAMPLE
from benchmarks.page.answering import ANSWERERS
from benchmarks.page.markdown import duration, percent, times
from benchmarks.page.training import TRAINERS, epoch_floor, parts_of_an_epoch
from benchmarks.ratios import paired_ratio
from benchmarks.results import Result
from digitnet.report.style import (
    ACCENT,
    BLUE,
    FAINT,
    GREEN,
    INK,
    MUTED,
    PAPER,
    TITLE_HEIGHT,
    in_house_style,
    new_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["WIDTH", "answers_figure", "cold_start_figure", "epoch_figure", "panel", "profile_figure"]

WIDTH = 8.0  # inches; with the house style's type this is legible at 800 pixels
_ROW = 0.34  # inches between the bars
_NAMES = 2.0  # inches for the names of the contestants
_PART_COLOURS = {"matrix products": GREEN, "the rest": MUTED}
_PEER = "#a9b4bf"  # bars of others: lighter than text, darker than the grid


def panel(figure: "Figure", left: float, bottom: float, width: float, height: float) -> "Axes":
    """Axes at a place given in inches."""
    whole_width, whole_height = figure.get_size_inches()
    return figure.add_axes((left / whole_width, bottom / whole_height, width / whole_width, height / whole_height))


@dataclass(frozen=True)
class _Bar:
    """One contestant: its name, a number each round, and what to write beside its bar."""

    name: str
    values: Sequence[float]
    text: str

    @property
    def is_ours(self) -> bool:
        return self.name.startswith("digitnet")

    @property
    def colour(self) -> str:
        return BLUE if self.is_ours else _PEER

    @property
    def text_colour(self) -> str:
        return BLUE if self.is_ours else INK

    @property
    def weight(self) -> str:
        return "bold" if self.is_ours else "normal"


def _note(
    axes: "Axes",
    text: str,
    place: tuple[float, float],
    offset: tuple[float, float] = (6, 0),
    *,
    colour: str = INK,
    **others: Any,
) -> None:
    """Text beside a place in data coordinates, on a ground that hides the grid."""
    axes.annotate(
        text,
        place,
        xytext=offset,
        textcoords="offset points",
        color=colour,
        annotation_clip=False,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0},
        **{"va": "center", "fontsize": 8.5, **others},
    )


def _plain(label: str) -> str:
    """A label of a Markdown table as plain text."""
    return label.replace("*", "").replace("`", "")


@in_house_style
def epoch_figure(result: Result) -> "Figure":
    """Seconds an epoch of everyone, the fastest above; the machine's floor as a line."""
    ours = result.by_round("digitnet", "seconds")
    bars = []
    for name, label in TRAINERS.items():
        if seconds := result.column(name, "seconds"):
            ratio = paired_ratio(result.by_round(name, "seconds"), ours)
            text = duration(statistics.median(seconds))
            if name != "digitnet" and ratio:
                text += f", {times(ratio)} times ours"
            bars.append(_Bar(_plain(label), seconds, text))
    bars.sort(key=lambda bar: statistics.median(bar.values))
    height = TITLE_HEIGHT + _ROW * len(bars) + 0.85
    figure = new_figure(
        WIDTH, height, "One epoch of training", "Seconds, the median of the rounds; the thin line is their range."
    )
    axes = panel(figure, _NAMES, 0.6, WIDTH - _NAMES - 1.75, _ROW * len(bars))
    _draw_bars(axes, bars)
    axes.set_xlabel("seconds an epoch")
    if floor := epoch_floor(result):
        axes.axvline(floor, color=GREEN, linewidth=1.4, linestyle=(0, (4, 3)), zorder=4)
        above = f"{duration(floor)}: the matrix products at the machine's best rate"
        _note(axes, above, (floor, 1), (0, 9), colour=GREEN, xycoords=("data", "axes fraction"))
    return figure


def _draw_bars(axes: "Axes", bars: Sequence[_Bar]) -> None:
    """Horizontal bars from zero, each with its range, its name and its text."""
    farthest = max(max(bar.values) for bar in bars)
    for row, bar in enumerate(bars):
        axes.barh(row, statistics.median(bar.values), height=0.62, color=bar.colour, zorder=2)
        axes.plot((min(bar.values), max(bar.values)), (row, row), color=INK, linewidth=1.0, zorder=3)
        _note(axes, bar.text, (max(bar.values), row), colour=bar.text_colour, fontweight=bar.weight)
    _name_rows(axes, bars)
    axes.set_xlim(0, farthest)


def _name_rows(axes: "Axes", bars: Sequence[_Bar]) -> None:
    """The names at the left, the first row above."""
    axes.set_yticks(range(len(bars)), [bar.name for bar in bars])
    for label, bar in zip(axes.get_yticklabels(), bars, strict=True):
        label.set_color(bar.text_colour)
        label.set_fontweight(bar.weight)
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)


@in_house_style
def cold_start_figure(result: Result) -> "Figure":
    """Accuracy reached against seconds from the shell, a point each run."""
    figure = new_figure(
        WIDTH, 4.1, "From a cold start to a trained network", "A point is one whole process, from the shell to its end."
    )
    axes = panel(figure, 0.95, 0.65, WIDTH - 0.95 - 0.6, 4.1 - TITLE_HEIGHT - 0.75)
    kinds = (
        (EMPTY_CACHE, "digitnet, nothing compiled before", BLUE, 1),
        (FILLED_CACHE, "digitnet, compiled before", GREEN, -1),
        (KERAS_EXAMPLE, f"Keras's example, {result.settings['peer_epochs']} epochs", ACCENT, 1),
    )
    shown = [kind for kind in kinds if result.measured.get(kind[0])]
    for name, label, colour, side in shown:
        _draw_runs(axes, result, name, (label, colour, side))
    axes.axhline(98.4, color=MUTED, linewidth=1, linestyle=(0, (3, 3)), zorder=1)
    _note(axes, "98.40 %", (1, 98.4), (-4, -8), colour=MUTED, ha="right", xycoords=("axes fraction", "data"))
    _seconds_axis(axes, [seconds for kind in shown for seconds in result.column(kind[0], "seconds")])
    parts = [100 * part for kind in shown for part in result.column(kind[0], "accuracy")]
    low, high = min([*parts, 98.25]), max([*parts, 98.5])
    axes.set_ylim(low - 0.35 * (high - low), high + 0.35 * (high - low))
    axes.yaxis.set_major_formatter("{x:.1f} %")
    axes.set_ylabel("test accuracy")
    return figure


def _draw_runs(axes: "Axes", result: Result, name: str, look: tuple[str, str, int]) -> None:
    """The runs of one contestant, with its label above them (1) or below (-1)."""
    label, colour, side = look
    seconds, accuracies = result.column(name, "seconds"), [100 * part for part in result.column(name, "accuracy")]
    axes.plot(seconds, accuracies, "o", color=colour, markersize=7, markeredgecolor="white", zorder=3)
    middle = statistics.median(seconds)
    place = (middle, max(accuracies) if side > 0 else min(accuracies))
    _note(axes, f"{label}\n{duration(middle)}", place, (0, 18 * side), colour=colour, ha="center")


def _seconds_axis(axes: "Axes", seconds: Sequence[float]) -> None:
    """A logarithmic axis with round ticks, and with room for names at both ends."""
    low, high = 0.4 * min(seconds), 1.5 * max(seconds)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    steps = [factor * 10.0**power for power in range(-2, 5) for factor in (1, 2, 5)]
    ticks = [step for step in steps if low <= step <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("seconds from the shell, on a logarithmic scale")


@in_house_style
def answers_figure(result: Result) -> "Figure":
    """How long everyone takes for one image and for 10,000, on logarithmic scales."""
    names = [name for name in ANSWERERS if result.column(f"1 x {name}", "seconds")]
    names.sort(key=lambda name: statistics.median(result.column(f"1 x {name}", "seconds")))
    height = TITLE_HEIGHT + 0.3 + _ROW * len(names) + 0.65
    figure = new_figure(
        WIDTH,
        height,
        "Answers",
        "Median duration of a call, on logarithmic scales. All have the same weights.",
    )
    left = 2.35
    width = (WIDTH - left - 1.5) / 2
    for column, (size, title) in enumerate(((1, "one image"), (MANY, "10,000 images"))):
        axes = panel(figure, left + column * (width + 0.75), 0.6, width, _ROW * len(names))
        bars = [
            _Bar(_plain(ANSWERERS[name]), seconds, duration(statistics.median(seconds)))
            for name in names
            if (seconds := result.column(f"{size:,} x {name}", "seconds"))
        ]
        _draw_dots(axes, bars)
        axes.set_title(title)
        if column:
            axes.set_yticklabels([])
    return figure


def _draw_dots(axes: "Axes", bars: Sequence[_Bar]) -> None:
    """A dot for each median on a logarithmic axis in seconds."""
    axes.set_xscale("log")
    middles = [statistics.median(bar.values) for bar in bars]
    for row, (bar, middle) in enumerate(zip(bars, middles, strict=True)):
        axes.axhline(row, color=FAINT, linewidth=0.7, zorder=0)
        axes.plot(middle, row, "o", color=BLUE if bar.is_ours else MUTED, markersize=6.5, zorder=3, clip_on=False)
        _note(axes, bar.text, (middle, row), (8, 0), colour=bar.text_colour, fontweight=bar.weight)
    _name_rows(axes, bars)
    ticks = [10.0**power for power in range(-7, 3) if 0.3 * min(middles) <= 10.0**power <= 2 * max(middles)]
    axes.set_xlim(0.6 * min(middles), 1.3 * max(middles))
    axes.set_xticks(ticks, [_round_duration(tick) for tick in ticks])
    axes.minorticks_off()


def _round_duration(seconds: float) -> str:
    """A power of ten without needless digits: `10 ms`."""
    text = duration(seconds)
    number, unit = text.split()
    return f"{float(number.replace(',', '')):g} {unit}"


@in_house_style
def profile_figure(result: Result) -> "Figure":
    """The parts of an epoch as bars, each beginning where the one before it ends."""
    parts = parts_of_an_epoch(result)
    whole = sum(parts.values())
    rows = len(parts) + 1
    height = TITLE_HEIGHT + _ROW * rows + 0.75
    figure = new_figure(
        WIDTH,
        height,
        "What an epoch consists of",
        "Each part begins where the one before it ends.",
    )
    axes = panel(figure, _NAMES, 0.6, WIDTH - _NAMES - 1.5, _ROW * rows)
    end = 0.0
    for row, (name, seconds) in enumerate(parts.items()):
        axes.barh(row, seconds, left=end, height=0.62, color=_PART_COLOURS.get(name, ACCENT), zorder=2)
        end += seconds
        _note(axes, f"{duration(seconds)}, {percent(seconds / whole, 0)}", (max(end, end - seconds), row))
    axes.barh(rows - 1, whole, height=0.62, color=BLUE, zorder=2)
    _note(axes, duration(whole), (whole, rows - 1), colour=BLUE, fontweight="bold")
    _name_rows(axes, [_Bar(name, (0.0,), "") for name in (*parts, "everything")])
    axes.set_xlim(0, 1.02 * whole)
    axes.set_xlabel("seconds of an epoch")
    return figure
