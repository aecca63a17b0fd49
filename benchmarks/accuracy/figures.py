"""The figures of the page, in the project's house style."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from benchmarks.accuracy.bundled import Bundled
from benchmarks.accuracy.gallery import mistakes_figure
from benchmarks.accuracy.measured import Measurement
from benchmarks.accuracy.overview import overview_figure
from benchmarks.accuracy.presets import ON_THE_PAGE
from benchmarks.accuracy.summary import current
from benchmarks.page.plots import WIDTH, panel
from benchmarks.page.png import png
from digitnet.report.style import ACCENT, BLUE, GREEN, MUTED, PAPER, TITLE_HEIGHT, in_house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PRESET_COLOURS", "figures_for", "learning_figure"]

_HEIGHT = 4.2  # inches
PRESET_COLOURS = dict(zip(ON_THE_PAGE, (GREEN, ACCENT, BLUE), strict=True))


def figures_for(rows: Sequence[Measurement], bundled: Bundled) -> dict[str, Callable[[], bytes]]:
    """What draws each figure of the page, by file name."""
    figures = {
        "accuracy_overview.png": lambda: png(overview_figure(rows, bundled)),
        "accuracy_mistakes.png": lambda: png(mistakes_figure(bundled)),
    }
    if any(row.history for row in current(rows)):
        figures["accuracy_learning.png"] = lambda: png(learning_figure(rows))
    return figures


@in_house_style
def learning_figure(rows: Sequence[Measurement]) -> "Figure":
    """Error on held-out images against the seconds of training, a line each seed, on logarithmic scales."""
    shown = [row for row in current(rows) if row.history]
    figure = new_figure(
        WIDTH,
        _HEIGHT,
        "How the presets learn",
        "Error on held-out images (dashed: on the distorted training images). A line is one seed.",
    )
    axes = panel(figure, 0.95, 0.65, WIDTH - 0.95 - 1.35, _HEIGHT - TITLE_HEIGHT - 0.75)
    axes.set_xscale("log")
    axes.set_yscale("log")
    errors: list[float] = []
    for preset in ON_THE_PAGE:
        of_preset = [row for row in shown if row.preset == preset]
        errors += [error for row in of_preset for error in _draw_line(axes, row)]
        if of_preset:
            _name_lines(axes, of_preset)
    _set_axes(axes, [row.history["seconds"] for row in shown], errors)
    return figure


def _series(row: Measurement) -> tuple[list[float], bool]:
    """Errors in per cent, and whether they are of held-out images."""
    is_held_out = "validation_error" in row.history
    errors = row.history["validation_error" if is_held_out else "training_error"]
    return [100 * error for error in errors], is_held_out


def _draw_line(axes: "Axes", row: Measurement) -> list[float]:
    errors, is_held_out = _series(row)
    style = "-" if is_held_out else (0, (4, 3))
    colour = PRESET_COLOURS[row.preset]
    axes.plot(row.history["seconds"], errors, color=colour, linewidth=1.2, linestyle=style, alpha=0.75)
    axes.plot(row.history["seconds"][-1], errors[-1], "o", color=colour, markersize=4, zorder=3, clip_on=False)
    return errors


def _name_lines(axes: "Axes", rows: Sequence[Measurement]) -> None:
    """The preset's name at the end of its longest line."""
    row = max(rows, key=lambda row: row.history["seconds"][-1])
    middle = sorted(_series(one)[0][-1] for one in rows)[len(rows) // 2]
    axes.annotate(
        row.preset,
        (row.history["seconds"][-1], middle),
        xytext=(9, 0),
        textcoords="offset points",
        color=PRESET_COLOURS[row.preset],
        fontweight="bold",
        va="center",
        annotation_clip=False,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0},
    )


def _set_axes(axes: "Axes", seconds: Sequence[Sequence[float]], errors: Sequence[float]) -> None:
    """Round ticks on both axes."""
    steps = [factor * 10.0**power for power in range(-2, 6) for factor in (1, 2, 5)]
    times, rates = [value for series in seconds for value in series], [error for error in errors if error > 0]
    axes.set_xlim(0.8 * min(times), 1.15 * max(times))
    axes.set_ylim(0.8 * min(rates), 1.2 * max(rates))
    for axis, limits, unit in ((axes.xaxis, axes.get_xlim(), ""), (axes.yaxis, axes.get_ylim(), " %")):
        ticks = [step for step in steps if limits[0] <= step <= limits[1]]
        axis.set_ticks(ticks, [f"{tick:,g}{unit}" for tick in ticks])
        axis.set_ticks([], minor=True)
    axes.set_xlabel("seconds of training, on a logarithmic scale", color=MUTED)
    axes.set_ylabel("error")
