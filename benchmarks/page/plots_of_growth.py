"""The figures of how cost grows, in the project's house style."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks.page.plots import WIDTH, panel
from benchmarks.page.scaling import TRAINING_LINES, Line, answering_lines, training_line
from benchmarks.results import Result
from digitnet.report.style import ACCENT, BLUE, GREEN, MUTED, TITLE_HEIGHT, in_house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["answering_figure", "growth_figure"]

_LEFT, _GAP, _RIGHT = 0.75, 0.55, 0.35  # inches


@in_house_style
def growth_figure(result: Result) -> "Figure":
    """Seconds an epoch above and peak memory below, against width, batch size and images."""
    height = TITLE_HEIGHT + 5.1
    figure = new_figure(
        WIDTH,
        height,
        "How the cost of an epoch grows",
        "Seconds on logarithmic scales. Dashed: the matrix products alone, at the machine's best rate.",
    )
    width = (WIDTH - _LEFT - _RIGHT - 2 * _GAP) / 3
    for column, (line, label) in enumerate(TRAINING_LINES.items()):
        points = training_line(result, line)
        if not points:
            continue
        left = _LEFT + column * (width + _GAP)
        above = panel(figure, left, 2.75, width, 2.0)
        _draw(above, points, "seconds", BLUE)
        _draw(above, points, "floor", GREEN)
        _log_ticks(above, [point[key] for point in points for key in ("seconds", "floor")])
        _x_axis(above, points, "")
        above.set_title(label)
        below = panel(figure, left, 0.6, width, 1.55)
        _draw(below, points, "peak_mb", BLUE)
        below.set_ylim(0, 1.15 * max(point["peak_mb"] for point in points))
        _x_axis(below, points, label)
        if line == "batch size":  # here the lines are well apart
            _name(above, "digitnet", points[0], "seconds", BLUE)
            _name(above, "matrix products", points[-1], "floor", GREEN)
        if not column:
            above.set_ylabel("seconds an epoch")
            below.set_ylabel("peak memory, MB")
    return figure


@in_house_style
def answering_figure(result: Result) -> "Figure":
    """Images a second, duration of a call and peak memory, against the images of a call."""
    height = TITLE_HEIGHT + 3.2
    figure = new_figure(
        WIDTH,
        height,
        "How the cost of answers grows",
        "Dashed: the matrix products of float32 alone, at the machine's best rate.",
    )
    width = (WIDTH - _LEFT - _RIGHT - 2 * _GAP - 0.3) / 3
    lines = answering_lines(result)
    quantities = ("images a second", "duration of a call", "peak memory, MB")
    for column, title in enumerate(quantities):
        axes = panel(figure, _LEFT + column * (width + _GAP + 0.15), 0.6, width, 2.3)
        axes.set_title(title)
        shown: list[Line] = []
        for (precision, line), colour in zip(lines.items(), (BLUE, ACCENT), strict=False):
            shown.append(_as_quantity(line, "seconds", title))
            _draw(axes, shown[-1], "value", colour)
            if not column:
                _name(axes, precision, shown[-1][-1], "value", colour)
        if title != quantities[2] and lines:
            shown.append(_as_quantity(next(iter(lines.values())), "floor", title))
            _draw(axes, shown[-1], "value", GREEN)
            _log_ticks(axes, [point["value"] for line in shown for point in line], as_time=column == 1)
        elif shown:
            axes.set_ylim(0, 1.15 * max(point["value"] for line in shown for point in line))
        if shown:
            _x_axis(axes, shown[0], "images of a call")
    return figure


def _as_quantity(line: Line, key: str, title: str) -> Line:
    """Points with the quantity of a panel as `value`, from the seconds under `key`."""
    values = {
        "images a second": lambda point: point["x"] / point[key],
        "duration of a call": lambda point: point[key],
        "peak memory, MB": lambda point: point["peak_mb"],
    }
    return [{"x": point["x"], "value": values[title](point)} for point in line]


def _draw(axes: "Axes", points: Line, key: str, colour: str) -> None:
    is_floor = colour == GREEN
    axes.plot(
        [point["x"] for point in points],
        [point[key] for point in points],
        color=colour,
        marker="" if is_floor else "o",
        markersize=4,
        linestyle=(0, (4, 2)) if is_floor else "-",
        linewidth=1.4 if is_floor else 1.9,
        zorder=2 if is_floor else 3,
        clip_on=False,
    )


def _name(axes: "Axes", text: str, point: dict[str, float], key: str, colour: str) -> None:
    """The name of a line: to the right of its first point, or below its last, where the line leaves room."""
    is_first = text == "digitnet"
    axes.annotate(
        text,
        (point["x"], point[key]),
        xytext=(8, 4) if is_first else (0, -9),
        textcoords="offset points",
        color=colour,
        fontsize=8.5,
        ha="left" if is_first else "right",
        va="center",
        zorder=5,
    )


def _x_axis(axes: "Axes", points: Line, label: str) -> None:
    """A logarithmic axis with at most five ticks, at measured points."""
    places = [point["x"] for point in points]
    axes.set_xscale("log")
    step = -(-len(places) // 5)
    ticks = places[::step]
    axes.set_xticks(ticks, [_short(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel(label)


def _short(count: float) -> str:
    """`0.3`, `128`, `4,096`, `60k`, `2M`."""
    if count >= 1e6:
        return f"{count / 1e6:g}M"
    if count >= 1000:
        return f"{count / 1000:g}k" if count % 1000 == 0 else f"{count:,.0f}"
    return f"{count:g}"


def _log_ticks(axes: "Axes", values: Sequence[float], *, as_time: bool = False) -> None:
    """A logarithmic axis around all values, with ticks at powers of ten, or at 1, 2, 5 where those are too few."""
    low, high = 0.8 * min(values), 1.25 * max(values)
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    for factors in ((1,), (1, 3), (1, 2, 5)):
        ticks = [
            round(factor * 10.0**power, 9)
            for power in range(-8, 10)
            for factor in factors
            if low <= factor * 10.0**power <= high
        ]
        if len(ticks) >= 3:
            break
    names = {-6: " µs", -3: " ms", 0: " s"}
    labels = []
    for tick in ticks:
        power = -6 if tick < 1e-3 else -3 if tick < 1 else 0
        if as_time:
            labels.append(f"{tick / 10.0**power:g}{names[power]}")
        else:
            labels.append(_short(tick))
    axes.set_yticks(ticks, labels)
    axes.minorticks_off()
    axes.tick_params(axis="y", colors=MUTED)
