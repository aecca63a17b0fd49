"""What the figures of the pages are drawn with: rows of named values, and PNG files of few colours."""

import io
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from benchmarks.pages import Results, text_of
from digitnet.files import write_atomically
from digitnet.report.style import BLUE, FAINT, GREEN, INK, MUTED, PAPER, TITLE_HEIGHT, in_house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["WIDTH", "NamedValues", "draw_named_values", "panel", "save", "write_speed_figures"]

WIDTH = 8.0  # inches; with the house style's type this is legible at 800 pixels
_ROW = 0.32  # inches between two rows
_NAMES = 2.45  # inches for the names
_RIGHT = 0.9  # inches for the text beside the last value


def panel(figure: "Figure", left: float, bottom: float, width: float, height: float) -> "Axes":
    """Axes at a place given in inches."""
    whole_width, whole_height = figure.get_size_inches()
    return figure.add_axes((left / whole_width, bottom / whole_height, width / whole_width, height / whole_height))


def save(figure: "Figure", path: Path, *, pictures: bool = False) -> None:
    """Write a figure as PNG with few colours: a quarter of the size, and no difference to the eye.

    Args:
        figure: What to draw.
        path: The file.
        pictures: Whether pictures are in it, which need more colours, and rounds of k-means: without, a rare colour
            becomes its neighbour, and violet ink on blue paper turns grey.
    """
    drawn, reduced = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", metadata={"Software": None})
    colours, rounds = (256, 4) if pictures else (64, 0)
    method, dither = Image.Quantize.MEDIANCUT, Image.Dither.NONE
    with Image.open(drawn) as image:
        flat = image.convert("RGB").quantize(colours, method=method, kmeans=rounds, dither=dither)
    flat.save(reduced, format="PNG", optimize=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, reduced.getvalue())


@dataclass(frozen=True)
class NamedValues:
    """One row of a figure; without values it is a heading.

    Attributes:
        name: At its left.
        values: Above 0; each is a dot.
        text: Beside the last.
        is_ours: Drawn in blue, not in grey.
        goal: Where a green bar stands, if anywhere.
    """

    name: str
    values: Sequence[float] = ()
    text: str = ""
    is_ours: bool = False
    goal: float | None = None


def draw_named_values(axes: "Axes", rows: Sequence[NamedValues], ticks: Sequence[tuple[float, str]]) -> None:
    """Dots on a logarithmic axis, a row for each name; several dots have a ring at their mean."""
    values = [value for row in rows for value in row.values]
    axes.set_xscale("log")
    axes.set_xlim(0.8 * min(values), 1.25 * max(values))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.spines["left"].set_visible(False)
    inside = [tick for tick in ticks if 0.8 * min(values) <= tick[0] <= 1.25 * max(values)]
    axes.set_xticks([place for place, _ in inside], [name for _, name in inside])
    axes.minorticks_off()
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    ground = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.0}
    for place, (row, label) in enumerate(zip(rows, axes.get_yticklabels(), strict=True)):
        colour = BLUE if row.is_ours else MUTED if row.values else INK
        label.set_color(colour)
        label.set_fontweight("normal" if row.values and not row.is_ours else "bold")
        if not row.values:
            continue
        axes.axhline(place, color=FAINT, linewidth=0.7, zorder=0)
        if row.goal:
            axes.plot([row.goal] * 2, (place - 0.36, place + 0.36), color=GREEN, linewidth=3, zorder=2)
        size = 5 if len(row.values) > 1 else 7
        axes.plot(row.values, [place] * len(row.values), "o", color=colour, markersize=size, alpha=0.8, zorder=3)
        if len(row.values) > 1:
            mean = statistics.fmean(row.values)
            axes.plot(mean, place, "o", markersize=11, markerfacecolor="none", markeredgecolor=colour, zorder=4)
        end = max([*row.values, row.goal or 0])
        style: dict[str, Any] = {"fontsize": 8.5, "va": "center", "color": colour, "bbox": ground}
        axes.annotate(row.text, (end, place), (9, 0), textcoords="offset points", **style)


def write_speed_figures(results: Results, folder: Path) -> None:
    """Everyone's epoch, and everyone's answers, as far as they were measured."""
    figures: tuple[tuple[str, str, Sequence[tuple[str, str]], str], ...] = (
        ("epoch", "One epoch of training", (("seconds", "an epoch"),), "Median of the rounds"),
        ("answers", "Answers", (("one", "one image"), ("many", "10,000 images")), "Median duration of a call"),
    )
    for experiment, title, measures, subtitle in figures:
        if results.subjects(experiment):
            figure = _speed_figure(results, experiment, title, measures, f"{subtitle}, on a logarithmic scale.")
            save(figure, folder / f"performance_{experiment}.png")


@in_house_style
def _speed_figure(
    results: Results, experiment: str, title: str, measures: Sequence[tuple[str, str]], subtitle: str
) -> "Figure":
    """A column of dots for each measure, the fastest of the first one above."""
    found: list[tuple[float, str]] = [
        (row.value, subject)
        for subject in results.subjects(experiment)
        if (row := results.row(experiment, subject, measures[0][0]))
    ]
    names = [subject for _, subject in sorted(found)]
    figure = new_figure(WIDTH, TITLE_HEIGHT + _ROW * len(names) + 0.95, title, subtitle)
    width = (WIDTH - _NAMES) / len(measures) - _RIGHT
    powers = ((10.0**power, factor) for power in range(-7, 3) for factor in (1, 2, 5))
    ticks = [
        (power * factor, text_of_tick(power * factor)) for power, factor in powers if factor == 1 or len(measures) == 1
    ]
    for column, (measure, heading) in enumerate(measures):
        axes = panel(figure, _NAMES + column * (width + _RIGHT), 0.6, width, _ROW * len(names))
        rows = [_speed_row(results, experiment, name, measure) for name in names]
        draw_named_values(axes, rows, ticks)
        axes.set_title(heading)
        if column:
            axes.set_yticklabels([])
    return figure


def _speed_row(results: Results, experiment: str, subject: str, measure: str) -> NamedValues:
    row = results.row(experiment, subject, measure)
    plain = subject.replace("`", "")
    if row is None:
        return NamedValues(plain)
    return NamedValues(plain, (row.value,), text_of(row), subject.startswith("digitnet"))


def text_of_tick(seconds: float) -> str:
    """`10 ms`, without needless digits."""
    factor, unit = (1e6, "µs") if seconds < 1e-3 else (1e3, "ms") if seconds < 1 else (1.0, "s")
    return f"{seconds * factor:g} {unit}"
