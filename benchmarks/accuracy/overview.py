"""Every result on one axis: ours, the targets, and what others have published."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.accuracy.bundled import Bundled
from benchmarks.accuracy.measured import Measurement
from benchmarks.accuracy.presets import ON_THE_PAGE
from benchmarks.accuracy.published import COMBINED, SINGLE_PASS, Published
from benchmarks.accuracy.summary import committees, current, summaries
from benchmarks.accuracy.targets import GOALS
from benchmarks.page.plots import WIDTH, panel
from digitnet.report.style import BLUE, FAINT, GREEN, INK, MUTED, PAPER, TITLE_HEIGHT, in_house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["overview_figure"]

_ROW = 0.31  # inches
_NAMES = 2.75  # inches
_RIGHT = 0.5  # inches
_TICKS = (0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0)  # per cent
_LOWEST, _HIGHEST = 0.18, 2.4  # per cent


@dataclass(frozen=True)
class _Line:
    """One row: a name, results as error rates, and the target; a row without a place for results is a heading.

    The results of a preset differ by the seed only, so they have a mean; others do not.
    """

    name: str
    values: tuple[float, ...] | None = None
    goal: float | None = None
    is_ours: bool = True
    has_mean: bool = False


@in_house_style
def overview_figure(rows: Sequence[Measurement], bundled: Bundled) -> "Figure":
    """A dot for each network, a ring for their mean, a green bar for the target, a grey dot for a published result."""
    lines = _lines(rows, bundled)
    height = TITLE_HEIGHT + _ROW * len(lines) + 0.75
    figure = new_figure(
        WIDTH,
        height,
        "Errors on the 10,000 test images",
        "A dot is one network, the ring the mean of its seeds, the green bar the target. Grey: published by others.",
    )
    axes = panel(figure, _NAMES, 0.6, WIDTH - _NAMES - _RIGHT, _ROW * len(lines))
    axes.set_xscale("log")
    axes.set_xlim(_LOWEST, _HIGHEST)
    axes.set_xticks(_TICKS, [f"{tick:g} %" for tick in _TICKS])
    axes.minorticks_off()
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("test error, on a logarithmic scale")
    for place, line in enumerate(lines):
        _draw(axes, place, line)
    return figure


def _lines(rows: Sequence[Measurement], bundled: Bundled) -> list[_Line]:
    """All rows from above."""
    found = summaries(rows)
    augmented = tuple(
        entry["errors"] / row.n for row in current(rows) if row.preset == "record" for entry in row.augmented
    )
    together = tuple(row.errors / row.n for row in committees(rows))
    presets = [
        _Line(preset, tuple(found[preset].rates) if preset in found else (), GOALS[preset], has_mean=True)
        for preset in ON_THE_PAGE
    ]
    evaluation = bundled.evaluation
    return [
        _Line("One network, one look"),
        *presets,
        _Line("the bundled model", (evaluation.errors / evaluation.n,), GOALS["bundled"]),
        *map(_published, SINGLE_PASS),
        _Line("Several looks or networks"),
        _Line("record, augmented inference", augmented, GOALS["augmented"]),
        _Line("committee", together, GOALS["committee"]),
        *map(_published, COMBINED),
    ]


def _published(result: Published) -> _Line:
    return _Line(result.short, (result.error,), is_ours=False)


def _draw(axes: "Axes", place: int, line: _Line) -> None:
    """The name at the left, and what there is at the right."""
    colour = INK if line.values is None else BLUE if line.is_ours else MUTED
    axes.annotate(
        line.name,
        (0, place),
        xycoords=("axes fraction", "data"),
        xytext=(-10 if line.values is not None else -(_NAMES - 0.35) * 72, 0),
        textcoords="offset points",
        ha="right" if line.values is not None else "left",
        va="center",
        color=colour,
        fontweight="bold" if line.values is None else "normal",
        annotation_clip=False,
    )
    if line.values is None:
        return
    axes.axhline(place, color=FAINT, linewidth=0.7, zorder=0)
    if line.goal is not None:
        axes.plot([100 * line.goal] * 2, (place - 0.36, place + 0.36), color=GREEN, linewidth=3, zorder=2)
    _draw_values(axes, place, line, colour)


def _draw_values(axes: "Axes", place: int, line: _Line, colour: str) -> None:
    shown = [100 * value for value in line.values or ()]
    if not shown:
        _note(axes, "not measured yet", (100 * (line.goal or 0), place), 9, MUTED)
        return
    size = 5 if line.is_ours and len(shown) > 1 else 7
    axes.plot(shown, [place] * len(shown), "o", color=colour, markersize=size, alpha=0.8, markeredgewidth=0, zorder=3)
    text = f"{min(shown):.2f} %" if min(shown) == max(shown) else f"{min(shown):.2f} to {max(shown):.2f} %"
    if line.has_mean and len(shown) > 1:
        mean = statistics.fmean(shown)
        axes.plot(mean, place, "o", markersize=11, markerfacecolor="none", markeredgecolor=colour, zorder=4)
        text = f"{mean:.2f} %"
    _note(axes, text, (max([*shown, 100 * (line.goal or 0)]), place), 9, colour)


def _note(axes: "Axes", text: str, place: tuple[float, float], offset: float, colour: str) -> None:
    axes.annotate(
        text,
        place,
        xytext=(offset, 0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
        color=colour,
        annotation_clip=False,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0},
    )
