"""The figures of the page, in the project's house style: error against severity, and samples of what is rendered."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from benchmarks.page.plots import WIDTH, panel
from benchmarks.page.png import png
from benchmarks.pictures.gallery import explained_figure, hardships_figure, levels_figure, nothing_figure
from benchmarks.pictures.hardships import HARDSHIPS
from benchmarks.pictures.measured import KINDS, Kind, Measurement
from benchmarks.pictures.samples import PLAIN, SEVERITIES
from digitnet.evaluation.metrics import wilson_interval
from digitnet.report.style import BLUE, MUTED, TITLE_HEIGHT, in_house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["figures_for", "stress_figure"]

_COLUMNS = 5
_PANEL = (1.22, 0.95)  # inches
_GAP = (0.24, 0.5)
_LEFT, _BOTTOM = 0.75, 0.55
_TOPS = (5.0, 10.0, 20.0, 40.0, 60.0, 100.0)  # per cent, where the axis may end
_PICTURES = {"colours": 256, "rounds": 4}  # of a figure with pictures in it


def figures_for(rows: Sequence[Measurement]) -> dict[str, Callable[[], bytes]]:
    """What draws each figure of the page, by file name."""
    figures = {
        "pictures_explained.png": lambda: png(explained_figure(), **_PICTURES),
        "pictures_levels.png": lambda: png(levels_figure(), **_PICTURES),
        "pictures_hardships.png": lambda: png(hardships_figure(), **_PICTURES),
        "pictures_nothing.png": lambda: png(nothing_figure(), **_PICTURES),
    }
    if any(row.is_rendered and row.severity is not None for row in rows):
        figures["pictures_stress.png"] = lambda: png(stress_figure(rows))
    return figures


@in_house_style
def stress_figure(rows: Sequence[Measurement]) -> "Figure":
    """A small plot for each hardship, all of digits with the same axes; the band is the 95 % interval."""
    found = {(row.kind, row.name): row for row in rows if row.is_rendered}
    shown = {hardship: series for hardship in HARDSHIPS if len(series := _series(found, hardship)) > 1}
    digits = [hardship for hardship, series in shown.items() if series[0][1].kind == "digits"]
    # Lines hold many digits, and so have another scale; the empty place before them is for its numbers.
    places = [*digits, *([""] if digits else []), *(hardship for hardship in shown if hardship not in digits)]
    rows_of_panels = -(-len(places) // _COLUMNS)
    height = TITLE_HEIGHT + rows_of_panels * (_PANEL[1] + _GAP[1]) + _BOTTOM - 0.1
    figure = new_figure(
        WIDTH,
        height,
        "Error against severity",
        "One hardship at a time; the band is the 95 % interval, the dotted line the error without it.",
    )
    tops = {kind: _top(series for series in shown.values() if series[0][1].kind == kind) for kind in KINDS}
    for place, hardship in enumerate(places):
        if not hardship:
            continue
        down, across = divmod(place, _COLUMNS)
        left = _LEFT + across * (_PANEL[0] + _GAP[0])
        bottom = height - TITLE_HEIGHT - 0.15 - (down + 1) * _PANEL[1] - down * _GAP[1]
        axes = panel(figure, left, bottom, *_PANEL)
        kind = shown[hardship][0][1].kind
        title = hardship.replace("_", " ") + (", lines" if kind == "lines" else "")
        _draw(axes, title, shown[hardship], tops[kind])
        if across and places[place - 1]:
            axes.set_yticklabels([])
        if place + _COLUMNS < len(places) and places[place + _COLUMNS]:
            axes.set_xticklabels([])
    figure.text(0.5, 0.16 / height, "severity", ha="center", color=MUTED)
    return figure


def _series(found: dict[tuple[Kind, str], Measurement], hardship: str) -> list[tuple[float, Measurement]]:
    """Severity and row of what was measured, from the plain picture on."""
    kind: Kind = "lines" if hardship == "touching" else "digits"
    names = [(0.0, PLAIN), *((severity, f"{hardship} {severity:.2f}") for severity in SEVERITIES)]
    return [(severity, found[kind, name]) for severity, name in names if (kind, name) in found]


def _top(several: Iterable[list[tuple[float, Measurement]]]) -> float:
    """Where the axis of some series ends, in per cent."""
    highest = 100 * max((row.rate for series in several for _, row in series), default=0.0)
    return next((edge for edge in _TOPS if highest <= edge), _TOPS[-1])


def _draw(axes: "Axes", title: str, series: list[tuple[float, Measurement]], top: float) -> None:
    severities = [severity for severity, _ in series]
    bounds = [wilson_interval(row.errors, row.n) for _, row in series]
    low, high = ([100 * bound[side] for bound in bounds] for side in (0, 1))
    axes.fill_between(severities, low, high, color=BLUE, alpha=0.18, linewidth=0)
    axes.plot(severities, [100 * row.rate for _, row in series], "o-", color=BLUE, markersize=3.5, linewidth=1.5)
    axes.axhline(100 * series[0][1].rate, color=MUTED, linewidth=0.9, linestyle=(0, (1, 2)))
    axes.set_title(title, fontsize=8.5, pad=4)
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(0, top)
    axes.set_xticks((0, 0.5, 1), ("0", "0.5", "1"))
    axes.set_yticks((0, top / 2, top), [f"{tick:g} %" for tick in (0, top / 2, top)])
